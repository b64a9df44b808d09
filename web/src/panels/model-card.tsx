// SPDX-License-Identifier: Apache-2.0
// A card about the model looked at: skeleton while it loads. Draws nothing without a model.
import type { ReactElement, ReactNode } from "react";
import type { Model } from "@/gen/ops";
import { Card } from "@/widgets/card";
import { Skeleton } from "@/widgets/status";
import { useModels } from "./model-choice";
import type { PanelContext } from "./panel";

export function ModelCard(props: {
  readonly ctx: PanelContext;
  readonly title: string;
  readonly help?: string;
  readonly note?: (model: Model) => ReactNode;
  readonly height: number;
  readonly flush?: boolean;
  readonly children: (model: Model) => ReactNode;
}): ReactElement | null {
  const { models, model } = useModels(props.ctx);
  if (models && !model) return null;
  return (
    <Card
      title={props.title}
      help={props.help}
      note={model && props.note?.(model)}
      flush={Boolean(props.flush && model)}
    >
      {model ? props.children(model) : <Skeleton height={props.height} />}
    </Card>
  );
}
