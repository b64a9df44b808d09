// SPDX-License-Identifier: Apache-2.0
// The head of Compare: which run against which, the verdict in a sentence, and the difference with
// its interval. Without a second run it offers those that fit.
import type { ReactElement } from "react";
import { fmtInt, fmtPercent, fmtReal, fmtSigned } from "@/base/format";
import type { Run } from "@/gen/ops";
import { useActions } from "@/state/actions";
import { IconButton } from "@/widgets/button";
import { Command } from "@/widgets/command";
import { Select } from "@/widgets/field";
import { DeltaBadge, IntervalBar } from "@/widgets/metric";
import { Name } from "@/widgets/name";
import { Empty, ProblemBox, Skeleton } from "@/widgets/status";
import { type Comparison, hasPair, partnersOf, useComparison } from "../comparison";
import { is, ViewLink, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { isNoise, pairWords, zeroDomain } from "./verdict";
import "./pair.css";

function Pickers(props: { readonly ctx: PanelContext }): ReactElement {
  const { ctx } = props;
  const { nav, runs, run, other } = ctx;
  const choice = (one: Run) => ({
    value: one.id ?? "",
    title: one.name || one.id || "",
    detail: `${one.dataset_name ?? ""} · ${fmtPercent(one.accuracy)}`,
  });
  const partners = partnersOf(run, runs);
  const swap = () =>
    run?.id && other?.id && nav.go({ run: other.id, other: run.id, row: -1, where: [] });
  useActions([
    {
      id: "compare.swap",
      title: "Swap the two runs",
      group: "Compare",
      keys: "Shift+S",
      disabled: !other,
      run: swap,
    },
  ]);
  return (
    <div className="pair-pickers">
      <Select
        label="Before"
        prefix="before"
        value={run?.id ?? ""}
        choices={runs.map(choice)}
        onChange={(id) => nav.go({ run: id, other: id === other?.id ? "" : (other?.id ?? "") })}
      />
      <IconButton
        icon="swap"
        label="Swap the two runs"
        keys="Shift+S"
        disabled={!other}
        onPress={swap}
      />
      <Select
        label="After"
        prefix="after"
        placeholder={partners.length > 0 ? "Choose a run" : "No run on the same samples"}
        value={hasPair(ctx) ? (other?.id ?? "") : ""}
        choices={partners.map(choice)}
        onChange={(id) => nav.go({ run: run?.id ?? "", other: id, row: -1 })}
      />
    </div>
  );
}

function Side(props: {
  readonly ctx: PanelContext;
  readonly title: string;
  readonly run: Run;
  readonly accuracy: number | null;
  readonly field: "outcome" | "other_outcome";
}): ReactElement {
  const { ctx, accuracy } = props;
  return (
    <div className="pair-side">
      <span className="tile-title">
        {props.title} · <Name text={props.run.name} />
      </span>
      <ViewLink
        nav={ctx.nav}
        view={viewOf(ctx.run, { where: [is(props.field, "wrong")] }, ctx.other)}
        className="pair-figure"
        title="Its errors"
      >
        {fmtPercent(accuracy, 2)}
      </ViewLink>
    </div>
  );
}

function Difference(props: { readonly of: Comparison }): ReactElement {
  const { of } = props;
  const { difference, low, high } = of;
  const noise = isNoise(of);
  const domain = zeroDomain(of);
  const points = (value: number) => `${fmtSigned(value * 100, 2)}`;
  return (
    <div className="pair-difference">
      <span className="tile-title">Difference</span>
      <span className="pair-figure">
        <DeltaBadge
          change={difference ?? 0}
          text={`${points(difference ?? 0)} pp`}
          significant={!noise}
        />
      </span>
      {difference !== null && low !== null && high !== null && (
        <>
          <IntervalBar
            value={difference}
            low={low}
            high={high}
            min={domain.low}
            max={domain.high}
            reference={0}
            tone={noise ? "dim" : difference < 0 ? "bad" : "accent"}
          />
          <span className="dim">
            {points(low)} to {points(high)} pp with 95 % confidence
          </span>
        </>
      )}
    </div>
  );
}

function Verdict(props: { readonly ctx: PanelContext }): ReactElement {
  const { ctx } = props;
  const { result, problem, retry } = useComparison(ctx);
  if (problem) return <ProblemBox problem={problem} onRetry={retry} />;
  if (!result) return <Skeleton height={112} />;
  return (
    <>
      <p className="pair-verdict">
        <bdi>{result.verdict}</bdi>
      </p>
      <div className="pair-numbers">
        <Side
          ctx={ctx}
          title="Before"
          run={result.a}
          accuracy={result.accuracy_a}
          field="outcome"
        />
        <Side
          ctx={ctx}
          title="After"
          run={result.b}
          accuracy={result.accuracy_b}
          field="other_outcome"
        />
        <Difference of={result} />
        <dl className="pair-facts">
          <div title="McNemar's exact test, two-sided">
            <dt>McNemar</dt>
            <dd>p = {fmtReal(result.p_value, 2)}</dd>
          </div>
          <div>
            <dt>Samples of both</dt>
            <dd>{fmtInt(result.paired)}</dd>
          </div>
          {result.unpaired > 0 && (
            <div>
              <dt>Of one only</dt>
              <dd>{fmtInt(result.unpaired)}</dd>
            </div>
          )}
        </dl>
      </div>
    </>
  );
}

/** Runs to choose from, when no second one is chosen yet. */
function Offers(props: { readonly ctx: PanelContext }): ReactElement {
  const { nav, run, runs } = props.ctx;
  const partners = partnersOf(run, runs);
  if (!run || partners.length === 0) {
    return (
      <Empty icon="compare" title="Nothing to compare with yet">
        {pairWords(run)}
        <br />
        {run && <Command text={`slitlamp eval other.onnx ${run.dataset ?? ""}`.trim()} />}
      </Empty>
    );
  }
  return (
    <ul className="pair-offers" aria-label="Runs on the same samples">
      {partners.slice(0, 12).map((one) => (
        <li key={one.id}>
          <ViewLink
            nav={nav}
            page="compare"
            view={{ run: run.id ?? "", other: one.id ?? "" }}
            className="pair-offer"
          >
            <span className="cut">
              <Name text={one.name} />
            </span>
            <span className="dim">{one.id}</span>
            <span className="grow" />
            <span className="tabular">{fmtPercent(one.accuracy, 2)}</span>
            {one.accuracy !== null && run.accuracy !== null && (
              <DeltaBadge change={one.accuracy - run.accuracy} />
            )}
          </ViewLink>
        </li>
      ))}
    </ul>
  );
}

export const pair: Panel = {
  id: "pair",
  page: "compare",
  title: "Two runs",
  help: "The run before, the run after, and whether the second is better beyond noise.",
  span: 12,
  needs: (ctx) => ctx.runs.length > 0,
  render: (ctx) => (
    <section className="card pair" aria-label={pair.title}>
      <Pickers ctx={ctx} />
      {hasPair(ctx) ? <Verdict ctx={ctx} /> : <Offers ctx={ctx} />}
    </section>
  ),
};
