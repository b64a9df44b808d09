// SPDX-License-Identifier: Apache-2.0
// What a panel is. A panel is a folder with an index.tsx that exports one Panel; panels/index.ts
// lists them in order. Invariant: a panel appears only where needs() holds, reads the server only
// through useOp/useOpPages of the engine, and changes the page only through ctx.nav.
import type { ReactNode } from "react";
import type { Run } from "@/gen/ops";
import type { Navigator, PageId } from "@/state/view";
import type { Span } from "@/widgets/card";

export interface PanelContext {
  readonly nav: Navigator;
  readonly runs: readonly Run[];
  /** The run looked at: the one in the view, else the newest; null in an empty workspace. */
  readonly run: Run | null;
  /** The run compared with, null for none. */
  readonly other: Run | null;
}

export interface Panel {
  readonly id: string;
  readonly page: PageId;
  readonly title: string;
  readonly help: string;
  /** Columns of twelve it takes on a wide page; "page" fills the page alone, without margins. */
  readonly span: Span | "page";
  /** Columns on a wall of 1,800 px and more, where they differ. */
  readonly wide?: Span;
  readonly needs: (ctx: PanelContext) => boolean;
  /** A component's render: hooks may be used. It draws its own Card. */
  readonly render: (ctx: PanelContext) => ReactNode;
}
