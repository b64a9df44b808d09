// SPDX-License-Identifier: Apache-2.0
// A small dialog that hangs below the button that opens it: an editor of one thing, a few settings.
// Escape and a click outside close it; the children are given a function that does.
import { type ReactElement, type ReactNode, useState } from "react";
import {
  Button as AriaButton,
  Dialog as AriaDialog,
  DialogTrigger,
  Popover,
} from "react-aria-components";
import "./popup.css";

export function Popup(props: {
  /** Name of the button and of the dialog. */
  readonly label: string;
  readonly trigger: ReactNode;
  readonly className?: string;
  readonly children: (close: () => void) => ReactNode;
  /** Opens it from outside, by a key; must come with `onOpen`. */
  readonly open?: boolean;
  readonly onOpen?: (open: boolean) => void;
}): ReactElement {
  const [own, setOwn] = useState(false);
  const open = props.open ?? own;
  const set = props.onOpen ?? setOwn;
  return (
    <DialogTrigger isOpen={open} onOpenChange={set}>
      <AriaButton className={props.className ?? "button button-plain"} aria-label={props.label}>
        {props.trigger}
      </AriaButton>
      <Popover className="popover" offset={4}>
        <AriaDialog className="popup" aria-label={props.label}>
          {props.children(() => set(false))}
        </AriaDialog>
      </Popover>
    </DialogTrigger>
  );
}
