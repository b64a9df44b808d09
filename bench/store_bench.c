// SPDX-License-Identifier: Apache-2.0
// How fast the workspace is: a million samples in, out and opened; a matrix mapped.
//
//   store_bench [folder]     makes and removes folder/store_bench_ws (default: the current folder)
//
// Prints one line per measurement. Numbers depend on the disk; nothing here is asserted.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/column.h"
#include "store/dataset_table.h"
#include "store/job_table.h"
#include "store/sample_table.h"

enum { SAMPLES = 1000000, BATCH = 10000, COLS = 10 };

static sl_error err;
static sl_arena *arena;

static void must(sl_status status, const char *what) {
  if (status == SL_OK) return;
  fprintf(stderr, "%s: %s\n", what, sl_error_message(&err));
  exit(1);
}

static double seconds_since(int64_t start) { return (double)(sl_clock_ns() - start) * 1e-9; }

static void fill(sl_sample_row *row, char *path, int64_t dataset, int number) {
  snprintf(path, 64, "train/class_%03d/image_%08d.jpg", number / 1000, number);
  *row = (sl_sample_row){.dataset = dataset,
                         .root = "/data/some/where/images",
                         .path = path,
                         .item = -1,
                         .content = sl_hash_of(path, strlen(path)),
                         .size_bytes = 100000 + number,
                         .mtime_ns = INT64_C(1700000000000000000) + number,
                         .format = "jpeg",
                         .width = 640,
                         .height = 480,
                         .bits = 8,
                         .mode = "RGB",
                         .label = "class",
                         .split = "train"};
}

static void insert_all(sl_store *store, int64_t dataset, int64_t *ids) {
  static sl_sample_row rows[BATCH];
  static char paths[BATCH][64];
  double inside = 0;
  for (int first = 0; first < SAMPLES; first += BATCH) {
    for (int i = 0; i < BATCH; i++) fill(&rows[i], paths[i], dataset, first + i);
    int64_t start = sl_clock_ns();
    must(sl_store_insert_samples(store, rows, BATCH, ids + first, &err), "insert");
    inside += seconds_since(start);
  }
  printf("insert %d samples in batches of %d: %.2f s, %.0f rows/s\n", SAMPLES, BATCH, inside,
         SAMPLES / inside);
}

static void publish(sl_store *store, int64_t version, const int64_t *ids) {
  int64_t start = sl_clock_ns();
  sl_record_ref owner = {SL_RECORD_VERSION, version};
  sl_version_row row = {.id = version, .key = "bench", .samples = SAMPLES};
  static float scores[SAMPLES * COLS];
  must(sl_store_begin(store, SL_COMMIT_DURABLE, &err), "begin");
  must(sl_column_write(store, owner, SL_COLUMN_MEMBERS, SL_COLUMN_I64, SAMPLES, 1, ids, NULL, &err),
       "members");
  must(sl_store_finish_version(store, &row, NULL, &err), "finish");
  must(sl_store_commit(store, &err), "commit");
  printf("publish a version of %d members, synced: %.1f ms\n", SAMPLES, seconds_since(start) * 1e3);
  start = sl_clock_ns();
  for (int i = 0; i < SAMPLES * COLS; i++) scores[i] = (float)i;
  must(sl_column_write(store, owner, "scores", SL_COLUMN_F32, SAMPLES, COLS, scores, NULL, &err),
       "scores");
  printf("write a %d x %d f32 matrix, synced: %.1f ms\n", SAMPLES, COLS,
         seconds_since(start) * 1e3);
}

static void read_back(sl_store *store, int64_t dataset, const int64_t *ids) {
  sl_sample_row *rows, *found, like;
  char path[64];
  size_t count = 0;
  int64_t start = sl_clock_ns();
  must(sl_store_get_samples(store, arena, ids + SAMPLES / 2, 10000, &rows, &err), "get");
  printf("get 10000 samples by id: %.1f us each\n", seconds_since(start) * 1e6 / 10000);
  start = sl_clock_ns();
  for (int i = 0; i < 10000; i++) {
    fill(&like, path, dataset, i * 97);
    sl_sample_file file = {dataset, like.root, like.path, -1, like.size_bytes, like.mtime_ns};
    must(sl_store_find_samples_of_file(store, arena, &file, &found, &count, &err), "find");
    if (count != 1) exit(1);
  }
  printf("find 10000 samples by file: %.1f us each\n", seconds_since(start) * 1e6 / 10000);
  start = sl_clock_ns();
  int64_t *list;
  must(sl_store_list_sample_ids(store, arena, dataset, 0, SAMPLES, &list, &count, &err), "list");
  printf("list %zu ids: %.0f ms\n", count, seconds_since(start) * 1e3);
}

static void map_matrix(sl_store *store, int64_t version) {
  sl_column column;
  sl_record_ref owner = {SL_RECORD_VERSION, version};
  int64_t start = sl_clock_ns();
  must(sl_column_open(store, arena, owner, "scores", &column, &err), "open column");
  double opened = seconds_since(start);
  const float *values = column.values;
  double sum = 0;
  start = sl_clock_ns();
  for (int64_t i = 0; i < column.rows * column.cols; i++) sum += (double)values[i];
  printf("map a %d x %d f32 matrix: %.0f us; read it all: %.1f ms (sum %.3g)\n", SAMPLES, COLS,
         opened * 1e6, seconds_since(start) * 1e3, sum);
  start = sl_clock_ns();
  must(sl_column_open(store, arena, owner, SL_COLUMN_MEMBERS, &column, &err), "open members");
  printf("map the member list: %.0f us\n", seconds_since(start) * 1e6);
}

static sl_store *open_timed(const char *path, const char *what) {
  sl_store *store;
  int64_t start = sl_clock_ns();
  must(sl_store_open(path, &(sl_store_options){.create = 1}, &store, &err), "open");
  printf("open %s: %.1f ms\n", what, seconds_since(start) * 1e3);
  return store;
}

static void small_writes(sl_store *store) {
  int64_t start = sl_clock_ns(), id;
  for (int i = 0; i < 1000; i++) must(sl_store_add_job(store, "op", "{}", &id, &err), "job");
  printf("add a job, own transaction: %.0f us each\n", seconds_since(start) * 1e6 / 1000);
}

int main(int argc, char **argv) {
  arena = sl_arena_new(NULL, "bench");
  const char *path = sl_path_join(arena, argc > 1 ? argv[1] : ".", "store_bench_ws");
  static int64_t ids[SAMPLES];
  int64_t dataset = 0, version = 0;
  sl_store *store = open_timed(path, "a new workspace");
  must(sl_store_ensure_dataset(store, "bench", &dataset, &err), "dataset");
  sl_version_row row = {.dataset = dataset};
  must(sl_store_stage_version(store, &row, &version, &err), "stage");
  must(sl_store_lock(store, &err), "lock");
  insert_all(store, dataset, ids);
  publish(store, version, ids);
  sl_store_unlock(store);
  int64_t start = sl_clock_ns();
  sl_store_close(store);
  printf("close: %.1f ms\n", seconds_since(start) * 1e3);
  store = open_timed(path, "a workspace of a million samples");
  map_matrix(store, version);
  read_back(store, dataset, ids);
  small_writes(store);
  sl_store_close(store);
  remove(sl_path_join(arena, path, "closed"));
  store = open_timed(path, "it with every page checked");
  sl_store_close(store);
  int rc = system(sl_arena_printf(arena, "du -sh '%s'; rm -rf '%s'", path, path));
  sl_arena_free(arena);
  return rc;
}
