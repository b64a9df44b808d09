// SPDX-License-Identifier: Apache-2.0
// A whole report over a score matrix; the peer is kernel_python.py with scikit-learn.
//
//   metric_bench SCORES LABELS CLASSES   float32 scores, int32 labels, raw
//
// Measurements (meter.h): "points" without intervals, "intervals" with them.
#include "base/file.h"
#include "meter.h"
#include "metric/metric.h"

static sl_error err;

static void measure(const sl_metric_input *input, int32_t resamples) {
  sl_arena *arena = sl_arena_new(NULL, "report");
  sl_metric_options options = {.resamples = resamples};
  sl_metric_report report;
  meter m = meter_start();
  must(sl_metric_evaluate(arena, input, &options, &report, &err), &err);
  const sl_metric_value *accuracy = sl_metric_value_of(&report, "accuracy");
  meter_print(&m, report.used,
              sl_arena_printf(arena, ",\"accuracy\":%.17g",
                              accuracy != NULL ? accuracy->estimate.value : -1));
  sl_arena_free(arena);
}

int main(int argc, char **argv) {
  char line[64];
  if (argc != 4) return 2;
  sl_arena *arena = sl_arena_new(NULL, "bench");
  sl_bytes scores, labels;
  must(sl_file_map(arena, argv[1], &scores, &err), &err);
  must(sl_file_map(arena, argv[2], &labels, &err), &err);
  int32_t classes = (int32_t)strtol(argv[3], NULL, 10);
  sl_metric_input input = {
      .samples = (int64_t)(labels.size / sizeof(int32_t)),
      .classes = classes,
      .label = (const int32_t *)(const void *)labels.at,
      .scores = {.data = scores.at, .dtype = SL_DTYPE_F32, .columns = classes}};
  while (next_line(line, sizeof line)) measure(&input, strcmp(line, "intervals") == 0 ? 0 : -1);
  return 0;
}
