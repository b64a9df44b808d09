// SPDX-License-Identifier: Apache-2.0
// The Navigator of the current address: pages, the view in the query string, and what of it goes
// along from one page to another.
import { useLocation, useRouter } from "@tanstack/react-router";
import { useMemo } from "react";
import { decodeView, type View } from "@/base/view";
import { addressOf, type Navigator, type PageId } from "@/state/view";

export const PAGES: readonly PageId[] = [
  "overview",
  "explore",
  "sample",
  "compare",
  "models",
  "journal",
];

/** Do the view's filters speak of samples on that page? */
const isFiltered = (page: PageId): boolean =>
  page === "explore" || page === "sample" || page === "compare";

/**
 * Fields a page keeps when one goes to another page: the runs, and filters where they mean
 * something.
 */
function kept(view: View, from: PageId, to: PageId): Partial<View> {
  if (from === to) return view;
  const runs = { run: view.run, other: view.other };
  const filtered = isFiltered(from) && isFiltered(to);
  return filtered ? { ...runs, where: view.where, sort: view.sort } : runs;
}

/** The Navigator of the current address. */
export function useRouteNavigator(): Navigator {
  const router = useRouter();
  const place = useLocation();
  const page = PAGES.find((id) => place.pathname.startsWith(`/${id}`)) ?? "overview";
  const view = useMemo(() => decodeView(place.searchStr), [place.searchStr]);
  return useMemo(() => {
    const next = (change: Partial<View>, to: PageId) => ({ ...kept(view, page, to), ...change });
    return {
      page,
      view,
      go: (change, options = {}) => {
        const to = options.page ?? page;
        const address = addressOf(to, next(change, to));
        if (options.replace) router.history.replace(address);
        else router.history.push(address);
      },
      href: (change, to = page) => addressOf(to, next(change, to)),
    };
  }, [page, view, router]);
}
