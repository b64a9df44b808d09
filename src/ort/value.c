// SPDX-License-Identifier: Apache-2.0
// Between sl_tensor and OrtValue, without copies.
#include <string.h>

#include "ort/ort_status.h"
#include "ort/runtime.h"

static const ONNXTensorElementDataType elements[SL_DTYPE_COUNT] = {
    [SL_DTYPE_BOOL] = ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL,
    [SL_DTYPE_U8] = ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,
    [SL_DTYPE_I8] = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8,
    [SL_DTYPE_U16] = ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16,
    [SL_DTYPE_I16] = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16,
    [SL_DTYPE_U32] = ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32,
    [SL_DTYPE_I32] = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,
    [SL_DTYPE_U64] = ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64,
    [SL_DTYPE_I64] = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,
    [SL_DTYPE_F16] = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16,
    [SL_DTYPE_BF16] = ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16,
    [SL_DTYPE_F32] = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
    [SL_DTYPE_F64] = ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE,
};

ONNXTensorElementDataType sl_ort_element(sl_dtype dtype) { return elements[dtype]; }

sl_dtype sl_ort_dtype(ONNXTensorElementDataType type) {
  for (sl_dtype dtype = SL_DTYPE_BOOL; dtype < SL_DTYPE_COUNT; dtype++)
    if (elements[dtype] == type) return dtype;
  return SL_DTYPE_NONE;
}

sl_status sl_ort_wrap(const sl_tensor *tensor, OrtValue **out, sl_error *err) {
  const OrtApi *api = sl_ort_api();
  OrtMemoryInfo *memory;
  SL_TRY(sl_ort_check(api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory),
                      "describe memory", err));
  size_t size = (size_t)sl_shape_count(&tensor->shape) * sl_dtype_size(tensor->dtype);
  OrtStatus *made = api->CreateTensorWithDataAsOrtValue(
      memory, tensor->data, size, tensor->shape.dims, (size_t)tensor->shape.rank,
      sl_ort_element(tensor->dtype), out);
  api->ReleaseMemoryInfo(memory);
  return sl_ort_check(made, "wrap a tensor", err);
}

static sl_status read_shape(const OrtValue *value, sl_tensor *out, sl_error *err) {
  const OrtApi *api = sl_ort_api();
  OrtTensorTypeAndShapeInfo *info;
  SL_TRY(sl_ort_check(api->GetTensorTypeAndShape(value, &info), "describe an output", err));
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  size_t rank = 0;
  OrtStatus *failed = api->GetTensorElementType(info, &type);
  if (failed == NULL) failed = api->GetDimensionsCount(info, &rank);
  if (failed == NULL && rank <= SL_RANK_MAX)
    failed = api->GetDimensions(info, out->shape.dims, rank);
  api->ReleaseTensorTypeAndShapeInfo(info);
  SL_TRY(sl_ort_check(failed, "describe an output", err));
  if (rank > SL_RANK_MAX)
    return sl_fail(err, SL_E_UNSUPPORTED, "an output has %zu axes, the limit is %d", rank,
                   SL_RANK_MAX);
  out->shape.rank = (int32_t)rank;
  out->dtype = sl_ort_dtype(type);
  return SL_OK;
}

static void release_value(void *owner) { sl_ort_api()->ReleaseValue(owner); }

static sl_status wrap_output(OrtValue *value, sl_tensor *out, sl_error *err) {
  int is_tensor = 0;
  SL_TRY(sl_ort_check(sl_ort_api()->IsTensor(value, &is_tensor), "describe an output", err));
  if (is_tensor) SL_TRY(read_shape(value, out, err));
  if (out->dtype == SL_DTYPE_NONE) return SL_OK;
  void *data;
  SL_TRY(sl_ort_check(sl_ort_api()->GetTensorMutableData(value, &data), "read an output", err));
  size_t size = (size_t)sl_shape_count(&out->shape) * sl_dtype_size(out->dtype);
  SL_TRY(sl_buffer_wrap(data, size, release_value, value, &out->buffer, err));
  out->data = data;
  return SL_OK;
}

sl_status sl_ort_adopt(OrtValue *value, sl_tensor *out, sl_error *err) {
  memset(out, 0, sizeof *out);
  sl_status status = wrap_output(value, out, err);
  if (out->buffer == NULL) {
    sl_ort_api()->ReleaseValue(value);
    if (status != SL_OK) memset(out, 0, sizeof *out);
  }
  return status;
}
