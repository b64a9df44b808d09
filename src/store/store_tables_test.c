// SPDX-License-Identifier: Apache-2.0
// Tests of the records: datasets, versions, samples, models, runs, journal, jobs, results.
#include "store/job_table.h"
#include "store/journal_table.h"
#include "store/model_table.h"
#include "store/result_cache.h"
#include "store/store_testing.h"

static void assert_text(const char *got, const char *wanted) {
  if (!sl_streq(got, wanted)) fail_msg("\"%s\" instead of \"%s\"", got, wanted);
}

// ---- datasets and versions ----------------------------------------------------------------------

static void a_version_is_hidden_until_finished(void **state) {
  testing *t = *state;
  int64_t version = 0, found = -1, seq = 0;
  sl_version_row *rows, row;
  size_t count = 9;
  open_workspace(t);
  int64_t dataset = stage_version(t, &version);
  assert_ok(t, sl_store_latest_version(t->store, dataset, &found, &t->err));
  assert_int_equal(found, 0);
  assert_ok(t, sl_store_list_versions(t->store, t->arena, dataset, SL_VERSION_READY, &rows, &count,
                                      &t->err));
  assert_int_equal(count, 0);
  row = (sl_version_row){.id = version,
                         .key = "abc",
                         .samples = 10,
                         .labelled = 9,
                         .broken = 1,
                         .duplicates = 2,
                         .added = 3,
                         .removed = 4,
                         .relabelled = 5,
                         .moved = 6,
                         .classes = "[\"cat\"]"};
  assert_ok(t, sl_store_finish_version(t->store, &row, &seq, &t->err));
  assert_int_equal(seq, 1);
  assert_ok(t, sl_store_find_version(t->store, dataset, "abc", &found, &t->err));
  assert_int_equal(found, version);
  sl_version_row back;
  assert_ok(t, sl_store_get_version(t->store, t->arena, version, &back, &t->err));
  assert_int_equal(back.state, SL_VERSION_READY);
  assert_int_equal(back.samples, 10);
  assert_int_equal(back.labelled, 9);
  assert_int_equal(back.broken, 1);
  assert_int_equal(back.duplicates, 2);
  assert_int_equal(back.added, 3);
  assert_int_equal(back.removed, 4);
  assert_int_equal(back.relabelled, 5);
  assert_int_equal(back.moved, 6);
  assert_text(back.classes, "[\"cat\"]");
  assert_text(back.format, "folder");
  assert_text(back.source, "/data/images");
  assert_fails(t, SL_E_STALE, "not being staged",
               sl_store_finish_version(t->store, &row, NULL, &t->err));
  assert_fails(t, SL_E_STALE, "not being staged",
               sl_store_discard_version(t->store, version, &t->err));
}

static void versions_count_within_their_dataset(void **state) {
  testing *t = *state;
  open_workspace(t);
  for (int i = 1; i <= 3; i++) {
    int64_t version = 0, seq = 0;
    stage_version(t, &version);
    sl_version_row row = {.id = version, .key = "k"};
    assert_ok(t, sl_store_finish_version(t->store, &row, &seq, &t->err));
    assert_int_equal(seq, i);
  }
  int64_t other = 0, version = 0, seq = 0, latest = 0;
  assert_ok(t, sl_store_ensure_dataset(t->store, "cars", &other, &t->err));
  sl_version_row row = {.dataset = other};
  assert_ok(t, sl_store_stage_version(t->store, &row, &version, &t->err));
  row.id = version;
  row.key = "k";
  assert_ok(t, sl_store_finish_version(t->store, &row, &seq, &t->err));
  assert_int_equal(seq, 1);
  assert_ok(t, sl_store_latest_version(t->store, other, &latest, &t->err));
  assert_int_equal(latest, version);
}

static void a_discarded_version_leaves_its_samples(void **state) {
  testing *t = *state;
  int64_t version = 0, id = 0;
  sl_version_row *rows;
  size_t count = 9;
  open_workspace(t);
  sl_sample_row sample = sample_number(t, stage_version(t, &version), 1);
  assert_ok(t, sl_store_insert_samples(t->store, &sample, 1, &id, &t->err));
  assert_ok(t, sl_store_discard_version(t->store, version, &t->err));
  assert_ok(
      t, sl_store_list_versions(t->store, t->arena, 0, SL_VERSION_STAGING, &rows, &count, &t->err));
  assert_int_equal(count, 0);
  assert_ok(t, sl_store_get_sample(t->store, t->arena, id, &sample, &t->err));
  assert_fails(t, SL_E_NOT_FOUND, "no dataset version \"v1\"",
               sl_store_get_version(t->store, t->arena, version, rows, &t->err));
}

