// SPDX-License-Identifier: Apache-2.0
// The registry of metrics, made from metric_list.h.
//
// Invariant: the order of rows is the order of the list. Start at sl_metric_rows.
#include "metric/metric.h"

#include "base/text.h"
#include "metric/metric_values.h"

#define SL_METRIC(name, title, unit, group, better, needs, help) \
  {#name, title, help, group, unit, better, needs, sl_metric_of_##name},
const sl_metric_row sl_metric_rows[] = {
#include "metric/metric_list.h"
};
#undef SL_METRIC

const int32_t sl_metric_row_count = (int32_t)(sizeof sl_metric_rows / sizeof *sl_metric_rows);

const sl_metric_row *sl_metric_find(const char *name) {
  for (int32_t i = 0; i < sl_metric_row_count; i++) {
    if (sl_streq(sl_metric_rows[i].name, name)) return &sl_metric_rows[i];
  }
  return NULL;
}

const char *sl_interval_method_name(sl_interval_method method) {
  static const char *const names[] = {[SL_INTERVAL_NONE] = "none",
                                      [SL_INTERVAL_BOOTSTRAP] = "bootstrap",
                                      [SL_INTERVAL_LINEAR] = "linear bootstrap",
                                      [SL_INTERVAL_JACKKNIFE] = "jackknife",
                                      [SL_INTERVAL_WILSON] = "wilson"};
  return (unsigned)method <= SL_INTERVAL_WILSON ? names[method] : "none";
}

const sl_metric_value *sl_metric_value_of(const sl_metric_report *report, const char *name) {
  for (int32_t i = 0; i < report->value_count; i++) {
    if (sl_streq(report->values[i].row->name, name)) return &report->values[i];
  }
  return NULL;
}
