// SPDX-License-Identifier: Apache-2.0
// Opening a model on a case: which model, which pipeline, the input as the model takes it.
//
// Invariant: what is not known (label, prediction, classes, picture) is empty, never made up. Start
// at sl_opened_open().
#include "op/opened.h"

#include <ctype.h>
#include <string.h>

#include "data/sample_reader.h"
#include "model/contract.h"
#include "model/prep.h"
#include "op/box_cache.h"
#include "op/lookup.h"
#include "op/ready_tensor.h"

typedef struct opening {
  sl_op_call *call;
  const sl_case_params *params;
  sl_opened *out;
  const char *path;  // of the model
  sl_run_row run;
  int has_run;
} opening;

// ---- which model --------------------------------------------------------------------------------

static sl_status need_store(const opening *o, const char *what, sl_error *err) {
  if (o->call->store != NULL) return SL_OK;
  sl_fail(err, SL_E_ARG, "there is no workspace to find %s in", what);
  return sl_hint(err, SL_E_ARG,
                 "Name one with --workspace, or give a model file and a ready tensor.");
}

static sl_status find_run(opening *o, sl_error *err) {
  // A model that was named is looked at by itself; a run's pipeline belongs to the run's model.
  if (o->params->run == NULL && o->params->model != NULL) return SL_OK;
  SL_TRY(need_store(o, "the run", err));
  SL_TRY(sl_need_run(o->call, o->params->run, &o->run, err));
  o->has_run = 1;
  o->out->run = sl_id_text(o->call->arena, SL_RECORD_RUN, o->run.id);
  o->out->classes = sl_texts_of_json(o->call->arena, o->run.classes);
  return SL_OK;
}

static sl_status find_model(opening *o, sl_error *err) {
  const char *given = o->params->model;
  int64_t id = given != NULL ? sl_record_parse(SL_RECORD_MODEL, given) : o->run.model;
  if (given != NULL && id == 0) {
    o->path = o->out->path = sl_arena_copy(o->call->arena, given);
    return SL_OK;
  }
  if (id == 0) {
    sl_fail(err, SL_E_UNSUPPORTED, "run \"%s\" holds predictions made elsewhere: it has no model",
            o->out->run);
    return sl_hint(err, SL_E_UNSUPPORTED, "Name the model file with --model.");
  }
  sl_model_row row;
  SL_TRY(need_store(o, "the model", err));
  SL_TRY(sl_store_get_model(o->call->store, o->call->arena, id, &row, err));
  o->out->model = id;
  o->path = o->out->path = row.path;
  return SL_OK;
}

// ---- the input ----------------------------------------------------------------------------------

static void keep_picture(sl_opened *out, const sl_explained *stages, size_t count) {
  for (size_t i = count; i-- > 0;) {
    if (stages[i].is_tensor) continue;
    if (stages[i].colour == SL_COLOUR_BGR) {
      if (sl_image_convert(&stages[i].image, SL_COLOUR_BGR, SL_COLOUR_RGB, SL_LIKE_PILLOW,
                           &out->seen, NULL) != SL_OK)
        out->seen = (sl_image){0};
    } else {
      sl_image_share(&stages[i].image, &out->seen);
    }
    return;
  }
}

static sl_status explain(opening *o, const sl_prep *prep, const sl_sample_row *sample,
                         sl_explained **stages, size_t *count, sl_error *err) {
  sl_sample_data data;
  sl_sample_reader *reader = sl_sample_reader_new(o->call->arena, o->call->store);
  SL_TRY(sl_sample_read(reader, sample, &data, err));
  sl_input input = {0};
  if (data.is_pixels)
    input.pixels = data.pixels;
  else
    input.file = data.file;
  return sl_prep_explain(o->call->arena, prep, &input, stages, count, err);
}

