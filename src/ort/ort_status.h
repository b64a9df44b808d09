// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime's errors in our words; inside src/ort only.
#ifndef SL_ORT_ORT_STATUS_H
#define SL_ORT_ORT_STATUS_H

#include <onnxruntime_c_api.h>

#include "base/error.h"

// Consumes `status`. SL_OK for NULL. `doing` completes "ONNX Runtime cannot ...": "load model
// \"x\"". The library's own text becomes the detail.
SL_MUST_CHECK sl_status sl_ort_check(OrtStatus *status, const char *doing, sl_error *err);

#endif
