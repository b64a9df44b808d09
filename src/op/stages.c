// SPDX-License-Identifier: Apache-2.0
// Operation "stages": what every step of the pipeline makes of one sample.
#include <math.h>
#include <string.h>

#include "data/sample_reader.h"
#include "model/contract.h"
#include "model/prep.h"
#include "op/choices.h"
#include "op/lookup.h"
#include "op/op.h"
#include "op/records.h"
#include "store/blob_table.h"

typedef struct stages_params {
  const char *sample;
  const char *run;
  const char *model;
  sl_pipeline_params pipeline;
} stages_params;

typedef struct stages_result {
  const char *sample, *run;
  sl_records stages;
} stages_result;

#define P stages_params
static const sl_row params[] = {
    SL_P_ID(P, sample, "sample", SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "The sample."),
    SL_P_ID(P, run, "run", 0, "Run whose pipeline is used; the newest one when left out."),
    SL_P_ID(P, model, "model", 0, "Model whose pipeline is used, in place of a run."),
    SL_ROWS_PIPELINE(P, pipeline), SL_ROW_END};
#undef P

#define R stages_result
static const sl_row result[] = {SL_R_ID(R, sample, "sample", "The sample."),
                                SL_R_ID(R, run, "run", "Run whose pipeline was used."),
                                SL_R_RECORDS(R, stages, sl_rec_stage, sl_rows_stage,
                                             "What every step made of the image, first to last."),
                                SL_ROW_END};
#undef R

// The pipeline of a run is kept canonical in its row, that of a model in its contract.
static sl_status find_pipeline(sl_op_call *call, const stages_params *in, sl_pipeline *out,
                               int64_t *model, const char **run_id, sl_error *err) {
  sl_arena *arena = call->arena;
  sl_run_row run;
  *model = sl_record_parse(SL_RECORD_MODEL, in->model);
  *run_id = NULL;
  if (*model != 0) {
    sl_model_row row;
    sl_contract contract;
    SL_TRY(sl_store_get_model(call->store, arena, *model, &row, err));
    SL_TRY(sl_contract_parse(arena, row.contract, strlen(row.contract), &contract, err));
    *out = contract.pipeline;
    return SL_OK;
  }
  SL_TRY(sl_need_run(call, in->run, &run, err));
  *run_id = sl_id_text(arena, SL_RECORD_RUN, run.id);
  *model = run.model;
  if (run.pipeline == NULL || run.model == 0) {
    sl_fail(err, SL_E_UNSUPPORTED,
            "run \"%s\" holds predictions made elsewhere: no pipeline is known", *run_id);
    return sl_hint(err, SL_E_UNSUPPORTED, "Name a model with --model to see what it would see.");
  }
  return sl_pipeline_parse_text(arena, run.pipeline, strlen(run.pipeline), "pipeline of the run",
                                out, err);
}

// A preset or the steps themselves. No file: this question is asked over HTTP too, and a question
// does not read what a client names.
static sl_status named_pipeline(sl_op_call *call, const char *name, sl_pipeline *out,
                                sl_error *err) {
  const sl_preset *preset = sl_preset_find(name);
  const char *text = preset != NULL ? preset->text : name;
  if (preset == NULL && name[0] != '[' && name[0] != '{') {
    sl_fail(err, SL_E_NOT_FOUND, "there is no pipeline preset \"%.64s\"", name);
    return sl_hint(err, SL_E_NOT_FOUND,
                   "Give a preset or the steps as JSON; files are taken by \"eval\" and \"open\".");
  }
  return sl_pipeline_parse_text(call->arena, text, strlen(text), "the given pipeline", out, err);
}

static sl_status change(sl_op_call *call, const sl_pipeline_params *p, sl_pipeline *pipeline,
                        sl_error *err) {
  sl_pipeline base = *pipeline;
  if (p->pipeline != NULL) SL_TRY(named_pipeline(call, p->pipeline, &base, err));
  sl_pipeline_changes changes = {.mode = p->mode,
                                 .kernel = p->kernel,
                                 .resize_short = p->resize,
                                 .crop = p->crop,
                                 .mean = p->mean,
                                 .std = p->std,
                                 .scale = p->scale};
  return sl_pipeline_change(call->arena, &base, &changes, pipeline, err);
}

// ---- pictures of stages
// --------------------------------------------------------------------------

static sl_status keep_picture(sl_op_call *call, const sl_image *image, const char **key,
                              sl_error *err) {
  sl_buffer *png;
  char hex[SL_BLOB_KEY_SIZE];
  SL_TRY(sl_image_encode(image, SL_ENCODING_PNG, 1, &png, err));
  sl_status status = sl_store_put_blob(call->store, png->bytes, png->size, "image/png", hex, err);
  sl_buffer_release(png);
  *key = sl_arena_copy(call->arena, hex);
  return status;
}

static sl_status picture_of_image(sl_op_call *call, const sl_explained *stage, const char **key,
                                  sl_error *err) {
  if (stage->colour != SL_COLOUR_BGR) return keep_picture(call, &stage->image, key, err);
  sl_image shown;
  SL_TRY(
      sl_image_convert(&stage->image, SL_COLOUR_BGR, SL_COLOUR_RGB, SL_LIKE_PILLOW, &shown, err));
  sl_status status = keep_picture(call, &shown, key, err);
  sl_image_release(&shown);
  return status;
}

