// SPDX-License-Identifier: Apache-2.0
// Loading models: the mapped file, the graph read from it, and its external data.
//
// Invariant: when a call fails nothing of the model stays in the caller's arena. Start at
// sl_onnx_load().
#include "onnx/model_file.h"

#include <string.h>

#include "onnx/external.h"
#include "onnx/model_reader.h"

static sl_status parse(sl_arena *arena, const char *name, sl_bytes bytes,
                       const sl_onnx_limits *limits, sl_reader *reader, sl_error *err) {
  SL_TRY(sl_scan_check_kind(name, bytes, err));
  *reader = (sl_reader){.scan = {.arena = arena,
                                 .name = name,
                                 .start = bytes.at,
                                 .limits = limits != NULL ? *limits : sl_onnx_limits_default}};
  return sl_reader_model(reader, bytes, err);
}

sl_status sl_onnx_parse(sl_arena *arena, const char *name, sl_bytes bytes,
                        const sl_onnx_limits *limits, sl_graph_model **out, sl_error *err) {
  sl_arena *own = sl_arena_new(arena, "model");
  sl_reader reader = {0};
  sl_status status = parse(own, name, bytes, limits, &reader, err);
  *out = status == SL_OK ? reader.model : NULL;
  if (status != SL_OK) sl_arena_free(own);
  return status;
}

// ---- external data ------------------------------------------------------------------------------

static const sl_onnx_file *find_file(const sl_onnx_file *files, size_t count,
                                     const char *location) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(files[i].location, location) == 0) return &files[i];
  return NULL;
}

static sl_status fill(const sl_reader_external *external, const sl_onnx_file *file, sl_error *err) {
  sl_constant *constant = external->constant;
  size_t size = sl_element_bytes(constant->element, constant->count);
  size_t offset = (size_t)external->where.offset;
  if (size > file->bytes.size || offset > file->bytes.size - size)
    return sl_fail(err, SL_E_MODEL,
                   "tensor \"%.80s\" takes bytes %zu to %zu of external data \"%.200s\", which has "
                   "%zu bytes",
                   external->where.tensor, offset, offset + size, file->location, file->bytes.size);
  // An empty file has no address; the data are there all the same.
  const uint8_t *start = file->bytes.at != NULL ? file->bytes.at : constant->message.at;
  constant->data = (sl_bytes){.at = start + offset, .size = size};
  return SL_OK;
}

static sl_status open_external(sl_arena *arena, const sl_reader *reader, const char *path,
                               sl_error *err) {
  const sl_reader_external *externals = reader->externals.at;
  size_t count = reader->externals.count, file_count = 0;
  if (count == 0) return SL_OK;
  sl_onnx_external *where = SL_NEW_ARRAY(arena, sl_onnx_external, count);
  for (size_t i = 0; i < count; i++) where[i] = externals[i].where;
  sl_onnx_summary summary = {.externals = where, .external_count = count};
  const sl_onnx_file *files = NULL, *file = NULL;
  SL_TRY(sl_onnx_open_external(arena, &summary, path, &files, &file_count, err));
  for (size_t i = 0; i < count; i++) {
    if (externals[i].constant == NULL) continue;
    if (file == NULL || strcmp(file->location, where[i].location) != 0)
      file = find_file(files, file_count, where[i].location);
    SL_ASSERT(file != NULL);
    SL_TRY(fill(&externals[i], file, err));
  }
  return SL_OK;
}

static sl_status load(sl_arena *arena, const char *path, const sl_onnx_limits *limits,
                      sl_graph_model **out, sl_error *err) {
  sl_bytes bytes;
  sl_reader reader = {0};
  SL_TRY(sl_file_map(arena, path, &bytes, err));
  SL_TRY(parse(arena, sl_arena_copy(arena, sl_path_base(path)), bytes, limits, &reader, err));
  SL_TRY(open_external(arena, &reader, path, err));
  *out = reader.model;
  return SL_OK;
}

sl_status sl_onnx_load(sl_arena *arena, const char *path, const sl_onnx_limits *limits,
                       sl_graph_model **out, sl_error *err) {
  *out = NULL;
  sl_arena *own = sl_arena_new(arena, "model");
  sl_status status = load(own, path, limits, out, err);
  if (status != SL_OK) sl_arena_free(own);
  return status;
}
