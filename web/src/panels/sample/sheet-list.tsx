// SPDX-License-Identifier: Apache-2.0
// The sheets of the canvas as a list, the top one first: seen or not, how opaque, and for the one
// opened how it is blended and coloured.
import { type ReactElement, type ReactNode, useState } from "react";
import { BLENDS, type SheetId, type SheetLook } from "@/base/canvas-view";
import { mapsOf, type MapKind } from "@/base/colour-map";
import { fmtInt } from "@/base/format";
import { CheckBox, Select, Slider } from "@/widgets/field";
import { Icon } from "@/widgets/icon";
import { gradientOf } from "@/widgets/legend";

export interface SheetRow {
  readonly id: SheetId;
  readonly title: string;
  readonly look: SheetLook;
  /** Kind of its values; null for a picture or words. */
  readonly kind: MapKind | null;
  readonly loading: boolean;
  /** Key that shows and hides it. */
  readonly keys?: string;
  /** Its own settings and what it says, below the row. */
  readonly more?: ReactNode;
}

interface RowProps {
  readonly row: SheetRow;
  readonly onChange: (change: Partial<SheetLook>) => void;
}

const titleCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The colour maps to choose from, as bars. */
function MapChoice(props: {
  readonly kind: MapKind;
  readonly value: string;
  readonly onChange: (map: string) => void;
}): ReactElement {
  const maps = mapsOf(props.kind);
  const chosen = maps.find((map) => map.id === props.value) ?? maps[0];
  return (
    <div className="map-choice" role="group" aria-label="Colour map">
      {maps.map((map) => (
        <button
          key={map.id}
          type="button"
          aria-pressed={map === chosen}
          aria-label={map.title}
          title={map.title}
          onClick={() => props.onChange(map.id)}
        >
          <i style={{ background: gradientOf(map) }} />
        </button>
      ))}
    </div>
  );
}

const CLIPS = [90, 95, 98, 99, 99.5, 100] as const;

function Details({ row, onChange }: RowProps): ReactElement {
  const { look, kind } = row;
  return (
    <div className="ply-details">
      <Select
        label="Blend"
        prefix="blend"
        value={look.blend}
        choices={BLENDS.map((blend) => ({ value: blend, title: blend }))}
        onChange={(blend) => onChange({ blend: BLENDS.find((one) => one === blend) ?? "normal" })}
      />
      {kind && (
        <>
          <Select
            label="Range"
            prefix="range to"
            value={String(look.clip)}
            choices={CLIPS.map((clip) => ({
              value: String(clip),
              title: clip === 100 ? "the largest" : `${clip} %`,
            }))}
            onChange={(clip) => onChange({ clip: Number(clip) })}
          />
          <MapChoice kind={kind} value={look.map} onChange={(map) => onChange({ map })} />
          <div className="ply-checks">
            <CheckBox label="Fade" on={look.fade} onChange={(fade) => onChange({ fade })} />
            <CheckBox label="Cells" on={look.cells} onChange={(cells) => onChange({ cells })} />
          </div>
        </>
      )}
    </div>
  );
}

function Row(
  props: RowProps & { readonly isOpen: boolean; readonly onOpen: () => void },
): ReactElement {
  const { row, isOpen } = props;
  const { look } = row;
  const shows = look.on ? "Hide" : "Show";
  return (
    <li className={look.on ? "ply-row" : "ply-row ply-off"}>
      <div className="ply-line">
        <button
          type="button"
          className="ply-eye"
          aria-pressed={look.on}
          aria-label={`${shows} ${row.title}`}
          title={row.keys ? `${shows} (${row.keys})` : shows}
          onClick={() => props.onChange({ on: !look.on })}
        >
          <Icon name={look.on ? "eye" : "closed"} size={15} />
        </button>
        <span className="ply-title cut">
          {row.title}
          {row.loading && <i className="ply-busy" aria-label="loading" />}
        </span>
        {row.id !== "verdict" && (
          <>
            <Slider
              label={`Opacity of ${row.title}`}
              min={0}
              max={1}
              step={0.05}
              value={look.opacity}
              onChange={(opacity) => props.onChange({ opacity })}
            />
            <span className="ply-percent">{fmtInt(look.opacity * 100)}</span>
            <button
              type="button"
              className="ply-more"
              aria-expanded={isOpen}
              aria-label={`Settings of ${row.title}`}
              onClick={props.onOpen}
            >
              <Icon name="chevron" size={13} />
            </button>
          </>
        )}
      </div>
      {isOpen && <Details row={row} onChange={props.onChange} />}
      {look.on && row.more}
    </li>
  );
}

export function SheetList(props: {
  readonly rows: readonly SheetRow[];
  readonly onChange: (id: SheetId, change: Partial<SheetLook>) => void;
}): ReactElement {
  const [opened, setOpened] = useState<SheetId | null>(null);
  return (
    <ol className="ply-list" aria-label={titleCase("layers of the canvas")}>
      {props.rows.map((row) => (
        <Row
          key={row.id}
          row={row}
          isOpen={opened === row.id}
          onOpen={() => setOpened(opened === row.id ? null : row.id)}
          onChange={(change) => props.onChange(row.id, change)}
        />
      ))}
    </ol>
  );
}
