// SPDX-License-Identifier: Apache-2.0
// Operation "predictions": a run from predictions that another tool made.
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "data/import_run.h"
#include "data/predictions_file.h"
#include "metric/stats.h"
#include "op/choices.h"
#include "op/evaluation.h"
#include "op/inner.h"
#include "op/op.h"
#include "op/records.h"

#define P sl_predictions_op_params
static const sl_row params[] = {
    SL_P_TEXT_(P, file, SL_T_PATH, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, NULL, NULL,
               "Predictions as .csv, .jsonl or .npy."),
    SL_P_ID(P, dataset, "dataset", SL_ROW_POSITIONAL,
            "Dataset or version they belong to; the newest one when left out."),
    SL_P_TEXT(P, name, NULL, "Name of the run; else that of the file."),
    SL_P_PATH(P, classes, 0, "File with the class names in column order."),
    SL_P_ENUM(P, scores, sl_choices_scores, 0, "How the numbers are read; detected when auto."),
    SL_ROW_END};
#undef P

#define R sl_predictions_op_result
static const sl_row result[] = {
    SL_R_RECORD(R, run, sl_rec_run, sl_rows_run, "The run."),
    SL_R_TEXTS(R, notes, "Rows that matched no sample, and other remarks."), SL_ROW_END};
#undef R

// Scores that do not look like probabilities are logits: a softmax makes them comparable.
static int row_is_probability(const float *row, int64_t classes) {
  double sum = 0;
  for (int64_t c = 0; c < classes; c++) {
    if (row[c] < -1e-4f || row[c] > 1.0001f) return 0;
    sum += row[c];
  }
  return fabs(sum - 1) < 0.02;
}

static int looks_like_logits(const sl_predictions *p) {
  int64_t seen = 0, odd = 0;
  for (int64_t row = 0; row < p->rows; row++) {
    const float *values = p->scores + row * p->classes;
    if (isnan(values[0])) continue;
    seen++;
    odd += !row_is_probability(values, p->classes);
  }
  return odd * 10 > seen;
}

static void softmax(float *row, int64_t classes) {
  float most = row[0];
  double sum = 0;
  for (int64_t c = 1; c < classes; c++) most = row[c] > most ? row[c] : most;
  for (int64_t c = 0; c < classes; c++) sum += exp((double)row[c] - most);
  for (int64_t c = 0; c < classes; c++) row[c] = (float)(exp((double)row[c] - most) / sum);
}

static const char *read_scores(sl_predictions *p, int32_t asked) {
  enum { AUTO, LOGITS };
  if (p->scores == NULL) return "top prediction and confidence only";
  int logits = asked == LOGITS || (asked == AUTO && looks_like_logits(p));
  if (!logits)
    return asked == AUTO ? "probabilities (detected: rows sum to 1)" : "probabilities (stated)";
  for (int64_t row = 0; row < p->rows; row++)
    if (!isnan(p->scores[row * p->classes])) softmax(p->scores + row * p->classes, p->classes);
  return asked == AUTO ? "logits (detected: rows do not sum to 1), softmax applied"
                       : "logits (stated), softmax applied";
}

static sl_status read_classes(sl_op_call *call, const sl_predictions_op_params *in,
                              sl_predictions *p, sl_class_map *map, sl_error *err) {
  memset(map, 0, sizeof *map);
  if (in->classes != NULL) SL_TRY(sl_class_map_read(call->arena, in->classes, map, err));
  if (in->classes == NULL) *map = (sl_class_map){.names = p->class_names, .source = "the file"};
  if (map->names.count == 0 || map->names.count == p->classes) return SL_OK;
  return sl_fail(err, SL_E_FORMAT, "there are %lld class names for %lld columns of scores",
                 (long long)map->names.count, (long long)p->classes);
}

static sl_status match_targets(sl_op_call *call, const sl_version_row *version, sl_class_map *map,
                               int64_t classes, int64_t rows, int32_t **target, sl_text_list *notes,
                               sl_error *err) {
  sl_arena *arena = call->arena;
  sl_record_ref owner = {SL_RECORD_VERSION, version->id};
  sl_column label;
  int has_label;
  *target = SL_NEW_ARRAY(arena, int32_t, rows + 1);
  for (int64_t row = 0; row < rows; row++) (*target)[row] = -1;
  SL_TRY(sl_column_exists(call->store, owner, SL_COLUMN_LABEL, &has_label, err));
  if (!has_label) return SL_OK;
  SL_TRY(sl_column_open(call->store, arena, owner, SL_COLUMN_LABEL, &label, err));
  const char **names = SL_NEW_ARRAY(arena, const char *, label.text_count + 1);
  for (uint32_t i = 0; i < label.text_count; i++) names[i] = sl_column_text_of_code(&label, i);
  sl_texts labels = {names, label.text_count};
  sl_class_match match;
  SL_TRY(sl_class_map_match(arena, map, &labels, classes, &match, err));
  for (int64_t i = 0; i < match.notes.count; i++) sl_text_list_add(arena, notes, match.notes.at[i]);
  if (map->names.count == 0) {
    const char **made = SL_NEW_ARRAY(arena, const char *, classes + 1);
    for (int64_t c = 0; c < classes; c++)
      made[c] = sl_arena_printf(arena, "class %lld", (long long)c);
    for (uint32_t i = 0; i < label.text_count; i++)
      if (match.class_of_label[i] >= 0) made[match.class_of_label[i]] = names[i];
    map->names = (sl_texts){made, classes};
  }
  for (int64_t row = 0; row < rows; row++)
    if (sl_column_is_valid(&label, row))
      (*target)[row] = match.class_of_label[((const uint32_t *)label.values)[row]];
  return SL_OK;
}