typedef struct plane {
  int64_t width, height, channels, row, column, channel;  // sizes; strides in elements
} plane;

static plane plane_of(const sl_tensor *tensor) {
  const int64_t *d = tensor->shape.dims;
  int channels_last = tensor->shape.rank == 4 && d[3] <= 4 && d[1] > 4;
  if (channels_last) return (plane){d[2], d[1], d[3], d[2] * d[3], d[3], 1};
  return (plane){d[3], d[2], d[1], d[3], 1, d[2] * d[3]};
}

// A tensor is shown in the model's own channel order, stretched from its minimum to its maximum.
static sl_status picture_of_tensor(sl_op_call *call, const sl_explained *stage, const char **key,
                                   sl_error *err) {
  plane p = plane_of(&stage->tensor);
  int32_t channels = p.channels >= 3 ? 3 : 1;
  sl_image image;
  SL_TRY(sl_image_new((int32_t)p.width, (int32_t)p.height, channels, 8, &image, err));
  double low = stage->stats.min, span = stage->stats.max - low;
  uint8_t *out = image.pixels;
  for (int64_t y = 0; y < p.height; y++)
    for (int64_t i = 0; i < p.width * channels; i++) {
      size_t at = (size_t)(y * p.row + i / channels * p.column + i % channels * p.channel);
      double value = sl_dtype_load(stage->tensor.dtype, stage->tensor.data, at);
      double unit = span > 0 ? (value - low) / span : 0.5;
      *out++ = isfinite(unit) ? (uint8_t)(255 * fmin(fmax(unit, 0), 1) + 0.5) : 0;
    }
  sl_status status = keep_picture(call, &image, key, err);
  sl_image_release(&image);
  return status;
}

static sl_status fill_stage(sl_op_call *call, const sl_explained *stage, sl_rec_stage *out,
                            sl_error *err) {
  sl_arena *arena = call->arena;
  *out = (sl_rec_stage){.name = sl_arena_copy(arena, stage->name),
                        .title = sl_arena_copy(arena, stage->title),
                        .params = sl_arena_copy(arena, stage->params),
                        .kind = stage->is_tensor,
                        .min = stage->stats.min,
                        .max = stage->stats.max,
                        .mean = stage->stats.mean,
                        .std = stage->stats.std,
                        .nan_count = stage->stats.nan_count,
                        .inf_count = stage->stats.inf_count};
  if (stage->is_tensor) {
    plane p = plane_of(&stage->tensor);
    out->width = p.width;
    out->height = p.height;
    out->channels = p.channels;
    out->dtype = sl_dtype_name(stage->tensor.dtype);
    out->shape = sl_shape_text(arena, &stage->tensor.shape);
    return picture_of_tensor(call, stage, &out->image, err);
  }
  const sl_image *image = &stage->image;
  out->width = image->width;
  out->height = image->height;
  out->channels = image->channels;
  out->dtype = image->bits == 16 ? "uint16" : "uint8";
  out->shape = sl_arena_printf(arena, "%dx%dx%d", image->height, image->width, image->channels);
  return picture_of_image(call, stage, &out->image, err);
}

static sl_status explain(sl_op_call *call, const sl_model *model, const sl_pipeline *pipeline,
                         const sl_sample_row *sample, stages_result *out, sl_error *err) {
  sl_prep *prep;
  sl_sample_data data;
  SL_TRY(sl_contract_prep(call->arena, model, pipeline, &prep, err));
  sl_sample_reader *reader = sl_sample_reader_new(call->arena, call->store);
  SL_TRY(sl_sample_read(reader, sample, &data, err));
  sl_input input = {0};
  if (data.is_pixels)
    input.pixels = data.pixels;
  else
    input.file = data.file;
  sl_explained *stages;
  size_t count;
  SL_TRY(sl_prep_explain(call->arena, prep, &input, &stages, &count, err));
  sl_rec_stage *records = SL_NEW_ARRAY(call->arena, sl_rec_stage, count + 1);
  sl_status status = SL_OK;
  for (size_t i = 0; i < count && status == SL_OK; i++)
    status = fill_stage(call, &stages[i], &records[i], err);
  sl_explained_release(stages, count);
  out->stages = (sl_records){records, (int64_t)count};
  return status;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const stages_params *in = params_in;
  stages_result *out = result_out;
  sl_sample_row sample;
  sl_pipeline pipeline;
  int64_t model_id;
  sl_model_row row;
  sl_model *model;
  SL_TRY(sl_need_sample(call, in->sample, &sample, err));
  SL_TRY(find_pipeline(call, in, &pipeline, &model_id, &out->run, err));
  SL_TRY(change(call, &in->pipeline, &pipeline, err));
  SL_TRY(sl_store_get_model(call->store, call->arena, model_id, &row, err));
  SL_TRY(sl_model_open(call->arena, row.path, &model, err));
  out->sample = in->sample;
  sl_status status = explain(call, model, &pipeline, &sample, out, err);
  sl_model_close(model);
  return status;
}

const sl_op sl_op_stages = {
    .info = {.name = "stages",
             .title = "What the model saw",
             .help = "The image after every step of the pipeline, with tensor statistics.",
             .example = "slitlamp stages s1",
             .since = "0.1.0",
             .flags = SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(stages_params),
             .result = result,
             .result_size = sizeof(stages_result)},
    .run = run};
