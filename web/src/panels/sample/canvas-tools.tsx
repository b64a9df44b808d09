// SPDX-License-Identifier: Apache-2.0
// What can be done on the canvas, by button and by key: beam, swipe, blinking, brush, whole
// picture, export, and moving through layers and channels.
import type { ReactElement } from "react";
import { type SheetId, withSheet } from "@/base/canvas-view";
import { clamp } from "@/base/scale";
import { useActions } from "@/state/actions";
import { copyText, toast } from "@/state/toasts";
import { IconButton } from "@/widgets/button";
import type { Sheet } from "@/widgets/sheet-paint";
import { sortChannels } from "./channels";
import { savePicture } from "./export-canvas";
import type { InsideProps } from "./inside";
import { canBrush, type Scene, stepLayer, switchChannel } from "./use-scene";

export interface Moment {
  /** Sheets the beam takes away; 0 for no beam. */
  readonly beam: number;
  readonly blinking: boolean;
  readonly swipe: number | null;
  readonly brushing: boolean;
}

export const STILL: Moment = { beam: 0, blinking: false, swipe: null, brushing: false };

type MomentState = readonly [Moment, (moment: Moment) => void];

/** What the buttons and keys do. */
function commandsOf(
  props: InsideProps,
  scene: Scene,
  sheets: readonly Sheet[],
  [moment, set]: MomentState,
) {
  const { canvas, change } = scene;
  const toggle = (id: SheetId) => () =>
    change(withSheet(canvas, id, { on: !canvas.sheets[id].on }));
  const beam = moment.beam + 1 < Math.max(2, sheets.length) ? moment.beam + 1 : 0;
  return {
    attribution: toggle("attribution"),
    activation: toggle("activation"),
    beam: () => set({ ...moment, beam }),
    blink: () => set({ ...moment, blinking: !moment.blinking }),
    swipe: () => set({ ...moment, swipe: moment.swipe === null ? 0.5 : null }),
    brush: () => {
      if (canBrush(scene)) set({ ...moment, brushing: !moment.brushing });
      else toast({ tone: "info", text: "Choose a layer with a grid first, below the picture" });
    },
    whole: () => change({ whole: !canvas.whole }),
    save: () => void savePicture(props, scene, sheets),
    link: () => void copyText(location.href, "Link copied"),
    reset: () => change({ edits: [] }),
    off: () => switchChannel(scene, canvas.channel),
    leave: () =>
      change(withSheet({ ...canvas, layer: "", channel: -1 }, "activation", { on: false })),
  };
}

/** The channel `by` places further in the order of energy. */
function stepChannel(scene: Scene, by: number): void {
  const { looked, canvas, change } = scene;
  const sorted = sortChannels(looked.tap?.channels ?? [], "energy");
  const at = sorted.findIndex((stat) => stat.channel === canvas.channel);
  const next = sorted[clamp(at < 0 ? 0 : at + by, 0, sorted.length - 1)];
  if (next) change(withSheet({ ...canvas, channel: next.channel }, "activation", { on: true }));
}

export function useCanvasActions(
  props: InsideProps,
  scene: Scene,
  sheets: readonly Sheet[],
  state: MomentState,
): void {
  const command = commandsOf(props, scene, sheets, state);
  const act = (id: string, title: string, keys: string, run: () => void) => ({
    id: `inside.${id}`,
    title,
    group: "Inside the model",
    keys,
    run,
  });
  useActions([
    act("layerBack", "Layer before", "[", () => stepLayer(scene, -1)),
    act("layerOn", "Layer after", "]", () => stepLayer(scene, 1)),
    act("channelBack", "Channel with more energy", ",", () => stepChannel(scene, -1)),
    act("channelOn", "Channel with less energy", ".", () => stepChannel(scene, 1)),
    act("off", "Switch the channel off or on", "X", command.off),
    act("reset", "Remove all edits", "R", command.reset),
    act("attribution", "Attribution on or off", "A", command.attribution),
    act("activation", "Activation on or off", "M", command.activation),
    act("beam", "Beam: peel one layer more under the pointer", "B", command.beam),
    act("swipe", "Swipe between with and without", "W", command.swipe),
    act("blink", "Blink what is laid over", "L", command.blink),
    act("brush", "Draw regions to switch off", "D", command.brush),
    act("whole", "Whole picture, or what the model saw", "F", command.whole),
    act("save", "Save the picture with its legend", "E", command.save),
    act("leave", "Leave the layer", "Q", command.leave),
  ]);
}

export function CanvasTools(
  props: InsideProps & {
    readonly scene: Scene;
    readonly sheets: readonly Sheet[];
    readonly moment: Moment;
    readonly onMoment: (moment: Moment) => void;
  },
): ReactElement {
  const { moment, scene } = props;
  const command = commandsOf(props, scene, props.sheets, [moment, props.onMoment]);
  return (
    <div className="canvas-tools" role="toolbar" aria-label="Canvas">
      <IconButton
        icon="beam"
        label="Beam: peel layers under the pointer"
        keys="B"
        pressed={moment.beam > 0}
        onPress={command.beam}
      />
      <IconButton
        icon="wipe"
        label="Swipe between with and without"
        keys="W"
        pressed={moment.swipe !== null}
        onPress={command.swipe}
      />
      <IconButton
        icon="blink"
        label="Blink what is laid over"
        keys="L"
        pressed={moment.blinking}
        onPress={command.blink}
      />
      <IconButton
        icon="brush"
        label="Draw regions to switch off"
        keys="D"
        pressed={moment.brushing}
        onPress={command.brush}
      />
      <IconButton
        icon="sample"
        label="Whole picture"
        keys="F"
        pressed={scene.canvas.whole}
        onPress={command.whole}
      />
      <IconButton icon="export" label="Save as PNG with legend" keys="E" onPress={command.save} />
      <IconButton icon="link" label="Copy link" keys="Y" onPress={command.link} />
    </div>
  );
}
