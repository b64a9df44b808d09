// SPDX-License-Identifier: Apache-2.0
// The router: one route per page, the query string is the view (base/view.ts). Invariant: an
// address says all that is on screen, so it can be kept, sent and gone back to.
import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { decodeView, encodeView, type View } from "@/base/view";
import { RouteProblem } from "./boundary";
import { PAGES } from "./navigator";
import { PageView } from "./page-view";
import { Shell } from "./shell";

const root = createRootRoute({ component: Shell, errorComponent: RouteProblem });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/overview", search: true });
  },
});

const pages = PAGES.map((id) =>
  createRoute({
    getParentRoute: () => root,
    path: `/${id}`,
    component: function Route(): ReactElement {
      return <PageView page={id} />;
    },
  }),
);

export const router = createRouter({
  routeTree: root.addChildren([home, ...pages]),
  parseSearch: (text) => ({ ...decodeView(text) }),
  stringifySearch: (search) => {
    const text = encodeView(search as Partial<View>);
    return text ? "?" + text : "";
  },
  defaultNotFoundComponent: () => <PageView page="overview" missing />,
  scrollRestoration: false,
});
