// SPDX-License-Identifier: Apache-2.0
// A small heat map, each cell as it is. The colours reach from the least to the most of its own.
import { type ReactElement, useEffect, useRef } from "react";
import { colourise, paintOf, type Plane } from "@/base/heat";

export function MapThumb(props: {
  readonly plane: Plane;
  /** Id of a colour map; the first that suits by default. */
  readonly map?: string;
}): ReactElement {
  const { plane, map = "" } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context) return;
    canvas.current.width = plane.width;
    canvas.current.height = plane.height;
    const bytes = colourise(plane, paintOf(plane, map, 99.5, false));
    context.putImageData(new ImageData(bytes, plane.width, plane.height), 0, 0);
  }, [plane, map]);
  return <canvas ref={canvas} className="map-thumb" aria-hidden="true" />;
}
