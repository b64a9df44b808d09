// SPDX-License-Identifier: Apache-2.0
// The run: rows stream through the runner into a score matrix on the disk, chunk by chunk, so that
// a kill costs at most the last second.
//
// Invariant: a chunk is committed only after its scores are on the disk; rows that failed are tried
// again on resume, so their reason is never lost. Start at sl_evaluation_run().
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "metric/stats.h"
#include "op/evaluation.h"
#include "op/label_sets.h"
#include "op/run_commit.h"
#include "tensor/dtype.h"

typedef struct run_state {
  sl_evaluation *e;
  int64_t run, classes;
  sl_column_type type;
  sl_partial *scores;
  uint8_t *done;        // rows in committed chunks before this process
  const char **errors;  // per row; in `error_arena`
  sl_arena *error_arena;
  int64_t *todo;  // rows for the source
  int64_t todo_count, resumed, finished;
  int64_t blank;  // rows of committed chunks that are all zero
  sl_run_commit *commit;
  float *probabilities;  // of one block
  int64_t probabilities_rows;
} run_state;

static sl_record_ref run_ref(int64_t run) { return (sl_record_ref){SL_RECORD_RUN, run}; }

// ---- which run ---------------------------------------------------------------------------------

// Everything that decides the predictions, and whose they are: equal images imported under another
// name are another version with a run of its own.
static void run_key(const sl_evaluation *e, char key[65]) {
  sl_hasher hasher;
  sl_hasher_init(&hasher);
  const char *scores = sl_scores_name(e->contract.scores);
  const char *parts[] = {e->model->key, e->version.key, e->contract.pipeline.key, scores,
                         e->params->precision ? "f16" : "f32"};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    sl_hasher_add(&hasher, parts[i], strlen(parts[i]) + 1);
  for (int64_t i = 0; i < e->contract.classes.names.count; i++)
    sl_hasher_add(&hasher, e->contract.classes.names.at[i],
                  strlen(e->contract.classes.names.at[i]) + 1);
  sl_hasher_add(&hasher, e->target, (size_t)e->rows * sizeof *e->target);
  sl_hasher_add(&hasher, &e->version.id, sizeof e->version.id);
  sl_hash hash = sl_hasher_done(&hasher);
  sl_hash_hex(&hash, key);
}

static char *classes_json(const sl_evaluation *e) {
  return sl_texts_print(e->call->arena, &e->contract.classes.names);
}

static void fill_row(const sl_evaluation *e, const char *name, const char *key, sl_run_row *row) {
  *row = (sl_run_row){.key = key,
                      .model = e->model_id,
                      .version = e->version.id,
                      .name = name,
                      .pipeline = e->contract.pipeline.text,
                      .head = sl_scores_name(e->contract.scores),
                      .samples = e->rows,
                      .classes = classes_json(e),
                      .journal = e->call->journal};
}

static sl_status new_scores(run_state *s, sl_error *err) {
  return sl_partial_create(s->e->call->store, run_ref(s->run), SL_COLUMN_SCORES, s->type,
                           s->e->rows, s->classes, &s->scores, err);
}

// Scores that do not fit what was written cannot be trusted in any part: the run begins anew, and
// says so.
static sl_status restart(run_state *s, const char *why, sl_error *err) {
  sl_arena *arena = s->e->call->arena;
  if (why != NULL)
    sl_text_list_add(arena, &s->e->remarks,
                     sl_arena_printf(arena, "the run was started anew, because %s", why));
  SL_TRY(sl_store_restart_run(s->e->call->store, s->run, SL_COLUMN_SCORES, err));
  return new_scores(s, err);
}

static sl_status reopen_scores(run_state *s, sl_error *err) {
  sl_store *store = s->e->call->store;
  sl_error why = {0};
  sl_status status = sl_partial_open(store, run_ref(s->run), SL_COLUMN_SCORES, &s->scores, &why);
  if (status == SL_E_FORMAT) return restart(s, sl_error_message(&why), err);
  // There was no room for the matrix when the run began, or a restart was cut short.
  if (status == SL_E_NOT_FOUND) return restart(s, NULL, err);
  if (status != SL_OK) {
    if (err != NULL) *err = why;
    return status;
  }
  if (sl_partial_type(s->scores) == s->type && sl_partial_rows(s->scores) == s->e->rows &&
      sl_partial_cols(s->scores) == s->classes)
    return SL_OK;
  sl_partial_close(s->scores);
  s->scores = NULL;
  return restart(s, "the scores kept so far have another shape", err);
}

