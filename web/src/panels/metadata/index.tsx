// SPDX-License-Identifier: Apache-2.0
// All metadata properties of the model as they stand in the file; long ones are folded.
import type { ReactElement } from "react";
import { fmtName, plural } from "@/base/format";
import type { Model } from "@/gen/ops";
import { Name } from "@/widgets/name";
import { ModelCard } from "../model-card";
import type { Panel } from "../panel";
import "./metadata.css";

const LONG = 160;

function Value(props: { readonly text: string }): ReactElement {
  const text = fmtName(props.text);
  if (text.length <= LONG) return <bdi>{text}</bdi>;
  return (
    <details>
      <summary>
        <bdi>{text.slice(0, 80)}…</bdi>{" "}
        <span className="dim">{plural(text.length, "character")}</span>
      </summary>
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
}

function Properties(props: { readonly model: Model }): ReactElement {
  const { metadata: rows } = props.model;
  if (rows.length === 0) return <p className="dim">The model carries no metadata.</p>;
  return (
    <dl className="metadata">
      {rows.map((row, at) => (
        <div key={at}>
          <dt>
            <Name text={row.name} />
          </dt>
          <dd className="mono">
            <Value text={row.value ?? ""} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

export const metadata: Panel = {
  id: "metadata",
  page: "models",
  title: "Metadata",
  help: "Everything its maker wrote into the file, as it stands there.",
  span: 5,
  wide: 3,
  needs: () => true,
  render: (ctx) => (
    <ModelCard
      ctx={ctx}
      title={metadata.title}
      help={metadata.help}
      height={200}
      note={(model) => plural(model.metadata.length, "property", "properties")}
    >
      {(model) => <Properties model={model} />}
    </ModelCard>
  ),
};
