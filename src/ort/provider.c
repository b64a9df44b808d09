// SPDX-License-Identifier: Apache-2.0
// Execution providers: names, presence, and how each is added to a session.
#include <string.h>

#include "ort/ort_status.h"
#include "ort/runtime.h"

typedef struct provider_row {
  const char *name;     // ours
  const char *library;  // ONNX Runtime's
} provider_row;

static const provider_row rows[SL_PROVIDER_COUNT] = {
    {"auto", ""},
    {"cpu", "CPUExecutionProvider"},
    {"cuda", "CUDAExecutionProvider"},
    {"tensorrt", "TensorrtExecutionProvider"},
    {"openvino", "OpenVINOExecutionProvider"},
    {"coreml", "CoreMLExecutionProvider"},
};

const char *sl_provider_name(sl_provider provider) {
  return (unsigned)provider < SL_PROVIDER_COUNT ? rows[provider].name : "unknown";
}

int sl_provider_built(sl_provider provider) {
  sl_arena *scratch = sl_arena_new(NULL, "providers");
  const char *const *names;
  size_t count = 0;
  int found = 0;
  if (sl_ort_providers(scratch, &names, &count, NULL) != SL_OK) count = 0;
  for (size_t i = 0; i < count; i++)
    if ((unsigned)provider < SL_PROVIDER_COUNT && strcmp(names[i], rows[provider].library) == 0)
      found = 1;
  sl_arena_free(scratch);
  return found;
}

static sl_status append_cuda(OrtSessionOptions *options, sl_error *err) {
  const OrtApi *api = sl_ort_api();
  OrtCUDAProviderOptionsV2 *cuda = NULL;
  SL_TRY(sl_ort_check(api->CreateCUDAProviderOptions(&cuda), "use CUDA", err));
  OrtStatus *added = api->SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda);
  api->ReleaseCUDAProviderOptions(cuda);
  return sl_ort_check(added, "use CUDA", err);
}

static sl_status append_tensorrt(OrtSessionOptions *options, sl_error *err) {
  const OrtApi *api = sl_ort_api();
  OrtTensorRTProviderOptionsV2 *tensorrt = NULL;
  SL_TRY(sl_ort_check(api->CreateTensorRTProviderOptions(&tensorrt), "use TensorRT", err));
  OrtStatus *added = api->SessionOptionsAppendExecutionProvider_TensorRT_V2(options, tensorrt);
  api->ReleaseTensorRTProviderOptions(tensorrt);
  SL_TRY(sl_ort_check(added, "use TensorRT", err));
  return append_cuda(options, err);
}

sl_status sl_ort_append_provider(OrtSessionOptions *options, sl_provider provider, sl_error *err) {
  const OrtApi *api = sl_ort_api();
  if (provider != SL_PROVIDER_CPU && !sl_provider_built(provider)) {
    sl_fail(err, SL_E_UNSUPPORTED, "this ONNX Runtime was built without the provider \"%s\"",
            sl_provider_name(provider));
    return sl_hint(err, SL_E_UNSUPPORTED,
                   "Set ONNXRUNTIME_ROOT to a build that has it; \"slitlamp doctor\" lists what is "
                   "there.");
  }
  switch (provider) {
    case SL_PROVIDER_CUDA:
      return append_cuda(options, err);
    case SL_PROVIDER_TENSORRT:
      return append_tensorrt(options, err);
    case SL_PROVIDER_OPENVINO:
      return sl_ort_check(
          api->SessionOptionsAppendExecutionProvider_OpenVINO_V2(options, NULL, NULL, 0),
          "use OpenVINO", err);
    case SL_PROVIDER_COREML:
      return sl_ort_check(
          api->SessionOptionsAppendExecutionProvider(options, "CoreML", NULL, NULL, 0),
          "use CoreML", err);
    default:
      return SL_OK;
  }
}