static void a_dataset_is_made_once(void **state) {
  testing *t = *state;
  int64_t first = 0, again = 0;
  sl_dataset_row *rows, row;
  size_t count = 0;
  const char *name = "pets'); DROP TABLE dataset; --\n<b>";
  open_workspace(t);
  assert_ok(t, sl_store_ensure_dataset(t->store, name, &first, &t->err));
  assert_ok(t, sl_store_ensure_dataset(t->store, name, &again, &t->err));
  assert_int_equal(first, again);
  assert_ok(t, sl_store_list_datasets(t->store, t->arena, &rows, &count, &t->err));
  assert_int_equal(count, 1);
  assert_text(rows[0].name, name);
  assert_ok(t, sl_store_get_dataset(t->store, t->arena, first, &row, &t->err));
  assert_text(row.name, name);
  assert_true(row.created_ms > 0);
}

// ---- samples ------------------------------------------------------------------------------------

static sl_sample_row full_sample(int64_t dataset) {
  return (sl_sample_row){.dataset = dataset,
                         .name = "a\n\xff\x01name",
                         .root = "/data/\xfe",
                         .path = "x/\xff.png",
                         .offset = 16,
                         .length = 784,
                         .item = 7,
                         .content = sl_hash_of("abc", 3),
                         .size_bytes = 1234567890123,
                         .mtime_ns = 1700000000123456789,
                         .format = "png",
                         .width = 640,
                         .height = 480,
                         .bits = 16,
                         .mode = "RGB",
                         .orientation = 6,
                         .has_gps = 1,
                         .camera = "ACME",
                         .taken_at = "2024-01-02T03:04:05",
                         .label = "\xc3\xa9t\xc3\xa9",
                         .labels = "[\"a\",\"b\"]",
                         .split = "test",
                         .fields = "{\"k\":1}",
                         .error = "it ends early",
                         .journal = 0};
}

static void assert_same_sample(const sl_sample_row *a, const sl_sample_row *b) {
  assert_int_equal(a->dataset, b->dataset);
  assert_text(a->name, b->name != NULL ? b->name : b->path);
  assert_text(a->root, b->root);
  assert_text(a->path, b->path);
  assert_int_equal(a->offset, b->offset);
  assert_int_equal(a->length, b->length);
  assert_int_equal(a->item, b->item);
  assert_memory_equal(&a->content, &b->content, sizeof a->content);
  assert_int_equal(a->size_bytes, b->size_bytes);
  assert_int_equal(a->mtime_ns, b->mtime_ns);
  assert_text(a->format, b->format);
  assert_int_equal(a->width, b->width);
  assert_int_equal(a->height, b->height);
  assert_int_equal(a->bits, b->bits);
  assert_text(a->mode, b->mode);
  assert_int_equal(a->orientation, b->orientation);
  assert_int_equal(a->has_gps, b->has_gps);
  assert_text(a->camera, b->camera);
  assert_text(a->taken_at, b->taken_at);
  assert_text(a->label, b->label);
  assert_text(a->labels, b->labels);
  assert_text(a->split, b->split);
  assert_text(a->fields, b->fields);
  assert_text(a->error, b->error);
}

static void samples_come_back_whole(void **state) {
  testing *t = *state;
  int64_t version = 0, ids[2], backwards[2];
  sl_sample_row *back;
  open_workspace(t);
  int64_t dataset = stage_version(t, &version);
  sl_sample_row rows[2] = {full_sample(dataset), sample_number(t, dataset, 3)};
  assert_ok(t, sl_store_insert_samples(t->store, rows, 2, ids, &t->err));
  assert_true(ids[1] > ids[0]);
  backwards[0] = ids[1];
  backwards[1] = ids[0];
  assert_ok(t, sl_store_get_samples(t->store, t->arena, backwards, 2, &back, &t->err));
  assert_same_sample(&back[1], &rows[0]);
  assert_same_sample(&back[0], &rows[1]);
  backwards[1] = 77;
  assert_fails(t, SL_E_NOT_FOUND, "no sample \"s77\"",
               sl_store_get_samples(t->store, t->arena, backwards, 2, &back, &t->err));
}

