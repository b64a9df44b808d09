// SPDX-License-Identifier: Apache-2.0
// How near "eval" comes to the bound of its parts: ONNX Runtime alone on ready tensors, decoding
// and preprocessing alone on bytes in memory, and the operation whole, in turn, on all processors.
//
//   eval_bench MODEL PIPELINE WORKSPACE   PIPELINE: preset or file, "" = as the model declares
//
// WORKSPACE holds the imported dataset. Measurements (meter.h): "ort", "prepare", "jpeg" (files
// decoded to RGB and thrown away, which is libjpeg and little else), and "eval FOLDER", where
// FOLDER is a copy of the workspace in which nothing was evaluated yet.
#include <slitlamp/slitlamp.h>

#include "base/thread.h"
#include "data/sample_reader.h"
#include "meter.h"
#include "model/contract.h"
#include "store/column.h"
#include "store/dataset_table.h"

enum { BATCH_MAX = 64, SCAN_NS = 300000000, SLICE_NS = 2000000000 };

typedef struct setup {
  sl_session *session;
  int runners;  // runs at once
  int threads;  // inside each
  int64_t batch;
} setup;

typedef struct bench {
  sl_arena *arena;
  sl_model *model;
  sl_prep *prep;
  sl_input *inputs;  // one per sample, in memory
  int64_t count;
  sl_tensor *ready;  // one per runner, BATCH_MAX rows
  uint8_t **row;     // one per worker
  int cores;
  setup at;
  int64_t until_ns;
  atomic_llong rows;
} bench;

static sl_error err;

// ---- the samples, read into memory --------------------------------------------------------------

static void keep_input(bench *b, const sl_sample_data *data, sl_input *out) {
  if (data->is_pixels) {
    sl_image *image = SL_NEW(b->arena, sl_image);
    *image = *data->pixels;
    size_t size = (size_t)image->width * (size_t)image->height * (size_t)image->channels;
    must(sl_buffer_new(size, &image->buffer, &err), &err);
    image->pixels = memcpy(image->buffer->bytes, data->pixels->pixels, size);
    *out = (sl_input){.pixels = image};
    return;
  }
  out->file = data->file;
  out->file.at = memcpy(sl_arena_push(b->arena, data->file.size), data->file.at, data->file.size);
}

static void read_inputs(bench *b, const char *workspace) {
  sl_store *store;
  sl_column members;
  must(sl_store_open(workspace, &(sl_store_options){.read_only = 1}, &store, &err), &err);
  must(sl_column_open(store, b->arena, (sl_record_ref){SL_RECORD_VERSION, 1}, SL_COLUMN_MEMBERS,
                      &members, &err),
       &err);
  sl_arena *scratch = sl_arena_new(NULL, "samples");
  sl_sample_reader *reader = sl_sample_reader_new(scratch, store);
  b->count = members.rows;
  b->inputs = SL_NEW_ARRAY(b->arena, sl_input, b->count);
  memset(b->inputs, 0, sizeof *b->inputs * (size_t)b->count);
  for (int64_t i = 0; i < b->count; i++) {
    sl_sample_row sample;
    sl_sample_data data;
    must(sl_store_get_sample(store, scratch, ((const int64_t *)members.values)[i], &sample, &err),
         &err);
    must(sl_sample_read(reader, &sample, &data, &err), &err);
    keep_input(b, &data, &b->inputs[i]);
  }
  sl_arena_free(scratch);
  sl_store_close(store);
}

// ---- one measurement ----------------------------------------------------------------------------

// Lets `workers` threads work for a while; rows per second.
static double work_for(bench *b, int workers, sl_work work, int64_t slice_ns) {
  meter m = meter_start();
  atomic_store(&b->rows, 0);
  b->until_ns = m.began_ns + slice_ns;
  must(sl_parallel(workers, workers, work, b, NULL, &err), &err);
  return (double)atomic_load(&b->rows) / meter_seconds(&m);
}

// ---- ONNX Runtime alone -------------------------------------------------------------------------

