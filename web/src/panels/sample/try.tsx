// SPDX-License-Identifier: Apache-2.0
// Try another pipeline on this sample: a form of the parameters of `stages`. What is set stays set
// from sample to sample; nothing is written anywhere.
import type { ReactElement } from "react";
import type { ParamRow, ParamValues } from "@/base/params";
import { useOp } from "@/engine/query";
import { Form } from "@/widgets/form";
import { TRY_ROWS } from "./stage-model";

/** The rows, with the workspace's models as choices of the one named so. */
function useRows(): readonly ParamRow[] {
  const { data } = useOp("ls", { what: "models", limit: 1000 });
  const choices = (data?.models ?? []).map((model) => ({
    name: model.id ?? "",
    help: model.name ?? "",
  }));
  return TRY_ROWS.map((row) => (row.name === "model" ? { ...row, choices } : row));
}

export function TryForm(props: {
  readonly values: ParamValues;
  readonly onChange: (values: ParamValues) => void;
}): ReactElement {
  return (
    <div className="try-form">
      <p>
        Left empty, at 0 or on “keep”, a field leaves the pipeline as it is. Nothing is written; to
        score the whole dataset so, use Evaluate on the Models page.
      </p>
      <Form rows={useRows()} values={props.values} onChange={props.onChange} />
    </div>
  );
}
