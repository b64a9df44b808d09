// SPDX-License-Identifier: Apache-2.0
// Attribution methods as the registry of the core lists them, and what of the canvas is sent.
import type { CanvasView } from "@/base/canvas-view";
import { changedOnly, defaultsOf, type ParamValues } from "@/base/params";
import { operations, type OperationName, registries, type RegistryItem } from "@/gen/ops";

export const METHODS: readonly RegistryItem[] = registries.method ?? [];

/** Does this program have an operation of that name? Its pages are built with its table. */
export const hasOp = (name: string): name is OperationName => Object.hasOwn(operations, name);

export const methodOf = (name: string): RegistryItem | undefined =>
  METHODS.find((method) => method.name === name);

/** Does the method read a layer, so that the one looked at is worth naming? */
export const readsLayer = (method: string): boolean =>
  /cam|layer|conductance|influence|neuron|dff|attention/.test(method);

/** The options of the chosen method, with their defaults. */
export function optionsOf(canvas: CanvasView): ParamValues {
  const method = methodOf(canvas.method);
  return method ? { ...defaultsOf(method.params), ...canvas.options } : {};
}

/** Options worth keeping in the address. */
export function keptOptions(method: RegistryItem, values: ParamValues): CanvasView["options"] {
  const changed = changedOnly(method.params, values);
  return Object.fromEntries(
    Object.entries(changed).filter(
      (entry): entry is [string, boolean | number | string] => typeof entry[1] !== "object",
    ),
  );
}

/** The part of an "attribute" call that the canvas decides. */
export function attributeParams(canvas: CanvasView): {
  readonly method?: Record<string, object>;
  readonly layer?: string;
} {
  const named = canvas.method ? { method: { [canvas.method]: canvas.options } } : {};
  const layered = canvas.layer && (!canvas.method || readsLayer(canvas.method));
  return { ...named, ...(layered ? { layer: canvas.layer } : {}) };
}