static sl_status make_prep(opening *o, sl_prep **out, sl_error *err) {
  sl_model *model;
  sl_pipeline pipeline;
  sl_contract contract;
  SL_TRY(sl_model_open(o->call->arena, o->path, &model, err));
  if (o->has_run && o->run.pipeline != NULL) {
    SL_TRY(sl_pipeline_parse_text(o->call->arena, o->run.pipeline, strlen(o->run.pipeline),
                                  "pipeline of the run", &pipeline, err));
  } else {
    SL_TRY(sl_contract_make(o->call->arena, model, &(sl_contract_options){0}, &contract, err));
    pipeline = contract.pipeline;
  }
  return sl_contract_prep(o->call->arena, model, &pipeline, out, err);
}

// The last stage is the tensor the model takes.
static sl_status prepare_sample(opening *o, const char *id, sl_tensor *input, sl_image *seen,
                                sl_error *err) {
  sl_sample_row sample;
  sl_prep *prep;
  sl_explained *stages;
  size_t count;
  SL_TRY(sl_need_sample(o->call, id, &sample, err));
  SL_TRY(make_prep(o, &prep, err));
  SL_TRY(explain(o, prep, &sample, &stages, &count, err));
  *input = stages[count - 1].tensor;
  sl_buffer_retain(input->buffer);
  sl_opened with_picture = {0};
  if (seen != NULL) keep_picture(&with_picture, stages, count);
  if (seen != NULL) *seen = with_picture.seen;
  sl_explained_release(stages, count);
  return SL_OK;
}

// ---- what the run says --------------------------------------------------------------------------

static sl_status find_classes(opening *o, const char *sample, sl_error *err) {
  sl_column members, column;
  int64_t id = sl_record_parse(SL_RECORD_SAMPLE, sample);
  if (!o->has_run) return SL_OK;
  SL_TRY(sl_column_open(o->call->store, o->call->arena,
                        (sl_record_ref){SL_RECORD_VERSION, o->run.version}, SL_COLUMN_MEMBERS,
                        &members, err));
  int64_t row = 0;
  while (row < members.rows && ((const int64_t *)members.values)[row] != id) row++;
  if (row == members.rows || o->run.state != SL_RUN_DONE) return SL_OK;
  sl_record_ref run = {SL_RECORD_RUN, o->run.id};
  SL_TRY(sl_column_open(o->call->store, o->call->arena, run, SL_COLUMN_PRED, &column, err));
  o->out->pred = ((const int32_t *)column.values)[row];
  SL_TRY(sl_column_open(o->call->store, o->call->arena, run, SL_COLUMN_TARGET, &column, err));
  o->out->label = ((const int32_t *)column.values)[row];
  return SL_OK;
}

// ---- the whole ----------------------------------------------------------------------------------

static sl_white_box_options box_options(const sl_case_params *params, const sl_opened *opened,
                                        const char *const *keep, size_t keep_count) {
  return (sl_white_box_options){
      .provider = (sl_provider)params->provider,
      .threads = (int32_t)params->threads,
      .input_shape = opened->input.buffer != NULL ? &opened->input.shape : NULL,
      .keep = keep,
      .keep_count = keep_count};
}

static sl_status take_box(opening *o, const char *const *keep, size_t keep_count, sl_error *err) {
  sl_white_box_options options = box_options(o->params, o->out, keep, keep_count);
  SL_TRY(sl_box_take(o->call, o->path, &options, &o->out->kept, err));
  o->out->box = o->out->kept->box;
  return SL_OK;
}

sl_status sl_opened_own(sl_op_call *call, const sl_case_params *params, const char *const *keep,
                        size_t keep_count, sl_opened *opened, sl_error *err) {
  sl_white_box_options options = box_options(params, opened, keep, keep_count);
  sl_box_give(call, opened->kept);
  opened->kept = NULL;
  opened->box = NULL;
  return sl_white_box_open(call->arena, opened->path, &options, &opened->box, err);
}

// A file's numbers become the element type of the model's input.
static sl_status match_input(opening *o, sl_error *err) {
  const sl_graph *graph = sl_white_box_model(o->out->box)->graph;
  sl_dtype wanted = sl_element_dtype(graph->values[sl_white_box_input(o->out->box)].type.element);
  if (o->params->tensor == NULL || o->out->input.dtype == wanted) return SL_OK;
  sl_tensor_release(&o->out->input);
  return sl_ready_tensor_read(o->params->tensor, wanted, &o->out->input, err);
}

