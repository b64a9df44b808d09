// SPDX-License-Identifier: Apache-2.0
// A card whose body needs the report: skeleton while it is made, the problem when it failed.
import type { ReactElement, ReactNode } from "react";
import { Card } from "@/widgets/card";
import { ProblemBox, Skeleton } from "@/widgets/status";
import type { PanelContext } from "./panel";
import { type Report, useReport } from "./report";

export function ReportCard(props: {
  readonly ctx: PanelContext;
  readonly title: string;
  readonly help?: string;
  readonly note?: (report: Report) => ReactNode;
  readonly tools?: (report: Report) => ReactNode;
  /** Height of the skeleton, about that of the body. */
  readonly height: number;
  readonly flush?: boolean;
  readonly children: (report: Report) => ReactNode;
}): ReactElement {
  const { report, problem, retry } = useReport(props.ctx);
  const waiting = problem ? (
    <ProblemBox problem={problem} onRetry={retry} />
  ) : (
    <Skeleton height={props.height} />
  );
  return (
    <Card
      title={props.title}
      help={props.help}
      note={report && props.note?.(report)}
      tools={report && props.tools?.(report)}
      flush={Boolean(props.flush && report)}
    >
      {report ? props.children(report) : waiting}
    </Card>
  );
}
