// SPDX-License-Identifier: Apache-2.0
// The channels of the layer looked at, those with most energy first. Pressed, a channel lies over
// the picture; it can be switched off and on again.
import { type KeyboardEvent, type ReactElement, type ReactNode, useMemo, useState } from "react";
import { fmtInt, fmtPercent, fmtReal, plural } from "@/base/format";
import { channelPlane, type Grid } from "@/base/heat";
import type { Tensor } from "@/base/npy";
import { Button, Segmented } from "@/widgets/button";
import { MapThumb } from "@/widgets/map-thumb";
import type { ModelLayer, Tap } from "./use-layers";

export type ChannelStat = Tap["channels"][number];
export type ChannelOrder = "energy" | "largest" | "number";

/** Channels in the order asked for; those that are silent last. */
export function sortChannels(
  stats: readonly ChannelStat[],
  order: ChannelOrder,
): readonly ChannelStat[] {
  const key = (stat: ChannelStat): number => {
    if (order === "number") return -stat.channel;
    return (order === "energy" ? stat.energy : stat.max) ?? -Infinity;
  };
  return stats.toSorted(
    (a, b) => Number(a.dead) - Number(b.dead) || key(b) - key(a) || a.channel - b.channel,
  );
}

const describe = (stat: ChannelStat): string =>
  [
    `channel ${stat.channel}`,
    `energy ${fmtReal(stat.energy, 3)}`,
    `mean ${fmtReal(stat.mean, 3)}`,
    `${fmtReal(stat.min, 3)} to ${fmtReal(stat.max, 3)}`,
    `${fmtPercent(stat.zeros, 0)} zeros`,
    stat.dead && "silent here",
  ]
    .filter(Boolean)
    .join(", ");

function ChannelTile(props: {
  readonly stat: ChannelStat;
  readonly tensor: Tensor;
  readonly grid: Grid;
  readonly on: boolean;
  readonly off: boolean;
  readonly onPick: () => void;
}): ReactElement {
  const { stat, tensor, grid } = props;
  const plane = useMemo(
    () => channelPlane(tensor, grid, stat.channel),
    [tensor, grid, stat.channel],
  );
  return (
    <button
      type="button"
      className={props.off ? "channel-tile channel-off" : "channel-tile"}
      aria-pressed={props.on}
      aria-label={props.off ? `${describe(stat)}, switched off` : describe(stat)}
      title={describe(stat)}
      onClick={props.onPick}
    >
      <MapThumb plane={plane} />
      <span className="channel-number">{stat.channel}</span>
    </button>
  );
}

/** Arrows go from channel to channel. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  const tiles = [...event.currentTarget.querySelectorAll("button")];
  const at = tiles.findIndex((tile) => tile === document.activeElement);
  tiles[at + by]?.focus();
}

const STEP = 48;

export interface ChannelsProps {
  readonly layer: ModelLayer;
  readonly tap: Tap | undefined;
  readonly tensor: Tensor | null;
  readonly grid: Grid | null;
  readonly channel: number;
  readonly off: readonly number[];
  readonly order: ChannelOrder;
  readonly onOrder: (order: ChannelOrder) => void;
  readonly onChannel: (channel: number) => void;
  readonly onToggle: (channel: number) => void;
  /** Patches of other samples are shown; null where this program cannot find them. */
  readonly exemplars: { readonly isOn: boolean; readonly toggle: () => void } | null;
  /** What is shown of the channel, below the heading. */
  readonly children?: ReactNode;
}

function Head(props: ChannelsProps & { readonly dead: number }): ReactElement {
  const { layer, channel, off, dead, order } = props;
  const noun = layer.kind === "attention" ? "head" : "channel";
  return (
    <header className="channels-head">
      <h2>
        {plural(props.grid?.channels ?? layer.channels, noun)}
        {dead > 0 && <span className="dim"> {fmtInt(dead)} silent here</span>}
      </h2>
      <Segmented
        label="Order"
        value={order}
        choices={[
          { value: "energy", title: "Energy", help: "Root of the mean square, most first" },
          { value: "largest", title: "Peak", help: "Largest value first" },
          { value: "number", title: "0…n", help: "As numbered in the model" },
        ]}
        onChange={props.onOrder}
      />
      <span className="grow" />
      {channel >= 0 && (
        <>
          <span className="channels-chosen">
            {noun} <b>{channel}</b>
          </span>
          {layer.kind !== "attention" && (
            <Button onPress={() => props.onToggle(channel)} title="Switch off or on (X)">
              {off.includes(channel) ? "Switch on" : "Switch off"}
            </Button>
          )}
          {props.exemplars && (
            <Button
              tone={props.exemplars.isOn ? "accent" : "plain"}
              onPress={props.exemplars.toggle}
              title="Patches of the data that drive this channel hardest"
            >
              Exemplars
            </Button>
          )}
          <Button tone="quiet" onPress={() => props.onChannel(-1)} title="All channels together">
            All
          </Button>
        </>
      )}
    </header>
  );
}

/** Statistics of the tap where they fit the grid; else the channels as numbered. */
function statsOf({ tap, grid }: ChannelsProps): readonly ChannelStat[] {
  if (!grid) return [];
  if (tap?.channels.length === grid.channels) return tap.channels;
  const none = { mean: null, std: null, min: null, max: null, zeros: null, energy: null };
  return Array.from({ length: grid.channels }, (_, channel) => ({
    ...none,
    channel,
    high: null,
    dead: false,
  }));
}

export function Channels(props: ChannelsProps): ReactElement {
  const { tensor, grid, order, channel } = props;
  const [many, setMany] = useState(STEP);
  const stats = useMemo(() => statsOf(props), [props.tap, grid]);
  const sorted = useMemo(() => sortChannels(stats, order), [stats, order]);
  const dead = stats.filter((stat) => stat.dead).length;
  return (
    <section className="channels" aria-label="Channels of the layer">
      <Head {...props} dead={dead} />
      {props.children}
      <div className="channel-list" role="group" aria-label="Channels" onKeyDown={moveFocus}>
        {tensor && grid ? (
          sorted
            .slice(0, many)
            .map((stat) => (
              <ChannelTile
                key={stat.channel}
                stat={stat}
                tensor={tensor}
                grid={grid}
                on={stat.channel === channel}
                off={props.off.includes(stat.channel)}
                onPick={() => props.onChannel(stat.channel === channel ? -1 : stat.channel)}
              />
            ))
        ) : (
          <span className="channel-wait skeleton" />
        )}
        {sorted.length > many && (
          <Button onPress={() => setMany(many + STEP * 2)}>
            {fmtInt(sorted.length - many)} more
          </Button>
        )}
      </div>
    </section>
  );
}
