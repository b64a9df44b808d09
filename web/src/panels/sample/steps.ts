// SPDX-License-Identifier: Apache-2.0
// Moving from sample to sample, by key and by button. Steps replace the address, so that "back"
// leads to where one came from and not through every sample on the way.
import { type Action, useActions } from "@/state/actions";
import { toast } from "@/state/toasts";
import type { PanelContext } from "../panel";
import type { SampleData } from "./use-sample";

export interface Steps {
  readonly previous: () => void;
  readonly next: () => void;
  readonly previousFailure: () => void;
  readonly nextFailure: () => void;
  /** Back to the samples of the view, with the cursor on this one. */
  readonly back: () => void;
}

export function stepsFor(ctx: PanelContext, data: SampleData | null): Steps {
  const { nav } = ctx;
  const go = (id: string | null | undefined, none: string) => () => {
    if (id) nav.go({ sample: id }, { replace: true });
    else if (data) toast({ tone: "info", text: none });
  };
  return {
    previous: go(data?.previous, "This is the first sample of the view"),
    next: go(data?.next, "This is the last sample of the view"),
    previousFailure: go(data?.previous_failure, "No failing sample before this one in the view"),
    nextFailure: go(data?.next_failure, "No failing sample after this one in the view"),
    back: () => nav.go({ sample: "", tab: "", row: data?.position ?? -1 }, { page: "explore" }),
  };
}

const group = "Sample";

export function useStepKeys(steps: Steps, more: readonly Action[]): void {
  useActions([
    { id: "sample.next", title: "Next sample", group, keys: "J, ArrowRight", run: steps.next },
    {
      id: "sample.previous",
      title: "Previous sample",
      group,
      keys: "K, ArrowLeft",
      run: steps.previous,
    },
    {
      id: "sample.nextFailure",
      title: "Next failing sample",
      group,
      keys: "N",
      run: steps.nextFailure,
    },
    {
      id: "sample.previousFailure",
      title: "Previous failing sample",
      group,
      keys: "P",
      run: steps.previousFailure,
    },
    { id: "sample.back", title: "Back to the samples", group, keys: "U, Escape", run: steps.back },
    ...more,
  ]);
}
