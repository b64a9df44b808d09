// SPDX-License-Identifier: Apache-2.0
// A small heat map, each cell as it is. The colours reach from the least to the most of its own.
import { type ReactElement, useEffect, useRef } from "react";
import { paintOf, type Plane } from "@/base/heat";
import { putPlane } from "./sheet-paint";

export function MapThumb(props: {
  readonly plane: Plane;
  /** Id of a colour map; the first that suits by default. */
  readonly map?: string;
}): ReactElement {
  const { plane, map = "" } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) putPlane(canvas.current, plane, paintOf(plane, map, 99.5, false));
  }, [plane, map]);
  return <canvas ref={canvas} className="map-thumb" aria-hidden="true" />;
}
