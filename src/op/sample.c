// SPDX-License-Identifier: Apache-2.0
// Operation "sample": one sample with its scores, facts, neighbours and the chain that led to the
// decision.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"
#include "op/table_cache.h"

typedef struct sample_params {
  const char *sample;
  sl_view_params view;
  int64_t top;
} sample_params;

typedef struct sample_result {
  sl_rec_sample sample;
  const char *path, *run, *version;
  sl_records facts, scores, chain;
  sl_texts duplicates;
  int64_t position, matched;
  const char *previous, *next, *previous_failure, *next_failure;
} sample_result;

#define P sample_params
static const sl_row params[] = {
    SL_P_ID(P, sample, "sample", SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "The sample."),
    SL_ROWS_VIEW(P, view), SL_P_INT(P, top, 1, 1000, 10, NULL, "Most scores to list."), SL_ROW_END};
#undef P

#define R sample_result
static const sl_row result[] = {
    SL_R_RECORD(R, sample, sl_rec_sample, sl_rows_sample, "The sample and its prediction."),
    SL_R_PATH(R, path, "Where the file is."),
    SL_R_ID(R, run, "run", "Run looked at."),
    SL_R_ID(R, version, "version", "Dataset version looked at."),
    SL_R_RECORDS(R, facts, sl_rec_fact, sl_rows_fact, "File, image and metadata facts."),
    SL_R_RECORDS(R, scores, sl_rec_score, sl_rows_score,
                 "Best scores, best first; the label is always among them."),
    SL_R_RECORDS(R, chain, sl_rec_link, sl_rows_link,
                 "How the decision came about, first to last."),
    SL_R_TEXTS(R, duplicates, "Samples with the same bytes."),
    SL_R_INT_OR_NULL(R, position, NULL, "Position in the view; null when it is not in it."),
    SL_R_INT(R, matched, "samples", "Samples in the view."),
    SL_R_ID(R, previous, "sample", "The one before in the view."),
    SL_R_ID(R, next, "sample", "The one after."),
    SL_R_ID(R, previous_failure, "sample", "Nearest wrong one before."),
    SL_R_ID(R, next_failure, "sample", "Nearest wrong one after."),
    SL_ROW_END};
#undef R

enum { DUPLICATES_MAX = 50 };

// ---- facts
// ---------------------------------------------------------------------------------------

static void add_meta(sl_op_call *call, sl_record_list *facts, const sl_sample_row *row,
                     const char *journal) {
  const sl_json *fields = NULL;
  if (row->fields == NULL || sl_json_parse(call->arena, row->fields, strlen(row->fields), "fields",
                                           &fields, NULL) != SL_OK)
    return;
  for (sl_json_iter it = sl_json_each(fields); sl_json_next(&it);) {
    const char *text = sl_json_text(it.value, NULL);
    sl_fact_add(call->arena, facts, "metadata", it.key, journal, "%s",
                text != NULL ? text : sl_json_print(call->arena, it.value));
  }
}

static sl_records facts_of(sl_op_call *call, const sl_sample_row *row) {
  sl_arena *arena = call->arena;
  sl_record_list facts = {0};
  char hex[65], time[32];
  const char *journal = sl_id_text(arena, SL_RECORD_JOURNAL, row->journal);
  sl_hash_hex(&row->content, hex);
  sl_clock_text(row->mtime_ns / 1000000, time);
  sl_fact_add(arena, &facts, "file", "name", journal, "%s", row->name);
  if (row->item >= 0)
    sl_fact_add(arena, &facts, "file", "item", journal, "%lld", (long long)row->item);
  sl_fact_add(arena, &facts, "file", "format", journal, "%s",
              row->format ? row->format : "unknown");
  sl_fact_add(arena, &facts, "file", "size", journal, "%lld %s", (long long)row->size_bytes,
              sl_plural(row->size_bytes, "byte", "bytes"));
  sl_fact_add(arena, &facts, "file", "modified", journal, "%s", time);
  sl_fact_add(arena, &facts, "file", "SHA-256", journal, "%s", hex);
  sl_fact_add(arena, &facts, "image", "size", journal, "%d x %d px", row->width, row->height);
  sl_fact_add(arena, &facts, "image", "mode", journal, "%s, %d bit",
              row->mode ? row->mode : "unknown", row->bits);
  if (row->orientation > 1)
    sl_fact_add(arena, &facts, "EXIF", "orientation", journal, "%d", row->orientation);
  if (row->camera != NULL) sl_fact_add(arena, &facts, "EXIF", "camera", journal, "%s", row->camera);
  if (row->taken_at != NULL)
    sl_fact_add(arena, &facts, "EXIF", "taken", journal, "%s", row->taken_at);
  if (row->has_gps)
    sl_fact_add(arena, &facts, "EXIF", "position", journal, "present, not read out");
  add_meta(call, &facts, row, journal);
  return sl_record_done(&facts);
}