static void prepare_ready(bench *b) {
  sl_shape shape;
  sl_dtype dtype;
  size_t bytes;
  sl_prep_row(b->prep, &shape, &dtype, &bytes);
  b->ready = SL_NEW_ARRAY(b->arena, sl_tensor, b->cores);
  b->row = SL_NEW_ARRAY(b->arena, uint8_t *, b->cores);
  for (int i = 0; i < b->cores; i++) {
    sl_shape batch = {.rank = shape.rank + 1, .dims[0] = BATCH_MAX};
    memcpy(batch.dims + 1, shape.dims, (size_t)shape.rank * sizeof shape.dims[0]);
    must(sl_tensor_new(dtype, &batch, &b->ready[i], &err), &err);
    b->row[i] = sl_arena_push(b->arena, bytes);
    for (int64_t row = 0; row < BATCH_MAX; row++)
      must(sl_prep_run(b->prep, &b->inputs[(row * b->cores + i) % b->count],
                       (uint8_t *)b->ready[i].data + (size_t)row * bytes, &err),
           &err);
  }
}

static sl_status run_ready(void *ctx, int worker, int64_t item, sl_error *why) {
  (void)worker;
  bench *b = ctx;
  sl_tensor input = b->ready[item], outputs[32];
  input.shape.dims[0] = b->at.batch;
  while (sl_clock_ns() < b->until_ns) {
    SL_TRY(sl_session_run(b->at.session, &input, outputs, why));
    for (size_t i = 0; i < sl_session_output_count(b->at.session); i++)
      sl_tensor_release(&outputs[i]);
    atomic_fetch_add(&b->rows, b->at.batch);
  }
  return SL_OK;
}

typedef struct candidate {
  setup how;
  double rate;
} candidate;

static int by_rate(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  return (x->rate < y->rate) - (x->rate > y->rate);
}

// Adds `slice_ns` of each candidate's rate to what it has; they take turns.
static void try_candidates(bench *b, candidate *list, int count, int64_t slice_ns) {
  for (int i = 0; i < count; i++) {
    b->at = list[i].how;
    list[i].rate += work_for(b, b->at.runners, run_ready, slice_ns);
  }
}

// Every batch size with one thread per run on each processor, and with all processors in one run.
// A short look finds the finalists, a longer one the best: a setting that is not the best would
// make the bound too low and us look too good. The first round only warms up.
static void find_best(bench *b) {
  enum { CANDIDATES_MAX = 16, FINALISTS = 6, PASSES = 3 };
  sl_session *own, *shared;
  candidate list[CANDIDATES_MAX] = {0};
  int count = 0;
  must(sl_model_session(b->model, SL_PROVIDER_CPU, 1, &own, &err), &err);
  must(sl_model_session(b->model, SL_PROVIDER_CPU, b->cores, &shared, &err), &err);
  int64_t fixed = b->model->input.batch;
  for (int64_t batch = fixed > 0 ? fixed : 1; batch <= BATCH_MAX; batch *= 2) {
    list[count++].how = (setup){own, b->cores, 1, batch};
    list[count++].how = (setup){shared, 1, b->cores, batch};
    if (fixed > 0) break;
  }
  try_candidates(b, list, count, SCAN_NS / 3);
  for (int i = 0; i < count; i++) list[i].rate = 0;
  for (int pass = 0; pass < PASSES; pass++) try_candidates(b, list, count, SCAN_NS);
  qsort(list, (size_t)count, sizeof list[0], by_rate);
  int finalists = count < FINALISTS ? count : FINALISTS;
  for (int i = 0; i < finalists; i++) list[i].rate = 0;
  for (int pass = 0; pass < PASSES; pass++) try_candidates(b, list, finalists, SLICE_NS);
  qsort(list, (size_t)finalists, sizeof list[0], by_rate);
  b->at = list[0].how;
}