static void samples_are_found_by_file(void **state) {
  testing *t = *state;
  int64_t version = 0, ids[3];
  sl_sample_row *found;
  size_t count = 0;
  open_workspace(t);
  int64_t dataset = stage_version(t, &version);
  sl_sample_row rows[3] = {sample_number(t, dataset, 1), sample_number(t, dataset, 2),
                           sample_number(t, dataset, 1)};
  rows[2].label = "dog";
  assert_ok(t, sl_store_insert_samples(t->store, rows, 3, ids, &t->err));
  sl_sample_file file = {dataset, rows[0].root,       rows[0].path,
                         -1,      rows[0].size_bytes, rows[0].mtime_ns};
  assert_ok(t, sl_store_find_samples_of_file(t->store, t->arena, &file, &found, &count, &t->err));
  assert_int_equal(count, 2);
  assert_int_equal(found[0].id, ids[2]);
  assert_text(found[0].label, "dog");
  assert_text(found[1].label, "cat");
  sl_sample_file others[6] = {file, file, file, file, file, file};
  others[0].size_bytes++;
  others[1].mtime_ns++;
  others[2].item = 0;
  others[3].dataset++;
  others[4].path = "class1/image_00000";
  others[5].root = "/data/imagesx";
  for (int i = 0; i < 6; i++) {
    assert_ok(
        t, sl_store_find_samples_of_file(t->store, t->arena, &others[i], &found, &count, &t->err));
    assert_int_equal(count, 0);
  }
}

static void samples_are_found_by_content(void **state) {
  testing *t = *state;
  int64_t version = 0, ids[3], *found;
  size_t count = 0;
  open_workspace(t);
  int64_t dataset = stage_version(t, &version);
  sl_sample_row rows[3] = {sample_number(t, dataset, 1), sample_number(t, dataset, 2),
                           sample_number(t, dataset, 3)};
  rows[1].content = rows[0].content;
  rows[2].content = rows[0].content;
  rows[2].content.bytes[31] ^= 1;  // same first 8 bytes, other content
  assert_ok(t, sl_store_insert_samples(t->store, rows, 3, ids, &t->err));
  assert_ok(t, sl_store_find_samples_of_content(t->store, t->arena, &rows[0].content, 10, &found,
                                                &count, &t->err));
  assert_int_equal(count, 2);
  assert_int_equal(found[0], ids[0]);
  assert_int_equal(found[1], ids[1]);
  assert_ok(t, sl_store_find_samples_of_content(t->store, t->arena, &rows[0].content, 1, &found,
                                                &count, &t->err));
  assert_int_equal(count, 1);
}

static void sample_ids_are_listed_in_order(void **state) {
  testing *t = *state;
  int64_t version = 0, ids[100], *found, other = 0;
  size_t count = 0;
  open_workspace(t);
  int64_t dataset = stage_version(t, &version);
  sl_sample_row rows[100];
  for (int i = 0; i < 100; i++) rows[i] = sample_number(t, dataset, i);
  assert_ok(t, sl_store_insert_samples(t->store, rows, 100, ids, &t->err));
  assert_ok(t, sl_store_ensure_dataset(t->store, "cars", &other, &t->err));
  sl_sample_row extra = sample_number(t, other, 5);
  assert_ok(t, sl_store_insert_samples(t->store, &extra, 1, NULL, &t->err));
  assert_ok(t, sl_store_list_sample_ids(t->store, t->arena, dataset, ids[89], 50, &found, &count,
                                        &t->err));
  assert_int_equal(count, 10);
  assert_memory_equal(found, ids + 90, 10 * sizeof *ids);
  assert_ok(t, sl_store_list_sample_ids(t->store, t->arena, 0, 0, 1000, &found, &count, &t->err));
  assert_int_equal(count, 101);
}

