// SPDX-License-Identifier: Apache-2.0
// A command to type, as one line; pressing it copies it.
import type { ReactElement } from "react";
import { copyText } from "@/state/toasts";
import { Icon } from "./icon";
import "./command.css";

export function Command(props: { readonly text: string }): ReactElement {
  const { text } = props;
  return (
    <button
      type="button"
      className="command"
      title="Press to copy"
      aria-label={`Copy the command: ${text}`}
      onClick={() => void copyText(text, "Command copied")}
    >
      <code>{text}</code>
      <Icon name="copy" size={13} />
    </button>
  );
}
