// SPDX-License-Identifier: Apache-2.0
// What an attribution explains: the targets offered for a sample, their words, and how the core is
// told. Invariant: the address keeps the meaning ("pred-label"), so a link holds for the next
// sample too; the core is told numbers of outputs, which no character of a class name can upset.
import { fmtName } from "@/base/format";
import type { SampleData } from "./use-sample";

export interface Target {
  /** What the address says. */
  readonly id: string;
  readonly title: string;
  readonly help: string;
  /** What the core is told. */
  readonly call: string;
}

interface Two {
  readonly pred: string;
  readonly label: string;
  readonly predIndex: number;
  readonly labelIndex: number;
}

const indexOf = (data: SampleData, classes: readonly string[], name: string | null): number => {
  if (name === null) return -1;
  const scored = data.scores.find((row) => row.name === name);
  return scored?.index ?? classes.indexOf(name);
};

function twoOf(data: SampleData, classes: readonly string[]): Two | null {
  const { pred, label } = data.sample;
  if (pred === null || label === null || pred === label) return null;
  const [predIndex, labelIndex] = [indexOf(data, classes, pred), indexOf(data, classes, label)];
  if (predIndex < 0 || labelIndex < 0) return null;
  return { pred: fmtName(pred), label: fmtName(label), predIndex, labelIndex };
}

const PREDICTED: Target = {
  id: "predicted",
  title: "The predicted class",
  help: "What speaks for the class with the best score.",
  call: "predicted",
};

/** Targets that are offered, the one for `""` first. */
export function targetsFor(data: SampleData, classes: readonly string[]): readonly Target[] {
  const two = twoOf(data, classes);
  const predicted = {
    ...PREDICTED,
    title: data.sample.pred === null ? PREDICTED.title : fmtName(data.sample.pred),
  };
  if (!two) return [predicted];
  return [
    {
      id: "pred-label",
      title: `${two.pred}, not ${two.label}`,
      help: `Why the model says ${two.pred} and not ${two.label}: one score less the other.`,
      call: `${two.predIndex}-${two.labelIndex}`,
    },
    {
      id: "label-pred",
      title: `${two.label}, not ${two.pred}`,
      help: `What speaks for the label ${two.label} against ${two.pred}.`,
      call: `${two.labelIndex}-${two.predIndex}`,
    },
    predicted,
    {
      id: "label",
      title: two.label,
      help: "What speaks for the label.",
      call: `${two.labelIndex}`,
    },
  ];
}

/** A class of the model as a target. */
export const classTarget = (name: string, index: number): Target => ({
  id: `class:${index}`,
  title: fmtName(name),
  help: `What speaks for class ${index}.`,
  call: `${index}`,
});

/** The target an address names; the first on offer when it names none that fits this sample. */
export function chosenTarget(
  id: string,
  offered: readonly Target[],
  classes: readonly string[],
): Target {
  const known = offered.find((one) => one.id === id);
  if (known) return known;
  const index = /^class:(\d+)$/.exec(id)?.[1];
  if (index !== undefined) {
    return classTarget(classes[Number(index)] ?? `class ${index}`, Number(index));
  }
  const isContrast = id === "pred-label" || id === "label-pred" || id === "label" || id === "";
  if (!isContrast) return { id, title: id, help: "As written in the address.", call: id };
  return offered[0] ?? PREDICTED;
}