static sl_status open_run(run_state *s, const char *name, const char *key, sl_error *err) {
  sl_evaluation *e = s->e;
  sl_store *store = e->call->store;
  int64_t known;
  SL_TRY(sl_store_find_run(store, key, &known, err));
  s->run = known;
  if (known == 0) {
    sl_run_row row;
    fill_row(e, name, key, &row);
    SL_TRY(sl_store_add_run(store, &row, &s->run, err));
    return new_scores(s, err);
  }
  SL_TRY(sl_store_resume_run(store, known, err));
  return reopen_scores(s, err);
}

// ---- what is left to do ------------------------------------------------------------------------

// Probabilities of a class each are never all zero: such a row was lost on the disk.
static int is_blank(const run_state *s, const float *values) {
  const unsigned char *bytes = (const unsigned char *)values;
  size_t size = (size_t)s->classes * (s->type == SL_COLUMN_F16 ? 2 : 4);
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != 0) return 0;
  return 1;
}

static sl_status row_is_scored(run_state *s, int64_t row, float *values, int *scored,
                               sl_error *err) {
  SL_TRY(sl_partial_read(s->scores, row, 1, values, err));
  double first = s->type == SL_COLUMN_F16 ? sl_f32_from_f16(*(const uint16_t *)(const void *)values)
                                          : values[0];
  *scored = !isnan(first);
  if (*scored && s->e->contract.scores != SL_SCORES_MULTILABEL && is_blank(s, values)) {
    *scored = 0;
    s->blank++;
  }
  return SL_OK;
}

static void note_blank(run_state *s) {
  sl_arena *arena = s->e->call->arena;
  if (s->blank > 0)
    sl_text_list_add(arena, &s->e->remarks,
                     sl_arena_printf(arena, "the scores kept of %lld %s were blank; %s again",
                                     (long long)s->blank, sl_plural(s->blank, "sample", "samples"),
                                     sl_plural(s->blank, "it was scored", "they were scored")));
}

// Rows of committed chunks are done, but for those without scores: they are tried again.
static sl_status list_todo(run_state *s, sl_error *err) {
  sl_evaluation *e = s->e;
  sl_arena *arena = e->call->arena;
  sl_run_chunk *chunks;
  size_t count;
  SL_TRY(sl_store_list_run_chunks(e->call->store, arena, s->run, &chunks, &count, err));
  s->done = SL_NEW_ARRAY(arena, uint8_t, e->rows + 1);
  s->todo = SL_NEW_ARRAY(arena, int64_t, e->rows + 1);
  float *values = SL_NEW_ARRAY(arena, float, s->classes + 1);
  for (size_t i = 0; i < count; i++) memset(s->done + chunks[i].first, 1, (size_t)chunks[i].count);
  for (int64_t row = 0; row < e->rows; row++) {
    int scored = 0;
    if (s->done[row]) SL_TRY(row_is_scored(s, row, values, &scored, err));
    if (scored)
      s->resumed++;
    else
      s->todo[s->todo_count++] = row;
  }
  s->finished = s->resumed;
  note_blank(s);
  return SL_OK;
}

// ---- taking blocks
// -------------------------------------------------------------------------------

static void *room_for(run_state *s, int64_t rows) {
  if (rows > s->probabilities_rows) {
    s->probabilities = SL_NEW_ARRAY(s->e->call->arena, float, rows * s->classes);
    s->probabilities_rows = rows;
  }
  return s->probabilities;
}

static void to_half(float *values, int64_t count) {
  uint16_t *half = (uint16_t *)(void *)values;
  for (int64_t i = 0; i < count; i++) half[i] = sl_f16_from_f32(values[i]);
}

static void convert(run_state *s, const sl_run_block *block, float *out) {
  for (int64_t i = 0; i < block->count; i++) {
    float *row = out + i * s->classes;
    if (block->status[i] == SL_OK) {
      sl_contract_probabilities(&s->e->contract, block->scores + i * block->columns, row);
      continue;
    }
    for (int64_t c = 0; c < s->classes; c++) row[c] = NAN;
    const char *reason =
        block->reason[i] != NULL ? block->reason[i] : sl_status_name(block->status[i]);
    s->errors[s->todo[block->first + i]] = sl_arena_copy(s->error_arena, reason);
  }
  if (s->type == SL_COLUMN_F16) to_half(out, block->count * s->classes);
}