static void content_key(const sl_predictions *p, const sl_version_row *version, const char *scores,
                        char key[65]) {
  sl_hasher hasher;
  sl_hasher_init(&hasher);
  sl_hasher_add(&hasher, version->key, strlen(version->key));
  sl_hasher_add(&hasher, scores, strlen(scores) + 1);
  if (p->scores != NULL)
    sl_hasher_add(&hasher, p->scores, (size_t)(p->rows * p->classes) * sizeof *p->scores);
  else
    sl_hasher_add(&hasher, p->pred, (size_t)p->rows * sizeof *p->pred);
  for (int64_t i = 0; i < p->class_names.count; i++)
    sl_hasher_add(&hasher, p->class_names.at[i], strlen(p->class_names.at[i]) + 1);
  sl_hash hash = sl_hasher_done(&hasher);
  sl_hash_hex(&hash, key);
}

static sl_status write_run(sl_op_call *call, const sl_predictions *p, const int32_t *target,
                           sl_run_row *row, const sl_text_list *notes, sl_error *err) {
  sl_record_ref owner;
  sl_run_tally tally = {0};
  SL_TRY(sl_store_add_run(call->store, row, &row->id, err));
  owner = (sl_record_ref){SL_RECORD_RUN, row->id};
  if (p->scores != NULL)
    SL_TRY(sl_column_write(call->store, owner, SL_COLUMN_SCORES, SL_COLUMN_F32, p->rows, p->classes,
                           p->scores, NULL, err));
  sl_run_columns columns = {.run = row->id,
                            .rows = p->rows,
                            .classes = p->classes,
                            .scores = p->scores,
                            .pred = p->pred,
                            .confidence = p->confidence,
                            .target = target};
  SL_TRY(sl_run_columns_write(call, &columns, &tally, err));
  sl_interval interval = sl_stats_wilson(tally.right, tally.labelled, 0.95);
  sl_run_notes kept = {
      .accuracy = tally.labelled > 0 ? (double)tally.right / (double)tally.labelled : NAN,
      .accuracy_low = interval.low,
      .accuracy_high = interval.high,
      .seconds = NAN,
      .samples_per_s = NAN,
      .pipeline_source = "unknown: predictions made elsewhere",
      .remarks = sl_text_list_done(notes)};
  row->state = SL_RUN_DONE;
  row->scored = tally.scored;
  row->notes = sl_run_notes_print(call->arena, &kept);
  return sl_store_finish_run(call->store, row, err);
}

static sl_status store_run(sl_op_call *call, const sl_predictions *p, const int32_t *target,
                           sl_run_row *row, const sl_text_list *notes, sl_error *err) {
  int64_t known;
  SL_TRY(sl_store_find_run(call->store, row->key, &known, err));
  if (known != 0) {
    row->id = known;
    return SL_OK;
  }
  SL_TRY(sl_store_lock(call->store, err));
  sl_status status = sl_store_begin(call->store, SL_COMMIT_DURABLE, err);
  if (status == SL_OK) {
    status = write_run(call, p, target, row, notes, err);
    if (status == SL_OK)
      status = sl_store_commit(call->store, err);
    else
      sl_store_rollback(call->store);
  }
  sl_store_unlock(call->store);
  return status;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const sl_predictions_op_params *in = params_in;
  sl_predictions_op_result *out = result_out;
  sl_version_row version;
  sl_predictions p;
  sl_class_map map;
  int32_t *target;
  sl_text_list notes = {0};
  SL_TRY(sl_need_version(call, in->dataset, &version, err));
  SL_TRY(sl_op_reads(call, sl_id_text(call->arena, SL_RECORD_VERSION, version.id), err));
  SL_TRY(sl_predictions_read(call->store, call->arena, in->file, version.id, &p, err));
  for (int64_t i = 0; i < p.notes.count; i++) sl_text_list_add(call->arena, &notes, p.notes.at[i]);
  SL_TRY(read_classes(call, in, &p, &map, err));
  const char *scores = read_scores(&p, in->scores);
  SL_TRY(match_targets(call, &version, &map, p.classes, p.rows, &target, &notes, err));
  sl_class_map_distinguish(call->arena, &map);
  char key[65];
  content_key(&p, &version, scores, key);
  const char *base = sl_path_base(in->file);
  sl_run_row row = {
      .key = key,
      .version = version.id,
      .name = in->name != NULL ? in->name : sl_display(call->arena, base, strlen(base)),
      .head = scores,
      .samples = p.rows,
      .provider = "another tool",
      .classes = sl_texts_print(call->arena, &map.names),
      .journal = call->journal};
  SL_TRY(store_run(call, &p, target, &row, &notes, err));
  SL_TRY(sl_op_writes(call, sl_id_text(call->arena, SL_RECORD_RUN, row.id), err));
  sl_run_row stored;
  SL_TRY(sl_store_get_run(call->store, call->arena, row.id, &stored, err));
  out->notes = sl_text_list_done(&notes);
  return sl_fill_run(call, &stored, &out->run, err);
}

const sl_op sl_op_predictions = {
    .info = {.name = "predictions",
             .title = "Bring predictions",
             .help = "Make a run from predictions that another tool made.",
             .example = "slitlamp predictions preds.csv d1",
             .since = "0.1.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_WRITES | SL_OP_LOCAL,
             .params = params,
             .params_size = sizeof(sl_predictions_op_params),
             .result = result,
             .result_size = sizeof(sl_predictions_op_result)},
    .run = run};
