// SPDX-License-Identifier: Apache-2.0
// The column of facets, in an order that can be changed and is kept. Fields on which all samples
// agree stand together at the end, as facts.
import { type ReactElement, useCallback, useRef, useState } from "react";
import { fmtName } from "@/base/format";
import { fuzzyFilter } from "@/base/fuzzy";
import type { Facet as FacetData } from "@/gen/ops";
import { prefs, setPrefs, usePref } from "@/state/prefs";
import { IconButton } from "@/widgets/button";
import { TextField } from "@/widgets/field";
import { Skeleton } from "@/widgets/status";
import { Facet, type FacetProps } from "./facet";
import { fieldOf, moved, onlyValue, titleOf } from "./facet-model";
import type { Explore } from "./use-explore";

const fold = (field: string, folded: boolean): void =>
  setPrefs({ folded: { ...prefs.getState().folded, [`facet.${field}`]: folded } });

/** Fields that hold one value for every sample. */
function Agreed(props: { readonly facets: readonly FacetData[] }): ReactElement | null {
  const { facets } = props;
  if (facets.length === 0) return null;
  return (
    <details className="facet-agreed">
      <summary>The same for all samples ({facets.length})</summary>
      <dl>
        {facets.map((facet) => (
          <div key={fieldOf(facet)}>
            <dt className="cut">{fmtName(titleOf(facet))}</dt>
            <dd className="cut">
              <bdi>{fmtName(onlyValue(facet) ?? "")}</bdi> {facet.unit}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Head(props: {
  readonly search: string;
  readonly onSearch: (text: string) => void;
  readonly shown: readonly FacetData[];
}): ReactElement {
  const root = usePref("root");
  const set = (folded: boolean) =>
    setPrefs({
      folded: {
        ...prefs.getState().folded,
        ...Object.fromEntries(props.shown.map((facet) => [`facet.${fieldOf(facet)}`, folded])),
      },
    });
  return (
    <div className="facets-head">
      <div className="grow">
        <TextField
          label="Find a field"
          placeholder="Find a field"
          icon="search"
          value={props.search}
          onChange={props.onSearch}
        />
      </div>
      <IconButton
        icon="overview"
        label="Square-root scale, so that few samples show beside many"
        pressed={root}
        onPress={() => setPrefs({ root: !root })}
      />
      <IconButton icon="minus" label="Fold all" onPress={() => set(true)} />
    </div>
  );
}

/** Handlers that stay the same, so that only facets whose data changed are drawn again. */
function useHands(explore: Explore, order: readonly string[]) {
  const latest = useRef({ explore, order });
  latest.current = { explore, order };
  const filter = useCallback<FacetProps["onFilter"]>((change, dragged) => {
    const { where, commit, draft } = latest.current.explore;
    if (dragged === undefined) commit(change(where));
    else draft(change(where), dragged);
  }, []);
  const move = useCallback((field: string, steps: number) => {
    const { orders } = prefs.getState();
    setPrefs({ orders: { ...orders, facets: moved(latest.current.order, field, steps) } });
  }, []);
  return { filter, move };
}

export function Facets(props: { readonly explore: Explore }): ReactElement {
  const { explore } = props;
  const [search, setSearch] = useState("");
  const root = usePref("root");
  const all = explore.catalogue ?? [];
  const telling = all.filter((facet) => onlyValue(facet) === null);
  const shown = search ? fuzzyFilter(telling, search, titleOf) : telling;
  const hands = useHands(explore, telling.map(fieldOf));
  return (
    <div className="facets">
      <Head search={search} onSearch={setSearch} shown={shown} />
      <div className="facets-scroll">
        {!explore.catalogue && !explore.problem && <Skeleton lines={12} />}
        {shown.map((facet) => (
          <Facet
            key={fieldOf(facet)}
            all={facet}
            live={explore.live.get(fieldOf(facet))}
            clause={explore.where.find((one) => one.field === facet.field)}
            open={explore.isOpen(fieldOf(facet))}
            root={root}
            onFold={fold}
            onMove={hands.move}
            onFilter={hands.filter}
          />
        ))}
        {search && shown.length === 0 && <p className="dim facets-none">No field matches.</p>}
        <Agreed facets={all.filter((facet) => onlyValue(facet) !== null)} />
      </div>
    </div>
  );
}
