// SPDX-License-Identifier: Apache-2.0
// The counts and numbers of the headline, each with the rule of its samples.
import {
  fmtFixed,
  fmtInt,
  fmtInterval,
  fmtPercent,
  fmtPercentInterval,
  plural,
} from "@/base/format";
import type { Domain } from "@/widgets/axes";
import type { Metric, Run } from "@/gen/ops";
import type { Rule } from "../links";
import type { Report } from "../report";

export interface Count {
  readonly title: string;
  readonly value: string;
  readonly detail?: string;
  readonly help?: string;
  readonly tone?: "bad" | "warn";
  readonly rule?: Rule;
}

/** A scale on which an interval can be read: around it, ending on round values within 0..1. */
export function accuracyDomain(low: number, high: number): Domain {
  const room = Math.max(0.02, (high - low) * 3);
  const step = high - low > 0.05 ? 0.1 : 0.05;
  const from = Math.max(0, Math.floor((low - room) / step + 1e-9) * step);
  const to = Math.min(1, Math.ceil((high + room) / step - 1e-9) * step);
  return { low: Number(from.toFixed(4)), high: Number(to.toFixed(4)) };
}

function metricCount(metric: Metric | undefined, title: string, percent: boolean): Count[] {
  if (!metric || metric.value === null) return [];
  const { low, high } = metric;
  const both = low !== null && high !== null;
  const interval = !both ? "" : percent ? fmtPercentInterval(low, high) : fmtInterval(low, high, 3);
  return [
    {
      title,
      value: percent ? fmtPercent(metric.value) : fmtFixed(metric.value, 3),
      detail: interval,
      help: metric.help ?? "",
      rule: { where: metric.where, sort: metric.sort },
    },
  ];
}

/** Errors, files and labels that are missing, and the numbers people ask for first. */
export function countsOf(run: Run, report: Report | null): Count[] {
  const labelled = Math.max(0, run.scored - run.unlabelled);
  const metric = (name: string) => report?.metrics.find((one) => one.name === name);
  const errors: Count = {
    title: "Errors",
    value: fmtInt(report?.errors ?? null),
    detail: `of ${fmtInt(labelled)} labelled`,
    tone: "bad",
    rule: { where: ["outcome=wrong"], sort: "-confidence" },
  };
  const broken: Count = {
    title: "Do not decode",
    value: fmtInt(run.broken),
    detail: `of ${plural(run.samples, "file")}`,
    tone: "warn",
    rule: { where: ["outcome=broken"] },
  };
  const unlabelled: Count = {
    title: "Without label",
    value: fmtInt(run.unlabelled),
    detail: `of ${plural(run.samples, "sample")}`,
    rule: { where: ["outcome=unknown"] },
  };
  const samples: Count = {
    title: "Samples",
    value: fmtInt(run.samples),
    ...(report ? { detail: plural(report.classes_count, "class", "classes") } : {}),
    rule: { where: [] },
  };
  return [
    ...(run.accuracy === null ? [] : [errors]),
    samples,
    ...(run.broken > 0 ? [broken] : []),
    ...(run.unlabelled > 0 ? [unlabelled] : []),
    ...metricCount(metric("top5"), "Top-5", true),
    ...metricCount(metric("f1_macro"), "F1, macro", false),
    ...metricCount(metric("ece"), "Calibration error", false),
  ];
}
