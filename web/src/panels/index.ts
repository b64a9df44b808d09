// SPDX-License-Identifier: Apache-2.0
// All panels, in the order of their pages. Adding one: a folder beside this file and a row here.
import { alternatives } from "./alternatives";
import { calibration } from "./calibration";
import { classes } from "./classes";
import { confusion } from "./confusion";
import { curves } from "./curves";
import { findings } from "./findings";
import { headline } from "./headline";
import { metrics } from "./metrics";
import { notes } from "./notes";
import type { Panel } from "./panel";
import { progress } from "./progress";

export const panels: readonly Panel[] = [
  headline,
  progress,
  findings,
  metrics,
  confusion,
  classes,
  calibration,
  curves,
  alternatives,
  notes,
];
