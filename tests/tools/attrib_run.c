// SPDX-License-Identifier: Apache-2.0
// Runs an attribution method on a ready tensor several times in one process and prints the seconds
// of each: what the first one costs with its sessions built, and what the rest cost.
//
//   attrib_run MODEL X.npy METHOD_JSON TARGET LAYER|- THREADS REPEAT OUT.npy
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attrib/attrib.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rows.h"
#include "ort/session.h"
#include "tensor/npy.h"

static void ok(sl_status status, const sl_error *err) {
  if (status == SL_OK) return;
  fprintf(stderr, "attrib_run: %s\n", sl_error_message(err));
  exit(1);
}

static void read_tensor(sl_arena *arena, const char *path, sl_tensor *out) {
  sl_error err = {0};
  sl_bytes bytes;
  ok(sl_file_read(arena, path, SIZE_MAX, &bytes, &err), &err);
  ok(sl_npy_read(bytes.at, bytes.size, out, &err), &err);
}

static void write_tensor(const char *path, const sl_tensor *tensor) {
  sl_error err = {0};
  sl_buffer *bytes;
  ok(sl_npy_write(tensor, &bytes, &err), &err);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes->bytes, 1, bytes->size, file) != bytes->size) exit(1);
  fclose(file);
  sl_buffer_release(bytes);
}

static void run_once(sl_attrib_call call, const sl_variant *method, const char *out_path) {
  sl_error err = {0};
  sl_attribution out;
  sl_arena *arena = sl_arena_new(NULL, "run");
  call.arena = arena;
  int64_t began = sl_clock_ns();
  ok(sl_attrib_run(&call, method, &out, &err), &err);
  printf("%.4f s, batch %lld, %lld rows", (double)(sl_clock_ns() - began) * 1e-9,
         (long long)out.batch, (long long)out.runs);
  if (out.delta != NULL) printf(", delta %.3g", out.delta[0]);
  printf("\n");
  write_tensor(out_path, &out.values);
  sl_attribution_release(&out);
  sl_arena_free(arena);
}

int main(int argc, char **argv) {
  if (argc != 9) return 2;
  sl_error err = {0};
  sl_arena *arena = sl_arena_new(NULL, "attrib_run");
  sl_tensor x;
  sl_white_box *box;
  sl_target target;
  sl_variant method;
  const sl_json *json;
  read_tensor(arena, argv[2], &x);
  sl_white_box_options options = {.threads = atoi(argv[6]), .input_shape = &x.shape};
  ok(sl_white_box_open(arena, argv[1], &options, &box, &err), &err);
  ok(sl_target_parse(arena, box, argv[4], NULL, 0, &target, &err), &err);
  ok(sl_json_parse(arena, argv[3], strlen(argv[3]), "method", &json, &err), &err);
  ok(sl_variant_parse(arena, &sl_attrib_registry, json, "method", &method, &err), &err);
  sl_attrib_call call = {.box = box, .input = &x, .target = &target, .seed = 7};
  if (strcmp(argv[5], "-") != 0) ok(sl_white_box_value(box, argv[5], &call.layer, &err), &err);
  for (int i = 0; i < atoi(argv[7]); i++) run_once(call, &method, argv[8]);
  sl_tensor_release(&x);
  sl_arena_free(arena);
  return 0;
}
