// SPDX-License-Identifier: Apache-2.0
// Evaluate the model looked at again: the form is drawn from the rows of operation "eval"; what it
// starts is a job, whose progress stands in the top bar.
import { type ReactElement, useMemo, useState } from "react";
import { changedOnly, defaultsOf, type ParamValues } from "@/base/params";
import { useOp, useRun } from "@/engine/query";
import { type Model, operations } from "@/gen/ops";
import { toast } from "@/state/toasts";
import { Form } from "@/widgets/form";
import { ProblemBox } from "@/widgets/status";
import { ModelCard } from "../model-card";
import type { Panel, PanelContext } from "../panel";
import { evalParams, evalRows } from "./eval-rows";
import "./evaluate.css";

function EvalForm(props: { readonly ctx: PanelContext; readonly model: Model }): ReactElement {
  const { ctx, model } = props;
  const { data } = useOp("ls", { what: "datasets", limit: 1000 });
  const rows = useMemo(() => evalRows(operations.eval.params, data?.datasets ?? []), [data]);
  const [values, setValues] = useState<ParamValues>(() => defaultsOf(rows));
  const run = useRun("eval");
  const submit = () =>
    run.mutate(evalParams(model.id ?? "", changedOnly(rows, values)), {
      onSuccess: (reply) =>
        toast({
          tone: "good",
          text: `Run ${reply.run.id ?? ""} is done`,
          action: {
            label: "Open",
            run: () => ctx.nav.go({ run: reply.run.id ?? "" }, { page: "overview" }),
          },
        }),
    });
  const cancelled = run.error?.code === "cancelled";
  return (
    <Form
      rows={rows}
      values={values}
      onChange={setValues}
      onSubmit={submit}
      submit={run.isPending ? "Evaluating…" : "Evaluate"}
      busy={run.isPending}
    >
      {run.error && !cancelled && <ProblemBox problem={run.error} />}
    </Form>
  );
}

export const evaluate: Panel = {
  id: "evaluate",
  page: "models",
  title: "Evaluate again",
  help: "On another dataset or through another pipeline; the run before is kept.",
  span: 5,
  wide: 3,
  needs: () => true,
  render: (ctx) => (
    <ModelCard ctx={ctx} title={evaluate.title} help={evaluate.help} height={420}>
      {(model) => (
        <div className="evaluate">
          <EvalForm key={model.id} ctx={ctx} model={model} />
        </div>
      )}
    </ModelCard>
  ),
};
