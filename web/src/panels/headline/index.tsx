// SPDX-License-Identifier: Apache-2.0
// The head of Overview: which model on which data, how often it is right and how sure that is, what
// went wrong, and the pipeline it was fed through. A guess is never hidden.
import type { ReactElement, ReactNode } from "react";
import {
  fmtDuration,
  fmtInt,
  fmtPercent,
  fmtPercentInterval,
  fmtReal,
  fmtTime,
  plural,
} from "@/base/format";
import type { Run } from "@/gen/ops";
import { Chip } from "@/widgets/chip";
import { IntervalBar } from "@/widgets/metric";
import { Name } from "@/widgets/name";
import { ProblemBox } from "@/widgets/status";
import { type Rule, ViewLink, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { isDone, type Report, useReport } from "../report";
import { accuracyDomain, countsOf } from "./counts";
import "./headline.css";

/** "cpu, batch 8, 2 threads"; nothing for predictions made elsewhere. */
const ranOn = (run: Run): string =>
  run.provider
    ? [
        run.provider.replace(/ExecutionProvider$/, "").toLowerCase(),
        `batch ${fmtInt(run.batch)}`,
        plural(run.threads, "thread"),
      ].join(", ")
    : "";

function Title(props: { readonly ctx: PanelContext; readonly run: Run }): ReactElement {
  const { ctx, run } = props;
  const { nav } = ctx;
  return (
    <header className="headline-title">
      <h2>
        {run.model ? (
          <ViewLink nav={nav} page="models" view={{ tab: run.model }}>
            <Name text={run.model_name} />
          </ViewLink>
        ) : (
          <Name text={run.model_name} none="predictions" />
        )}
        <span className="dim"> on </span>
        <Name text={run.dataset_name} />
      </h2>
      <p className="dim">
        {[
          run.id,
          run.created ? fmtTime(Date.parse(run.created)) : "",
          run.scores ?? "",
          ranOn(run),
          run.state === "done" ? "" : run.state,
        ]
          .filter(Boolean)
          .join(" · ")}
        {run.journal && (
          <>
            {" · "}
            <ViewLink
              nav={nav}
              page="journal"
              view={{ tab: run.journal }}
              title="Call that made it"
            >
              {run.journal}
            </ViewLink>
          </>
        )}
      </p>
    </header>
  );
}

function Hero(props: { readonly ctx: PanelContext; readonly run: Run }): ReactElement {
  const { run } = props;
  const { accuracy, accuracy_low: low, accuracy_high: high } = run;
  if (accuracy === null) {
    return (
      <div className="headline-hero">
        <span className="tile-title">Accuracy</span>
        <span className="headline-figure dim">–</span>
        <span className="dim">
          {run.state === "done" ? "no sample has a label of a class" : "made when the run is done"}
        </span>
      </div>
    );
  }
  const domain = accuracyDomain(low ?? accuracy, high ?? accuracy);
  return (
    <div className="headline-hero">
      <span className="tile-title">Accuracy</span>
      <ViewLink
        nav={props.ctx.nav}
        view={viewOf(run, { where: ["outcome=right|wrong"] })}
        className="headline-figure"
        title="All samples it was measured on"
      >
        {fmtPercent(accuracy, 2)}
      </ViewLink>
      <div className="headline-scale">
        <span>{fmtPercent(domain.low, 0)}</span>
        <IntervalBar
          value={accuracy}
          low={low ?? accuracy}
          high={high ?? accuracy}
          min={domain.low}
          max={domain.high}
        />
        <span>{fmtPercent(domain.high, 0)}</span>
      </div>
      {low !== null && high !== null && (
        <span className="dim">{fmtPercentInterval(low, high, 2)} with 95 % confidence</span>
      )}
    </div>
  );
}

function Fact(props: {
  readonly title: string;
  readonly help?: string | undefined;
  readonly children: ReactNode;
  readonly detail?: ReactNode;
}): ReactElement {
  return (
    <div className="headline-fact" title={props.help}>
      <dt>{props.title}</dt>
      <dd>{props.children}</dd>
      {props.detail !== undefined && <dd className="dim">{props.detail}</dd>}
    </div>
  );
}

function Counts(props: {
  readonly ctx: PanelContext;
  readonly run: Run;
  readonly report: Report | null;
}): ReactElement {
  const { ctx, run, report } = props;
  const link = (rule: Rule, text: ReactNode) => (
    <ViewLink nav={ctx.nav} view={viewOf(run, rule)}>
      {text}
    </ViewLink>
  );
  return (
    <dl className="headline-facts">
      {countsOf(run, report).map((count) => (
        <Fact key={count.title} title={count.title} help={count.help} detail={count.detail}>
          <span className={count.tone}>
            {count.rule ? link(count.rule, count.value) : count.value}
          </span>
        </Fact>
      ))}
      {run.samples_per_s !== null && (
        <Fact
          title="Speed"
          help="Decoding, preprocessing and inference together"
          detail={`${fmtDuration(run.seconds === null ? null : run.seconds * 1000)} in all`}
        >
          {fmtReal(run.samples_per_s, 3)} <small>images/s</small>
        </Fact>
      )}
    </dl>
  );
}

function Pipeline(props: { readonly run: Run }): ReactElement | null {
  const { run } = props;
  if (run.pipeline.length === 0) return null;
  return (
    <div className="headline-pipeline">
      <span className="dim">Pipeline</span>
      <ol>
        {run.pipeline.map((step, at) => (
          <li key={`${at}${step}`} className="mono">
            <bdi>{step}</bdi>
          </li>
        ))}
      </ol>
      {run.guessed ? (
        <Chip tone="warn" title="No pipeline was declared; this one was inferred">
          guessed
        </Chip>
      ) : (
        <span className="dim">
          <bdi>{run.pipeline_source}</bdi>
        </span>
      )}
      {run.evidence.length > 0 && (
        <details className="headline-evidence">
          <summary>What this rests on</summary>
          <ul>
            {run.guessed && run.pipeline_source && <li>{run.pipeline_source}</li>}
            {run.evidence.map((line, at) => (
              <li key={at}>
                <bdi>{line}</bdi>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Headline(props: { readonly ctx: PanelContext; readonly run: Run }): ReactElement {
  const { ctx, run } = props;
  const { report, problem, retry } = useReport(ctx);
  return (
    <section className="card headline" aria-label="Headline">
      <div className="headline-top">
        <div className="headline-who">
          <Title ctx={ctx} run={run} />
          <Hero ctx={ctx} run={run} />
        </div>
        <Counts ctx={ctx} run={run} report={report} />
      </div>
      <Pipeline run={run} />
      {problem && isDone(ctx) && <ProblemBox problem={problem} onRetry={retry} />}
    </section>
  );
}

export const headline: Panel = {
  id: "headline",
  page: "overview",
  title: "Headline",
  help: "The run looked at, its accuracy and what it was measured on.",
  span: 12,
  needs: (ctx) => ctx.run !== null,
  render: (ctx) => ctx.run && <Headline ctx={ctx} run={ctx.run} />,
};
