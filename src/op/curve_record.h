// SPDX-License-Identifier: Apache-2.0
// A curve of the metrics as a result record.
#ifndef SL_OP_CURVE_RECORD_H
#define SL_OP_CURVE_RECORD_H

#include "metric/metric.h"
#include "op/records.h"

static inline void sl_curve_record(const sl_metric_curve *curve, const char *title,
                                   sl_rec_curve *out) {
  *out = (sl_rec_curve){.kind = curve->kind == SL_CURVE_ROC ? "roc" : "pr",
                        .title = title,
                        .area = curve->area,
                        .x = {curve->x, curve->count},
                        .y = {curve->y, curve->count},
                        .threshold = {curve->threshold, curve->count}};
}

#endif
