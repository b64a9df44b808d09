// SPDX-License-Identifier: Apache-2.0
// External data of a model, opened so that nothing outside its folder can be reached.
#ifndef SL_ONNX_EXTERNAL_H
#define SL_ONNX_EXTERNAL_H

#include "onnx/scan.h"

// One file of external data, mapped; alive as long as the arena.
typedef struct sl_onnx_file {
  const char *location;  // as the model names it
  sl_bytes bytes;
} sl_onnx_file;

// SL_E_MODEL when the location could not be a plain file below the model's folder, whatever is
// there.
SL_MUST_CHECK sl_status sl_onnx_judge_location(const sl_onnx_external *tensor, sl_error *err);

// Opens every file that the model's tensors name, each once. SL_E_MODEL for locations that are
// absolute, leave the folder, are links, have a second name or name memory, and for offsets and
// lengths outside the file; SL_E_NOT_FOUND for files that are missing.
SL_MUST_CHECK sl_status sl_onnx_open_external(sl_arena *arena, const sl_onnx_summary *summary,
                                              const char *model_path, const sl_onnx_file **out,
                                              size_t *count, sl_error *err);

#endif
