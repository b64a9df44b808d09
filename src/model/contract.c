// SPDX-License-Identifier: Apache-2.0
// Putting a contract together: pipeline, class map and scores, each from the best source there is.
//
// Invariant: the pipeline of a finished contract fits the model's input (axis order and element
// type are the model's), and every source that was used is named. Start at sl_contract_make().
#include "model/contract.h"

#include <string.h>

#include "model/contract_state.h"
#include "model/guess.h"

enum { SIDECAR_MAX_BYTES = 1 << 20 };

// ---- the sidecar
// ---------------------------------------------------------------------------------

static const char *find_sidecar(sl_arena *arena, const char *model_path) {
  static const char *const endings[] = {".slitlamp.yaml", ".slitlamp.yml", ".slitlamp.json"};
  size_t stem = strlen(model_path);
  if (sl_ends_with(model_path, ".onnx")) stem -= strlen(".onnx");
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    const char *whole = sl_arena_printf(arena, "%s%s", model_path, endings[i]);
    if (sl_file_exists(whole)) return whole;
    const char *beside = sl_arena_printf(arena, "%.*s%s", (int)stem, model_path, endings[i]);
    if (sl_file_exists(beside)) return beside;
  }
  return NULL;
}

static const char *file_words(sl_arena *arena, const char *path) {
  return sl_arena_printf(arena, "file \"%s\"", sl_display(arena, path, strlen(path)));
}

static sl_status read_document(sl_arena *arena, const char *path, const sl_json **out,
                               sl_error *err) {
  sl_bytes bytes;
  SL_TRY(sl_file_read(arena, path, SIDECAR_MAX_BYTES, &bytes, err));
  const char *what = file_words(arena, path), *text = (const char *)bytes.at;
  size_t skip = strspn(text, " \t\r\n");
  if (text[skip] == '{' || text[skip] == '[')
    return sl_json_parse(arena, text, bytes.size, what, out, err);
  return sl_yaml_parse(arena, text, bytes.size, what, out, err);
}

// ---- the pipeline
// --------------------------------------------------------------------------------

// `document`: the steps, a name or text of them, or an object that holds one of these.
static sl_status pipeline_from_value(sl_draft *d, const sl_json *document, const char *what,
                                     sl_error *err) {
  const sl_json *inner = sl_json_get(document, "pipeline");
  const sl_json *text = sl_json_kind_of(inner) == SL_JSON_TEXT ? inner : document;
  if (sl_json_kind_of(text) != SL_JSON_TEXT)
    return sl_pipeline_parse(d->arena, document, what, &d->out->pipeline, err);
  const char *name = sl_json_text(text, "");
  return sl_pipeline_parse_text(d->arena, name, strlen(name), what, &d->out->pipeline, err);
}

static sl_status pipeline_from_option(sl_draft *d, const char *option, sl_error *err) {
  d->out->pipeline_origin = SL_ORIGIN_OPTION;
  int is_file = sl_file_exists(option) && !sl_file_is_dir(option);
  if (!is_file || sl_preset_find(option) != NULL) {
    d->out->pipeline_source = sl_arena_printf(d->arena, "preset \"%s\"", option);
    return sl_pipeline_parse_text(d->arena, option, strlen(option), "option \"pipeline\"",
                                  &d->out->pipeline, err);
  }
  const sl_json *document;
  d->out->pipeline_source = file_words(d->arena, option);
  SL_TRY(read_document(d->arena, option, &document, err));
  return pipeline_from_value(d, document, d->out->pipeline_source, err);
}

static sl_status pipeline_from_guess(sl_draft *d, sl_error *err) {
  sl_guess guess;
  SL_TRY(sl_contract_guess(d->arena, d->model, &guess, err));
  d->out->pipeline = guess.pipeline;
  d->out->pipeline_origin = SL_ORIGIN_GUESS;
  d->out->pipeline_source = "guess";
  d->out->guessed = true;
  d->out->evidence = guess.evidence;
  return SL_OK;
}

