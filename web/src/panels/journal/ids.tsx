// SPDX-License-Identifier: Apache-2.0
// Ids and keys of a call as links to the things they name.
import type { ReactElement } from "react";
import { fmtKey } from "@/base/format";
import { ViewLink } from "../links";
import type { PanelContext } from "../panel";
import { placeOf } from "./entry";

export function Ids(props: {
  readonly ctx: PanelContext;
  readonly ids: readonly string[];
  /** Most to show before "+3". */
  readonly most?: number;
}): ReactElement | null {
  const { ctx, ids, most = ids.length } = props;
  if (ids.length === 0) return null;
  return (
    <span className="journal-ids">
      {ids.slice(0, most).map((id) => {
        const place = placeOf(id, ctx.runs);
        return place ? (
          <ViewLink key={id} nav={ctx.nav} page={place.page} view={place.view}>
            {id}
          </ViewLink>
        ) : (
          <span key={id} title={id}>
            {fmtKey(id)}
          </span>
        );
      })}
      {ids.length > most && <span className="dim">+{ids.length - most}</span>}
    </span>
  );
}
