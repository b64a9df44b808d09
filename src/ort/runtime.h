// SPDX-License-Identifier: Apache-2.0
// The one environment of ONNX Runtime in this process; inside src/ort only.
#ifndef SL_ORT_RUNTIME_H
#define SL_ORT_RUNTIME_H

#include <onnxruntime_c_api.h>

#include "base/error.h"
#include "ort/session.h"
#include "tensor/tensor.h"

const OrtApi *sl_ort_api(void);  // NULL when the library is older than the header

// Makes the environment on the first call; its log lines go to sl_log().
SL_MUST_CHECK sl_status sl_ort_env(OrtEnv **out, sl_error *err);

sl_dtype sl_ort_dtype(ONNXTensorElementDataType type);  // SL_DTYPE_NONE when we have none
ONNXTensorElementDataType sl_ort_element(sl_dtype dtype);

// A value over the tensor's memory; the caller keeps both alive and releases the value.
SL_MUST_CHECK sl_status sl_ort_wrap(const sl_tensor *tensor, OrtValue **out, sl_error *err);
// A tensor over the value's memory; owns the value, also after a failure. A value that is not a
// tensor of numbers gives a tensor of dtype SL_DTYPE_NONE without data.
SL_MUST_CHECK sl_status sl_ort_adopt(OrtValue *value, sl_tensor *out, sl_error *err);

// Adds the provider to session options.
SL_MUST_CHECK sl_status sl_ort_append_provider(OrtSessionOptions *options, sl_provider provider,
                                               sl_error *err);

#endif