// ---- scores
// --------------------------------------------------------------------------------------

typedef struct scored {
  double score;
  int64_t index;
} scored;

static int best_first(const void *a, const void *b) {
  const scored *x = a, *y = b;
  if (x->score != y->score) return x->score < y->score ? 1 : -1;
  return x->index < y->index ? -1 : x->index > y->index;
}

static sl_status scores_of(sl_op_call *call, const sl_open_table *open, int64_t row,
                           const char *label, int64_t top, sl_records *out, sl_error *err) {
  sl_arena *arena = call->arena;
  sl_record_ref owner = {SL_RECORD_RUN, open->run};
  sl_column column;
  int exists = 0;
  if (open->run != 0) SL_TRY(sl_column_exists(call->store, owner, SL_COLUMN_SCORES, &exists, err));
  if (!exists) return SL_OK;
  SL_TRY(sl_column_open(call->store, arena, owner, SL_COLUMN_SCORES, &column, err));
  scored *all = SL_NEW_ARRAY(arena, scored, column.cols + 1);
  sl_dtype dtype = column.type == SL_COLUMN_F16 ? SL_DTYPE_F16 : SL_DTYPE_F32;
  for (int64_t c = 0; c < column.cols; c++)
    all[c] = (scored){sl_dtype_load(dtype, column.values, (size_t)(row * column.cols + c)), c};
  if (column.cols == 0 || isnan(all[0].score)) return SL_OK;
  qsort(all, (size_t)column.cols, sizeof *all, best_first);
  sl_record_list list = {0};
  for (int64_t i = 0; i < column.cols; i++) {
    const char *name = all[i].index < open->classes.count ? open->classes.at[all[i].index] : "";
    if (i >= top && !sl_streq(name, label)) continue;
    sl_rec_score *score = sl_record_add(arena, &list, sizeof *score);
    *score = (sl_rec_score){all[i].index, sl_arena_copy(arena, name), all[i].score};
  }
  *out = sl_record_done(&list);
  return SL_OK;
}

// ---- the chain
// -----------------------------------------------------------------------------------

static void link_add(sl_arena *arena, sl_record_list *chain, const char *title, const char *journal,
                     const char *id, const char *fmt, ...) SL_PRINTF(6, 7);
static void link_add(sl_arena *arena, sl_record_list *chain, const char *title, const char *journal,
                     const char *id, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  sl_rec_link *link = sl_record_add(arena, chain, sizeof *link);
  *link = (sl_rec_link){title, sl_arena_vprintf(arena, fmt, args), journal, id};
  va_end(args);
}

static sl_status chain_of_run(sl_op_call *call, const sl_open_table *open,
                              const sl_rec_sample *sample, sl_record_list *chain, sl_error *err) {
  sl_arena *arena = call->arena;
  sl_run_row row;
  sl_rec_run run;
  SL_TRY(sl_store_get_run(call->store, arena, open->run, &row, err));
  SL_TRY(sl_fill_run(call, &row, &run, err));
  for (int64_t i = 0; i < run.pipeline.count; i++)
    link_add(arena, chain, i == 0 ? "prepare" : "", i == 0 ? run.journal : NULL, NULL, "%s",
             run.pipeline.at[i]);
  link_add(arena, chain, "run the model", run.journal, run.model, "%s by ONNX Runtime on %s",
           run.model_name, run.provider != NULL ? run.provider : "another tool");
  link_add(arena, chain, "read the scores", run.journal, run.id, "%s",
           run.scores ? run.scores : "as given");
  if (sample->pred == NULL) return SL_OK;
  link_add(arena, chain, "decide", run.journal, run.id,
           "\"%s\" has the highest score, %.4f, ahead by %.4f", sample->pred, sample->confidence,
           sample->margin);
  if (sample->label != NULL)
    link_add(arena, chain, "judge", run.journal, run.id, "the label is \"%s\": %s", sample->label,
             sample->outcome == SL_OUTCOME_RIGHT ? "right" : "wrong");
  return SL_OK;
}

static sl_status chain_of(sl_op_call *call, const sl_open_table *open, const sl_sample_row *row,
                          const sl_rec_sample *sample, sl_records *out, sl_error *err) {
  sl_record_list chain = {0};
  const char *journal = sl_id_text(call->arena, SL_RECORD_JOURNAL, row->journal);
  link_add(call->arena, &chain, "import", journal, sample->sample, "%s, %lld bytes, %s",
           sample->name, (long long)row->size_bytes, row->format ? row->format : "unknown format");
  if (sample->label != NULL)
    link_add(call->arena, &chain, "label", journal, NULL, "\"%s\"", sample->label);
  if (open->run != 0) SL_TRY(chain_of_run(call, open, sample, &chain, err));
  *out = sl_record_done(&chain);
  return SL_OK;
}

