// SPDX-License-Identifier: Apache-2.0
// Operation "edit": a model run with a layer's values changed, beside the unchanged run.
#include <math.h>
#include <string.h>

#include "attrib/edit_spec.h"
#include "attrib/row_run.h"
#include "base/clock.h"
#include "op/choices.h"
#include "op/lookup.h"
#include "op/opened.h"
#include "op/ready_tensor.h"

typedef struct edit_params {
  sl_case_params which;
  sl_texts edit;
  const char *output, *out;
  int64_t top;
} edit_params;

#define P edit_params
static const sl_row params[] = {
    SL_ROWS_CASE(P, which),
    SL_P_TEXTS(P, edit, SL_ROW_REQUIRED,
               "Edits such as \"features.7[12]*0\", \"layer4@2:5,3:9*0\", \"layer1[3]=mean\", "
               "\"blocks.3+0.5\"."),
    SL_P_TEXT(P, output, NULL, "Value to compare; the first output when left out."),
    SL_P_INT(P, top, 1, 1000, 10, NULL, "How many elements to list, the most changed first."),
    SL_P_PATH(P, out, 0, "File to write the edited output to (.npy)."),
    SL_ROW_END};
#undef P

typedef struct change_record {
  int64_t sample, element;
  const char *name;
  double before, after, change;
} change_record;

#define R change_record
static const sl_row change_rows[] = {SL_R_INT(R, sample, NULL, "Row of the batch."),
                                     SL_R_INT(R, element, NULL, "Element of the output."),
                                     SL_R_TEXT(R, name, "Its class; null where not known."),
                                     SL_R_REAL(R, before, NULL, "Without the edits."),
                                     SL_R_REAL(R, after, NULL, "With them."),
                                     SL_R_REAL(R, change, NULL, "After less before."),
                                     SL_ROW_END};
#undef R

typedef struct edit_result {
  const char *sample, *run;
  sl_rec_tensor before, after;
  sl_records changes, best_before, best_after;
  double largest_change, seconds;
} edit_result;

#define R edit_result
static const sl_row result[] = {
    SL_R_ID(R, sample, "sample", "The sample; null for a ready tensor."),
    SL_R_ID(R, run, "run", "Run whose model and pipeline were used."),
    SL_R_RECORD(R, before, sl_rec_tensor, sl_rows_tensor, "The output without the edits."),
    SL_R_RECORD(R, after, sl_rec_tensor, sl_rows_tensor, "The output with them."),
    SL_R_RECORDS(R, changes, change_record, change_rows, "Elements that changed most."),
    SL_R_RECORDS(R, best_before, change_record, change_rows, "Largest elements without edits."),
    SL_R_RECORDS(R, best_after, change_record, change_rows, "Largest elements with them."),
    SL_R_REAL(R, largest_change, NULL,
              "Largest change of any element; 0 says that the edits had no effect."),
    SL_R_REAL(R, seconds, "s", "Time of both runs."),
    SL_ROW_END};
#undef R

typedef struct edit_work {
  sl_op_call *call;
  const edit_params *in;
  sl_opened opened;
  sl_edit *edits;
  sl_value_id output;
  sl_tensor before, after;
} edit_work;

// ---- comparing ----------------------------------------------------------------------------------

typedef enum order_by { BY_CHANGE = 0, BY_BEFORE, BY_AFTER } order_by;

static double measure(const change_record *r, order_by by) {
  return by == BY_CHANGE ? fabs(r->change) : by == BY_BEFORE ? r->before : r->after;
}

static change_record record_of(const edit_work *w, int64_t index) {
  int64_t row = sl_shape_count(&w->before.shape) / w->before.shape.dims[0];
  double before = sl_dtype_load(w->before.dtype, w->before.data, (size_t)index);
  double after = sl_dtype_load(w->after.dtype, w->after.data, (size_t)index);
  int64_t element = index % row;
  int is_class = w->output == sl_white_box_output(w->opened.box) &&
                 element < w->opened.classes.count && w->opened.classes.count == row;
  return (change_record){.sample = index / row,
                         .element = element,
                         .name = is_class ? w->opened.classes.at[element] : NULL,
                         .before = before,
                         .after = after,
                         .change = after - before};
}

