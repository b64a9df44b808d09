// SPDX-License-Identifier: Apache-2.0
// The rows of operation "eval" as the form of one model asks them, and its values as parameters.
import { fmtName, plural } from "@/base/format";
import type { ParamRow, ParamValues } from "@/base/params";
import type { ParamsOf } from "@/engine/query";
import type { Dataset } from "@/gen/ops";

/** The model is known, so its row goes; the dataset is chosen among those there are. */
export function evalRows(rows: readonly ParamRow[], datasets: readonly Dataset[]): ParamRow[] {
  const choices = datasets
    .filter((one) => one.id !== null)
    .map((one) => ({
      name: one.id ?? "",
      help: `${fmtName(one.name ?? "")} ${one.version ?? ""}, ${plural(one.samples, "sample")}`,
    }));
  return rows
    .filter((row) => row.name !== "model")
    .map((row) => (row.name === "dataset" && choices.length > 0 ? { ...row, choices } : row));
}

/** The form's values are those the rows allow, so they are the operation's parameters. */
export const evalParams = (model: string, values: ParamValues): ParamsOf<"eval"> =>
  ({ ...values, model }) as ParamsOf<"eval">;
