// SPDX-License-Identifier: Apache-2.0
// How a call ended, by shape and word.
import type { ReactElement } from "react";
import { Icon } from "@/widgets/icon";
import { statusText } from "./entry";

export function Status(props: { readonly status: string | null }): ReactElement {
  const { status } = props;
  if (status === "ok") {
    return (
      <span className="outcome dim">
        <Icon name="check" size={12} />
        ok
      </span>
    );
  }
  const failed = status !== "running";
  return (
    <span className={failed ? "outcome bad" : "outcome"}>
      <Icon name={failed ? "close" : "play"} size={12} />
      <span className="cut">{statusText(status)}</span>
    </span>
  );
}
