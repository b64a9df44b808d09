// SPDX-License-Identifier: Apache-2.0
// The class names of the model in output order; each leads to the samples predicted as it.
import { type ReactElement, useState } from "react";
import { plural } from "@/base/format";
import { fuzzyFilter } from "@/base/fuzzy";
import type { Model } from "@/gen/ops";
import { TextField } from "@/widgets/field";
import { Name } from "@/widgets/name";
import { Empty } from "@/widgets/status";
import { is, ViewLink, viewOf } from "../links";
import { ModelCard } from "../model-card";
import { runsOf } from "../model-choice";
import type { Panel, PanelContext } from "../panel";
import "./model-classes.css";

const MANY = 40;

function Names(props: { readonly ctx: PanelContext; readonly model: Model }): ReactElement {
  const { ctx, model } = props;
  const [search, setSearch] = useState("");
  const run = runsOf(model, ctx.runs).find((one) => one.state === "done") ?? null;
  const named = model.classes.map((name, index) => ({ name, index }));
  const shown = fuzzyFilter(named, search, (one) => one.name);
  if (named.length === 0) {
    return (
      <Empty icon="info" title="No class names">
        The model states none; give them with <code>--classes</code>.
      </Empty>
    );
  }
  return (
    <div className="stack">
      {named.length > MANY && (
        <TextField
          label="Search classes"
          placeholder={`Search ${plural(named.length, "class", "classes")}`}
          icon="search"
          value={search}
          onChange={setSearch}
        />
      )}
      <ol className="class-names" tabIndex={0} aria-label="Class names">
        {shown.map(({ name, index }) => (
          <li key={index}>
            <span className="dim num">{index}</span>
            {run ? (
              <ViewLink
                nav={ctx.nav}
                view={viewOf(run, { where: [is("pred", name)], sort: "-confidence" })}
                className="cut"
              >
                <Name text={name} />
              </ViewLink>
            ) : (
              <span className="cut">
                <Name text={name} />
              </span>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

export const modelClasses: Panel = {
  id: "model-classes",
  page: "models",
  title: "Classes",
  help: "In output order. Press one for the samples that are predicted as it.",
  span: 7,
  wide: 3,
  needs: () => true,
  render: (ctx) => (
    <ModelCard
      ctx={ctx}
      title={modelClasses.title}
      help={modelClasses.help}
      height={200}
      note={(model) => String(model.classes.length)}
    >
      {(model) => <Names key={model.id} ctx={ctx} model={model} />}
    </ModelCard>
  ),
};