static void measure_ort(bench *b) {
  meter m = meter_start();
  work_for(b, b->at.runners, run_ready, SLICE_NS);
  meter_print(&m, atomic_load(&b->rows),
              sl_arena_printf(b->arena, ",\"runners\":%d,\"threads\":%d,\"batch\":%lld",
                              b->at.runners, b->at.threads, (long long)b->at.batch));
}

// ---- decoding and preprocessing alone -----------------------------------------------------------

static sl_status prepare_rows(void *ctx, int worker, int64_t item, sl_error *why) {
  (void)worker;
  bench *b = ctx;
  for (int64_t at = item; sl_clock_ns() < b->until_ns; at += b->cores) {
    SL_TRY(sl_prep_run(b->prep, &b->inputs[at % b->count], b->row[item], why));
    atomic_fetch_add(&b->rows, 1);
  }
  return SL_OK;
}

// ---- decoding alone
// ------------------------------------------------------------------------------

// RGB is what libjpeg makes itself: of ours there are the look at the headers, the picture's memory
// and a copy of each row into it.
static sl_status decode_rows(void *ctx, int worker, int64_t item, sl_error *why) {
  (void)worker;
  bench *b = ctx;
  const sl_decode_options options = {.like = SL_LIKE_PILLOW, .colour = SL_COLOUR_RGB};
  for (int64_t at = item; sl_clock_ns() < b->until_ns; at += b->cores) {
    const sl_input *input = &b->inputs[at % b->count];
    if (input->pixels != NULL) return sl_fail(why, SL_E_ARG, "the samples are pixels, not files");
    sl_image image;
    SL_TRY(sl_image_decode(input->file.at, input->file.size, &options, &image, why));
    sl_image_release(&image);
    atomic_fetch_add(&b->rows, 1);
  }
  return SL_OK;
}

// "prepare" and "jpeg".
static void measure_rows(bench *b, sl_work work) {
  meter m = meter_start();
  work_for(b, b->cores, work, SLICE_NS);
  meter_print(&m, atomic_load(&b->rows), "");
}

// ---- the operation ------------------------------------------------------------------------------

static void measure_eval(bench *b, const char *workspace, const char *pipeline) {
  sl_engine *engine;
  sl_engine_options options = SL_ENGINE_OPTIONS_INIT;
  options.workspace = workspace;
  must(sl_engine_open(&options, &engine, &err), &err);
  const char *extra =
      pipeline[0] != '\0' ? sl_arena_printf(b->arena, ",\"pipeline\":\"%s\"", pipeline) : "";
  const char *params =
      sl_arena_printf(b->arena, "{\"model\":\"%s\",\"dataset\":\"d1\",\"search\":\"never\"%s}",
                      b->model->path, extra);
  sl_reply *reply;
  meter m = meter_start();
  must(sl_call(engine, "eval", params, strlen(params), &reply, &err), &err);
  meter_stop(&m);
  const char *more = sl_arena_printf(b->arena, ",\"reply\":%s", sl_reply_json(reply, NULL));
  sl_reply_free(reply);
  sl_engine_close(engine);
  meter_print(&m, b->count, more);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  char line[4096];
  bench b = {.arena = sl_arena_new(NULL, "bench"), .cores = sl_cpu_count()};
  sl_contract contract;
  sl_contract_options options = {.pipeline = argv[2][0] != '\0' ? argv[2] : NULL};
  must(sl_model_open(NULL, argv[1], &b.model, &err), &err);
  must(sl_contract_make(b.arena, b.model, &options, &contract, &err), &err);
  must(sl_contract_prep(b.arena, b.model, &contract.pipeline, &b.prep, &err), &err);
  read_inputs(&b, argv[3]);
  prepare_ready(&b);
  find_best(&b);
  while (next_line(line, sizeof line)) {
    if (strcmp(line, "ort") == 0) measure_ort(&b);
    if (strcmp(line, "prepare") == 0) measure_rows(&b, prepare_rows);
    if (strcmp(line, "jpeg") == 0) measure_rows(&b, decode_rows);
    if (strncmp(line, "eval ", 5) == 0) measure_eval(&b, line + 5, argv[2]);
  }
  return 0;
}
