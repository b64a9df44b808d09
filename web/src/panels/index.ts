// SPDX-License-Identifier: Apache-2.0
// All panels, in the order of their pages. Adding one: a folder beside this file and a row here.
import type { Panel } from "./panel";

export const panels: readonly Panel[] = [];
