// SPDX-License-Identifier: Apache-2.0
// Opening a model's external data files.
//
// Invariant: what a model writes as a location is judged as text first, then opened in one step
// below the model's folder; nothing is ever opened by joining strings. Start at
// sl_onnx_open_external().
#include "onnx/external.h"

#include <string.h>

#include "base/map.h"

static sl_status refuse(const sl_onnx_external *tensor, const char *reason, sl_error *err) {
  sl_fail(err, SL_E_MODEL, "external data \"%.200s\" of tensor \"%.80s\" are refused: %s",
          tensor->location, tensor->tensor, reason);
  return sl_hint(err, SL_E_MODEL,
                 "External data must be plain files in the model's own folder or below it.");
}

// Whether `text` has the path component ".." between slashes of either kind.
static int climbs(const char *text) {
  for (const char *at = text; *at != '\0';) {
    size_t size = strcspn(at, "/\\");
    if (size == 2 && at[0] == '.' && at[1] == '.') return 1;
    at += size + (at[size] != '\0');
  }
  return 0;
}

sl_status sl_onnx_judge_location(const sl_onnx_external *tensor, sl_error *err) {
  const char *location = tensor->location;
  if (location[0] == '\0') return refuse(tensor, "the location is empty", err);
  if (strstr(location, "_ORT_MEM_ADDR_") != NULL)
    return refuse(tensor, "the location names memory, not a file", err);
  if (location[0] == '/' || location[0] == '\\') return refuse(tensor, "the path is absolute", err);
  if (strchr(location, ':') != NULL) return refuse(tensor, "the location is not a plain path", err);
  if (climbs(location)) return refuse(tensor, "the path leaves the model's folder", err);
  for (const char *at = location; *at != '\0'; at++)
    if ((unsigned char)*at < 32) return refuse(tensor, "the path has control characters", err);
  return SL_OK;
}

static sl_status check_range(const sl_onnx_external *tensor, size_t size, sl_error *err) {
  uint64_t offset = (uint64_t)tensor->offset;
  uint64_t length = tensor->length > 0 ? (uint64_t)tensor->length : 0;
  if (offset <= size && length <= size - offset) return SL_OK;
  return sl_fail(err, SL_E_MODEL,
                 "tensor \"%.80s\" takes bytes %llu to %llu of external data \"%.200s\", which has "
                 "%zu bytes",
                 tensor->tensor, (unsigned long long)offset, (unsigned long long)(offset + length),
                 tensor->location, size);
}

static sl_status open_one(sl_arena *arena, const char *dir, const sl_onnx_external *tensor,
                          sl_onnx_file *out, sl_error *err) {
  out->location = tensor->location;
  sl_error why = {0};
  sl_status status = sl_file_map_beneath(arena, dir, tensor->location, &out->bytes, &why);
  if (status == SL_OK) return SL_OK;
  if (status == SL_E_DENIED || status == SL_E_FORMAT)
    return refuse(tensor, sl_error_message(&why), err);
  sl_fail(err, status, "cannot open external data of tensor \"%.80s\": %s", tensor->tensor,
          sl_error_message(&why));
  return sl_hint(err, status, "Copy the external data files together with the model.");
}

sl_status sl_onnx_open_external(sl_arena *arena, const sl_onnx_summary *summary,
                                const char *model_path, const sl_onnx_file **out, size_t *count,
                                sl_error *err) {
  const char *dir = sl_path_dir(arena, model_path);
  sl_map *opened = sl_map_new(arena);
  sl_onnx_file *files = SL_NEW_ARRAY(arena, sl_onnx_file, summary->external_count);
  size_t n = 0;
  for (size_t i = 0; i < summary->external_count; i++) {
    const sl_onnx_external *tensor = &summary->externals[i];
    int64_t at = sl_map_get_text(opened, tensor->location, -1);
    if (at < 0) {
      SL_TRY(sl_onnx_judge_location(tensor, err));
      SL_TRY(open_one(arena, dir, tensor, &files[n], err));
      at = (int64_t)n++;
      sl_map_set_text(opened, tensor->location, at);
    }
    SL_TRY(check_range(tensor, files[at].bytes.size, err));
  }
  *out = files;
  *count = n;
  return SL_OK;
}
