// SPDX-License-Identifier: Apache-2.0
// Draws the toasts of state/toasts.ts.
import type { ReactElement } from "react";
import { dismissToast, type Toast, useToasts } from "@/state/toasts";
import { Button, IconButton } from "@/widgets/button";
import { Icon, type IconName } from "@/widgets/icon";

const ICONS: Record<Toast["tone"], { icon: IconName; tone: string }> = {
  info: { icon: "info", tone: "dim" },
  good: { icon: "check", tone: "good" },
  bad: { icon: "error", tone: "bad" },
};

export function Toaster(): ReactElement {
  const all = useToasts();
  return (
    <div className="toaster" role="region" aria-label="Messages" aria-live="polite">
      {all.map((toast) => (
        <div key={toast.id} className="toast" role={toast.tone === "bad" ? "alert" : "status"}>
          <span className={ICONS[toast.tone].tone}>
            <Icon name={ICONS[toast.tone].icon} />
          </span>
          <div className="grow">
            <p>{toast.text}</p>
            {toast.hint && <p className="toast-hint">{toast.hint}</p>}
          </div>
          {toast.action && (
            <Button
              tone="quiet"
              onPress={() => {
                toast.action?.run();
                dismissToast(toast.id);
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <IconButton icon="close" label="Dismiss" onPress={() => dismissToast(toast.id)} />
        </div>
      ))}
    </div>
  );
}
