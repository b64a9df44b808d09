// SPDX-License-Identifier: Apache-2.0
// The chain that led to a decision as steps of a timeline: lines without a title of their own
// belong to the step before them.
import type { Chain } from "@/gen/ops";

export interface ChainStep {
  readonly title: string;
  readonly lines: readonly string[];
  readonly journal: string | null;
  readonly id: string | null;
}

export function stepsOf(chain: readonly Chain[]): ChainStep[] {
  const steps: ChainStep[] = [];
  for (const { title, text, journal, id } of chain) {
    const last = steps[steps.length - 1];
    const line = text ?? "";
    if (!title && last) steps[steps.length - 1] = { ...last, lines: [...last.lines, line] };
    else steps.push({ title: title ?? "", lines: [line], journal, id });
  }
  return steps;
}
