// SPDX-License-Identifier: Apache-2.0
// Key caps of a chord ("Mod+K"), as the reader's keyboard has them.
import type { ReactElement } from "react";
import { keyCaps, onApple } from "@/base/keys";
import "./kbd.css";

export function Kbd(props: { readonly keys: string }): ReactElement {
  const first = props.keys.split(", ")[0] ?? "";
  return (
    <span className="kbd">
      {keyCaps(first, onApple()).map((cap, index) => (
        <kbd key={index}>{cap}</kbd>
      ))}
    </span>
  );
}
