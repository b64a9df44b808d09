// SPDX-License-Identifier: Apache-2.0
// What floats above the page: tooltips, dialogs and menus, on react-aria for focus and dismissal.
import type { ReactElement, ReactNode } from "react";
import {
  Button as AriaButton,
  Dialog as AriaDialog,
  Focusable,
  Heading,
  Menu as AriaMenu,
  MenuItem,
  MenuTrigger,
  Modal,
  ModalOverlay,
  Popover,
  Tooltip,
  TooltipTrigger,
} from "react-aria-components";
import { Icon, type IconName } from "./icon";
import { Kbd } from "./kbd";
import "./overlay.css";

/** A tooltip on hover and focus. The child must be one focusable element. */
export function Tip(props: {
  readonly text: ReactNode;
  readonly keys?: string | undefined;
  readonly children: ReactElement;
}): ReactElement {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <Focusable>{props.children as ReactElement<object, string>}</Focusable>
      <Tooltip className="tip" offset={6}>
        {props.text}
        {props.keys && <Kbd keys={props.keys} />}
      </Tooltip>
    </TooltipTrigger>
  );
}

/**
 * A dialog in the middle (or a sheet from below on a phone). Escape and a click outside close it.
 */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly width?: number;
  /** Places it near the top and draws no title bar; the title still names it. */
  readonly bare?: boolean;
}): ReactElement {
  return (
    <ModalOverlay
      className={props.bare ? "scrim scrim-top" : "scrim"}
      isOpen
      isDismissable
      onOpenChange={(open) => !open && props.onClose()}
    >
      <Modal className="dialog" style={{ maxWidth: props.width ?? 560 }}>
        <AriaDialog className="dialog-body" aria-label={props.title}>
          {!props.bare && (
            <header className="dialog-head">
              <Heading slot="title" className="grow cut">
                {props.title}
              </Heading>
              <button
                type="button"
                className="icon-button"
                aria-label="Close"
                onClick={props.onClose}
              >
                <Icon name="close" />
              </button>
            </header>
          )}
          {props.children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface MenuChoice {
  readonly id: string;
  readonly title: string;
  readonly detail?: string;
  readonly icon?: IconName;
  readonly keys?: string;
  readonly disabled?: boolean;
}

/** A button that opens a list of actions. */
export function Menu(props: {
  readonly label: string;
  readonly trigger: ReactNode;
  readonly choices: readonly MenuChoice[];
  readonly onPick: (id: string) => void;
  readonly className?: string;
}): ReactElement {
  return (
    <MenuTrigger>
      <AriaButton className={props.className ?? "button button-plain"} aria-label={props.label}>
        {props.trigger}
      </AriaButton>
      <Popover className="popover" offset={4}>
        <AriaMenu
          className="list-box"
          onAction={(key) => props.onPick(String(key))}
          disabledKeys={props.choices.filter((one) => one.disabled).map((one) => one.id)}
        >
          {props.choices.map((choice) => (
            <MenuItem key={choice.id} id={choice.id} className="list-item" textValue={choice.title}>
              {choice.icon && <Icon name={choice.icon} />}
              <span className="grow">
                {choice.title}
                {choice.detail && <span className="list-detail">{choice.detail}</span>}
              </span>
              {choice.keys && <Kbd keys={choice.keys} />}
            </MenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
