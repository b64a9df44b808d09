// SPDX-License-Identifier: Apache-2.0
// The lower half of the canvas: the layer strip with its readings, and the channels of the layer
// looked at.
import { type ReactElement, useState } from "react";
import { withSheet } from "@/base/canvas-view";
import { fmtName, plural } from "@/base/format";
import { Button } from "@/widgets/button";
import { Empty, ProblemBox, Skeleton } from "@/widgets/status";
import { type ChannelOrder, Channels } from "./channels";
import type { PanelContext } from "../panel";
import { Exemplars } from "./exemplars";
import { LayerFacts } from "./layer-facts";
import { LayerStrip } from "./layer-strip";
import { hasOp } from "./methods";
import type { Causes } from "./use-causes";
import { offHere, type Scene, switchChannel, withLayer } from "./use-scene";

/** Where the decision turns and where the failure lies, in a sentence each. */
function CauseWords({ causes }: { readonly causes: Causes }): ReactElement | null {
  const { lens, trace } = causes;
  const words: string[] = [];
  if (lens.result) {
    const turn = lens.result.layers[lens.result.turns_index ?? -1];
    words.push(
      turn
        ? `From ${fmtName(turn.title ?? "")} on every probe says what the model says.`
        : "No layer settles on the model's answer.",
    );
  }
  if (trace.result) {
    const { smallest, layers, twin } = trace.result;
    const best = layers.find((layer) => layer.layer === smallest);
    const from = twin ? `Patched from ${twin}` : "Patched from a blurred copy";
    words.push(
      best
        ? `${from}, ${plural(best.fewest, "place")} of ${fmtName(best.title ?? "")} repair the answer.`
        : `${from}, no layer repairs the answer.`,
    );
  }
  if (words.length === 0) return null;
  const notes = [...(lens.result?.notes ?? []), ...(trace.result?.notes ?? [])];
  return (
    <p className="network-words" title={notes.map(fmtName).join("\n")}>
      {words.join(" ")}
    </p>
  );
}

function Head({ scene }: { readonly scene: Scene }): ReactElement {
  const { lens, trace } = scene.causes;
  const { looked } = scene;
  return (
    <header className="network-head">
      <h2>Network</h2>
      {looked.layer && (
        <span className="dim cut">
          <bdi>{fmtName(looked.layer.value ?? "")}</bdi>
        </span>
      )}
      <CauseWords causes={scene.causes} />
      <span className="grow" />
      {hasOp("lens") && (
        <Button
          tone={lens.isOn ? "accent" : "plain"}
          onPress={lens.toggle}
          title="What each layer says, read by probes fitted on the labelled samples"
        >
          {lens.loading ? "Reading…" : "Lens"}
        </Button>
      )}
      {hasOp("trace") && (
        <Button
          tone={trace.isOn ? "accent" : "plain"}
          onPress={() => {
            const shown = withSheet(scene.canvas, "effect", { on: true });
            scene.change(withSheet(shown, "attribution", { on: trace.isOn }));
            trace.toggle();
          }}
          title="Which layer and region carry the failure, by patching in a sample that passes"
        >
          {trace.loading ? "Tracing…" : "Trace"}
        </Button>
      )}
    </header>
  );
}

export function Network(props: {
  readonly ctx: PanelContext;
  readonly scene: Scene;
}): ReactElement {
  const { ctx, scene } = props;
  const { layers, looked, canvas, change, causes } = scene;
  const [order, setOrder] = useState<ChannelOrder>("energy");
  const [isPatches, setPatches] = useState(false);
  const problem = layers.problem ?? scene.taps.problem;
  const isEmpty = !layers.loading && !problem && layers.list.length === 0;
  return (
    <section className="network" aria-label="Network">
      <Head scene={scene} />
      {problem && <ProblemBox problem={problem} />}
      {causes.lens.problem && <ProblemBox problem={causes.lens.problem} />}
      {causes.trace.problem && <ProblemBox problem={causes.trace.problem} />}
      {layers.loading && <Skeleton height={118} />}
      {isEmpty && (
        <Empty icon="info" title="No layer of this model lies on a grid">
          Its values can be read with <code>slitlamp tap</code>.
        </Empty>
      )}
      <LayerStrip
        layers={layers.list}
        taps={scene.taps}
        chosen={looked.index}
        onChoose={(index) => change(withLayer(canvas, layers.list[index]?.value ?? ""))}
        below={(layer) => <LayerFacts causes={causes} layer={layer} />}
      />
      {looked.layer && (
        <Channels
          key={looked.layer.value}
          layer={looked.layer}
          tap={looked.tap}
          tensor={looked.tensor}
          grid={looked.grid}
          channel={canvas.channel}
          off={offHere(scene)}
          order={order}
          onOrder={setOrder}
          onChannel={(channel) => change(withLayer(canvas, canvas.layer, channel))}
          onToggle={(channel) => switchChannel(scene, channel)}
          exemplars={
            hasOp("exemplars") && looked.layer.kind !== "attention"
              ? { isOn: isPatches, toggle: () => setPatches(!isPatches) }
              : null
          }
        >
          {isPatches && canvas.channel >= 0 && looked.layer.kind !== "attention" && (
            <Exemplars ctx={ctx} layer={canvas.layer} channel={canvas.channel} />
          )}
        </Channels>
      )}
    </section>
  );
}