// The first `top` by insertion; ties keep the order of elements.
static sl_records list_top(const edit_work *w, order_by by) {
  int64_t top = w->in->top, count = 0, all = sl_shape_count(&w->before.shape);
  change_record *list = SL_NEW_ARRAY(w->call->arena, change_record, top + 1);
  for (int64_t i = 0; i < all; i++) {
    change_record r = record_of(w, i);
    double key = measure(&r, by);
    int64_t at = count < top ? count : top;
    while (at > 0 && measure(&list[at - 1], by) < key) at--;
    if (at == top) continue;
    int64_t moved = (count < top ? count : top - 1) - at;
    memmove(&list[at + 1], &list[at], (size_t)moved * sizeof *list);
    list[at] = r;
    if (count < top) count++;
  }
  return (sl_records){list, count};
}

// ---- running ------------------------------------------------------------------------------------

static sl_status parse_edits(edit_work *w, sl_error *err) {
  w->edits = SL_NEW_ARRAY(w->call->arena, sl_edit, w->in->edit.count + 1);
  for (int64_t i = 0; i < w->in->edit.count; i++)
    SL_TRY(sl_edit_parse(w->call->arena, w->opened.box, w->in->edit.at[i], &w->edits[i], err));
  return SL_OK;
}

static sl_status run_both(edit_work *w, edit_result *out, sl_error *err) {
  SL_TRY(sl_opened_open(w->call, &w->in->which, NULL, 0, &w->opened, err));
  if (w->opened.input.buffer == NULL)
    return sl_fail(err, SL_E_ARG, "a sample or a ready tensor is needed");
  SL_TRY(parse_edits(w, err));
  SL_TRY(sl_white_box_value(w->opened.box, w->in->output, &w->output, err));
  int64_t began = sl_clock_ns();
  SL_TRY(sl_edit_compare(w->opened.box, &w->opened.input, w->edits, (int32_t)w->in->edit.count,
                         w->output, &w->before, &w->after, err));
  out->seconds = (double)(sl_clock_ns() - began) * 1e-9;
  if (!sl_shape_equal(&w->before.shape, &w->after.shape) || w->before.shape.rank == 0)
    return sl_fail(err, SL_E_UNSUPPORTED, "the edits change the shape of the output");
  return SL_OK;
}

static sl_status fill_result(edit_work *w, edit_result *out, sl_error *err) {
  const char *name = sl_white_box_model(w->opened.box)->graph->values[w->output].name;
  out->sample = w->opened.sample;
  out->run = w->opened.run;
  sl_fill_tensor(w->call, name, &w->before, NULL, &out->before);
  sl_fill_tensor(w->call, name, &w->after, w->in->out, &out->after);
  out->changes = list_top(w, BY_CHANGE);
  out->best_before = list_top(w, BY_BEFORE);
  out->best_after = list_top(w, BY_AFTER);
  const change_record *first = out->changes.at;
  out->largest_change = out->changes.count > 0 ? fabs(first->change) : 0;
  return w->in->out != NULL ? sl_ready_tensor_write(w->in->out, &w->after, err) : SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  edit_work w = {.call = call, .in = params_in};
  sl_status status = run_both(&w, result_out, err);
  if (status == SL_OK) status = fill_result(&w, result_out, err);
  sl_tensor_release(&w.before);
  sl_tensor_release(&w.after);
  sl_opened_close(call, &w.opened);
  return status;
}

const sl_op sl_op_edit = {
    .info = {.name = "edit",
             .title = "Edit a layer",
             .help =
                 "Run a model with channels, regions or tokens of a layer changed, and compare.",
             .example = "slitlamp edit --sample s12 --edit \"features.7[12]*0\"",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(edit_params),
             .result = result,
             .result_size = sizeof(edit_result)},
    .run = run};
