// SPDX-License-Identifier: Apache-2.0
// Keeping numbers.
#include "op/kept_numbers.h"

#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "op/engine_state.h"
#include "store/blob_table.h"

const char *sl_kept_key(sl_op_call *call, const char *prefix, sl_text *depends) {
  char hex[65];
  sl_hash hash = sl_hash_of(depends->at, depends->size);
  sl_hash_hex(&hash, hex);
  sl_text_free(depends);
  return sl_arena_printf(call->arena, "%s-%s", prefix, hex);
}

sl_status sl_kept_depend_on_file(sl_op_call *call, const char *path, sl_text *depends,
                                 sl_error *err) {
  sl_file_stat stat;
  SL_TRY(sl_file_stat_of(path, &stat, err));
  sl_text_printf(depends, "\n%s %s %lld %lld", sl_version(), sl_path_absolute(call->arena, path),
                 (long long)stat.size_bytes, (long long)stat.mtime_ns);
  return SL_OK;
}

void sl_kept_pass(sl_kept_numbers *kept, void *numbers, int64_t count) {
  size_t size = (size_t)count * 8;
  if (kept->out != NULL) {
    sl_text_append(kept->out, numbers, size);
  } else if (kept->left < size) {
    kept->is_short = true;
  } else {
    memcpy(numbers, kept->at, size);
    kept->at += size;
    kept->left -= size;
  }
}

int sl_kept_find(sl_op_call *call, const char *key, sl_kept_numbers *out) {
  sl_blob_view view;
  if (sl_store_get_blob(call->store, call->arena, key, &view, NULL) != SL_OK) return 0;
  *out = (sl_kept_numbers){.at = view.bytes.at, .left = view.bytes.size};
  return 1;
}

sl_status sl_kept_store(sl_op_call *call, const char *key, sl_text *bytes, sl_error *err) {
  sl_status status = SL_OK;
  if (!call->engine->read_only)
    status = sl_store_put_derived(call->store, key, bytes->at, bytes->size,
                                  "application/octet-stream", err);
  sl_text_free(bytes);
  return status;
}
