// SPDX-License-Identifier: Apache-2.0
// All panels, in the order of their pages. Adding one: a folder beside this file and a row here.
import { alternatives } from "./alternatives";
import { calibration } from "./calibration";
import { changes } from "./changes";
import { classes } from "./classes";
import { confidence } from "./confidence";
import { confusion } from "./confusion";
import { contract } from "./contract";
import { curves } from "./curves";
import { evaluate } from "./evaluate";
import { explore } from "./explore";
import { findings } from "./findings";
import { flow } from "./flow";
import { graph } from "./graph";
import { headline } from "./headline";
import { journal } from "./journal";
import { metadata } from "./metadata";
import { metrics } from "./metrics";
import { model } from "./model";
import { modelClasses } from "./model-classes";
import { modelRuns } from "./model-runs";
import { models } from "./models";
import { notes } from "./notes";
import { operators } from "./operators";
import { pair } from "./pair";
import type { Panel } from "./panel";
import { progress } from "./progress";
import { sample } from "./sample";
import { broken, fixed } from "./turned";

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
  pair,
  flow,
  confidence,
  broken,
  fixed,
  changes,
  explore,
  sample,
  models,
  model,
  contract,
  graph,
  operators,
  modelRuns,
  evaluate,
  modelClasses,
  metadata,
  journal,
];
