// SPDX-License-Identifier: Apache-2.0
// What stands below a layer's map: what it says of the sample's class, and how much of the failure
// it carries. Words and marks as well as colour.
import type { ReactElement } from "react";
import { fmtName, fmtPercent } from "@/base/format";
import { Icon } from "@/widgets/icon";
import { type Causes, effectOf } from "./use-causes";
import type { ModelLayer } from "./use-layers";

function Reading(props: { readonly causes: Causes; readonly layer: ModelLayer }): ReactElement {
  const { result, loading } = props.causes.lens;
  const read = result?.layers.find((one) => one.layer === props.layer.value);
  if (!read) return <span className="layer-fact dim">{loading ? "…" : "–"}</span>;
  const isLabel = read.pred_index === result?.label_index;
  const tone = isLabel ? "good" : read.is_final ? "bad" : "dim";
  const words = read.pred === null ? `class ${read.pred_index}` : fmtName(read.pred);
  const worth = `reads as ${words}; the probe is right for ${fmtPercent(read.accuracy, 0)}`;
  return (
    <span className={`layer-fact ${tone}`} title={worth}>
      <Icon name={isLabel ? "check" : read.is_final ? "close" : "minus"} size={10} />
      <bdi className="cut">{words}</bdi>
    </span>
  );
}

function Effect(props: { readonly causes: Causes; readonly layer: ModelLayer }): ReactElement {
  const { result, loading } = props.causes.trace;
  const traced = result?.layers.find((one) => one.layer === props.layer.value);
  const effect = result && traced ? effectOf(result, traced) : null;
  if (!traced || effect === null) {
    return <span className="layer-fact dim">{loading ? "…" : "–"}</span>;
  }
  const repairs = traced.whole_repairs ? "; this alone repairs the answer" : "";
  const fewest = traced.fewest > 0 ? `; ${traced.fewest} places are enough` : "";
  const words = traced.changes_nothing
    ? "taken from the twin, it changes nothing"
    : `taken from the twin, ${fmtPercent(effect, 0)} of the way${repairs}${fewest}`;
  return (
    <span className="layer-fact" title={words}>
      <span className="layer-effect">
        <i
          className={traced.whole_repairs ? "layer-repairs" : ""}
          style={{ width: `${effect * 100}%` }}
        />
      </span>
      {traced.whole_repairs && <Icon name="check" size={10} />}
      <span className="hidden-text">{words}</span>
    </span>
  );
}

export function LayerFacts(props: {
  readonly causes: Causes;
  readonly layer: ModelLayer;
}): ReactElement {
  const { lens, trace } = props.causes;
  return (
    <>
      {lens.isOn && <Reading {...props} />}
      {trace.isOn && <Effect {...props} />}
    </>
  );
}
