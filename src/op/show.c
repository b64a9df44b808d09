// SPDX-License-Identifier: Apache-2.0
// Operation "show": everything known of one thing.
#include <string.h>

#include "op/choices.h"
#include "op/lookup.h"
#include "op/op.h"
#include "op/records.h"
#include "store/job_table.h"
#include "store/journal_table.h"

typedef struct show_params {
  const char *id;
} show_params;

typedef struct show_result {
  const char *id, *kind, *title;
  sl_records facts;
} show_result;

#define P show_params
static const sl_row params[] = {SL_P_ID(P, id, NULL, SL_ROW_REQUIRED | SL_ROW_POSITIONAL,
                                        "Id of anything: r1, d1, v1, m1, s1, j1 or b1."),
                                SL_ROW_END};
#undef P

#define R show_result
static const sl_row result[] = {
    SL_R_TEXT(R, id, "The id."),
    SL_R_TEXT(R, kind, "run, dataset, version, model, sample, journal or job."),
    SL_R_TEXT(R, title, "Name of the thing."),
    SL_R_RECORDS(R, facts, sl_rec_fact, sl_rows_fact,
                 "All that is known of it, and since which call."),
    SL_ROW_END};
#undef R

// Facts of any record, by its rows: scalars and lists of texts, grouped under the kind.
static void add_fact(sl_op_call *call, sl_record_list *facts, const char *group, const sl_row *row,
                     const sl_json *value, const char *journal) {
  sl_arena *arena = call->arena;
  const char *unit = row->unit != NULL ? row->unit : "";
  const char *text = sl_json_text(value, NULL);
  if (sl_json_kind_of(value) <= SL_JSON_NULL) return;
  if (text != NULL) {
    sl_fact_add(arena, facts, group, row->name, journal, "%s", text);
  } else if (sl_json_kind_of(value) == SL_JSON_LIST) {
    for (sl_json_iter it = sl_json_each(value); sl_json_next(&it);) {
      const char *item = sl_json_text(it.value, NULL);
      sl_fact_add(arena, facts, group, row->name, journal, "%s",
                  item != NULL ? item : sl_json_print(arena, it.value));
    }
  } else {
    sl_fact_add(arena, facts, group, row->name, journal, "%s %s", sl_json_print(arena, value),
                unit);
  }
}

static sl_status facts_by_rows(sl_op_call *call, const char *group, const sl_row *rows,
                               const void *record, const char *journal, sl_record_list *facts,
                               sl_error *err) {
  sl_text text = {0};
  sl_json_writer w;
  const sl_json *object;
  sl_json_begin(&w, &text);
  sl_rows_write(&w, rows, record, 0);
  size_t size = text.size;
  const char *json = sl_text_take(&text, call->arena);
  SL_TRY(sl_json_parse(call->arena, json, size, "a record", &object, err));
  for (; rows->type != SL_T_END; rows++)
    add_fact(call, facts, group, rows, sl_json_get(object, rows->name), journal);
  return SL_OK;
}

static sl_status show_run(sl_op_call *call, int64_t id, show_result *out, sl_record_list *facts,
                          sl_error *err) {
  sl_run_row row;
  sl_rec_run record;
  SL_TRY(sl_store_get_run(call->store, call->arena, id, &row, err));
  SL_TRY(sl_fill_run(call, &row, &record, err));
  out->title = record.name;
  return facts_by_rows(call, "run", sl_rows_run, &record, record.journal, facts, err);
}

static sl_status show_version(sl_op_call *call, int64_t id, show_result *out, sl_record_list *facts,
                              sl_error *err) {
  sl_version_row row;
  sl_rec_dataset record;
  SL_TRY(sl_store_get_version(call->store, call->arena, id, &row, err));
  SL_TRY(sl_fill_dataset(call, &row, &record, err));
  out->title = record.name;
  return facts_by_rows(call, "dataset", sl_rows_dataset, &record, record.journal, facts, err);
}

static sl_status show_dataset(sl_op_call *call, int64_t id, show_result *out, sl_record_list *facts,
                              sl_error *err) {
  int64_t latest;
  SL_TRY(sl_store_latest_version(call->store, id, &latest, err));
  if (latest == 0)
    return sl_fail(err, SL_E_NOT_FOUND, "dataset \"d%lld\" has no finished import", (long long)id);
  return show_version(call, latest, out, facts, err);
}

