// SPDX-License-Identifier: Apache-2.0
// Where the demo's images and models are on this machine.
#ifndef SL_OP_DEMO_DATA_H
#define SL_OP_DEMO_DATA_H

#include "base/arena.h"

// Folder with the Fashion-MNIST IDX files (Debian's dataset-fashion-mnist, or
// SLITLAMP_FASHION_MNIST); NULL when there is none.
const char *sl_demo_data_find(sl_arena *arena);

// A model of examples/fashion: SLITLAMP_EXAMPLES, else beside or above the program, else the data
// folder of an installation; NULL when there is none.
const char *sl_demo_model_find(sl_arena *arena, const char *name);

#endif