// ---- neighbours
// ----------------------------------------------------------------------------------

static const char *id_at(sl_op_call *call, const sl_open_view *view, int64_t position) {
  if (position < 0 || position >= view->order.count) return NULL;
  const int64_t *members = view->table->members.values;
  return sl_id_text(call->arena, SL_RECORD_SAMPLE, members[view->order.rows[position]]);
}

static const char *failure_from(sl_op_call *call, const sl_open_view *view, int64_t position,
                                int step) {
  const sl_field *outcome = sl_table_find(view->table->table, "outcome");
  if (outcome == NULL) return NULL;
  for (int64_t at = position + step; at >= 0 && at < view->order.count; at += step)
    if (((const uint32_t *)outcome->values)[view->order.rows[at]] == SL_OUTCOME_WRONG)
      return id_at(call, view, at);
  return NULL;
}

static sl_status duplicates_of(sl_op_call *call, const sl_sample_row *row, sl_texts *out,
                               sl_error *err) {
  int64_t *ids;
  size_t count;
  sl_text_list list = {0};
  SL_TRY(sl_store_find_samples_of_content(call->store, call->arena, &row->content, DUPLICATES_MAX,
                                          &ids, &count, err));
  for (size_t i = 0; i < count; i++)
    if (ids[i] != row->id)
      sl_text_list_add(call->arena, &list, sl_id_text(call->arena, SL_RECORD_SAMPLE, ids[i]));
  *out = sl_text_list_done(&list);
  return SL_OK;
}

static int64_t row_of(const sl_open_view *view, int64_t sample) {
  const int64_t *members = view->table->members.values;
  for (int64_t row = 0; row < view->table->members.rows; row++)
    if (members[row] == sample) return row;
  return -1;
}

static const char *path_of(sl_op_call *call, const sl_sample_row *row) {
  const char *path =
      row->path[0] != '\0' ? sl_path_join(call->arena, row->root, row->path) : row->root;
  return sl_display(call->arena, path, strlen(path));
}

static sl_status fill(sl_op_call *call, const sample_params *in, const sl_open_view *view,
                      const sl_sample_row *sample, sample_result *out, sl_error *err) {
  int64_t row = row_of(view, sample->id);
  if (row < 0) {
    sl_fail(err, SL_E_NOT_FOUND, "sample \"%s\" is not in the dataset version that is looked at",
            in->sample);
    return sl_hint(err, SL_E_NOT_FOUND, "Choose a run or version that holds it.");
  }
  sl_view_sample(call, view, row, &out->sample);
  out->path = path_of(call, sample);
  out->run = sl_id_text(call->arena, SL_RECORD_RUN, view->table->run);
  out->version = sl_id_text(call->arena, SL_RECORD_VERSION, view->table->version);
  out->facts = facts_of(call, sample);
  out->matched = view->order.count;
  int64_t position = sl_view_position(view, row);
  out->position = position < 0 ? SL_INT_NULL : position;
  if (position >= 0) {
    out->previous = id_at(call, view, position - 1);
    out->next = id_at(call, view, position + 1);
    out->previous_failure = failure_from(call, view, position, -1);
    out->next_failure = failure_from(call, view, position, 1);
  }
  SL_TRY(duplicates_of(call, sample, &out->duplicates, err));
  SL_TRY(scores_of(call, view->table, row, out->sample.label, in->top, &out->scores, err));
  return chain_of(call, view->table, sample, &out->sample, &out->chain, err);
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const sample_params *in = params_in;
  sl_sample_row sample;
  sl_open_view *view;
  SL_TRY(sl_need_sample(call, in->sample, &sample, err));
  SL_TRY(sl_view_open(call, &in->view, &view, err));
  sl_status status = fill(call, in, view, &sample, result_out, err);
  sl_view_release(call, view);
  return status;
}

const sl_op sl_op_sample = {.info = {.name = "sample",
                                     .title = "Look at one sample",
                                     .help = "One sample with its scores, facts, neighbours in the "
                                             "view and the chain that led to the decision.",
                                     .example = "slitlamp sample s1",
                                     .since = "0.1.0",
                                     .flags = SL_OP_PEEK,
                                     .params = params,
                                     .params_size = sizeof(sample_params),
                                     .result = result,
                                     .result_size = sizeof(sample_result)},
                            .run = run};
