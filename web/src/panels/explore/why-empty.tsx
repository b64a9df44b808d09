// SPDX-License-Identifier: Apache-2.0
// No sample meets the filter: which clause is to blame. For each clause it asks how many samples
// there would be without it, and offers to drop those that let samples in.
import { type ReactElement, useEffect } from "react";
import { type Clause, describeClause } from "@/base/clause";
import { fmtInt, fmtName, plural } from "@/base/format";
import { useOpPages } from "@/engine/query";
import { Button } from "@/widgets/button";
import { Empty } from "@/widgets/status";
import type { PanelContext } from "../panel";
import { viewCall } from "../view-params";

export function WhyEmpty(props: {
  readonly ctx: PanelContext;
  readonly where: readonly Clause[];
  readonly titleOf: (field: string) => string;
  readonly onChange: (where: Clause[]) => void;
}): ReactElement {
  const { where, onChange } = props;
  const without = (at: number) => where.filter((_, other) => other !== at);
  const { page, want } = useOpPages(
    "view",
    (at) => ({ ...viewCall(props.ctx, without(at), null), limit: 0 }),
    where.length,
  );
  useEffect(() => want(0, Math.max(0, where.length - 1)), [want, where.length]);
  if (where.length === 0) {
    return (
      <Empty icon="explore" title="This dataset version has no samples">
        Import a folder with images and they appear here.
      </Empty>
    );
  }
  const words = (clause: Clause) => fmtName(describeClause(clause, props.titleOf(clause.field)));
  const lines = where.map((clause, at) => ({ clause, at, matched: page(at)?.matched }));
  const blamed = lines.filter((line) => (line.matched ?? 0) > 0);
  const known = lines.every((line) => line.matched !== undefined);
  return (
    <Empty icon="filter" title="No sample meets every clause">
      {blamed.length > 0 && (
        <ul className="why-empty">
          {blamed.map(({ clause, at, matched }) => (
            <li key={at}>
              <span className="grow">
                <bdi>{words(clause)}</bdi> excludes all of the other{" "}
                {plural(matched ?? 0, "sample")}
              </span>
              <Button onPress={() => onChange(without(at))}>Drop it</Button>
            </li>
          ))}
        </ul>
      )}
      {known && blamed.length === 0 && (
        <p>
          No single clause is to blame: without any one of the {fmtInt(where.length)} there is still
          nothing.
        </p>
      )}
      <p className="why-clear">
        <Button onPress={() => onChange([])}>Clear the filter</Button>
      </p>
    </Empty>
  );
}
