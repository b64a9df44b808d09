// SPDX-License-Identifier: Apache-2.0
// Ready tensors in and out.
#include "op/ready_tensor.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "op/engine_state.h"
#include "store/blob_table.h"
#include "tensor/npy.h"

#define R sl_rec_tensor
const sl_row sl_rows_tensor[] = {SL_R_TEXT(R, name, "Name of the value in the model."),
                                 SL_R_TEXT(R, dtype, "Element type."),
                                 SL_R_TEXT(R, shape, "Sizes, the batch first."),
                                 SL_R_REAL(R, min, NULL, "Smallest finite element."),
                                 SL_R_REAL(R, max, NULL, "Largest finite element."),
                                 SL_R_REAL(R, mean, NULL, "Mean of the finite elements."),
                                 SL_R_REAL(R, std, NULL, "Standard deviation of them."),
                                 SL_R_INT(R, nans, NULL, "Elements that are not a number."),
                                 SL_R_INT(R, infinities, NULL, "Infinite elements."),
                                 SL_R_PATH(R, path, "File it was written to."),
                                 SL_ROW_END};
#undef R

void sl_fill_tensor(sl_op_call *call, const char *name, const sl_tensor *tensor, const char *path,
                    sl_rec_tensor *out) {
  sl_tensor_stats stats;
  sl_tensor_stats_of(tensor, &stats);
  *out = (sl_rec_tensor){.name = sl_arena_copy(call->arena, name),
                         .dtype = sl_dtype_name(tensor->dtype),
                         .shape = sl_shape_text(call->arena, &tensor->shape),
                         .path = sl_arena_copy(call->arena, path),
                         .min = stats.min,
                         .max = stats.max,
                         .mean = stats.mean,
                         .std = stats.std,
                         .nans = stats.nan_count,
                         .infinities = stats.inf_count};
}

// ---- files --------------------------------------------------------------------------------------

static sl_status convert(const char *path, sl_tensor *tensor, sl_dtype dtype, sl_error *err) {
  int to_float = dtype == SL_DTYPE_F32 || dtype == SL_DTYPE_F64 || dtype == SL_DTYPE_F16;
  if (!to_float)
    return sl_fail(err, SL_E_ARG, "\"%s\" holds %s, the model takes %s", path,
                   sl_dtype_name(tensor->dtype), sl_dtype_name(dtype));
  sl_tensor made;
  SL_TRY(sl_tensor_new(dtype, &tensor->shape, &made, err));
  int64_t count = sl_shape_count(&tensor->shape);
  for (int64_t i = 0; i < count; i++)
    sl_dtype_store(dtype, made.data, (size_t)i,
                   sl_dtype_load(tensor->dtype, tensor->data, (size_t)i));
  sl_tensor_release(tensor);
  *tensor = made;
  return SL_OK;
}

sl_status sl_ready_tensor_read(const char *path, sl_dtype dtype, sl_tensor *out, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "npy");
  sl_bytes bytes;
  sl_status status = sl_file_map(scratch, path, &bytes, err);
  if (status == SL_OK) status = sl_npy_read(bytes.at, bytes.size, out, err);
  if (status != SL_OK) sl_context(err, "tensor \"%s\"", path);
  sl_arena_free(scratch);
  SL_TRY(status);
  if (dtype == SL_DTYPE_NONE || out->dtype == dtype) return SL_OK;
  status = convert(path, out, dtype, err);
  if (status != SL_OK) sl_tensor_release(out);
  return status;
}

sl_status sl_ready_tensor_write(const char *path, const sl_tensor *tensor, sl_error *err) {
  sl_buffer *bytes;
  SL_TRY(sl_npy_write(tensor, &bytes, err));
  sl_status status = sl_file_write_atomic(path, bytes->bytes, bytes->size, err);
  sl_buffer_release(bytes);
  return status;
}

sl_status sl_ready_tensor_keep(sl_op_call *call, const sl_tensor *tensor, const char **key,
                               sl_error *err) {
  *key = NULL;
  if (call->store == NULL || call->engine->read_only) return SL_OK;
  sl_buffer *bytes;
  char hex[65];
  SL_TRY(sl_npy_write(tensor, &bytes, err));
  sl_hash hash = sl_hash_of(bytes->bytes, bytes->size);
  sl_hash_hex(&hash, hex);
  const char *name = sl_arena_printf(call->arena, "tensor-%s", hex);
  sl_status status =
      sl_store_put_derived(call->store, name, bytes->bytes, bytes->size, "application/x-npy", err);
  sl_buffer_release(bytes);
  *key = name;
  return status;
}

sl_status sl_index_parse(const char *text, int64_t out[SL_RANK_MAX], int32_t *count,
                         sl_error *err) {
  *count = 0;
  for (const char *at = text; at != NULL && *at != '\0';) {
    char *end;
    long long value = strtoll(at, &end, 10);
    int more = *end == ',';
    if (end == at || value < 0 || (*end != '\0' && !more) || *count == SL_RANK_MAX) {
      sl_fail(err, SL_E_ARG, "index \"%s\" is not a list of numbers", text);
      return sl_hint(err, SL_E_ARG, "write it as in \"0,283\": sample 0, element 283");
    }
    out[(*count)++] = value;
    at = end + more;
  }
  return SL_OK;
}
