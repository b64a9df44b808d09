// SPDX-License-Identifier: Apache-2.0
// Opening a model file: bytes, summary, external data, and the one image input and one score output
// that make it a classifier.
//
// Invariant: after sl_model_open() succeeded, input and output are what the rest of this layer can
// run; everything else was refused with a reason. Start at the end.
#include <string.h>

#include "base/hash.h"
#include "model/contract.h"

static const char *port_text(sl_arena *arena, const sl_onnx_value *value) {
  return sl_arena_printf(arena, "\"%.80s\" (%s, %s)", value->name, value->type,
                         sl_onnx_shape_text(arena, value));
}

static const char *port_list(sl_arena *arena, const sl_onnx_value *values, size_t count) {
  sl_text text = {0};
  for (size_t i = 0; i < count && i < 6; i++)
    sl_text_printf(&text, "%s%s", i > 0 ? ", " : "", port_text(arena, &values[i]));
  if (count > 6) sl_text_printf(&text, " and %zu more", count - 6);
  return sl_text_take(&text, arena);
}

// ---- input
// ---------------------------------------------------------------------------------------

static int is_channels(int64_t dim) { return dim == 1 || dim == 3 || dim == 4; }

enum { SIDE_MAX = 65535, BATCH_MAX = 65536, COLUMNS_MAX = 1 << 24 };

static int32_t side(int64_t dim) { return dim > 0 ? (int32_t)dim : 0; }

static void read_order(sl_model_input *input, const int64_t d[4]) {
  int last = is_channels(d[3]) && !is_channels(d[1]);
  input->order = last ? SL_ORDER_NHWC : SL_ORDER_NCHW;
  input->channels = side(last ? d[3] : d[1]);
  input->height = side(last ? d[1] : d[2]);
  input->width = side(last ? d[2] : d[3]);
  input->order_reason = last                ? "the last axis has the size of a channel axis"
                        : is_channels(d[1]) ? "the second axis has the size of a channel axis"
                                            : "no axis shows where the channels are";
}

static sl_status refuse_input(const sl_model *m, const char *why, sl_error *err) {
  sl_fail(err, SL_E_MODEL, "model \"%s\" has no image input: %s %s", m->name,
          port_text(m->arena, &m->onnx.inputs[0]), why);
  return sl_hint(err, SL_E_MODEL,
                 "An image input has the axes batch, channels, height and width, or batch, height, "
                 "width and channels.");
}

static sl_status read_input(sl_model *m, sl_error *err) {
  if (m->onnx.input_count != 1) {
    sl_fail(err, SL_E_MODEL, "model \"%s\" takes %zu inputs, one image is needed: %s", m->name,
            m->onnx.input_count, port_list(m->arena, m->onnx.inputs, m->onnx.input_count));
    return sl_hint(err, SL_E_MODEL, "Export the model so that the image is its only input.");
  }
  const sl_onnx_value *value = &m->onnx.inputs[0];
  sl_model_input *input = &m->input;
  input->name = value->name;
  input->dtype = value->dtype;
  input->rank = value->rank;
  if (value->dtype != SL_DTYPE_F32 && value->dtype != SL_DTYPE_F16 && value->dtype != SL_DTYPE_U8 &&
      value->dtype != SL_DTYPE_I8)
    return refuse_input(m, "is neither float32, float16, uint8 nor int8", err);
  if (value->rank != 4 && value->rank != 3) return refuse_input(m, "does not have 4 axes", err);
  int64_t d[4];
  for (int32_t i = 0; i < value->rank; i++) d[i] = value->dims[i].size;
  for (int32_t i = 0; i < value->rank; i++)
    if (d[i] > (i == 0 ? BATCH_MAX : SIDE_MAX)) return refuse_input(m, "is too large", err);
  input->batch = d[0] > 0 ? d[0] : 0;
  if (value->rank == 4) {
    read_order(input, d);
    return SL_OK;
  }
  if (d[0] == 3) return refuse_input(m, "has no batch axis", err);
  input->channels = 1;
  input->height = side(d[1]);
  input->width = side(d[2]);
  input->order_reason = "three axes: batch, height and width of grey images";
  return SL_OK;
}

// ---- output
// --------------------------------------------------------------------------------------

// Whether the value is one row of numbers per sample: at most one axis after the batch that is not
// 1. *columns is 0 when the file does not say.
static int is_scores(const sl_onnx_value *value, int64_t *columns) {
  if (value->dtype != SL_DTYPE_F32 && value->dtype != SL_DTYPE_F16 && value->dtype != SL_DTYPE_F64)
    return 0;
  *columns = value->rank < 0 ? 0 : 1;
  int wide = 0;
  for (int32_t i = 1; i < value->rank; i++) {
    int64_t size = value->dims[i].size;
    if (size == 1) continue;
    wide++;
    *columns = size > 0 ? size : 0;
  }
  return wide <= 1 && *columns <= COLUMNS_MAX;
}