static size_t score_size(const run_state *s) { return s->type == SL_COLUMN_F16 ? 2 : 4; }

// A block's rows follow one another in `todo`, not always in the dataset: write stretch by stretch.
static sl_status take(void *ctx, const sl_run_block *block, sl_error *err) {
  run_state *s = ctx;
  float *values = room_for(s, block->count);
  convert(s, block, values);
  for (int64_t i = 0; i < block->count;) {
    int64_t first = s->todo[block->first + i], count = 1;
    while (i + count < block->count && s->todo[block->first + i + count] == first + count &&
           s->done[first + count] == s->done[first])
      count++;
    const void *at = (const char *)values + (size_t)(i * s->classes) * score_size(s);
    SL_TRY(sl_partial_write(s->scores, first, count, at, err));
    if (!s->done[first]) SL_TRY(sl_run_commit_add(s->commit, first, count, err));
    i += count;
  }
  s->finished += block->count;
  sl_op_progress(s->e->call, "evaluate", "images", s->finished, s->e->rows);
  return SL_OK;
}

static sl_status fetch(void *ctx, int worker, int64_t index, sl_input *out, sl_error *err) {
  run_state *s = ctx;
  return sl_evaluation_fetch(s->e, worker, s->todo[index], out, err);
}

static sl_status stream(run_state *s, sl_run_stats *stats, sl_error *err) {
  sl_evaluation *e = s->e;
  sl_run_source source = {.count = s->todo_count, .fetch = fetch, .ctx = s};
  sl_run_sink sink = {.take = take, .ctx = s};
  sl_run_options options = {.provider = (sl_provider)e->params->provider,
                            .threads = e->workers,
                            .batch = e->params->batch,
                            .cancel = e->call->cancel};
  sl_prep *prep;
  sl_runner *runner;
  memset(stats, 0, sizeof *stats);
  if (s->todo_count == 0) return SL_OK;
  SL_TRY(sl_contract_prep(e->call->arena, e->model, &e->contract.pipeline, &prep, err));
  SL_TRY(sl_runner_new(e->model, &options, &runner, err));
  sl_status status = sl_run_commit_begin(e->call->store, s->run, s->scores, &s->commit, err);
  if (status != SL_OK) {
    sl_runner_free(runner);
    return status;
  }
  status = sl_runner_run(runner, prep, &source, &sink, stats, err);
  sl_runner_free(runner);
  // What was scored before a stop or a failure is kept either way.
  sl_error second = {0};
  sl_status kept = sl_run_commit_end(s->commit, status == SL_OK ? err : &second);
  return status != SL_OK ? status : kept;
}

// ---- the end -----------------------------------------------------------------------------------

static void finish_notes(sl_evaluation *e, const sl_run_stats *stats, const sl_run_tally *tally) {
  sl_run_notes *notes = &e->notes;
  sl_interval interval = sl_stats_wilson(tally->right, tally->labelled, 0.95);
  notes->accuracy = tally->labelled > 0 ? (double)tally->right / (double)tally->labelled : NAN;
  notes->accuracy_low = interval.low;
  notes->accuracy_high = interval.high;
  notes->seconds = stats->seconds;
  notes->samples_per_s = stats->samples_per_s;
  notes->broken = tally->broken;
  notes->pipeline = sl_pipeline_lines(e->call->arena, &e->contract.pipeline);
  notes->pipeline_source = e->contract.pipeline_source;
  notes->guessed = e->contract.guessed;
  notes->evidence = e->contract.evidence;
  notes->remarks = sl_text_list_done(&e->remarks);
}

