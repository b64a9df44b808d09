// SPDX-License-Identifier: Apache-2.0
// Before the run: model, contract, classes, real outputs.
//
// Start at sl_evaluation_open(); the search for a better pipeline is in evaluation_search.c, the
// run itself in evaluation_run.c.
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "data/import_run.h"
#include "op/evaluation.h"
#include "op/model_facts.h"

enum { OBSERVED_ROWS = 64 };

static void close_model(void *model) { sl_model_close(model); }

// ---- model and contract ----------------------------------------------------------------------

static sl_status model_path(sl_op_call *call, const char *model, const char **path, sl_error *err) {
  int64_t id = sl_record_parse(SL_RECORD_MODEL, model);
  *path = model;
  if (id == 0) return SL_OK;
  sl_model_row row;
  SL_TRY(sl_store_get_model(call->store, call->arena, id, &row, err));
  *path = row.path;
  return SL_OK;
}

static void contract_options(const sl_run_params *params, sl_contract_options *out) {
  const sl_pipeline_params *p = &params->pipeline;
  *out = (sl_contract_options){.pipeline = p->pipeline,
                               .classes = params->classes,
                               .scores = (sl_scores)params->scores,
                               .changes = {.mode = p->mode,
                                           .kernel = p->kernel,
                                           .resize_short = p->resize,
                                           .crop = p->crop,
                                           .mean = p->mean,
                                           .std = p->std,
                                           .scale = p->scale}};
}

static sl_status keep_model(sl_evaluation *e, sl_error *err) {
  sl_arena *arena = e->call->arena;
  sl_rec_model facts;
  sl_model_facts(arena, e->model, &e->contract, &facts);
  sl_model_row row = {.key = e->model->key,
                      .path = sl_path_absolute(arena, e->model->path),
                      .name = e->model->name,
                      .size_bytes = (int64_t)e->model->bytes.size,
                      .contract = sl_contract_print(arena, &e->contract),
                      .metadata = sl_model_facts_print(arena, &facts),
                      .journal = e->call->journal};
  SL_TRY(sl_store_add_model(e->call->store, &row, &e->model_id, err));
  const char *id = sl_id_text(arena, SL_RECORD_MODEL, e->model_id);
  return sl_op_reads(e->call, id, err);
}

// ---- labels ----------------------------------------------------------------------------------

static sl_status open_column(sl_evaluation *e, const char *name, sl_column *out, int *exists,
                             sl_error *err) {
  sl_record_ref owner = {SL_RECORD_VERSION, e->version.id};
  SL_TRY(sl_column_exists(e->call->store, owner, name, exists, err));
  if (!*exists) return SL_OK;
  return sl_column_open(e->call->store, e->call->arena, owner, name, out, err);
}

static sl_status match_classes(sl_evaluation *e, const sl_column *label, int has_label,
                               sl_error *err) {
  sl_arena *arena = e->call->arena;
  uint32_t count = has_label ? label->text_count : 0;
  const char **names = SL_NEW_ARRAY(arena, const char *, count + 1);
  for (uint32_t i = 0; i < count; i++) names[i] = sl_column_text_of_code(label, i);
  sl_texts labels = {names, count};
  SL_TRY(sl_class_map_match(arena, &e->contract.classes, &labels, e->contract.class_count,
                            &e->match, err));
  for (int64_t i = 0; i < e->match.notes.count; i++)
    sl_text_list_add(arena, &e->remarks, e->match.notes.at[i]);
  e->notes.unmatched_labels = e->match.unmatched_labels.count;
  return SL_OK;
}

// A map that names nothing takes the labels, in the order the match gave them.
static void name_classes(sl_evaluation *e, const sl_column *label, int has_label) {
  sl_contract *contract = &e->contract;
  sl_arena *arena = e->call->arena;
  if (contract->classes.names.count > 0) {
    sl_class_map_distinguish(arena, &contract->classes);
    return;
  }
  const char **names = SL_NEW_ARRAY(arena, const char *, contract->class_count + 1);
  for (int64_t i = 0; i < contract->class_count; i++)
    names[i] = sl_arena_printf(arena, "class %lld", (long long)i);
  for (uint32_t i = 0; has_label && i < label->text_count; i++)
    if (e->match.class_of_label[i] >= 0)
      names[e->match.class_of_label[i]] = sl_column_text_of_code(label, i);
  contract->classes.names = (sl_texts){names, contract->class_count};
  contract->classes.source = "labels of the dataset";
}

