// SPDX-License-Identifier: Apache-2.0
// The patches of other samples that drive a channel hardest, cut out of what the model saw of them.
// Each leads to its sample, with the same channel laid over it.
import { type ReactElement, useEffect, useRef } from "react";
import { fmtName, fmtReal, plural } from "@/base/format";
import { blobUrl } from "@/engine/blob";
import { type ResultOf, useOp } from "@/engine/query";
import { usePicture } from "@/widgets/image";
import { ProblemBox } from "@/widgets/status";
import { ViewLink } from "../links";
import type { PanelContext } from "../panel";
import { sawStage } from "./heat-sheet";

type Exemplar = ResultOf<"exemplars">["list"][number]["exemplars"][number];

const SIDE = 64;
const TOP = 9;

function Patch(props: { readonly ctx: PanelContext; readonly one: Exemplar }): ReactElement {
  const { ctx, one } = props;
  const run = ctx.run?.id ? { run: ctx.run.id } : {};
  const { data } = useOp("stages", { sample: one.sample ?? "", ...run });
  const stage = data && sawStage(data.stages);
  const { picture } = usePicture(stage?.image ? blobUrl(stage.image) : "");
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !picture) return;
    const [width, height] = [Math.max(1, one.x1 - one.x0), Math.max(1, one.y1 - one.y0)];
    const scale = Math.min(SIDE / width, SIDE / height) * 2;
    context.imageSmoothingEnabled = scale < 4;
    context.clearRect(0, 0, SIDE * 2, SIDE * 2);
    context.drawImage(
      picture.source,
      one.x0,
      one.y0,
      width,
      height,
      SIDE - (width * scale) / 2,
      SIDE - (height * scale) / 2,
      width * scale,
      height * scale,
    );
  }, [picture, one]);
  const says = one.pred === one.label ? "" : `, says ${fmtName(one.pred ?? "")}`;
  const words = `${one.sample ?? ""}, ${fmtName(one.label ?? "no label")}${says}: ${fmtReal(one.value, 3)}`;
  return (
    <li>
      <ViewLink nav={ctx.nav} page="sample" view={{ sample: one.sample ?? "" }} title={words}>
        <canvas
          ref={canvas}
          width={SIDE * 2}
          height={SIDE * 2}
          role="img"
          aria-label={words}
          className="exemplar"
        />
        <span className="exemplar-name cut">
          <bdi>{fmtName(one.label ?? one.name ?? "")}</bdi>
        </span>
      </ViewLink>
    </li>
  );
}

export function Exemplars(props: {
  readonly ctx: PanelContext;
  readonly layer: string;
  readonly channel: number;
}): ReactElement {
  const { ctx, layer, channel } = props;
  const run = ctx.run?.id ? { run: ctx.run.id } : {};
  const reply = useOp(
    "exemplars",
    { ...run, layer, channel: [channel], top: TOP },
    { fresh: true },
  );
  if (reply.error) return <ProblemBox problem={reply.error} />;
  const { data } = reply;
  const list = data?.list[0]?.exemplars ?? [];
  return (
    <div className="exemplars" aria-busy={!data}>
      {!data && <span className="channel-wait skeleton" />}
      {data && list.length === 0 && <p className="dim">No sample drives this channel.</p>}
      <ol tabIndex={0} aria-label={`Patches that drive channel ${channel} hardest`}>
        {list.map((one) => (
          <Patch key={one.sample} ctx={ctx} one={one} />
        ))}
      </ol>
      {data && (
        <p className="exemplar-words" title={data.notes.map(fmtName).join("\n")}>
          hardest of {plural(data.samples, "sample")}
        </p>
      )}
    </div>
  );
}
