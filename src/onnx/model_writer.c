// SPDX-License-Identifier: Apache-2.0
// The model message, and files of models.
//
// Invariant: file names are chosen here, never taken from a model. Start at write_model().
#include "onnx/model_writer.h"

#include <string.h>

#include "base/file.h"

// What a protobuf message can hold at most; readers refuse more.
static const size_t message_limit = INT32_MAX;

// Stands where the location of detached weights stands; no file of that name is looked for.
static const char detached_location[] = "detached";

void sl_writer_opset(sl_message *out, uint32_t field, const sl_opset *opset) {
  sl_message_mark mark = sl_message_begin(out, field);
  sl_message_text(out, 1, opset->domain);
  sl_message_int(out, 2, opset->version);
  sl_message_end(out, mark);
}

static void write_metadata(sl_message *out, uint32_t field, const sl_metadata *pair) {
  sl_message_mark mark = sl_message_begin(out, field);
  sl_message_text(out, 1, pair->key);
  sl_message_text(out, 2, pair->value);
  sl_message_end(out, mark);
}

static void write_text(sl_message *out, uint32_t field, const char *text) {
  if (text[0] != '\0') sl_message_text(out, field, text);
}

static sl_message write_model(sl_writer *w) {
  const sl_graph_model *model = w->model;
  sl_message message = {.arena = w->arena}, *out = &message;
  sl_writer_graphs(w);
  sl_message_int(out, 1, model->ir_version);
  write_text(out, 2, model->producer);
  write_text(out, 3, model->producer_version);
  write_text(out, 4, model->domain);
  if (model->model_version != 0) sl_message_int(out, 5, model->model_version);
  write_text(out, 6, model->doc);
  sl_message_put(out, 7, &w->graphs[0].message);
  for (size_t i = 0; i < model->opset_count; i++) sl_writer_opset(out, 8, &model->opsets[i]);
  for (size_t i = 0; i < model->metadata_count; i++) write_metadata(out, 14, &model->metadata[i]);
  for (size_t i = 0; i < model->function_count; i++)
    sl_message_put(out, 25, &w->graphs[1 + i].message);
  sl_message_fields(out, model->extra);
  return message;
}

static sl_status too_big(size_t size, sl_error *err) {
  return sl_fail(err, SL_E_LIMIT, "the model takes %zu MB as one message, above the 2 GB of ONNX",
                 size >> 20);
}

sl_status sl_onnx_serialise(sl_arena *arena, const sl_graph_model *model,
                            const sl_onnx_write_options *options, sl_onnx_written *out,
                            sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "model writer");
  sl_writer writer = {.arena = scratch,
                      .model = model,
                      .detach_above_bytes = options != NULL ? options->detach_above_bytes : 0,
                      .for_session = options != NULL && options->for_session,
                      .location = detached_location};
  sl_message message = write_model(&writer);
  *out = (sl_onnx_written){0};
  sl_status status = message.size > message_limit
                         ? too_big(message.size, err)
                         : sl_message_join(&message, arena, message_limit + 1, &out->bytes, err);
  if (status == SL_OK && writer.detached_count > 0) {
    sl_onnx_detached *detached = SL_NEW_ARRAY(arena, sl_onnx_detached, writer.detached_count);
    memcpy(detached, writer.detached, writer.detached_count * sizeof *detached);
    out->detached = detached;
    out->detached_count = writer.detached_count;
  }
  sl_arena_free(scratch);
  return status;
}

// ---- files --------------------------------------------------------------------------------------

enum { KEEP_INSIDE_BYTES = 1024 };  // small weights stay where shape inference finds them

static sl_status write_data(const sl_writer *w, const char *path, sl_error *err) {
  static const uint8_t zeros[SL_WRITER_ALIGNMENT] = {0};
  sl_bytes *parts = SL_NEW_ARRAY(w->arena, sl_bytes, 2 * w->detached_count + 1);
  size_t count = 0, size = 0;
  for (size_t i = 0; i < w->detached_count; i++) {
    size_t gap = (SL_WRITER_ALIGNMENT - size % SL_WRITER_ALIGNMENT) % SL_WRITER_ALIGNMENT;
    parts[count++] = (sl_bytes){zeros, gap};
    parts[count++] = w->detached[i].constant->data;
    size += gap + w->detached[i].constant->data.size;
  }
  return sl_file_write_parts(path, parts, count, err);
}

static sl_status save_apart(sl_arena *scratch, const sl_graph_model *model, const char *path,
                            size_t message_max, sl_error *err) {
  const char *data_path = sl_arena_printf(scratch, "%s.data", path);
  sl_writer writer = {.arena = scratch,
                      .model = model,
                      .detach_above_bytes = KEEP_INSIDE_BYTES,
                      .location = sl_path_base(data_path)};
  sl_message message = write_model(&writer);
  if (message.size > message_max) return too_big(message.size, err);
  SL_TRY(write_data(&writer, data_path, err));
  return sl_file_write_parts(path, message.parts, message.part_count, err);
}

sl_status sl_writer_save(const sl_graph_model *model, const char *path, size_t message_max,
                         sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "model writer");
  sl_writer writer = {.arena = scratch, .model = model};
  sl_message message = write_model(&writer);
  sl_status status = message.size <= message_max
                         ? sl_file_write_parts(path, message.parts, message.part_count, err)
                         : save_apart(scratch, model, path, message_max, err);
  sl_arena_free(scratch);
  return status;
}

sl_status sl_onnx_save(const sl_graph_model *model, const char *path, sl_error *err) {
  return sl_writer_save(model, path, message_limit, err);
}
