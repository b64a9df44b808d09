// SPDX-License-Identifier: Apache-2.0
// Explore: facets on the left, the samples that meet them on the right. Start at use-explore.ts for
// how filters are answered while a brush is dragged, at rows.ts for how samples are read.
import { type ReactElement, useCallback, useEffect, useRef, useState } from "react";
import { fmtInt, plural } from "@/base/format";
import { usePref } from "@/state/prefs";
import { useLatest, useNarrow } from "@/widgets/hooks";
import { Dialog } from "@/widgets/overlay";
import { Splitter } from "@/widgets/splitter";
import { ProblemBox } from "@/widgets/status";
import type { Panel, PanelContext } from "../panel";
import { Bar, SIDES, sideIndex } from "./bar";
import { Chips } from "./chips";
import { useCursor, useSelection } from "./cursor";
import { ExportDialog } from "./export";
import { fieldOf, titleOf } from "./facet-model";
import { Facets } from "./facets";
import { GoToRow } from "./go-to-row";
import { useExploreKeys } from "./keys";
import { useRows } from "./rows";
import { SampleGrid, SampleTable } from "./samples";
import { type Explore, useExplore } from "./use-explore";
import { WhyEmpty } from "./why-empty";
import "./explore.css";

type Opened = "facets" | "export" | "row" | "add" | null;

/** Everything Explore knows and can do, for the parts that draw it. */
function useStage(ctx: PanelContext) {
  const { nav } = ctx;
  const explore = useExplore(ctx);
  const rows = useRows(explore.call, explore.counts?.matched ?? 0);
  const { count } = rows;
  const cursor = useCursor(nav);
  const viewKey = JSON.stringify(explore.call);
  const selection = useSelection(rows.item, viewKey);
  const [reveal, setReveal] = useState<{ row: number } | null>(null);
  const [shape, setShape] = useState({ columns: 1, fit: 1 });
  const [opened, setOpened] = useState<Opened>(null);
  const isTable = nav.view.tab === "table";
  const latest = useLatest({ nav, rows });
  const open = useCallback(
    (row: number) => {
      const sample = latest.current.rows.item(row)?.sample;
      if (sample) latest.current.nav.go({ sample, row }, { page: "sample" });
    },
    [latest],
  );
  const goTo = (row: number) => {
    cursor.move(row);
    setReveal({ row });
  };
  useEffect(() => {
    if (nav.view.row < 0) setReveal({ row: 0 });
  }, [viewKey]);
  const onShape = useCallback((columns: number, fit: number) => setShape({ columns, fit }), []);
  const onTable = (table: boolean) => nav.go({ tab: table ? "table" : "" }, { replace: true });
  return {
    explore,
    count,
    rows,
    cursor,
    selection,
    reveal,
    shape: isTable ? { ...shape, columns: 1 } : shape,
    onShape,
    opened,
    setOpened,
    isTable,
    onTable,
    open,
    goTo,
  };
}

type Stage = ReturnType<typeof useStage>;

const titleIn = (explore: Explore) => (field: string) => {
  const facet = explore.catalogue?.find((one) => fieldOf(one) === field);
  return facet ? titleOf(facet) : field;
};

function Body(props: { readonly stage: Stage }): ReactElement {
  const { stage } = props;
  const { explore, rows, cursor, selection, count, reveal, open } = stage;
  const { nav } = explore.ctx;
  const side = SIDES[sideIndex(usePref("tile"))] ?? 112;
  const problem = explore.problem ?? rows.problem;
  if (problem) {
    return (
      <div className="explore-problem">
        <ProblemBox problem={problem} onRetry={explore.retry} />
      </div>
    );
  }
  const isEmpty = count === 0 && !rows.stale && explore.counts?.matched === 0;
  const empty = isEmpty && !explore.dragging && (
    <WhyEmpty
      ctx={explore.ctx}
      where={explore.where}
      titleOf={titleIn(explore)}
      onChange={explore.commit}
    />
  );
  const shared = { rows, count, cursor, selection, onOpen: open, reveal, empty };
  return (
    <div className={`explore-samples ${rows.stale ? "explore-stale" : ""}`}>
      {stage.isTable ? (
        <SampleTable
          {...shared}
          sort={nav.view.sort}
          onSort={(sort) => nav.go({ sort, row: -1 })}
          compared={explore.ctx.other !== null}
        />
      ) : (
        <SampleGrid {...shared} side={side} onShape={stage.onShape} />
      )}
    </div>
  );
}