static sl_status write_columns(run_state *s, sl_run_tally *tally, sl_error *err) {
  sl_evaluation *e = s->e;
  sl_column scores;
  SL_TRY(sl_partial_adopt(s->scores, NULL, err));
  SL_TRY(sl_column_open(e->call->store, e->call->arena, run_ref(s->run), SL_COLUMN_SCORES, &scores,
                        err));
  sl_run_columns columns = {.run = s->run,
                            .rows = e->rows,
                            .classes = s->classes,
                            .scores = s->type == SL_COLUMN_F32 ? scores.values : NULL,
                            .scores_f16 = s->type == SL_COLUMN_F16 ? scores.values : NULL,
                            .target = e->target,
                            .target_sets = e->target_sets,
                            .errors = s->errors,
                            .multi_label = e->contract.scores == SL_SCORES_MULTILABEL};
  return sl_run_columns_write(e->call, &columns, tally, err);
}

static sl_status finish(run_state *s, const sl_run_stats *stats, sl_error *err) {
  sl_evaluation *e = s->e;
  sl_store *store = e->call->store;
  sl_run_tally tally = {0};
  sl_op_progress(e->call, "write columns", "columns", 0, 0);
  SL_TRY(sl_store_begin(store, SL_COMMIT_DURABLE, err));
  sl_status status = write_columns(s, &tally, err);
  if (status == SL_OK) {
    finish_notes(e, stats, &tally);
    sl_run_row row = {.id = s->run,
                      .state = SL_RUN_DONE,
                      .head = sl_scores_name(e->contract.scores),
                      .samples = e->rows,
                      .scored = tally.scored,
                      .batch = stats->batch,
                      .threads = stats->workers,
                      .provider = sl_provider_name(stats->provider),
                      .classes = classes_json(e),
                      .notes = sl_run_notes_print(e->call->arena, &e->notes)};
    status = sl_store_finish_run(store, &row, err);
  }
  if (status == SL_OK) return sl_store_commit(store, err);
  sl_store_rollback(store);
  return status;
}

static sl_status run_rows(run_state *s, const char *name, const char *key, sl_error *err) {
  sl_run_stats stats;
  SL_TRY(open_run(s, name, key, err));
  SL_TRY(list_todo(s, err));
  SL_TRY(stream(s, &stats, err));
  return finish(s, &stats, err);
}

// Marks what could not be finished, so that nobody takes it for running.
static void mark_ended(run_state *s, sl_status status) {
  if (s->run == 0) return;
  sl_run_row row = {.id = s->run,
                    .state = status == SL_E_CANCELLED ? SL_RUN_INTERRUPTED : SL_RUN_FAILED,
                    .samples = s->e->rows,
                    .scored = s->finished,
                    .head = sl_scores_name(s->e->contract.scores),
                    .classes = classes_json(s->e)};
  // The failure itself is already on its way to the person; a run left "running" heals on reopen.
  sl_error second = {0};
  if (sl_store_finish_run(s->e->call->store, &row, &second) != SL_OK) return;
}

sl_status sl_evaluation_run(sl_evaluation *e, const char *name, int64_t *run, int64_t *resumed,
                            sl_error *err) {
  char key[65];
  int64_t known;
  sl_run_row there;
  if (e->contract.scores == SL_SCORES_MULTILABEL) SL_TRY(sl_multi_label_targets(e, err));
  run_key(e, key);
  *resumed = 0;
  SL_TRY(sl_store_find_run(e->call->store, key, &known, err));
  if (known != 0) {
    SL_TRY(sl_store_get_run(e->call->store, e->call->arena, known, &there, err));
    *run = known;
    if (there.state == SL_RUN_DONE) return SL_OK;
  }
  run_state *s = SL_NEW(e->call->arena, run_state);
  s->e = e;
  s->classes = e->contract.class_count;
  s->type = e->params->precision ? SL_COLUMN_F16 : SL_COLUMN_F32;
  s->errors = SL_NEW_ARRAY(e->call->arena, const char *, e->rows + 1);
  s->error_arena = sl_arena_new(e->call->arena, "row errors");
  SL_TRY(sl_store_lock(e->call->store, err));
  sl_status status = run_rows(s, name, key, err);
  if (status != SL_OK) mark_ended(s, status);
  sl_partial_close(s->scores);
  sl_store_unlock(e->call->store);
  *run = s->run;
  *resumed = s->resumed;
  if (status == SL_E_CANCELLED)
    sl_hint(err, status, "%lld of %lld %s %s scored and kept; the same command goes on.",
            (long long)s->finished, (long long)e->rows, sl_plural(e->rows, "sample", "samples"),
            sl_plural(s->finished, "is", "are"));
  return status;
}
