// SPDX-License-Identifier: Apache-2.0
// The view as parameters of operations. Invariant: what is empty is left out, so that equal views
// make equal calls and share one result.
import { type Clause, formatClause } from "@/base/clause";
import type { Sort } from "@/base/view";
import type { PanelContext } from "./panel";

export interface ViewCall {
  readonly run?: string;
  readonly other?: string;
  readonly where?: readonly string[];
  readonly sort?: string;
}

/** "-confidence", as the core writes an order; "" for none. */
export const sortText = (sort: Sort | null): string =>
  sort ? (sort.descending ? "-" : "") + sort.field : "";

/** Parameters that `view`, `facets` and `sample` share. */
export function viewCall(
  ctx: Pick<PanelContext, "run" | "other">,
  where: readonly Clause[],
  sort: Sort | null,
): ViewCall {
  return {
    ...(ctx.run?.id ? { run: ctx.run.id } : {}),
    ...(ctx.other?.id ? { other: ctx.other.id } : {}),
    ...(where.length ? { where: where.map(formatClause) } : {}),
    ...(sort ? { sort: sortText(sort) } : {}),
  };
}
