// SPDX-License-Identifier: Apache-2.0
// What is known of a sample besides its picture: scores, how the decision came about, file facts,
// exact duplicates. Every fact leads to the journal entry that established it.
import type { ReactElement, ReactNode } from "react";
import { useEffect } from "react";
import { fmtFixed, fmtName, fmtPercent, fmtReal, plural } from "@/base/format";
import { useOpPages } from "@/engine/query";
import { copyText } from "@/state/toasts";
import { OutcomeMark } from "@/widgets/chip";
import { type FactGroup, FactList, KeyText } from "@/widgets/facts";
import { Name } from "@/widgets/name";
import { ScoreBars } from "@/widgets/scores";
import { Thumb } from "@/widgets/thumb";
import { is, ViewLink } from "../links";
import type { PanelContext } from "../panel";
import { tileOf } from "../sample-tile";
import { parseClause } from "@/base/clause";
import { type ChainStep, stepsOf } from "./chain-steps";
import type { SampleData } from "./use-sample";

interface SideProps {
  readonly ctx: PanelContext;
  readonly data: SampleData;
}

function Section(props: {
  readonly title: string;
  readonly note?: ReactNode;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <section className="side-section" aria-label={props.title}>
      <h2>
        {props.title} {props.note && <span className="dim">{props.note}</span>}
      </h2>
      {props.children}
    </section>
  );
}

function JournalLink(props: {
  readonly ctx: PanelContext;
  readonly id: string | null;
}): ReactElement | null {
  const { id, ctx } = props;
  if (!id) return null;
  return (
    <ViewLink nav={ctx.nav} page="journal" view={{ tab: id }} label={`Journal entry ${id}`}>
      {id}
    </ViewLink>
  );
}

