// SPDX-License-Identifier: Apache-2.0
// "Go to row": a position in the view as a number, or as a share of the way ("50%").
import { type ReactElement, useState } from "react";
import { fmtInt } from "@/base/format";
import { Button } from "@/widgets/button";
import { TextField } from "@/widgets/field";
import { Dialog } from "@/widgets/overlay";

/** Row (from 0) that a text of a person (from 1) stands for, or null. */
export function rowFromText(text: string, count: number): number | null {
  const bare = text.replace(/[,\s]/g, "");
  const share = /^(\d+(?:\.\d+)?)%$/.exec(bare);
  if (share) {
    const row = Math.floor((Number(share[1]) / 100) * count);
    return Number(share[1]) <= 100 && count > 0 ? Math.min(count - 1, row) : null;
  }
  const row = /^\d+$/.test(bare) ? Number(bare) - 1 : -1;
  return row >= 0 && row < count ? row : null;
}

export function GoToRow(props: {
  readonly count: number;
  readonly onGo: (row: number) => void;
  readonly onClose: () => void;
}): ReactElement {
  const { count, onGo, onClose } = props;
  const [text, setText] = useState("");
  const row = rowFromText(text, count);
  const go = () => {
    if (row === null) return;
    onGo(row);
    onClose();
  };
  return (
    <Dialog title="Go to row" onClose={onClose} width={360}>
      <div className="dialog-content stack">
        <TextField
          label={`Row, 1 to ${fmtInt(count)}, or a share such as 50%`}
          showLabel
          numeric
          autoFocus
          value={text}
          onChange={setText}
          onEnter={go}
        />
        <div className="line">
          <Button tone="accent" disabled={row === null} onPress={go}>
            Go
          </Button>
          {text !== "" && row === null && (
            <span className="bad" role="alert">
              There is no such row.
            </span>
          )}
        </div>
      </div>
    </Dialog>
  );
}