static sl_status choose_pipeline(sl_draft *d, const char *option, sl_error *err) {
  if (option != NULL && option[0] != '\0') return pipeline_from_option(d, option, err);
  const sl_json *declared = d->sidecar;
  int silent = sl_json_kind_of(declared) == SL_JSON_OBJECT &&
               sl_json_get(declared, "pipeline") == NULL && sl_json_get(declared, "steps") == NULL;
  if (declared != NULL && !silent) {
    d->out->pipeline_origin = SL_ORIGIN_SIDECAR;
    d->out->pipeline_source = file_words(d->arena, d->sidecar_path);
    return pipeline_from_value(d, declared, d->out->pipeline_source, err);
  }
  const char *text = sl_onnx_metadata(&d->model->onnx, "slitlamp.pipeline");
  if (text == NULL) return pipeline_from_guess(d, err);
  d->out->pipeline_origin = SL_ORIGIN_METADATA;
  d->out->pipeline_source = "metadata \"slitlamp.pipeline\"";
  return sl_pipeline_parse_text(d->arena, text, strlen(text), d->out->pipeline_source,
                                &d->out->pipeline, err);
}

static int has_changes(const sl_pipeline_changes *c) {
  return c->mode > 0 || c->kernel > 0 || c->resize_short > 0 || c->crop > 0 || c->mean.count > 0 ||
         c->std.count > 0 || c->scale > 0;
}

sl_status sl_contract_fit(sl_arena *arena, const sl_model *model, const sl_pipeline *from,
                          sl_pipeline *out, sl_error *err) {
  const sl_step_layout_params *layout = from->steps.at[from->steps.count - 1].params;
  const sl_model_input *input = &model->input;
  int32_t dtype = layout->dtype;
  int float_now = dtype == SL_ELEMENT_FLOAT32 || dtype == SL_ELEMENT_FLOAT16;
  if (float_now && input->dtype == SL_DTYPE_F32) dtype = SL_ELEMENT_FLOAT32;
  if (float_now && input->dtype == SL_DTYPE_F16) dtype = SL_ELEMENT_FLOAT16;
  if (float_now && input->dtype == SL_DTYPE_U8) dtype = SL_ELEMENT_UINT8;
  if (dtype == layout->dtype && input->order == layout->order) {
    *out = *from;
    return SL_OK;
  }
  return sl_pipeline_set_layout(arena, from, input->order, dtype, out, err);
}

static sl_status finish_pipeline(sl_draft *d, const sl_pipeline_changes *changes, sl_error *err) {
  sl_contract *out = d->out;
  if (has_changes(changes)) {
    sl_pipeline changed;
    SL_TRY(sl_pipeline_change(d->arena, &out->pipeline, changes, &changed, err));
    out->pipeline = changed;
    out->pipeline_source =
        sl_arena_printf(d->arena, "%s, changed by options", out->pipeline_source);
  }
  sl_pipeline fitted;
  SL_TRY(sl_contract_fit(d->arena, d->model, &out->pipeline, &fitted, err));
  out->pipeline = fitted;
  sl_prep *prep;
  return sl_contract_prep(d->arena, d->model, &out->pipeline, &prep, err);
}

sl_status sl_contract_prep(sl_arena *arena, const sl_model *model, const sl_pipeline *pipeline,
                           sl_prep **out, sl_error *err) {
  const sl_model_input *input = &model->input;
  sl_prep_target target = {.width = input->width,
                           .height = input->height,
                           .channels = input->channels,
                           .order = input->order,
                           .dtype = input->dtype};
  return sl_prep_new(arena, pipeline, &target, out, err);
}

// ---- columns
// -------------------------------------------------------------------------------------

