// SPDX-License-Identifier: Apache-2.0
// How often each operator occurs in the graph of the model looked at, most frequent first.
import type { ReactElement } from "react";
import { fmtInt, plural } from "@/base/format";
import type { Model } from "@/gen/ops";
import { Name } from "@/widgets/name";
import { ModelCard } from "../model-card";
import type { Panel } from "../panel";
import "./operators.css";

function Bars(props: { readonly model: Model }): ReactElement {
  const { operators } = props.model;
  const most = operators.reduce((high, one) => Math.max(high, one.count), 1);
  return (
    <ol className="operators" tabIndex={0} aria-label="Operators">
      {operators.map((one, at) => (
        <li key={at}>
          <span className="mono cut">
            <Name text={one.name} />
          </span>
          <span className="num">{fmtInt(one.count)}</span>
          <span className="operator-track" aria-hidden="true">
            <i style={{ width: `${(one.count / most) * 100}%` }} />
          </span>
        </li>
      ))}
    </ol>
  );
}

export const operators: Panel = {
  id: "operators",
  page: "models",
  title: "Operators",
  help: "Nodes of the graph by operator.",
  span: 3,
  wide: 3,
  needs: () => true,
  render: (ctx) => (
    <ModelCard
      ctx={ctx}
      title={operators.title}
      help={operators.help}
      height={260}
      note={(model) => plural(model.operators.length, "kind")}
    >
      {(model) => <Bars model={model} />}
    </ModelCard>
  ),
};
