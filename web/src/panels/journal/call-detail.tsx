// SPDX-License-Identifier: Apache-2.0
// One call in full: when, how it ended, its parameters, and what it read and wrote.
import type { ReactElement, ReactNode } from "react";
import { fmtDuration, fmtName, fmtTime } from "@/base/format";
import type { Journal } from "@/gen/ops";
import { IconButton } from "@/widgets/button";
import { type FactGroup, FactList } from "@/widgets/facts";
import { Empty } from "@/widgets/status";
import type { PanelContext } from "../panel";
import { paramTexts } from "./entry";
import { Ids } from "./ids";
import { Status } from "./status";

const none = <span className="dim">nothing</span>;

function groupsOf(ctx: PanelContext, call: Journal): FactGroup[] {
  const ids = (list: readonly string[]): ReactNode =>
    list.length > 0 ? <Ids ctx={ctx} ids={list} /> : none;
  return [
    {
      facts: [
        { name: "status", value: <Status status={call.status} /> },
        { name: "when", value: call.started ? fmtTime(Date.parse(call.started)) : "–" },
        {
          name: "took",
          value: fmtDuration(call.seconds === null ? null : call.seconds * 1000),
        },
        ...(call.parent ? [{ name: "part of", value: <Ids ctx={ctx} ids={[call.parent]} /> }] : []),
        { name: "Slitlamp", value: call.version ?? "–" },
      ],
    },
    {
      title: "Parameters",
      facts: paramTexts(call.params).map((one) => ({
        name: one.name,
        value: <bdi>{one.value}</bdi>,
        mono: true,
      })),
    },
    {
      title: "Data",
      facts: [
        { name: "read", value: ids(call.reads), mono: true },
        { name: "wrote", value: ids(call.writes), mono: true },
      ],
    },
  ];
}

export function CallDetail(props: {
  readonly ctx: PanelContext;
  readonly call: Journal | undefined;
  readonly onClose: () => void;
}): ReactElement {
  const { ctx, call } = props;
  if (!call) {
    return (
      <Empty icon="journal" title="No call chosen">
        Choose one to see its parameters and what it read and wrote.
      </Empty>
    );
  }
  return (
    <section className="call" aria-label={`Call ${call.id ?? ""}`}>
      <header className="call-head">
        <h2>
          {call.op} <span className="dim mono">{call.id}</span>
        </h2>
        <span className="grow" />
        <IconButton icon="close" label="Close" onPress={props.onClose} />
      </header>
      {call.error && <p className="call-error">{fmtName(call.error)}</p>}
      <FactList groups={groupsOf(ctx, call)} />
    </section>
  );
}