static void a_sample_needs_its_dataset(void **state) {
  testing *t = *state;
  int64_t *found, version = 0;
  size_t count = 9;
  open_workspace(t);
  sl_sample_row rows[2] = {sample_number(t, stage_version(t, &version), 1),
                           sample_number(t, 99, 1)};
  assert_fails(t, SL_E_ARG, "refers to", sl_store_insert_samples(t->store, rows, 2, NULL, &t->err));
  assert_ok(t, sl_store_list_sample_ids(t->store, t->arena, 0, 0, 10, &found, &count, &t->err));
  assert_int_equal(count, 0);  // the batch is whole or not there
}

// ---- models and runs ----------------------------------------------------------------------------

static void a_model_is_one_per_key(void **state) {
  testing *t = *state;
  int64_t first = 0, again = 0, found = -1;
  sl_model_row back, *rows;
  size_t count = 0;
  open_workspace(t);
  sl_model_row row = {
      .key = "k1", .path = "/m/a.onnx", .name = "a", .size_bytes = 9, .metadata = "{}"};
  assert_ok(t, sl_store_add_model(t->store, &row, &first, &t->err));
  row.path = "/m/moved.onnx";
  assert_ok(t, sl_store_add_model(t->store, &row, &again, &t->err));
  assert_int_equal(first, again);
  assert_ok(t, sl_store_set_model_contract(t->store, first, "{\"head\":1}", &t->err));
  assert_ok(t, sl_store_get_model(t->store, t->arena, first, &back, &t->err));
  assert_text(back.path, "/m/moved.onnx");
  assert_text(back.contract, "{\"head\":1}");
  assert_text(back.metadata, "{}");
  assert_int_equal(back.size_bytes, 9);
  assert_ok(t, sl_store_find_model(t->store, "k2", &found, &t->err));
  assert_int_equal(found, 0);
  assert_ok(t, sl_store_list_models(t->store, t->arena, &rows, &count, &t->err));
  assert_int_equal(count, 1);
  assert_fails(t, SL_E_NOT_FOUND, "no model \"m5\"",
               sl_store_set_model_contract(t->store, 5, "{}", &t->err));
}

static void a_run_goes_through_its_states(void **state) {
  testing *t = *state;
  sl_run_row back, *rows;
  size_t count = 0;
  int64_t found = 0;
  open_workspace(t);
  int64_t run = add_run(t, 10);
  sl_run_row end = {.id = run, .state = SL_RUN_FAILED, .samples = 10, .scored = 4};
  assert_fails(t, SL_E_STALE, "is not interrupted", sl_store_resume_run(t->store, run, &t->err));
  assert_ok(t, sl_store_finish_run(t->store, &end, &t->err));
  assert_ok(t, sl_store_resume_run(t->store, run, &t->err));
  end = (sl_run_row){.id = run,
                     .state = SL_RUN_DONE,
                     .samples = 10,
                     .scored = 10,
                     .batch = 32,
                     .threads = 2,
                     .provider = "cpu",
                     .notes = "[]",
                     .classes = "[\"a\"]",
                     .head = "softmax"};
  assert_ok(t, sl_store_finish_run(t->store, &end, &t->err));
  assert_ok(t, sl_store_get_run(t->store, t->arena, run, &back, &t->err));
  assert_int_equal(back.state, SL_RUN_DONE);
  assert_int_equal(back.batch, 32);
  assert_int_equal(back.threads, 2);
  assert_text(back.provider, "cpu");
  assert_text(back.head, "softmax");
  assert_true(back.finished_ms >= back.created_ms);
  assert_int_equal(back.model, 0);
  assert_fails(t, SL_E_STALE, "run \"r1\" is not running",
               sl_store_finish_run(t->store, &end, &t->err));
  assert_fails(t, SL_E_STALE, "is not interrupted", sl_store_resume_run(t->store, run, &t->err));
  end.state = SL_RUN_RUNNING;
  assert_fails(t, SL_E_ARG, "cannot finish as \"running\"",
               sl_store_finish_run(t->store, &end, &t->err));
  assert_ok(t, sl_store_find_run(t->store, "k", &found, &t->err));
  assert_int_equal(found, run);
  assert_ok(t, sl_store_list_runs(t->store, t->arena, 0, 0, &rows, &count, &t->err));
  assert_int_equal(count, 1);
  assert_ok(t, sl_store_list_runs(t->store, t->arena, 77, 0, &rows, &count, &t->err));
  assert_int_equal(count, 0);
}

