// SPDX-License-Identifier: Apache-2.0
// The contract of the model: what goes in, the pipeline that makes it and where that came from, and
// how what comes out is read.
import type { ReactElement } from "react";
import type { Input, Model } from "@/gen/ops";
import { Chip } from "@/widgets/chip";
import { Name } from "@/widgets/name";
import { ModelCard } from "../model-card";
import type { Panel } from "../panel";
import "./contract.css";

function Ports(props: { readonly title: string; readonly ports: readonly Input[] }): ReactElement {
  return (
    <section>
      <h3>{props.title}</h3>
      <ul>
        {props.ports.map((port, at) => (
          <li key={at} className="port mono">
            <b>
              <Name text={port.name} />
            </b>
            <span>{port.dtype}</span>
            <span className="dim">
              <bdi>{port.shape}</bdi>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Contract(props: { readonly model: Model }): ReactElement {
  const { model } = props;
  return (
    <div className="contract">
      <Ports title="Inputs" ports={model.inputs} />
      <section>
        <h3>Pipeline</h3>
        {model.pipeline.length > 0 ? (
          <ol className="contract-steps">
            {model.pipeline.map((step, at) => (
              <li key={`${at}${step}`} className="mono">
                <bdi>{step}</bdi>
              </li>
            ))}
          </ol>
        ) : (
          <p className="dim">Not declared; it is guessed when the model is evaluated.</p>
        )}
        {model.pipeline_source && (
          <p className="dim line">
            From: <bdi>{model.pipeline_source}</bdi>
            {model.pipeline_source.startsWith("guess") && (
              <Chip tone="warn" title="No pipeline was declared; this one was inferred">
                guessed
              </Chip>
            )}
          </p>
        )}
      </section>
      <Ports title="Outputs" ports={model.outputs} />
      {model.scores && (
        <p className="dim">
          Read as <bdi>{model.scores}</bdi>
        </p>
      )}
    </div>
  );
}

export const contract: Panel = {
  id: "contract",
  page: "models",
  title: "Contract",
  help: "What the model takes, what is done to an image before, and how its outputs are read.",
  span: 3,
  wide: 3,
  needs: () => true,
  render: (ctx) => (
    <ModelCard ctx={ctx} title={contract.title} help={contract.help} height={300}>
      {(model) => <Contract model={model} />}
    </ModelCard>
  ),
};
