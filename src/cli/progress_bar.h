// SPDX-License-Identifier: Apache-2.0
// One line on standard error that shows what a long operation is doing.
#ifndef SL_CLI_PROGRESS_BAR_H
#define SL_CLI_PROGRESS_BAR_H

#include <slitlamp/engine.h>

// On a terminal the line is redrawn in place; elsewhere one line is printed per phase. `ctx` is
// ignored; fits sl_engine_options.on_progress.
void sl_progress_bar_show(void *ctx, const sl_progress *progress);
void sl_progress_bar_clear(void);  // before anything else is printed

#endif
