// SPDX-License-Identifier: Apache-2.0
// The line above the samples: how many there are and how many are wrong, search by name, order,
// size of the pictures, pictures or table, export.
import { type ReactElement, type Ref, useEffect, useState } from "react";
import { withClause } from "@/base/clause";
import { fmtInt, fmtName, fmtPercent } from "@/base/format";
import type { Facet } from "@/gen/ops";
import type { Sort } from "@/base/view";
import { setPrefs, usePref } from "@/state/prefs";
import { Button, IconButton, Segmented } from "@/widgets/button";
import { Select, Slider, TextField } from "@/widgets/field";
import { Icon } from "@/widgets/icon";
import { type Counts, fieldOf, titleOf } from "./facet-model";
import type { Explore } from "./use-explore";

/** Sides of thumbnails, by number key. */
export const SIDES: readonly number[] = [48, 72, 112, 160, 224, 320];

export function Tally(props: {
  readonly counts: Counts | null;
  readonly lagging: boolean;
}): ReactElement {
  const { counts } = props;
  if (!counts) return <p className="tally dim">Counting…</p>;
  const { total, matched, errors, scored } = counts;
  const share = scored > 0 ? ` (${fmtPercent(errors / scored)})` : "";
  return (
    <p className="tally" aria-live="polite" aria-busy={props.lagging}>
      <b>{fmtInt(matched)}</b>{" "}
      <span className="dim">
        of {fmtInt(total)}{" "}
        <span className="explore-wide">{total === 1 ? "sample" : "samples"}</span>
      </span>
      <span className="tally-dot" aria-hidden="true" />
      <b className={errors > 0 ? "bad" : ""}>{fmtInt(errors)}</b>{" "}
      <span className="dim">wrong{share}</span>
    </p>
  );
}

/** Filters by a part of the name, a moment after typing. */
function NameSearch(props: { readonly explore: Explore }): ReactElement {
  const { nav } = props.explore.ctx;
  const now = nav.view.where.find((one) => one.field === "name");
  const applied = now?.kind === "has" ? now.text : "";
  const [text, setText] = useState(applied);
  useEffect(() => setText(applied), [applied]);
  useEffect(() => {
    if (text === applied) return undefined;
    const clause = text ? ({ kind: "has", field: "name", text } as const) : null;
    const timer = setTimeout(
      () =>
        nav.go({ where: withClause(nav.view.where, "name", clause), row: -1 }, { replace: true }),
      250,
    );
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <TextField
      label="Search names (/)"
      placeholder="Search names"
      icon="search"
      value={text}
      onChange={setText}
    />
  );
}

function SortMenu(props: {
  readonly fields: readonly Facet[];
  readonly sort: Sort | null;
  readonly onSort: (sort: Sort | null) => void;
}): ReactElement {
  const { sort, onSort } = props;
  const choices = [
    { value: "-", title: "As imported" },
    ...props.fields.map((facet) => ({ value: fieldOf(facet), title: fmtName(titleOf(facet)) })),
  ];
  const numbers = props.fields.filter((one) => one.kind === "number").map(fieldOf);
  const pick = (field: string) =>
    onSort(field === "-" ? null : { field, descending: numbers.includes(field) });
  return (
    <div className="sort-menu">
      <Select
        label="Order"
        prefix="Order"
        value={sort?.field ?? "-"}
        choices={choices}
        onChange={pick}
      />
      <IconButton
        icon={sort?.descending === false ? "up" : "down"}
        label={sort?.descending ? "Largest first; turn round" : "Smallest first; turn round"}
        disabled={!sort}
        onPress={() => sort && onSort({ ...sort, descending: !sort.descending })}
      />
    </div>
  );
}

/** Nearest of the sizes number keys choose. */
export function sideIndex(tile: number): number {
  const apart = SIDES.map((side) => Math.abs(side - tile));
  return apart.indexOf(Math.min(...apart));
}

export function Bar(props: {
  readonly explore: Explore;
  readonly isTable: boolean;
  readonly onTable: (isTable: boolean) => void;
  readonly onExport: () => void;
  readonly onFacets: (() => void) | null;
  readonly selected: number;
  readonly searchRef: Ref<HTMLDivElement>;
}): ReactElement {
  const { explore, isTable } = props;
  const { nav } = explore.ctx;
  const tile = usePref("tile");
  return (
    <div className="explore-bar">
      {props.onFacets && (
        <Button icon="filter" onPress={props.onFacets}>
          Fields
        </Button>
      )}
      <Tally counts={explore.counts} lagging={explore.lagging} />
      <div className="explore-tools">
        <div className="explore-search" ref={props.searchRef}>
          <NameSearch explore={explore} />
        </div>
        <SortMenu
          fields={explore.catalogue ?? []}
          sort={nav.view.sort}
          onSort={(sort) => nav.go({ sort, row: -1 })}
        />
        {!isTable && (
          <Slider
            label="Size of the pictures"
            value={sideIndex(tile)}
            min={0}
            max={SIDES.length - 1}
            step={1}
            onChange={(at) => setPrefs({ tile: SIDES[at] ?? 112 })}
          />
        )}
        <Segmented
          label="Samples as"
          value={isTable ? "table" : "grid"}
          choices={[
            { value: "grid", title: <Icon name="explore" size={14} />, help: "Pictures (T)" },
            { value: "table", title: <Icon name="journal" size={14} />, help: "Table (T)" },
          ]}
          onChange={(value) => props.onTable(value === "table")}
        />
        <Button icon="export" onPress={props.onExport}>
          {props.selected > 0 ? `Export ${fmtInt(props.selected)}` : "Export"}
        </Button>
      </div>
    </div>
  );
}
