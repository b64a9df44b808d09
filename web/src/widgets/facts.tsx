// SPDX-License-Identifier: Apache-2.0
// Facts: name and value lines, under headings. A value can be copied, and can lead to the journal
// entry that established it.
import type { ReactElement, ReactNode } from "react";
import { fmtKey } from "@/base/format";
import { copyText } from "@/state/toasts";
import "./facts.css";

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
  /** Shown when pointing at it: the uncut value. */
  readonly title?: string;
  /** Set in the mono face: hashes, shapes, paths. */
  readonly mono?: boolean;
  /** Drawn after the value, dim: the journal link, for example. */
  readonly after?: ReactNode;
}

export interface FactGroup {
  readonly title?: string;
  readonly facts: readonly Fact[];
}

export function FactList(props: { readonly groups: readonly FactGroup[] }): ReactElement {
  return (
    <div className="facts">
      {props.groups.map((group, index) => (
        <div key={group.title ?? index}>
          {group.title && <h3 className="facts-head">{group.title}</h3>}
          <dl>
            {group.facts.map((fact, at) => (
              <div className="fact" key={`${fact.name}${at}`}>
                <dt>{fact.name}</dt>
                <dd className={fact.mono ? "mono" : ""} title={fact.title}>
                  <span>{fact.value}</span>
                  {fact.after && <span className="fact-after">{fact.after}</span>}
                </dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </div>
  );
}

/** A content key, cut; the whole of it in the title and on the clipboard when pressed. */
export function KeyText(props: { readonly value: string; readonly digits?: number }): ReactElement {
  return (
    <button
      type="button"
      className="key-text mono"
      title={`${props.value}\nPress to copy`}
      onClick={() => void copyText(props.value, "Copied")}
    >
      {fmtKey(props.value, props.digits ?? 10)}
    </button>
  );
}
