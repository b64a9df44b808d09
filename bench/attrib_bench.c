// SPDX-License-Identifier: Apache-2.0
// Attribution methods on one ready tensor.
//
//   attrib_bench MODEL X.npy TARGET
//
// Measurements (meter.h): a line is a method as JSON, {"integrated_gradients": {"steps": 50}}; it
// is run once to build its sessions, then for about two seconds, at least twice. "rows" are runs of
// the method; "forward" is how many inputs went through the model in each, "batch" how many at
// once.
#include "attrib/attrib.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rows.h"
#include "meter.h"
#include "tensor/npy.h"

enum { RUNS_LEAST = 2 };
static const int64_t slice_ns = 2000000000;

static sl_error err;

typedef struct outcome {
  int64_t forward, batch;
} outcome;

static outcome run_once(sl_attrib_call call, const sl_variant *method) {
  sl_attribution out;
  call.arena = sl_arena_new(NULL, "run");
  must(sl_attrib_run(&call, method, &out, &err), &err);
  outcome seen = {out.runs, out.batch};
  sl_attribution_release(&out);
  sl_arena_free(call.arena);
  return seen;
}

static void measure(sl_arena *arena, const sl_attrib_call *call, const char *line) {
  const sl_json *json;
  sl_variant method;
  must(sl_json_parse(arena, line, strlen(line), "method", &json, &err), &err);
  must(sl_variant_parse(arena, &sl_attrib_registry, json, "method", &method, &err), &err);
  outcome seen = run_once(*call, &method);
  int64_t runs = 0;
  meter m = meter_start();
  while (runs < RUNS_LEAST || sl_clock_ns() - m.began_ns < slice_ns) {
    seen = run_once(*call, &method);
    runs++;
  }
  meter_print(&m, runs,
              sl_arena_printf(arena, ",\"forward\":%lld,\"batch\":%lld", (long long)seen.forward,
                              (long long)seen.batch));
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  sl_arena *arena = sl_arena_new(NULL, "bench");
  sl_bytes bytes;
  sl_tensor x;
  sl_white_box *box;
  sl_target target;
  must(sl_file_map(arena, argv[2], &bytes, &err), &err);
  must(sl_npy_read(bytes.at, bytes.size, &x, &err), &err);
  sl_white_box_options options = {.provider = SL_PROVIDER_CPU, .input_shape = &x.shape};
  must(sl_white_box_open(arena, argv[1], &options, &box, &err), &err);
  must(sl_target_parse(arena, box, argv[3], NULL, 0, &target, &err), &err);
  sl_attrib_call call = {.box = box, .input = &x, .target = &target, .seed = 7};
  char line[1024];
  while (next_line(line, sizeof line)) measure(arena, &call, line);
  sl_tensor_release(&x);
  sl_arena_free(arena);
  return 0;
}
