// SPDX-License-Identifier: Apache-2.0
// Starts the pages: theme first, then the session, then the router. Start reading at router.tsx.
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { toProblem } from "@/base/problem";
import { openEvents } from "@/engine/events";
import { followJobs } from "@/engine/jobs";
import { followChanges, makeQueryClient } from "@/engine/query";
import { openSession } from "@/engine/session";
import { followKeys } from "@/state/actions";
import { followTheme } from "@/state/prefs";
import { Boundary, FullProblem } from "./boundary";
import { router } from "./router";
import "@/base/base.css";

async function start(root: HTMLElement): Promise<void> {
  followTheme();
  const page = createRoot(root);
  try {
    await openSession();
  } catch (thrown) {
    page.render(<FullProblem problem={toProblem(thrown)} />);
    return;
  }
  const client = makeQueryClient();
  followKeys();
  followJobs();
  followChanges(client);
  openEvents();
  page.render(
    <StrictMode>
      <Boundary>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </Boundary>
    </StrictMode>,
  );
}

const root = document.getElementById("root");
if (root) void start(root);