static sl_status show_model(sl_op_call *call, int64_t id, show_result *out, sl_record_list *facts,
                            sl_error *err) {
  sl_model_row row;
  sl_rec_model record;
  SL_TRY(sl_store_get_model(call->store, call->arena, id, &row, err));
  SL_TRY(sl_fill_model(call, &row, &record, err));
  out->title = record.name;
  return facts_by_rows(call, "model", sl_rows_model, &record, record.journal, facts, err);
}

static sl_status show_sample(sl_op_call *call, int64_t id, show_result *out, sl_record_list *facts,
                             sl_error *err) {
  sl_sample_row row;
  char hex[65];
  SL_TRY(sl_store_get_sample(call->store, call->arena, id, &row, err));
  sl_arena *arena = call->arena;
  const char *journal = sl_id_text(arena, SL_RECORD_JOURNAL, row.journal);
  out->title = sl_display(arena, row.name, strlen(row.name));
  sl_hash_hex(&row.content, hex);
  sl_fact_add(arena, facts, "sample", "folder", journal, "%s", row.root);
  sl_fact_add(arena, facts, "sample", "path", journal, "%s", row.path);
  sl_fact_add(arena, facts, "sample", "SHA-256", journal, "%s", hex);
  sl_fact_add(arena, facts, "sample", "size", journal, "%lld %s", (long long)row.size_bytes,
              sl_plural(row.size_bytes, "byte", "bytes"));
  sl_fact_add(arena, facts, "image", "format", journal, "%s", row.format ? row.format : "unknown");
  sl_fact_add(arena, facts, "image", "pixels", journal, "%d x %d, %s, %d bit", row.width,
              row.height, row.mode ? row.mode : "unknown mode", row.bits);
  sl_fact_add(arena, facts, "labels", "label", journal, "%s", row.label ? row.label : "none");
  if (row.split != NULL) sl_fact_add(arena, facts, "labels", "split", journal, "%s", row.split);
  if (row.fields != NULL)
    sl_fact_add(arena, facts, "metadata", "fields", journal, "%s", row.fields);
  if (row.error != NULL) sl_fact_add(arena, facts, "image", "error", journal, "%s", row.error);
  return SL_OK;
}

static sl_status show_journal(sl_op_call *call, int64_t id, show_result *out, sl_record_list *facts,
                              sl_error *err) {
  sl_journal_row row;
  sl_rec_journal record;
  SL_TRY(sl_store_get_journal(call->store, call->arena, id, &row, err));
  sl_fill_journal(call, &row, &record);
  out->title = record.op;
  return facts_by_rows(call, "call", sl_rows_journal, &record, NULL, facts, err);
}

static sl_status show_job(sl_op_call *call, int64_t id, show_result *out, sl_record_list *facts,
                          sl_error *err) {
  sl_job_row row;
  sl_rec_job record;
  SL_TRY(sl_store_get_job(call->store, call->arena, id, &row, err));
  sl_fill_job(call, &row, &record);
  out->title = record.op;
  return facts_by_rows(call, "job", sl_rows_job, &record, NULL, facts, err);
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  static sl_status (*const shows[SL_RECORD_KIND_COUNT])(sl_op_call *, int64_t, show_result *,
                                                        sl_record_list *, sl_error *) = {
      [SL_RECORD_DATASET] = show_dataset, [SL_RECORD_VERSION] = show_version,
      [SL_RECORD_SAMPLE] = show_sample,   [SL_RECORD_MODEL] = show_model,
      [SL_RECORD_RUN] = show_run,         [SL_RECORD_JOURNAL] = show_journal,
      [SL_RECORD_JOB] = show_job};
  const show_params *in = params_in;
  show_result *out = result_out;
  sl_record_ref ref = sl_record_parse_any(in->id);
  if (ref.kind == SL_RECORD_NONE) {
    sl_fail(err, SL_E_ARG, "\"%.64s\" is not an id", in->id);
    return sl_hint(err, SL_E_ARG,
                   "Ids look like r1, d1, v1, m1, s1, j1 or b1; \"slitlamp ls\" lists them.");
  }
  sl_record_list facts = {0};
  out->id = in->id;
  out->kind = sl_record_kind_name(ref.kind);
  SL_TRY(shows[ref.kind](call, ref.id, out, &facts, err));
  out->facts = sl_record_done(&facts);
  return SL_OK;
}

const sl_op sl_op_show = {
    .info = {.name = "show",
             .title = "Show one thing",
             .help = "Everything known of a run, dataset, version, model, sample, call or job.",
             .example = "slitlamp show r1",
             .since = "0.1.0",
             .flags = SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(show_params),
             .result = result,
             .result_size = sizeof(show_result)},
    .run = run};