/** The measures of the decision, and those of the other run. */
function Measures({ ctx, data }: SideProps): ReactElement {
  const { sample } = data;
  const values: readonly (readonly [string, string])[] = [
    ["confidence", fmtPercent(sample.confidence)],
    ["margin", fmtFixed(sample.margin, 3)],
    ["entropy", sample.entropy === null ? "–" : `${fmtFixed(sample.entropy, 3)} nats`],
    ["loss", sample.loss === null ? "–" : `${fmtReal(sample.loss, 3)} nats`],
  ];
  return (
    <>
      <dl className="measures">
        {values.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {ctx.other && (
        <p className="other-run">
          <OutcomeMark outcome={sample.other_outcome} bare />
          <Name text={ctx.other.name} />: <Name text={sample.other_pred} />{" "}
          <span className="dim">{fmtPercent(sample.other_confidence)}</span>
        </p>
      )}
    </>
  );
}

function Scores(props: SideProps): ReactElement {
  const { ctx, data } = props;
  const { sample, scores } = data;
  const rows = scores.map((row) => ({
    index: row.index,
    name: fmtName(row.name ?? "") || `class ${row.index}`,
    score: row.score ?? 0,
  }));
  const pair = sample.outcome === "wrong" && sample.label !== null && sample.pred !== null;
  return (
    <Section title="Decision">
      <Measures {...props} />
      {rows.length === 0 ? (
        <p className="dim">
          {sample.outcome === "broken"
            ? "No decision: there was no picture to show the model."
            : "This run kept no scores of this sample."}
        </p>
      ) : (
        <ScoreBars
          scores={rows}
          label={sample.label === null ? null : fmtName(sample.label)}
          prediction={sample.pred === null ? null : fmtName(sample.pred)}
        />
      )}
      {pair && (
        <p className="side-links">
          <ViewLink
            nav={ctx.nav}
            view={{
              where: [is("label", sample.label), is("pred", sample.pred)].map(parseClause),
              row: -1,
              tab: "",
            }}
          >
            All <Name text={sample.label} /> taken for <Name text={sample.pred} />
          </ViewLink>
        </p>
      )}
    </Section>
  );
}

/** Where the thing a step made can be looked at. */
function MadeLink(props: { readonly ctx: PanelContext; readonly id: string }): ReactElement | null {
  const { id, ctx } = props;
  if (id.startsWith("m")) {
    return (
      <ViewLink nav={ctx.nav} page="models" view={{ tab: id }}>
        {id}
      </ViewLink>
    );
  }
  if (!id.startsWith("r")) return <span className="dim">{id}</span>;
  return (
    <ViewLink nav={ctx.nav} page="overview" view={{ run: id, tab: "" }}>
      {id}
    </ViewLink>
  );
}

function ChainItem(props: { readonly ctx: PanelContext; readonly step: ChainStep }): ReactElement {
  const { ctx, step } = props;
  return (
    <li className="chain-step">
      <span className="chain-title">{step.title}</span>
      <span className="chain-links">
        {step.id && <MadeLink ctx={ctx} id={step.id} />}
        <JournalLink ctx={ctx} id={step.journal} />
      </span>
      {step.lines.map((line, at) => (
        <span key={at} className="chain-line">
          <bdi>{fmtName(line)}</bdi>
        </span>
      ))}
    </li>
  );
}

function Chain({ ctx, data }: SideProps): ReactElement {
  return (
    <Section title="How the decision came about">
      <ol className="chain">
        {stepsOf(data.chain).map((step, at) => (
          <ChainItem key={at} ctx={ctx} step={step} />
        ))}
      </ol>
    </Section>
  );
}

const isHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

function factGroups({ ctx, data }: SideProps): FactGroup[] {
  const groups = new Map<string, FactGroup["facts"][number][]>();
  for (const fact of data.facts) {
    const value = fact.value ?? "";
    const facts = groups.get(fact.group ?? "") ?? [];
    groups.set(fact.group ?? "", facts);
    facts.push({
      name: fmtName(fact.name ?? ""),
      value: isHash(value) ? <KeyText value={value} /> : <Name text={value} />,
      after: <JournalLink ctx={ctx} id={fact.journal} />,
    });
  }
  return [...groups].map(([title, facts]) => ({ title, facts }));
}

function Facts(props: SideProps): ReactElement {
  const path = props.data.path ?? "";
  return (
    <Section title="Facts">
      {path && (
        <button
          type="button"
          className="sample-path mono"
          title="Press to copy"
          onClick={() => void copyText(path, "Path copied")}
        >
          <bdi>{fmtName(path)}</bdi>
        </button>
      )}
      <FactList groups={factGroups(props)} />
    </Section>
  );
}

/** Other samples with the same bytes; a different label is pointed out. */
function Duplicates(props: SideProps): ReactElement | null {
  const { ctx, data } = props;
  const ids = data.duplicates;
  const { page, want } = useOpPages(
    "sample",
    (at) => ({ sample: ids[at] ?? "", ...(ctx.run?.id ? { run: ctx.run.id } : {}), top: 1 }),
    ids.length,
  );
  const shown = Math.min(ids.length, 12);
  useEffect(() => want(0, Math.max(0, shown - 1)), [want, shown]);
  if (ids.length === 0) return null;
  return (
    <Section title="Exact duplicates" note={plural(ids.length, "sample")}>
      <ul className="duplicates">
        {ids.slice(0, shown).map((id, at) => {
          const twin = page(at)?.sample;
          const differs = twin !== undefined && twin.label !== data.sample.label;
          return (
            <li key={id} title={twin ? fmtName(twin.name ?? "") : id}>
              <ViewLink nav={ctx.nav} page="sample" view={{ sample: id }} label={`Sample ${id}`}>
                <Thumb item={twin && tileOf(twin, 88)} />
              </ViewLink>
              {differs && <span className="warn">other label</span>}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

export function Side(props: SideProps): ReactElement {
  return (
    <div className="side" tabIndex={0} role="region" aria-label="About the sample">
      <Scores {...props} />
      <Duplicates {...props} />
      <Chain {...props} />
      <Facts {...props} />
    </div>
  );
}
