// SPDX-License-Identifier: Apache-2.0
// Help, the manual page and shell completion, all from the operation table.
#ifndef SL_CLI_HELP_H
#define SL_CLI_HELP_H

#include <slitlamp/slitlamp.h>

#include "base/text.h"

void sl_help_overview(sl_text *out);
void sl_help_verb(sl_text *out, const sl_op_info *op, int advanced);
void sl_help_man(sl_text *out);  // troff, slitlamp(1)

// Script for "bash", "zsh" or "fish".
SL_MUST_CHECK sl_status sl_help_completion(sl_text *out, const char *shell, sl_error *err);

#endif
