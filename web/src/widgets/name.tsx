// SPDX-License-Identifier: Apache-2.0
// A name that came from outside: a class, a file, a run. Invariant: whatever it holds, it is text,
// its control characters are visible and its direction stays its own.
import type { ReactElement } from "react";
import { fmtName } from "@/base/format";

export function Name(props: {
  readonly text: string | null | undefined;
  /** Read in place of a missing or empty name. */
  readonly none?: string;
}): ReactElement {
  const { text, none = "–" } = props;
  return text ? <bdi>{fmtName(text)}</bdi> : <span className="dim">{none}</span>;
}
