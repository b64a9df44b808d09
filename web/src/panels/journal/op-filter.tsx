// SPDX-License-Identifier: Apache-2.0
// Chooses the operation whose calls are listed.
import type { ReactElement } from "react";
import { chosenValues, withClause } from "@/base/clause";
import { type OperationName, operations } from "@/gen/ops";
import { Select } from "@/widgets/field";
import type { PanelContext } from "../panel";

const ALL = "all";

/** Operations whose calls are recorded: those that are more than a look. */
const RECORDED = (Object.keys(operations) as OperationName[]).filter(
  (name) => !operations[name].flags.includes("peek"),
);

export function OpFilter(props: { readonly ctx: PanelContext }): ReactElement {
  const { nav } = props.ctx;
  const chosen = chosenValues(nav.view.where, "op");
  const pick = (op: string) =>
    nav.go({
      where: withClause(
        nav.view.where,
        "op",
        op === ALL ? null : { kind: "in", field: "op", values: [op] },
      ),
      tab: "",
    });
  return (
    <div className="journal-op">
      <Select
        label="Operation"
        prefix="operation"
        value={chosen[0] ?? ALL}
        choices={[
          { value: ALL, title: "all" },
          ...RECORDED.map((name) => ({
            value: name,
            title: name,
            detail: operations[name].title,
          })),
        ]}
        onChange={pick}
      />
    </div>
  );
}
