// SPDX-License-Identifier: Apache-2.0
// What a panel is. A panel is a folder with an index.tsx that exports one Panel; panels/index.ts
// lists them in order. Invariant: a panel appears only where needs() holds, reads the server only
// through useOp/useOpPages of the engine, and changes the page only through ctx.nav.
import type { ReactNode } from "react";
import type { Navigator, PageId } from "@/state/view";

/** What the shell needs to know of a run; a subset of the core's run record, names unchanged. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  readonly model: string | null;
  readonly model_name: string;
  readonly version: string;
  readonly dataset: string;
  readonly dataset_name: string;
  readonly state: string;
  readonly created: string;
  readonly samples: number;
  readonly scored: number;
  readonly accuracy: number | null;
  readonly accuracy_low: number | null;
  readonly accuracy_high: number | null;
}

export interface PanelContext {
  readonly nav: Navigator;
  readonly runs: readonly RunSummary[];
  /** The run looked at: the one in the view, else the newest; null in an empty workspace. */
  readonly run: RunSummary | null;
  /** The run compared with, null for none. */
  readonly other: RunSummary | null;
}

export interface Panel {
  readonly id: string;
  readonly page: PageId;
  readonly title: string;
  readonly help: string;
  /** Columns of twelve it takes on a wide page; "page" fills the page alone, without margins. */
  readonly span: 3 | 4 | 5 | 6 | 7 | 8 | 9 | 12 | "page";
  readonly needs: (ctx: PanelContext) => boolean;
  /** A component's render: hooks may be used. It draws its own Card. */
  readonly render: (ctx: PanelContext) => ReactNode;
}