// Runs the model once on zeros, to learn how many numbers it gives per sample.
static sl_status probe_columns(sl_draft *d, sl_error *err) {
  const sl_model *model = d->model;
  sl_prep *prep;
  sl_shape row, shape;
  SL_TRY(sl_contract_prep(d->arena, model, &d->out->pipeline, &prep, err));
  sl_prep_row(prep, &row, NULL, NULL);
  sl_prep_shape(model, &row, model->input.batch > 0 ? model->input.batch : 1, &shape);
  sl_session *session;
  SL_TRY(sl_model_session(model, SL_PROVIDER_CPU, 0, &session, err));
  size_t count = sl_session_output_count(session);
  sl_tensor input = {0}, *outputs = SL_NEW_ARRAY(d->arena, sl_tensor, count);
  sl_status status = sl_tensor_new(model->input.dtype, &shape, &input, err);
  if (status == SL_OK) {
    memset(input.data, 0, input.buffer->size);
    status = sl_session_run(session, &input, outputs, err);
  }
  const sl_shape *got = &outputs[model->output.index].shape;
  int64_t all = status == SL_OK ? sl_shape_count(got) : 0;
  d->out->columns = all / shape.dims[0];
  if (status == SL_OK && (all < 1 || all % shape.dims[0] != 0))
    status = sl_fail(err, SL_E_MODEL,
                     "model \"%s\" gave an output of the shape %s for a batch of "
                     "%lld",
                     model->name, sl_shape_text(d->arena, got), (long long)shape.dims[0]);
  for (size_t i = 0; i < count; i++) sl_tensor_release(&outputs[i]);
  sl_tensor_release(&input);
  sl_session_close(session);
  return status;
}

void sl_prep_shape(const sl_model *model, const sl_shape *row, int64_t batch, sl_shape *out) {
  *out = (sl_shape){.rank = model->input.rank, .dims = {batch}};
  if (model->input.rank == 3) {
    out->dims[1] = row->dims[1];
    out->dims[2] = row->dims[2];
    return;
  }
  for (int i = 0; i < 3; i++) out->dims[i + 1] = row->dims[i];
}

// ---- classes
// -------------------------------------------------------------------------------------

static sl_status choose_classes(sl_draft *d, const char *option, sl_error *err) {
  sl_class_map *map = &d->out->classes;
  if (option != NULL && option[0] != '\0') return sl_class_map_read(d->arena, option, map, err);
  const sl_json *declared = sl_json_get(d->sidecar, "classes");
  if (declared == NULL) return sl_class_map_from_metadata(d->arena, &d->model->onnx, map, err);
  const char *path = sl_json_text(declared, NULL);
  if (path != NULL)
    return sl_class_map_read(
        d->arena, sl_path_join(d->arena, sl_path_dir(d->arena, d->sidecar_path), path), map, err);
  const char *text = sl_json_print(d->arena, declared);
  return sl_class_map_parse(d->arena, text, strlen(text), file_words(d->arena, d->sidecar_path),
                            map, err);
}

// One name for one binary number is the name of the positive class.
static void name_negative(sl_draft *d) {
  sl_class_map *map = &d->out->classes;
  if (d->out->class_count != 2 || map->names.count != 1) return;
  const char **names = SL_NEW_ARRAY(d->arena, const char *, 2);
  names[0] = sl_arena_printf(d->arena, "not %s", map->names.at[0]);
  names[1] = map->names.at[0];
  map->names = (sl_texts){names, 2};
  map->ids = (sl_texts){0};
}

static sl_status check_classes(sl_draft *d, sl_error *err) {
  sl_class_map *map = &d->out->classes;
  name_negative(d);
  if (map->names.count == 0 || map->names.count == d->out->class_count) return SL_OK;
  sl_fail(err, SL_E_MODEL, "%s names %lld classes, the model \"%s\" has %lld", map->source,
          (long long)map->names.count, d->model->name, (long long)d->out->class_count);
  return sl_hint(err, SL_E_MODEL,
                 "Give the names in output order with --classes, one for each of the model's "
                 "outputs.");
}

// ---- all of it
// -----------------------------------------------------------------------------------

sl_status sl_contract_make(sl_arena *arena, const sl_model *model,
                           const sl_contract_options *options, sl_contract *out, sl_error *err) {
  *out = (sl_contract){.columns = model->output.columns};
  sl_draft d = {.arena = arena, .model = model, .out = out};
  d.sidecar_path = find_sidecar(arena, model->path);
  if (d.sidecar_path != NULL) SL_TRY(read_document(arena, d.sidecar_path, &d.sidecar, err));
  SL_TRY(choose_pipeline(&d, options->pipeline, err));
  SL_TRY(finish_pipeline(&d, &options->changes, err));
  if (out->columns == 0) SL_TRY(probe_columns(&d, err));
  SL_TRY(sl_contract_read_scores(&d, options->scores, err));
  out->class_count = out->columns == 1 ? 2 : out->columns;
  SL_TRY(choose_classes(&d, options->classes, err));
  return check_classes(&d, err);
}