static sl_status open_case(opening *o, const char *const *keep, size_t keep_count, sl_error *err) {
  const sl_case_params *p = o->params;
  if (p->tensor != NULL && p->sample != NULL)
    return sl_fail(err, SL_E_ARG, "a sample and a ready tensor cannot both be the input");
  SL_TRY(find_run(o, err));
  SL_TRY(find_model(o, err));
  if (p->tensor != NULL)
    SL_TRY(sl_ready_tensor_read(p->tensor, SL_DTYPE_NONE, &o->out->input, err));
  if (p->sample != NULL) {
    SL_TRY(need_store(o, "the sample", err));
    SL_TRY(prepare_sample(o, p->sample, &o->out->input, &o->out->seen, err));
    SL_TRY(find_classes(o, p->sample, err));
    o->out->sample = sl_arena_copy(o->call->arena, p->sample);
  }
  SL_TRY(take_box(o, keep, keep_count, err));
  return match_input(o, err);
}

sl_status sl_opened_open(sl_op_call *call, const sl_case_params *params, const char *const *keep,
                         size_t keep_count, sl_opened *out, sl_error *err) {
  *out = (sl_opened){.label = -1, .pred = -1};
  opening o = {.call = call, .params = params, .out = out};
  sl_status status = open_case(&o, keep, keep_count, err);
  if (status != SL_OK) sl_opened_close(call, out);
  return status;
}

void sl_opened_close(sl_op_call *call, sl_opened *opened) {
  sl_tensor_release(&opened->input);
  sl_image_release(&opened->seen);
  sl_box_give(call, opened->kept);
  opened->kept = NULL;
  opened->box = NULL;
}

// Opens nothing: a second look at what a case was opened with.
static sl_status look_again(opening *o, const sl_opened *opened, sl_error *err) {
  o->path = opened->path;
  if (opened->run == NULL) return SL_OK;
  SL_TRY(sl_need_run(o->call, opened->run, &o->run, err));
  o->has_run = 1;
  return SL_OK;
}

sl_status sl_opened_prep(sl_op_call *call, const sl_opened *opened, sl_prep **out, sl_error *err) {
  opening o = {.call = call};
  SL_TRY(look_again(&o, opened, err));
  return make_prep(&o, out, err);
}

sl_status sl_opened_sample(sl_op_call *call, const sl_opened *opened, const char *sample,
                           sl_tensor *out, sl_error *err) {
  opening o = {.call = call};
  SL_TRY(look_again(&o, opened, err));
  return prepare_sample(&o, sample, out, NULL, err);
}

// ---- targets ------------------------------------------------------------------------------------

static int is_word(const char *text, const char *at, size_t size) {
  int before = at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_');
  int after = isalnum((unsigned char)at[size]) || at[size] == '_';
  return !before && !after;
}

static sl_status replace_word(sl_op_call *call, const char *word, int32_t class_index,
                              const char **text, sl_error *err) {
  size_t size = strlen(word);
  const char *at = strstr(*text, word);
  while (at != NULL && !is_word(*text, at, size)) at = strstr(at + 1, word);
  if (at == NULL) return SL_OK;
  if (class_index < 0) {
    sl_fail(err, SL_E_ARG, "target \"%s\": the %s of this case is not known", *text, word);
    return sl_hint(err, SL_E_ARG, "Name the class by its number.");
  }
  *text =
      sl_arena_printf(call->arena, "%.*s%d%s", (int)(at - *text), *text, class_index, at + size);
  return SL_OK;
}

sl_status sl_opened_target(sl_op_call *call, const sl_opened *opened, const char *text,
                           sl_target *out, sl_error *err) {
  const char *parsed = text;
  int is_whole = strcmp(text, "predicted") == 0;
  if (!is_whole) SL_TRY(replace_word(call, "label", opened->label, &parsed, err));
  if (!is_whole) SL_TRY(replace_word(call, "predicted", opened->pred, &parsed, err));
  SL_TRY(sl_target_parse(call->arena, opened->box, parsed, opened->classes.at,
                         opened->classes.count, out, err));
  out->text = sl_arena_copy(call->arena, text);
  return SL_OK;
}