static void set_targets(sl_evaluation *e, const sl_column *label, int has_label) {
  int32_t *target = SL_NEW_ARRAY(e->call->arena, int32_t, e->rows + 1);
  e->target = target;
  for (int64_t row = 0; row < e->rows; row++) {
    target[row] = -1;
    if (!has_label || !sl_column_is_valid(label, row)) continue;
    target[row] = e->match.class_of_label[((const uint32_t *)label->values)[row]];
    e->labelled += target[row] >= 0;
  }
}

static sl_status load_rows(sl_evaluation *e, sl_error *err) {
  sl_column members, label = {0}, error = {0};
  int exists = 0, has_label = 0, has_error = 0;
  SL_TRY(open_column(e, SL_COLUMN_MEMBERS, &members, &exists, err));
  SL_TRY(open_column(e, SL_COLUMN_LABEL, &label, &has_label, err));
  SL_TRY(open_column(e, SL_COLUMN_ERROR, &error, &has_error, err));
  if (!exists)
    return sl_fail(err, SL_E_STORE, "dataset version \"v%lld\" has no list of samples",
                   (long long)e->version.id);
  e->rows = members.rows;
  e->members = members.values;
  e->samples =
      sl_sample_windows_new(e->call->arena, e->call->store, e->members, e->rows, e->workers);
  uint8_t *broken = SL_NEW_ARRAY(e->call->arena, uint8_t, e->rows + 1);
  for (int64_t row = 0; has_error && row < e->rows; row++)
    broken[row] = (uint8_t)sl_column_is_valid(&error, row);
  e->broken = broken;
  SL_TRY(match_classes(e, &label, has_label, err));
  name_classes(e, &label, has_label);
  set_targets(e, &label, has_label);
  return SL_OK;
}

sl_status sl_evaluation_open(sl_op_call *call, const char *model, const sl_version_row *version,
                             const sl_run_params *params, sl_evaluation *out, sl_error *err) {
  memset(out, 0, sizeof *out);
  out->call = call;
  out->params = params;
  out->version = *version;
  out->workers = params->threads > 0 ? (int)params->threads : call->threads;
  const char *path;
  SL_TRY(model_path(call, model, &path, err));
  sl_op_progress(call, "open model", "models", 0, 0);
  SL_TRY(sl_model_open(NULL, path, &out->model, err));
  sl_arena_on_free(call->arena, close_model, out->model);
  sl_contract_options options;
  contract_options(params, &options);
  SL_TRY(sl_contract_make(call->arena, out->model, &options, &out->contract, err));
  out->readers = SL_NEW_ARRAY(call->arena, sl_sample_reader *, out->workers + 1);
  for (int i = 0; i < out->workers; i++)
    out->readers[i] = sl_sample_reader_new(call->arena, call->store);
  SL_TRY(load_rows(out, err));
  return keep_model(out, err);
}

// ---- samples -----------------------------------------------------------------------------------

sl_status sl_evaluation_fetch(sl_evaluation *e, int worker, int64_t row, sl_input *out,
                              sl_error *err) {
  const sl_sample_row *sample;
  sl_sample_data data;
  memset(out, 0, sizeof *out);
  SL_TRY(sl_sample_windows_get(e->samples, worker, row, &sample, err));
  if (sample->error != NULL) return sl_fail(err, SL_E_FORMAT, "%s", sample->error);
  SL_TRY(sl_sample_read(e->readers[worker], sample, &data, err));
  if (data.is_pixels) out->pixels = data.pixels;
  if (!data.is_pixels) out->file = data.file;
  return SL_OK;
}

// ---- some of the rows
// ----------------------------------------------------------------------------

