// SPDX-License-Identifier: Apache-2.0
// Gallery: the grid of a million, tables, histogram and bars.
import { type ReactElement, useCallback, useMemo, useRef, useState } from "react";
import type { Range } from "@/base/bins";
import { fmtFixed, fmtInt, fmtPercent } from "@/base/format";
import type { Sort } from "@/base/view";
import { CategoryBars } from "@/widgets/bars";
import { Button } from "@/widgets/button";
import { Card } from "@/widgets/card";
import { Slider, TextField } from "@/widgets/field";
import { VirtualGrid } from "@/widgets/grid";
import { Histogram } from "@/widgets/histogram";
import { IntervalBar } from "@/widgets/metric";
import { type Column, DataTable, sortRows } from "@/widgets/table";
import { CAPTION, Thumb } from "@/widgets/thumb";
import { CLASSES, confusion, histogram, sample } from "./data";
import type { Section } from "./widgets";

const COUNT = 1_000_000;

function Grid(): ReactElement {
  const [side, setSide] = useState(96);
  const [cursor, setCursor] = useState(3);
  const [text, setText] = useState("");
  const [reveal, setReveal] = useState<{ row: number } | null>(null);
  const loaded = useRef(new Set<number>());
  const [, redraw] = useState(0);
  const range = useCallback((first: number, end: number) => {
    const pages = Array.from(
      { length: Math.floor((end - 1) / 100) - Math.floor(first / 100) + 1 },
      (_, at) => Math.floor(first / 100) + at,
    );
    setTimeout(() => {
      for (const page of pages) loaded.current.add(page);
      redraw((old) => old + 1);
    }, 120);
  }, []);
  const go = () => {
    const row = Math.max(0, Math.min(COUNT - 1, Number(text.replace(/,/g, "")) - 1 || 0));
    setReveal({ row });
    setCursor(row);
  };
  return (
    <Card
      title="Grid"
      note={`${fmtInt(COUNT)} samples · row ${fmtInt(cursor + 1)}`}
      flush
      tools={
        <span className="line" style={{ paddingRight: 8 }}>
          <Slider label="Tile size" min={48} max={192} step={8} value={side} onChange={setSide} />
          <span style={{ width: 120 }}>
            <TextField
              label="Go to row"
              placeholder="Go to row"
              numeric
              value={text}
              onChange={setText}
              onEnter={go}
            />
          </span>
          <Button onPress={go}>Go</Button>
        </span>
      }
    >
      <div className="gallery-grid">
        <VirtualGrid
          label="Samples"
          count={COUNT}
          side={side}
          caption={side < 72 ? 0 : CAPTION}
          cursor={cursor}
          onCursor={setCursor}
          onOpen={() => undefined}
          onRange={range}
          reveal={reveal}
          item={(row) => (loaded.current.has(Math.floor(row / 100)) ? sample(row) : undefined)}
          describe={(item, row) =>
            item ? `${row + 1}: ${item.prediction}, ${item.outcome}` : `${row + 1}: loading`
          }
          renderTile={(item) => <Thumb item={item} caption={side >= 72} />}
        />
      </div>
    </Card>
  );
}

interface ClassRow {
  name: string;
  support: number;
  recall: number;
  precision: number;
  f1: number;
}

const columns: Column<ClassRow>[] = [
  {
    id: "name",
    title: "Class",
    width: "minmax(90px, 1fr)",
    sortable: true,
    render: (row) => row.name,
  },
  {
    id: "support",
    title: "Support",
    width: "70px",
    align: "right",
    sortable: true,
    hideBelow: 520,
    render: (row) => fmtInt(row.support),
  },
  {
    id: "recall",
    title: "Recall",
    width: "60px",
    align: "right",
    sortable: true,
    render: (row) => fmtPercent(row.recall),
  },
  {
    id: "interval",
    title: "95 % interval",
    width: "minmax(80px, 1fr)",
    hideBelow: 420,
    render: (row) => (
      <IntervalBar
        value={row.recall}
        low={row.recall - 0.025}
        high={row.recall + 0.02}
        min={0.5}
        reference={0.907}
      />
    ),
  },
  {
    id: "precision",
    title: "Precision",
    width: "72px",
    align: "right",
    sortable: true,
    render: (row) => fmtPercent(row.precision),
  },
  {
    id: "f1",
    title: "F1",
    width: "56px",
    align: "right",
    sortable: true,
    hideBelow: 480,
    render: (row) => fmtFixed(row.f1, 3),
  },
];

