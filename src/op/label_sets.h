// SPDX-License-Identifier: Apache-2.0
// The set of classes each sample of a version is labelled with, as bits.
#ifndef SL_OP_LABEL_SETS_H
#define SL_OP_LABEL_SETS_H

#include "op/evaluation.h"

// Fills e->target_sets: (class_count + 63) / 64 words per row, bit c set when the row carries class
// c. Samples with one label have a set of one; names are matched like single labels, and what
// matches nothing is noted in the evaluation's remarks.
SL_MUST_CHECK sl_status sl_multi_label_targets(sl_evaluation *evaluation, sl_error *err);

#endif
