// SPDX-License-Identifier: Apache-2.0
// What is known of the model looked at: the state its maker wrote into it, its file, its graph.
import type { ReactElement } from "react";
import { fmtBytes, fmtInt, fmtTime } from "@/base/format";
import type { Model } from "@/gen/ops";
import { type Fact, type FactGroup, FactList, KeyText } from "@/widgets/facts";
import { Name } from "@/widgets/name";
import { ViewLink } from "../links";
import { ModelCard } from "../model-card";
import type { Panel, PanelContext } from "../panel";
import "./model.css";

const text = (name: string, value: string | null, mono = false): Fact => ({
  name,
  value: <Name text={value} none="not stated" />,
  ...(value ? { title: value } : {}),
  mono: mono && value !== null,
});

function groupsOf(ctx: PanelContext, model: Model): FactGroup[] {
  const journal = model.journal && (
    <ViewLink nav={ctx.nav} page="journal" view={{ tab: model.journal }}>
      {model.journal}
    </ViewLink>
  );
  return [
    {
      title: "State",
      facts: [
        text("version", model.version),
        text("epoch", model.epoch),
        ...model.hyperparameters.map((one) => text(one.name ?? "", one.value, true)),
      ],
    },
    {
      title: "File",
      facts: [
        text("path", model.path, true),
        { name: "size", value: fmtBytes(model.size_bytes) },
        { name: "SHA-256", value: model.key ? <KeyText value={model.key} digits={16} /> : "–" },
        {
          name: "first seen",
          value: model.created ? fmtTime(Date.parse(model.created)) : "–",
          after: journal,
        },
      ],
    },
    {
      title: "Graph",
      facts: [
        text("producer", model.producer),
        text("opset", model.opset),
        { name: "IR version", value: fmtInt(model.ir_version) },
        { name: "parameters", value: fmtInt(model.parameters) },
        { name: "nodes", value: fmtInt(model.nodes) },
      ],
    },
  ];
}

function Facts(props: { readonly ctx: PanelContext; readonly model: Model }): ReactElement {
  return (
    <div className="model-facts">
      <FactList groups={groupsOf(props.ctx, props.model)} />
    </div>
  );
}

export const model: Panel = {
  id: "model",
  page: "models",
  title: "Model",
  help: "As the model itself states it, read from the file without running it.",
  span: 6,
  wide: 4,
  needs: () => true,
  render: (ctx) => (
    <ModelCard
      ctx={ctx}
      title={model.title}
      help={model.help}
      height={420}
      note={(one) => <Name text={one.name} />}
    >
      {(one) => <Facts ctx={ctx} model={one} />}
    </ModelCard>
  ),
};