function Table(): ReactElement {
  const [sort, setSort] = useState<Sort | null>({ field: "recall", descending: false });
  const [cursor, setCursor] = useState(1);
  const rows = useMemo(() => {
    const counts = confusion();
    const made = CLASSES.map((name, at): ClassRow => {
      const recall = (counts[at * 10 + at] ?? 0) / 1000;
      const precision =
        (counts[at * 10 + at] ?? 0) /
        CLASSES.reduce((sum, _, row) => sum + (counts[row * 10 + at] ?? 0), 0);
      return {
        name,
        support: 1000,
        recall,
        precision,
        f1: (2 * recall * precision) / (recall + precision),
      };
    });
    return sortRows(made, sort, (row, field) => row[field as keyof ClassRow]);
  }, [sort]);
  return (
    <Card title="Classes" note="10" flush>
      <DataTable
        label="Classes"
        columns={columns}
        count={rows.length}
        row={(at) => rows[at]}
        sort={sort}
        onSort={setSort}
        cursor={cursor}
        onCursor={setCursor}
        onOpen={() => undefined}
      />
    </Card>
  );
}

const EDGES = Array.from({ length: 41 }, (_, at) => at / 40);

function Facets(): ReactElement {
  const [brush, setBrush] = useState<Range | null>({ low: 0.5, high: 0.8 });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(["Shirt"]));
  const total = useMemo(() => histogram(40, (at) => 0.02 + at ** 6, 3400), []);
  const matched = total.map((count, at) =>
    chosen.size ? Math.round(count * (0.3 + 0.2 * Math.sin(at))) : count,
  );
  const wrong = matched.map((count, at) => Math.round(count * (0.5 - at / 90)));
  const rows = CLASSES.map((value, at) => ({
    value,
    total: 1000,
    matched: 1000 - at * 61,
    wrong: [160, 20, 140, 90, 130, 30, 310, 40, 20, 50][at] ?? 0,
  }));
  const many = useMemo(
    () =>
      Array.from({ length: 1000 }, (_, at) => ({
        value: `class ${at}`,
        total: 50,
        matched: Math.max(0, 50 - (at % 51)),
      })),
    [],
  );
  const toggle = (value: string, only: boolean) =>
    setChosen((old) => {
      if (only) return new Set([value]);
      const next = new Set(old);
      if (!next.delete(value)) next.add(value);
      return next;
    });
  return (
    <Card title="Facets">
      <div className="stack">
        <div>
          <h3>Confidence</h3>
          <Histogram
            label="Confidence"
            edges={EDGES}
            total={total}
            matched={matched}
            wrong={wrong}
            brush={brush}
            onBrush={setBrush}
            root
          />
        </div>
        <div>
          <h3>Label</h3>
          <CategoryBars label="Label" rows={rows} chosen={chosen} onToggle={toggle} />
        </div>
        <div>
          <h3>ImageNet label</h3>
          <CategoryBars
            label="ImageNet label"
            rows={many}
            chosen={new Set()}
            onToggle={() => undefined}
            maxRows={5}
          />
        </div>
      </div>
    </Card>
  );
}

export const DataSections: Section[] = [
  { id: "grid", span: 9, body: <Grid /> },
  { id: "facets", span: 3, body: <Facets /> },
  { id: "table", span: 12, body: <Table /> },
];