static sl_status add_chunk(testing *t, int64_t run, int64_t first, int64_t count) {
  return sl_store_add_run_chunk(t->store, run, NULL, 0, (sl_run_chunk){first, count}, &t->err);
}

static void a_restarted_run_has_no_chunks(void **state) {
  testing *t = *state;
  sl_run_chunk *chunks;
  sl_run_row row;
  size_t count;
  open_workspace(t);
  int64_t run = add_run(t, 100);
  assert_ok(t, add_chunk(t, run, 0, 10));
  assert_ok(t, sl_store_restart_run(t->store, run, "scores", &t->err));
  assert_ok(t, sl_store_list_run_chunks(t->store, t->arena, run, &chunks, &count, &t->err));
  assert_int_equal(count, 0);
  assert_ok(t, sl_store_get_run(t->store, t->arena, run, &row, &t->err));
  assert_int_equal(row.scored, 0);
  assert_ok(t, add_chunk(t, run, 5, 10));
  assert_fails(t, SL_E_STALE, "run \"r9\" is not running",
               sl_store_restart_run(t->store, 9, "scores", &t->err));
}

static void chunks_do_not_overlap(void **state) {
  testing *t = *state;
  sl_run_chunk *chunks;
  sl_run_row back;
  size_t count = 0;
  open_workspace(t);
  int64_t run = add_run(t, 100);
  assert_ok(t, add_chunk(t, run, 20, 10));
  assert_ok(t, add_chunk(t, run, 0, 10));
  assert_ok(t, add_chunk(t, run, 10, 10));
  assert_ok(t, add_chunk(t, run, 40, 5));
  assert_fails(t, SL_E_ARG, "rows 44 to 45 of run \"r1\"", add_chunk(t, run, 44, 2));
  assert_fails(t, SL_E_ARG, "are there already", add_chunk(t, run, 35, 20));
  assert_fails(t, SL_E_ARG, "are there already", add_chunk(t, run, 5, 1));
  assert_fails(t, SL_E_ARG, "needs rows", add_chunk(t, run, 50, 0));
  assert_fails(t, SL_E_ARG, "needs rows", add_chunk(t, run, -1, 5));
  assert_fails(t, SL_E_STALE, "run \"r9\" is not running", add_chunk(t, 9, 0, 1));
  assert_ok(t, sl_store_list_run_chunks(t->store, t->arena, run, &chunks, &count, &t->err));
  assert_int_equal(count, 2);
  assert_int_equal(chunks[0].first, 0);
  assert_int_equal(chunks[0].count, 30);
  assert_int_equal(chunks[1].first, 40);
  assert_ok(t, sl_store_get_run(t->store, t->arena, run, &back, &t->err));
  assert_int_equal(back.scored, 35);
}

// ---- journal, jobs, results ---------------------------------------------------------------------

static void the_journal_only_grows(void **state) {
  testing *t = *state;
  int64_t first = 0, second = 0, found = 0;
  sl_journal_row *rows;
  size_t count = 0;
  open_workspace(t);
  assert_ok(t, sl_store_begin_journal(t->store, "import", "{\"a\":1}", "0.1", 0, &first, &t->err));
  assert_ok(t, sl_store_begin_journal(t->store, "eval", "{}", "0.1", first, &second, &t->err));
  assert_ok(t, sl_store_note_read(t->store, second, "v1", &t->err));
  assert_ok(t, sl_store_note_read(t->store, second, "m1", &t->err));
  assert_ok(t, sl_store_note_read(t->store, second, "v1", &t->err));
  assert_ok(t, sl_store_note_write(t->store, second, "r1", &t->err));
  assert_ok(t, sl_store_finish_journal(t->store, second, SL_JOURNAL_FAILED, "disk", &t->err));
  assert_fails(t, SL_E_STALE, "journal entry \"j2\" is not running",
               sl_store_finish_journal(t->store, second, SL_JOURNAL_OK, NULL, &t->err));
  assert_fails(t, SL_E_STALE, "not running", sl_store_note_write(t->store, second, "r2", &t->err));
  assert_fails(t, SL_E_ARG, "cannot finish",
               sl_store_finish_journal(t->store, first, SL_JOURNAL_RUNNING, NULL, &t->err));
  assert_ok(t, sl_store_list_journal(t->store, t->arena, 0, 10, &rows, &count, &t->err));
  assert_int_equal(count, 2);
  assert_int_equal(rows[0].id, second);
  assert_int_equal(rows[0].parent, first);
  assert_int_equal(rows[0].status, SL_JOURNAL_FAILED);
  assert_text(rows[0].error, "disk");
  assert_int_equal(rows[0].read_count, 2);
  assert_text(rows[0].reads[0], "v1");
  assert_text(rows[0].reads[1], "m1");
  assert_int_equal(rows[0].write_count, 1);
  assert_text(rows[1].params, "{\"a\":1}");
  assert_int_equal(rows[1].status, SL_JOURNAL_RUNNING);
  assert_ok(t, sl_store_list_journal(t->store, t->arena, second, 10, &rows, &count, &t->err));
  assert_int_equal(count, 1);
  assert_ok(t, sl_store_find_writer(t->store, "r1", &found, &t->err));
  assert_int_equal(found, second);
  assert_ok(t, sl_store_find_writer(t->store, "v1", &found, &t->err));
  assert_int_equal(found, 0);
}

