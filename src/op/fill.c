// SPDX-License-Identifier: Apache-2.0
// Catalogue rows turned into the records of results.
//
// A run's notes hold what the catalogue has no column for: pipeline lines, evidence, accuracy and
// the alternatives that were tried (run_notes.h).
#include <math.h>
#include <string.h>

#include "op/lookup.h"
#include "op/run_notes.h"
#include "store/job_table.h"
#include "store/journal_table.h"

static sl_status fill_names(sl_op_call *call, const sl_run_row *row, sl_rec_run *out,
                            sl_error *err) {
  sl_arena *arena = call->arena;
  sl_version_row version;
  sl_dataset_row dataset;
  SL_TRY(sl_store_get_version(call->store, arena, row->version, &version, err));
  SL_TRY(sl_store_get_dataset(call->store, arena, version.dataset, &dataset, err));
  out->version = sl_id_text(arena, SL_RECORD_VERSION, version.id);
  out->dataset = sl_id_text(arena, SL_RECORD_DATASET, dataset.id);
  out->dataset_name = sl_display(arena, dataset.name, strlen(dataset.name));
  out->broken = version.broken;
  out->unlabelled = version.samples - version.labelled;
  out->model_name = row->name;
  if (row->model == 0) return SL_OK;
  sl_model_row model;
  SL_TRY(sl_store_get_model(call->store, arena, row->model, &model, err));
  out->model = sl_id_text(arena, SL_RECORD_MODEL, model.id);
  out->model_name = sl_display(arena, model.name, strlen(model.name));
  return SL_OK;
}

sl_status sl_fill_run(sl_op_call *call, const sl_run_row *row, sl_rec_run *out, sl_error *err) {
  sl_arena *arena = call->arena;
  memset(out, 0, sizeof *out);
  out->id = sl_id_text(arena, SL_RECORD_RUN, row->id);
  out->name = row->name;
  out->state = sl_run_state_name(row->state);
  out->created = sl_time_text(arena, row->created_ms);
  out->samples = row->samples;
  out->scored = row->scored;
  out->batch = row->batch;
  out->threads = row->threads;
  out->provider = row->provider;
  out->scores = row->head;
  out->journal = sl_id_text(arena, SL_RECORD_JOURNAL, row->journal);
  SL_TRY(fill_names(call, row, out, err));
  sl_run_notes notes;
  SL_TRY(sl_run_notes_parse(arena, row->notes, &notes, err));
  out->accuracy = notes.accuracy;
  out->accuracy_low = notes.accuracy_low;
  out->accuracy_high = notes.accuracy_high;
  out->seconds = notes.seconds;
  out->samples_per_s = notes.samples_per_s;
  out->pipeline = notes.pipeline;
  out->pipeline_source = notes.pipeline_source;
  out->guessed = notes.guessed;
  out->evidence = notes.evidence;
  if (row->state == SL_RUN_DONE) out->broken = notes.broken;
  return SL_OK;
}

sl_status sl_fill_dataset(sl_op_call *call, const sl_version_row *row, sl_rec_dataset *out,
                          sl_error *err) {
  sl_arena *arena = call->arena;
  sl_dataset_row dataset;
  sl_version_row *all;
  size_t count;
  SL_TRY(sl_store_get_dataset(call->store, arena, row->dataset, &dataset, err));
  SL_TRY(sl_store_list_versions(call->store, arena, row->dataset, SL_VERSION_READY, &all, &count,
                                err));
  const char *source = row->source != NULL ? row->source : "";
  *out = (sl_rec_dataset){.id = sl_id_text(arena, SL_RECORD_DATASET, dataset.id),
                          .name = sl_display(arena, dataset.name, strlen(dataset.name)),
                          .version = sl_id_text(arena, SL_RECORD_VERSION, row->id),
                          .format = row->format,
                          .source = sl_display(arena, source, strlen(source)),
                          .created = sl_time_text(arena, row->created_ms),
                          .journal = sl_id_text(arena, SL_RECORD_JOURNAL, row->journal),
                          .versions = (int64_t)count,
                          .samples = row->samples,
                          .labelled = row->labelled,
                          .broken = row->broken,
                          .duplicates = row->duplicates,
                          .added = row->added,
                          .removed = row->removed,
                          .relabelled = row->relabelled,
                          .moved = row->moved,
                          .classes = sl_texts_of_json(arena, row->classes)};
  return SL_OK;
}

// What a model file says of itself was kept as the record it becomes (model_facts.c).
sl_status sl_fill_model(sl_op_call *call, const sl_model_row *row, sl_rec_model *out,
                        sl_error *err) {
  sl_arena *arena = call->arena;
  const sl_json *facts = NULL;
  memset(out, 0, sizeof *out);
  if (row->metadata != NULL)
    SL_TRY(sl_json_parse(arena, row->metadata, strlen(row->metadata), "model facts", &facts, err));
  SL_TRY(sl_rows_read(arena, sl_rows_model, facts, "model facts", out, err));
  out->id = sl_id_text(arena, SL_RECORD_MODEL, row->id);
  out->name = sl_display(arena, row->name, strlen(row->name));
  out->path = sl_display(arena, row->path, strlen(row->path));
  out->key = row->key;
  out->size_bytes = row->size_bytes;
  out->created = sl_time_text(arena, row->created_ms);
  out->journal = sl_id_text(arena, SL_RECORD_JOURNAL, row->journal);
  return SL_OK;
}

// ---- calls and jobs ----------------------------------------------------------------------------

static sl_texts texts_of(sl_arena *arena, const char **at, size_t count) {
  sl_text_list list = {0};
  for (size_t i = 0; i < count; i++) sl_text_list_add(arena, &list, at[i]);
  return sl_text_list_done(&list);
}

void sl_fill_journal(sl_op_call *call, const sl_journal_row *row, sl_rec_journal *out) {
  sl_arena *arena = call->arena;
  *out = (sl_rec_journal){.id = sl_id_text(arena, SL_RECORD_JOURNAL, row->id),
                          .op = row->op,
                          .status = sl_journal_status_name(row->status),
                          .started = sl_time_text(arena, row->started_ms),
                          .params = row->params,
                          .error = row->error,
                          .parent = sl_id_text(arena, SL_RECORD_JOURNAL, row->parent),
                          .version = row->version,
                          .seconds = NAN,
                          .reads = texts_of(arena, row->reads, row->read_count),
                          .writes = texts_of(arena, row->writes, row->write_count)};
  if (row->finished_ms != 0) out->seconds = (double)(row->finished_ms - row->started_ms) * 1e-3;
}

// A job keeps its failure as the whole error record; the message is what a list shows.
static const char *message_of(sl_arena *arena, const char *error) {
  const sl_json *object = NULL;
  if (error == NULL) return NULL;
  if (sl_json_parse(arena, error, strlen(error), "error", &object, NULL) != SL_OK) return error;
  return sl_json_text(sl_json_get(object, "message"), error);
}

void sl_fill_job(sl_op_call *call, const sl_job_row *row, sl_rec_job *out) {
  sl_arena *arena = call->arena;
  *out = (sl_rec_job){.id = sl_id_text(arena, SL_RECORD_JOB, row->id),
                      .op = row->op,
                      .state = sl_job_state_name(row->state),
                      .message = row->message,
                      .created = sl_time_text(arena, row->created_ms),
                      .finished = sl_time_text(arena, row->finished_ms),
                      .error = message_of(arena, row->error),
                      .params = row->params,
                      .done = row->done,
                      .total = row->total};
}