// Every k-th usable row, so that a folder sorted by class gives all classes.
int64_t sl_evaluation_pick(const sl_evaluation *e, int64_t most, int labelled_only, int64_t *out) {
  int64_t usable = 0, picked = 0, seen = 0;
  for (int64_t row = 0; row < e->rows; row++)
    usable += !e->broken[row] && (!labelled_only || e->target[row] >= 0);
  int64_t wanted = usable < most ? usable : most;
  for (int64_t row = 0; row < e->rows && picked < wanted; row++) {
    if (e->broken[row] || (labelled_only && e->target[row] < 0)) continue;
    if (seen++ * wanted / usable == picked) out[picked++] = row;
  }
  return picked;
}

sl_status sl_subset_fetch(void *ctx, int worker, int64_t row, sl_input *out, sl_error *err) {
  sl_subset *s = ctx;
  return sl_evaluation_fetch(s->evaluation, worker % s->evaluation->workers, s->rows[row], out,
                             err);
}

// ---- real outputs
// --------------------------------------------------------------------------------

typedef struct observed {
  float *outputs;
  int64_t rows, columns;
} observed;

static sl_status take_observed(void *ctx, const sl_run_block *block, sl_error *err) {
  (void)err;
  observed *o = ctx;
  for (int64_t i = 0; i < block->count; i++) {
    if (block->status[i] != SL_OK) continue;
    memcpy(o->outputs + o->rows++ * o->columns, block->scores + i * block->columns,
           (size_t)o->columns * sizeof(float));
  }
  return SL_OK;
}

static sl_status observe_rows(sl_evaluation *e, const int64_t *rows, int64_t count, observed *o,
                              sl_error *err) {
  sl_subset s = {e, rows};
  sl_run_source source = {.count = count, .fetch = sl_subset_fetch, .ctx = &s};
  sl_run_sink sink = {.take = take_observed, .ctx = o};
  sl_run_options options = {
      .provider = SL_PROVIDER_CPU, .threads = 1, .batch = 8, .cancel = e->call->cancel};
  sl_prep *prep;
  sl_runner *runner;
  sl_run_stats stats;
  SL_TRY(sl_contract_prep(e->call->arena, e->model, &e->contract.pipeline, &prep, err));
  SL_TRY(sl_runner_new(e->model, &options, &runner, err));
  sl_status status = sl_runner_run(runner, prep, &source, &sink, &stats, err);
  sl_runner_free(runner);
  return status;
}

// Sigmoids as scores of one-label samples: the best class is what people mean by a prediction.
static sl_status settle_sigmoids(sl_evaluation *e, sl_error *err) {
  sl_column lists;
  int has_lists;
  if (e->contract.scores != SL_SCORES_MULTILABEL || e->contract.scores_stated || e->labelled == 0)
    return SL_OK;
  SL_TRY(open_column(e, SL_COLUMN_LABELS, &lists, &has_lists, err));
  if (has_lists) return SL_OK;
  e->contract.scores = SL_SCORES_PROBABILITIES;
  e->contract.scores_activated = true;
  sl_text_list_add(e->call->arena, &e->remarks,
                   "but no sample has several labels: the class with the highest score is the "
                   "prediction; --scores multilabel judges every class by itself");
  return SL_OK;
}

sl_status sl_evaluation_observe(sl_evaluation *e, sl_error *err) {
  sl_arena *arena = e->call->arena;
  if (!e->contract.scores_certain || !e->contract.activation_certain) {
    int64_t rows[OBSERVED_ROWS];
    int64_t count = sl_evaluation_pick(e, OBSERVED_ROWS, 0, rows);
    observed o = {.columns = e->contract.columns};
    o.outputs = SL_NEW_ARRAY(arena, float, (count + 1) * o.columns);
    SL_TRY(observe_rows(e, rows, count, &o, err));
    sl_contract_observe(arena, &e->contract, o.outputs, o.rows);
  }
  for (int64_t i = 0; i < e->contract.scores_evidence.count; i++)
    sl_text_list_add(arena, &e->remarks, e->contract.scores_evidence.at[i]);
  return settle_sigmoids(e, err);
}
