// SPDX-License-Identifier: Apache-2.0
// Numbers of a report in groups, each group on one scale so that its rows can be compared.
import type { Metric } from "@/gen/ops";
import type { Domain } from "@/widgets/axes";

export interface MetricGroup {
  readonly id: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  /** The scale of the group's bars; null when none of its numbers lies in 0..1. */
  readonly domain: Domain | null;
}

const TITLES: Record<string, string> = {
  agreement: "Agreement",
  accuracy: "Accuracy",
  average: "Averages",
  multi_label: "Multi-label",
  ranking: "Ranking",
  probability: "Probabilities",
  calibration: "Calibration",
};

/** Both ends of a number: its interval, or itself. */
const endsOf = (metric: Metric): number[] =>
  [metric.value, metric.low, metric.high].filter((one): one is number => one !== null);

/**
 * The scale of those numbers that lie in 0..1 with their intervals: whole tenths around them, at
 * least a fifth wide. Null when there is none.
 */
export function groupDomain(metrics: readonly Metric[]): Domain | null {
  const ends = metrics
    .filter((metric) => metric.name !== "temperature" && metric.value !== null)
    .map(endsOf)
    .filter((both) => both.every((end) => end >= 0 && end <= 1))
    .flat();
  if (ends.length === 0) return null;
  const from = Math.floor(Math.min(...ends) * 10 + 1e-9);
  const to = Math.ceil(Math.max(...ends) * 10 - 1e-9);
  const wide = Math.max(to, Math.min(10, from + 2));
  return { low: Math.min(from, wide - 2) / 10, high: wide / 10 };
}

/** Groups in order of first appearance, numbers in the report's order. */
export function metricGroups(metrics: readonly Metric[]): MetricGroup[] {
  const groups = new Map<string, Metric[]>();
  for (const metric of metrics) {
    const id = metric.group ?? "";
    const group = groups.get(id);
    if (group) group.push(metric);
    else groups.set(id, [metric]);
  }
  return [...groups].map(([id, members]) => ({
    id,
    title: TITLES[id] ?? id.replaceAll("_", " "),
    metrics: members,
    domain: groupDomain(members),
  }));
}
