// SPDX-License-Identifier: Apache-2.0
// Operation "facets": cross-filtered histograms and counts, one thread per field.
#include <string.h>

#include "base/thread.h"
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"
#include "op/table_cache.h"

typedef struct facets_params {
  sl_view_params view;
  sl_texts fields;
  int64_t bins;
} facets_params;

typedef struct facets_result {
  int64_t total, matched;
  sl_records facets;
} facets_result;

#define P facets_params
static const sl_row params[] = {
    SL_ROWS_VIEW(P, view), SL_P_TEXTS(P, fields, 0, "Fields to count; all when left out."),
    SL_P_INT(P, bins, 1, 512, 40, NULL, "Bins of a histogram."), SL_ROW_END};
#undef P

#define R facets_result
static const sl_row result[] = {
    SL_R_INT(R, total, "samples", "Samples of the dataset version."),
    SL_R_INT(R, matched, "samples", "Samples in the view."),
    SL_R_RECORDS(R, facets, sl_rec_facet, sl_rows_facet, "One per field."), SL_ROW_END};
#undef R

static int32_t kind_of(const sl_field *field) {
  return field->kind == SL_FIELD_NUMBER     ? SL_FACET_NUMBER
         : field->kind == SL_FIELD_CATEGORY ? SL_FACET_CATEGORY
                                            : SL_FACET_FLAG;
}

static void fill(sl_op_call *call, const sl_facet_counts *counts, sl_rec_facet *out) {
  const sl_field *field = counts->field;
  *out = (sl_rec_facet){.field = field->name,
                        .title = field->title,
                        .unit = field->unit,
                        .kind = kind_of(field),
                        .min = counts->min,
                        .max = counts->max,
                        .total = {counts->total, counts->bins},
                        .matched = {counts->matched, counts->bins},
                        .wrong = {counts->wrong, counts->bins},
                        .missing = counts->missing,
                        .missing_matched = counts->missing_matched,
                        .missing_wrong = counts->missing_wrong,
                        .distinct = counts->distinct};
  out->field = sl_arena_copy(call->arena, field->name);
  out->title = sl_arena_copy(call->arena, field->title);
  out->unit = sl_arena_copy(call->arena, field->unit);
  if (counts->edges != NULL) out->edges = (sl_reals){counts->edges, counts->bins + 1};
  if (counts->values == NULL) return;
  for (int64_t i = 0; i < counts->bins; i++)
    counts->values[i] = sl_arena_copy(call->arena, counts->values[i]);
  out->values = (sl_texts){counts->values, counts->bins};
}

typedef struct counting {
  const sl_open_view *view;
  const sl_field **fields;
  sl_facet_counts *counts;
  sl_arena **arenas;
  sl_bitset wrong;
  int64_t bins;
} counting;

static sl_status count_field(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)worker;
  (void)err;
  counting *c = ctx;
  const sl_table *table = c->view->table->table;
  sl_bitset others =
      sl_filter_without(&c->view->filter, c->arenas[item], c->fields[item], table->rows);
  sl_facet_count(table, c->fields[item], &others, &c->wrong, c->bins, c->arenas[item],
                 &c->counts[item]);
  return SL_OK;
}

static sl_status choose_fields(const facets_params *in, const sl_table *table, sl_arena *arena,
                               const sl_field ***out, int64_t *count, sl_error *err) {
  int64_t most = in->fields.count > 0 ? in->fields.count : (int64_t)table->field_count;
  *out = SL_NEW_ARRAY(arena, const sl_field *, most + 1);
  *count = 0;
  for (int64_t i = 0; i < most; i++) {
    const sl_field *field = in->fields.count > 0 ? NULL : &table->fields[i];
    if (field == NULL) SL_TRY(sl_table_need(table, in->fields.at[i], &field, err));
    if (field->kind != SL_FIELD_NAME) (*out)[(*count)++] = field;
  }
  return SL_OK;
}

// The rows the run looked at got wrong; none without a run.
static sl_bitset wrong_rows(const sl_table *table, sl_arena *arena) {
  sl_bitset wrong = sl_bitset_new(arena, table->rows, 0);
  const sl_field *outcome = sl_table_find(table, "outcome");
  if (outcome == NULL || outcome->kind != SL_FIELD_CATEGORY) return wrong;
  uint32_t code = 0;
  while (code < outcome->text_count && strcmp(outcome->texts[code], "wrong") != 0) code++;
  const uint32_t *codes = outcome->values;
  for (int64_t row = 0; row < table->rows; row++)  // no branch: half of them would be mispredicted
    wrong.words[row >> 6] |= (uint64_t)(codes[row] == code) << (row & 63);
  return wrong;
}

static sl_status count_all(sl_op_call *call, const facets_params *in, const sl_open_view *view,
                           facets_result *out, sl_error *err) {
  counting c = {
      .view = view, .wrong = wrong_rows(view->table->table, call->arena), .bins = in->bins};
  int64_t count;
  SL_TRY(choose_fields(in, view->table->table, call->arena, &c.fields, &count, err));
  c.counts = SL_NEW_ARRAY(call->arena, sl_facet_counts, count + 1);
  c.arenas = SL_NEW_ARRAY(call->arena, sl_arena *, count + 1);
  for (int64_t i = 0; i < count; i++) c.arenas[i] = sl_arena_new(call->arena, "facet");
  SL_TRY(sl_parallel(call->threads, count, count_field, &c, call->cancel, err));
  sl_record_list list = {0};
  for (int64_t i = 0; i < count; i++)
    fill(call, &c.counts[i], sl_record_add(call->arena, &list, sizeof(sl_rec_facet)));
  out->facets = sl_record_done(&list);
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const facets_params *in = params_in;
  facets_result *out = result_out;
  sl_open_view *view;
  SL_TRY(sl_view_open(call, &in->view, &view, err));
  out->total = view->table->table->rows;
  out->matched = view->order.count;
  sl_status status = count_all(call, in, view, out, err);
  sl_view_release(call, view);
  return status;
}

const sl_op sl_op_facets = {
    .info =
        {.name = "facets",
         .title = "Count fields",
         .help =
             "Histograms and counts of every field, each under the clauses of the other fields.",
         .example = "slitlamp facets --where label=Shirt",
         .since = "0.1.0",
         .flags = SL_OP_PEEK,
         .params = params,
         .params_size = sizeof(facets_params),
         .result = result,
         .result_size = sizeof(facets_result)},
    .run = run};
