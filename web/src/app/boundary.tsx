// SPDX-License-Identifier: Apache-2.0
// The last line of defence: a fault in a page is shown with what is known of it, the rest lives on.
import { Component, type ReactElement, type ReactNode } from "react";
import { Problem, toProblem } from "@/base/problem";
import { ProblemBox } from "@/widgets/status";

export class Boundary extends Component<
  { readonly children: ReactNode },
  { problem: Problem | null }
> {
  override state: { problem: Problem | null } = { problem: null };

  static getDerivedStateFromError(thrown: unknown): { problem: Problem } {
    return { problem: toProblem(thrown) };
  }

  override render(): ReactNode {
    const { problem } = this.state;
    if (!problem) return this.props.children;
    return (
      <div className="boundary">
        <ProblemBox problem={problem} onRetry={() => this.setState({ problem: null })} />
      </div>
    );
  }
}

/** A problem in place of the whole page: no session, for example. */
export function FullProblem(props: { readonly problem: Problem }): ReactElement {
  const refused = props.problem.status === 401 || props.problem.status === 403;
  const problem = !refused
    ? props.problem
    : new Problem({
        message: props.problem.message,
        detail: props.problem.detail,
        code: props.problem.code,
        status: props.problem.status,
        context: props.problem.context,
        hint:
          props.problem.hint ||
          "Open the address that slitlamp printed in the terminal; it carries a token for this session.",
      });
  return (
    <main className="boundary boundary-full">
      <h1>Slitlamp</h1>
      <ProblemBox problem={problem} onRetry={() => location.reload()} />
    </main>
  );
}

export function RouteProblem(props: {
  readonly error: unknown;
  readonly reset: () => void;
}): ReactElement {
  return (
    <div className="boundary">
      <ProblemBox problem={toProblem(props.error)} onRetry={props.reset} />
    </div>
  );
}