static sl_status read_output(sl_model *m, sl_error *err) {
  for (size_t i = 0; i < m->onnx.output_count; i++) {
    const sl_onnx_value *value = &m->onnx.outputs[i];
    if (!is_scores(value, &m->output.columns)) continue;
    m->output.name = value->name;
    m->output.index = i;
    m->output.dtype = value->dtype;
    return SL_OK;
  }
  sl_fail(err, SL_E_MODEL, "model \"%s\" gives no class scores: %s", m->name,
          m->onnx.output_count == 0 ? "it has no outputs"
                                    : port_list(m->arena, m->onnx.outputs, m->onnx.output_count));
  return sl_hint(err, SL_E_MODEL,
                 "A classifier's output has the axes batch and class; detection and segmentation "
                 "models are not evaluated yet.");
}

// ---- state
// ---------------------------------------------------------------------------------------

static const char *first_metadata(const sl_model *m, const char *const *keys) {
  for (; *keys != NULL; keys++) {
    const char *value = sl_onnx_metadata(&m->onnx, *keys);
    if (value != NULL) return value;
  }
  return "";
}

static void read_state(sl_model *m) {
  static const char *const version[] = {"slitlamp.version", "version", "model_version", NULL};
  static const char *const epoch[] = {"slitlamp.epoch", "epoch", "epochs", NULL};
  static const char *const license[] = {"slitlamp.license", "license", NULL};
  static const char *const trained_on[] = {"slitlamp.trained_on", "trained_on", "dataset", "data",
                                           NULL};
  static const char *const parameters[] = {"slitlamp.hyperparameters", "hyperparameters", "hparams",
                                           "args", NULL};
  m->state = (sl_model_state){.version = first_metadata(m, version),
                              .epoch = first_metadata(m, epoch),
                              .license = first_metadata(m, license),
                              .trained_on = first_metadata(m, trained_on),
                              .hyperparameters = first_metadata(m, parameters)};
  if (m->state.version[0] == '\0' && m->onnx.model_version > 0)
    m->state.version = sl_arena_printf(m->arena, "%lld", (long long)m->onnx.model_version);
}

// ---- the file
// ------------------------------------------------------------------------------------

static sl_status load(sl_model *m, sl_error *err) {
  SL_TRY(sl_file_map(m->arena, m->path, &m->bytes, err));
  SL_TRY(sl_onnx_scan(m->arena, m->name, m->bytes, NULL, &m->onnx, err));
  SL_TRY(sl_onnx_check_operators(&m->onnx, m->name, err));
  SL_TRY(
      sl_onnx_open_external(m->arena, &m->onnx, m->path, &m->externals, &m->external_count, err));
  SL_TRY(read_input(m, err));
  SL_TRY(read_output(m, err));
  read_state(m);
  sl_hash hash = sl_hash_of(m->bytes.at, m->bytes.size);
  sl_hash_hex(&hash, m->key);
  return SL_OK;
}

sl_status sl_model_open(sl_arena *parent, const char *path, sl_model **out, sl_error *err) {
  sl_arena *arena = sl_arena_new(parent, "model");
  sl_model *m = SL_NEW(arena, sl_model);
  m->arena = arena;
  m->path = sl_arena_copy(arena, path);
  const char *base = sl_path_base(path);
  m->name = sl_display(arena, base, strlen(base));
  sl_status status = load(m, err);
  if (status != SL_OK) {
    sl_arena_free(arena);
    return status;
  }
  *out = m;
  return SL_OK;
}

void sl_model_close(sl_model *model) {
  if (model != NULL) sl_arena_free(model->arena);
}

sl_status sl_model_session(const sl_model *model, sl_provider provider, int32_t intra_threads,
                           sl_session **out, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "open session");
  const char **names = SL_NEW_ARRAY(scratch, const char *, model->external_count);
  sl_bytes *bytes = SL_NEW_ARRAY(scratch, sl_bytes, model->external_count);
  for (size_t i = 0; i < model->external_count; i++) {
    names[i] = model->externals[i].location;
    bytes[i] = model->externals[i].bytes;
  }
  sl_session_options options = {.provider = provider,
                                .intra_threads = intra_threads,
                                .deterministic = true,
                                .external_names = names,
                                .external_bytes = bytes,
                                .external_count = model->external_count};
  sl_status status = sl_session_open(model->name, model->bytes, &options, out, err);
  sl_arena_free(scratch);
  return status;
}
