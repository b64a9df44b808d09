// SPDX-License-Identifier: Apache-2.0
// Tensors that operations take from .npy files and write to them.
#ifndef SL_OP_READY_TENSOR_H
#define SL_OP_READY_TENSOR_H

#include "op/op.h"
#include "tensor/tensor.h"

// A tensor of that dtype: float files are converted between float types, whole numbers are refused
// for float inputs only where they would lose. SL_DTYPE_NONE keeps the file's own.
SL_MUST_CHECK sl_status sl_ready_tensor_read(const char *path, sl_dtype dtype, sl_tensor *out,
                                             sl_error *err);
SL_MUST_CHECK sl_status sl_ready_tensor_write(const char *path, const sl_tensor *tensor,
                                              sl_error *err);

// Keeps the tensor as .npy bytes in the workspace, re-creatable; *key is NULL without a workspace.
SL_MUST_CHECK sl_status sl_ready_tensor_keep(sl_op_call *call, const sl_tensor *tensor,
                                             const char **key, sl_error *err);

// "0,283" into numbers; *count is 0 for NULL. SL_E_ARG.
SL_MUST_CHECK sl_status sl_index_parse(const char *text, int64_t out[SL_RANK_MAX], int32_t *count,
                                       sl_error *err);

typedef struct sl_rec_tensor {
  const char *name, *dtype, *shape, *path;
  double min, max, mean, std;
  int64_t nans, infinities;
} sl_rec_tensor;
extern const sl_row sl_rows_tensor[];
// What a tensor holds; `path` may be NULL.
void sl_fill_tensor(sl_op_call *call, const char *name, const sl_tensor *tensor, const char *path,
                    sl_rec_tensor *out);

#endif
