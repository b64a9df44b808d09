// SPDX-License-Identifier: Apache-2.0
// The samples of the view, as pictures or as a table. Both are drawn only where they are in sight.
import { memo, type ReactElement, type ReactNode, useCallback } from "react";
import { fmtFixed, fmtName, fmtPercent, fmtReal } from "@/base/format";
import type { Sort } from "@/base/view";
import type { Sample } from "@/gen/ops";
import { OutcomeMark } from "@/widgets/chip";
import { VirtualGrid } from "@/widgets/grid";
import { Name } from "@/widgets/name";
import { type Column, DataTable } from "@/widgets/table";
import { CAPTION, Thumb, type ThumbItem } from "@/widgets/thumb";
import { tileOf } from "../sample-tile";
import type { Cursor, Selection } from "./cursor";
import type { Rows } from "./rows";

export interface SamplesProps {
  readonly rows: Rows;
  readonly count: number;
  readonly cursor: Cursor;
  readonly selection: Selection;
  readonly onOpen: (row: number) => void;
  readonly reveal: { readonly row: number } | null;
  readonly empty: ReactNode;
}

/** Captions need room; smaller pictures stand without. */
const CAPTION_FROM = 88;

const tiles = new WeakMap<Sample, { px: number; item: ThumbItem }>();

/** The tile of a sample, the same object while neither it nor the size changes. */
function tileFor(sample: Sample | undefined, px: number): ThumbItem | undefined {
  if (!sample) return undefined;
  const known = tiles.get(sample);
  if (known?.px === px) return known.item;
  const item = tileOf(sample, px);
  tiles.set(sample, { px, item });
  return item;
}

function describe(sample: Sample | undefined, row: number): string {
  if (!sample) return `row ${row + 1}, loading`;
  const parts = [
    fmtName(sample.name ?? ""),
    sample.label === null ? "no label" : `label ${fmtName(sample.label)}`,
    sample.pred === null ? "" : `predicted ${fmtName(sample.pred)}`,
    sample.confidence === null ? "" : fmtPercent(sample.confidence, 0),
    sample.outcome,
  ];
  return parts.filter(Boolean).join(", ");
}

export interface SampleGridProps extends SamplesProps {
  readonly side: number;
  readonly onShape: (columns: number, fit: number) => void;
}

export const SampleGrid = memo(function SampleGrid(props: SampleGridProps): ReactElement {
  const { rows, side, selection } = props;
  const caption = side >= CAPTION_FROM;
  const draw = useCallback(
    (sample: Sample | undefined) => <Thumb item={tileFor(sample, side)} caption={caption} />,
    [side, caption],
  );
  return (
    <VirtualGrid
      label="Samples"
      count={props.count}
      item={rows.item}
      onRange={rows.onRange}
      side={side}
      caption={caption ? CAPTION : 0}
      renderTile={draw}
      describe={describe}
      cursor={props.cursor.row}
      onCursor={props.cursor.move}
      onOpen={props.onOpen}
      selected={selection.rows}
      onSelect={selection.select}
      reveal={props.reveal}
      empty={props.empty}
      onShape={props.onShape}
    />
  );
});

const number = (
  id: string,
  title: string,
  valueOf: (sample: Sample) => number | null,
  format: (value: number | null) => string,
  hideBelow: number,
): Column<Sample> => ({
  id,
  title,
  align: "right",
  width: "76px",
  sortable: true,
  hideBelow,
  render: (sample) => format(valueOf(sample)),
});

const COLUMNS: readonly Column<Sample>[] = [
  {
    id: "picture",
    title: "",
    width: "32px",
    render: (sample) => (
      <span className="explore-cell">
        <Thumb item={tileFor(sample, 32)} caption={false} />
      </span>
    ),
  },
  {
    id: "outcome",
    title: "Outcome",
    width: "84px",
    sortable: true,
    render: (sample) => <OutcomeMark outcome={sample.outcome} quiet />,
  },
  {
    id: "label",
    title: "Label",
    width: "minmax(90px, 1fr)",
    sortable: true,
    render: (sample) => <Name text={sample.label} none="no label" />,
  },
  {
    id: "pred",
    title: "Prediction",
    width: "minmax(90px, 1fr)",
    sortable: true,
    render: (sample) => (
      <span className={sample.outcome === "wrong" ? "bad" : ""}>
        <Name text={sample.pred} />
      </span>
    ),
  },
  number(
    "confidence",
    "Confidence",
    (one) => one.confidence,
    (value) => fmtPercent(value),
    0,
  ),
  number(
    "margin",
    "Margin",
    (one) => one.margin,
    (value) => fmtFixed(value, 3),
    760,
  ),
  number(
    "entropy",
    "Entropy",
    (one) => one.entropy,
    (value) => fmtFixed(value, 3),
    860,
  ),
  number(
    "loss",
    "Loss",
    (one) => one.loss,
    (value) => fmtReal(value, 3),
    660,
  ),
  {
    id: "name",
    title: "Name",
    width: "minmax(120px, 2fr)",
    hideBelow: 560,
    sortable: true,
    render: (sample) => (
      <span title={fmtName(sample.error ?? sample.name ?? "")}>
        <Name text={sample.name} />
      </span>
    ),
  },
];

const OTHER: Column<Sample> = {
  id: "other_pred",
  title: "Other run",
  width: "minmax(90px, 1fr)",
  hideBelow: 700,
  sortable: true,
  render: (sample) => (
    <span className={sample.other_outcome === "wrong" ? "bad" : ""}>
      <Name text={sample.other_pred} />
    </span>
  ),
};

export function SampleTable(
  props: SamplesProps & {
    readonly sort: Sort | null;
    readonly onSort: (sort: Sort | null) => void;
    readonly compared: boolean;
  },
): ReactElement {
  const columns = props.compared ? [...COLUMNS.slice(0, 4), OTHER, ...COLUMNS.slice(4)] : COLUMNS;
  return (
    <DataTable
      label="Samples"
      columns={columns}
      count={props.count}
      row={props.rows.item}
      sort={props.sort}
      onSort={props.onSort}
      cursor={props.cursor.row}
      onCursor={props.cursor.move}
      onOpen={props.onOpen}
      onRange={props.rows.onRange}
      rowHeight={36}
      height="fill"
      empty={props.empty}
    />
  );
}