function Foot(props: { readonly stage: Stage }): ReactElement | null {
  const { cursor, count, selection } = props.stage;
  if (cursor.row < 0 && selection.rows.size === 0) return null;
  return (
    <footer className="explore-foot">
      {cursor.row >= 0 && cursor.row < count && (
        <span>
          row <b>{fmtInt(cursor.row + 1)}</b>
        </span>
      )}
      {selection.rows.size > 0 && (
        <>
          <span>{plural(selection.rows.size, "sample")} selected</span>
          <button type="button" onClick={selection.clear}>
            Select none
          </button>
        </>
      )}
    </footer>
  );
}

function Dialogs(props: { readonly stage: Stage }): ReactElement | null {
  const { stage } = props;
  const { explore, opened } = stage;
  const close = () => stage.setOpened(null);
  if (opened === "facets") {
    return (
      <Dialog title="Fields" onClose={close}>
        <Facets explore={explore} />
      </Dialog>
    );
  }
  if (opened === "row") return <GoToRow count={stage.count} onGo={stage.goTo} onClose={close} />;
  if (opened !== "export") return null;
  return (
    <ExportDialog
      ctx={explore.ctx}
      where={explore.where}
      matched={stage.count}
      selected={stage.selection.samples}
      onClose={close}
    />
  );
}

/** Gives the samples the focus when the page opens, and on request. */
function useSampleFocus(ready: boolean) {
  const place = useRef<HTMLDivElement>(null);
  const focus = useCallback(
    () => place.current?.querySelector<HTMLElement>('[aria-label="Samples"]')?.focus(),
    [],
  );
  useEffect(() => {
    const { activeElement } = document;
    if (ready && (activeElement === document.body || activeElement?.id === "page")) focus();
  }, [ready, focus]);
  return { place, focus };
}

function ExplorePage(props: { readonly ctx: PanelContext }): ReactElement {
  const stage = useStage(props.ctx);
  const { explore } = stage;
  const narrow = useNarrow();
  const search = useRef<HTMLDivElement>(null);
  const { place, focus } = useSampleFocus(explore.counts !== null);
  const show = (what: Opened) => () => stage.setOpened(what);
  useExploreKeys({
    ...stage,
    goTo: show("row"),
    add: show("add"),
    exportView: show("export"),
    search: () => search.current?.querySelector("input")?.focus(),
    toggleTable: () => stage.onTable(!stage.isTable),
    focusSamples: focus,
  });
  const main = (
    <div className="explore-main" ref={place}>
      <Bar
        explore={explore}
        isTable={stage.isTable}
        onTable={stage.onTable}
        onExport={show("export")}
        onFacets={narrow ? show("facets") : null}
        selected={stage.selection.rows.size}
        searchRef={search}
      />
      <div className="explore-chips">
        <Chips
          ctx={props.ctx}
          where={explore.where}
          fields={explore.catalogue ?? []}
          onChange={explore.commit}
          adding={stage.opened === "add"}
          onAdding={(open) => stage.setOpened(open ? "add" : null)}
        />
      </div>
      <Body stage={stage} />
      <Foot stage={stage} />
      <Dialogs stage={stage} />
    </div>
  );
  if (narrow) return <div className="explore">{main}</div>;
  return (
    <div className="explore">
      <Splitter
        id="explore"
        label="Width of the fields"
        size={296}
        min={220}
        max={560}
        first={<Facets explore={explore} />}
        second={main}
      />
    </div>
  );
}

export const explore: Panel = {
  id: "explore",
  page: "explore",
  title: "Explore",
  help: "The samples that meet a filter, and how every field is spread among them.",
  span: "page",
  needs: (ctx) => ctx.run !== null,
  render: (ctx) => <ExplorePage ctx={ctx} />,
};
