// SPDX-License-Identifier: Apache-2.0
// Edits of a layer as the core reads them: "LAYER[12,40]*0", "LAYER@2:5,3:9*0", "LAYER[3]=mean".
// Invariant: what is written here is what the core parses; a text that is not understood here is
// kept and shown as it is, for the core to judge.

export interface EditText {
  readonly layer: string;
  /** Empty: all channels. */
  readonly channels: readonly number[];
  /** Rows and columns, [begin, end) each; null: everywhere. */
  readonly region: readonly [number, number, number, number] | null;
  /** "*0", "+0.5", "=mean". */
  readonly change: string;
}

const LAYER = "(?<layer>.+?)";
const CHANNELS = "(?:\\[(?<channels>\\d+(?:,\\d+)*)\\])?";
const REGION = "(?:@(?<region>\\d+:\\d+,\\d+:\\d+))?";
const CHANGE = "(?<change>[*+=-](?:mean|-?[\\d.]+(?:e-?\\d+)?))";
const SHAPE = new RegExp(`^${LAYER}${CHANNELS}${REGION}${CHANGE}$`);

export function parseEdit(text: string): EditText | null {
  const found = SHAPE.exec(text)?.groups;
  if (!found) return null;
  const [y0 = 0, y1 = 0, x0 = 0, x1 = 0] = (found.region ?? "").split(/[:,]/).map(Number);
  return {
    layer: found.layer ?? "",
    channels: (found.channels ?? "").split(",").filter(Boolean).map(Number),
    region: found.region ? [y0, y1, x0, x1] : null,
    change: found.change ?? "",
  };
}

export function formatEdit(edit: EditText): string {
  const channels = edit.channels.length > 0 ? `[${edit.channels.join(",")}]` : "";
  const [y0, y1, x0, x1] = edit.region ?? [];
  const region = edit.region ? `@${y0}:${y1},${x0}:${x1}` : "";
  return `${edit.layer}${channels}${region}${edit.change}`;
}

/** Is this the edit that switches whole channels of the layer off? */
const switchesOff = (edit: EditText | null, layer: string): edit is EditText =>
  edit !== null &&
  edit.layer === layer &&
  edit.region === null &&
  edit.channels.length > 0 &&
  edit.change === "*0";

/** Channels of the layer that are switched off. */
export const channelsOff = (edits: readonly string[], layer: string): readonly number[] =>
  edits.map(parseEdit).flatMap((edit) => (switchesOff(edit, layer) ? edit.channels : []));

/** The edits with the channel switched off, or on again; those of one layer are one edit. */
export function toggleChannel(
  edits: readonly string[],
  layer: string,
  channel: number,
): readonly string[] {
  const off = channelsOff(edits, layer);
  const others = edits.filter((text) => !switchesOff(parseEdit(text), layer));
  const next = off.includes(channel) ? off.filter((one) => one !== channel) : [...off, channel];
  if (next.length === 0) return others;
  const channels = next.toSorted((a, b) => a - b);
  return [...others, formatEdit({ layer, channels, region: null, change: "*0" })];
}

/** Short words: "channel 12 off", "region 3 × 6 off in channel 4". */
export function describeEdit(edit: EditText): string {
  const many = edit.channels.length > 1;
  const channels = edit.channels.length > 6 ? `${edit.channels.length}` : edit.channels.join(", ");
  const of = edit.channels.length > 0 ? `channel${many ? "s" : ""} ${channels}` : "all channels";
  const [y0 = 0, y1 = 0, x0 = 0, x1 = 0] = edit.region ?? [];
  const where = edit.region ? `, ${y1 - y0} × ${x1 - x0} places` : "";
  const change = edit.change === "*0" ? "off" : edit.change;
  return `${of}${where} ${change}`;
}