static void jobs_end_once(void **state) {
  testing *t = *state;
  int64_t id = 0;
  sl_job_row row, *rows;
  size_t count = 0;
  open_workspace(t);
  assert_ok(t, sl_store_add_job(t->store, "eval", "{}", &id, &t->err));
  assert_fails(t, SL_E_STALE, "job \"b1\" is not running",
               sl_store_progress_job(t->store, id, 1, 2, NULL, &t->err));
  assert_ok(t, sl_store_start_job(t->store, id, &t->err));
  assert_fails(t, SL_E_STALE, "waiting", sl_store_start_job(t->store, id, &t->err));
  assert_ok(t, sl_store_progress_job(t->store, id, 3, 10, "scoring", &t->err));
  assert_fails(t, SL_E_ARG, "cannot finish as \"queued\"",
               sl_store_finish_job(t->store, id, SL_JOB_QUEUED, NULL, NULL, &t->err));
  assert_ok(t, sl_store_finish_job(t->store, id, SL_JOB_DONE, "{\"r\":1}", NULL, &t->err));
  assert_fails(t, SL_E_STALE, "not queued or running",
               sl_store_finish_job(t->store, id, SL_JOB_FAILED, NULL, "x", &t->err));
  assert_fails(t, SL_E_STALE, "not waiting", sl_store_start_job(t->store, id, &t->err));
  assert_ok(t, sl_store_get_job(t->store, t->arena, id, &row, &t->err));
  assert_int_equal(row.state, SL_JOB_DONE);
  assert_int_equal(row.done, 3);
  assert_int_equal(row.total, 10);
  assert_text(row.message, "scoring");
  assert_text(row.result, "{\"r\":1}");
  assert_ok(t, sl_store_list_jobs(t->store, t->arena, 0, 10, &rows, &count, &t->err));
  assert_int_equal(count, 1);
}

static void results_are_kept_by_key(void **state) {
  testing *t = *state;
  char *result = NULL;
  open_workspace(t);
  assert_ok(t, sl_store_put_result(t->store, "k", "{\"a\":1}", &t->err));
  assert_ok(t, sl_store_put_result(t->store, "k", "{\"a\":1}", &t->err));
  assert_ok(t, sl_store_get_result(t->store, t->arena, "k", &result, &t->err));
  assert_text(result, "{\"a\":1}");
  assert_ok(t, sl_store_get_result(t->store, t->arena, "other", &result, &t->err));
  assert_null(result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_version_is_hidden_until_finished),
      TEST(versions_count_within_their_dataset),
      TEST(a_discarded_version_leaves_its_samples),
      TEST(a_dataset_is_made_once),
      TEST(samples_come_back_whole),
      TEST(samples_are_found_by_file),
      TEST(samples_are_found_by_content),
      TEST(sample_ids_are_listed_in_order),
      TEST(a_sample_needs_its_dataset),
      TEST(a_model_is_one_per_key),
      TEST(a_run_goes_through_its_states),
      TEST(chunks_do_not_overlap),
      TEST(a_restarted_run_has_no_chunks),
      TEST(the_journal_only_grows),
      TEST(jobs_end_once),
      TEST(results_are_kept_by_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
