// SPDX-License-Identifier: Apache-2.0
// Forward and gradient of a model through the white box, beside ONNX Runtime's own forward.
//
//   grad_bench MODEL INPUT.npy SEED.npy GRADIENT.npy
//
// INPUT holds as many rows as the largest batch that will be asked for. First line of output: time
// to open the model and to build the gradient session. The gradient of the first output (under
// SEED) by the input is written to GRADIENT. Then measurements (meter.h): "forward N" and
// "gradient N" run batches of N for about half a second.
#include <slitlamp/slitlamp.h>

#include "attrib/row_run.h"
#include "base/file.h"
#include "meter.h"
#include "tensor/npy.h"

enum { SLICE_NS = 500000000, RUNS_LEAST = 3 };

static sl_error err;

static sl_tensor read_tensor(sl_arena *arena, const char *path) {
  sl_bytes bytes;
  sl_tensor tensor;
  must(sl_file_map(arena, path, &bytes, &err), &err);
  must(sl_npy_read(bytes.at, bytes.size, &tensor, &err), &err);
  return tensor;
}

static void write_tensor(const char *path, const sl_tensor *tensor) {
  sl_buffer *bytes;
  must(sl_npy_write(tensor, &bytes, &err), &err);
  must(sl_file_write_atomic(path, bytes->bytes, bytes->size, &err), &err);
  sl_buffer_release(bytes);
}

static void run_once(const sl_piece *piece, const sl_tensor *inputs) {
  sl_tensor outputs[4];
  must(sl_piece_run(piece, inputs, outputs, &err), &err);
  for (int32_t i = 0; i < piece->output_count; i++) sl_tensor_release(&outputs[i]);
}

// Batches of `rows` until the slice is over, at least a few.
static void measure(const sl_piece *piece, const sl_tensor *whole, int32_t count, int64_t rows) {
  sl_tensor inputs[2];
  for (int32_t i = 0; i < count; i++) {
    inputs[i] = whole[i];
    inputs[i].shape.dims[0] = rows;
  }
  run_once(piece, inputs);
  int64_t runs = 0;
  meter m = meter_start();
  while (runs < RUNS_LEAST || sl_clock_ns() - m.began_ns < SLICE_NS) {
    run_once(piece, inputs);
    runs++;
  }
  meter_print(&m, runs, "");
}

static double peak_mib(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)used.ru_maxrss / 1024;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  sl_arena *arena = sl_arena_new(NULL, "bench");
  sl_tensor inputs[2] = {read_tensor(arena, argv[2]), read_tensor(arena, argv[3])}, gradient;
  int64_t opened_ns = sl_clock_ns();
  sl_white_box *box;
  sl_white_box_options options = {.provider = SL_PROVIDER_CPU, .input_shape = &inputs[0].shape};
  must(sl_white_box_open(arena, argv[1], &options, &box, &err), &err);
  sl_value_id target = sl_white_box_output(box), wrt = sl_white_box_input(box);
  sl_gradient_ask ask = {.targets = &target, .target_count = 1, .wrt = &wrt, .wrt_count = 1};
  const sl_piece *forward, *backward;
  int64_t began_ns = sl_clock_ns();
  must(sl_white_box_gradient(box, &ask, &backward, NULL, NULL, &err), &err);
  int64_t ended_ns = sl_clock_ns();
  must(sl_white_box_tap(box, &target, 1, &forward, &err), &err);
  int64_t seed_rows = inputs[1].shape.dims[0], rows = inputs[0].shape.dims[0];
  if (seed_rows != rows) {
    fprintf(stderr, "%lld seeds for %lld inputs\n", (long long)seed_rows, (long long)rows);
    return 1;
  }
  sl_row_run how = {.rows = rows, .fixed_batch = sl_white_box_batch(box)};
  must(sl_piece_run_rows(backward, &how, inputs, &gradient, &err), &err);
  write_tensor(argv[4], &gradient);
  printf("{\"open\":%.4f,\"build\":%.4f,\"batch\":%lld,\"peak\":%.0f}\n",
         (double)(began_ns - opened_ns) * 1e-9, (double)(ended_ns - began_ns) * 1e-9,
         (long long)how.fixed_batch, peak_mib());
  fflush(stdout);
  char line[256];
  long long batch;
  while (next_line(line, sizeof line)) {
    if (sscanf(line, "forward %lld", &batch) == 1) measure(forward, inputs, 1, batch);
    if (sscanf(line, "gradient %lld", &batch) == 1) measure(backward, inputs, 2, batch);
  }
  sl_tensor_release(&gradient);
  sl_arena_free(arena);
  return 0;
}
