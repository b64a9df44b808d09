// SPDX-License-Identifier: Apache-2.0
// Turns an OrtStatus into an sl_error: our sentence first, the library's text as the detail.
#include "ort/ort_status.h"

#include <string.h>

#include "ort/runtime.h"

// What the library's text tells about the reason, in our words; the first row that fits counts.
typedef struct reason {
  const char *marker;
  sl_status status;
  const char *because, *hint;
} reason;

static const reason reasons[] = {
    {"terminate flag", SL_E_CANCELLED, "it was stopped", ""},
    {"not a registered function/op", SL_E_MODEL, "it uses an operator that is not installed",
     "Export the model with standard operators only."},
    {"No Op registered for", SL_E_MODEL, "it uses an operator that does not exist in its opset",
     "Export the model with standard operators only."},
    {"Unsupported model IR version", SL_E_UNSUPPORTED,
     "its IR version is newer than the installed ONNX Runtime",
     "Install a newer ONNX Runtime, or export with an older onnx package."},
    {"under development and support for this is limited", SL_E_UNSUPPORTED,
     "its opset is newer than the installed ONNX Runtime",
     "Install a newer ONNX Runtime, or export with a lower opset."},
    {"Could not find an implementation", SL_E_UNSUPPORTED,
     "the provider does not implement one of its operators",
     "Try another provider, or export with another opset or element type."},
    {"Failed to find kernel", SL_E_UNSUPPORTED,
     "the provider does not implement one of its operators",
     "The file was optimised for another device: load the model as it was exported."},
    {"External initializer", SL_E_MODEL, "its external data do not fit", ""},
    {"external data", SL_E_MODEL, "its external data do not fit", ""},
    {"Protobuf parsing failed", SL_E_FORMAT, "the bytes are not a complete ONNX file", ""},
    {"Failed to allocate memory", SL_E_MEMORY, "memory ran out", "Try a smaller batch."},
    {"Got invalid dimensions", SL_E_MODEL, "the input has another shape than the model declares",
     "Check the size and layout of the pipeline."},
    {"Unexpected input data type", SL_E_MODEL, "the input has another element type than declared",
     "Check the dtype of the pipeline's layout step."},
    {"is not in graph", SL_E_MODEL, "the graph is inconsistent", ""},
    {"CUDA failure", SL_E_RUNTIME, "the GPU reported a failure", "Try --provider cpu."},
    {"libcudart", SL_E_UNSUPPORTED, "CUDA is not installed", "Try --provider cpu."},
    {NULL, SL_E_RUNTIME, "", ""}};

static const reason *find_reason(const char *text) {
  const reason *row = reasons;
  while (row->marker != NULL && strstr(text, row->marker) == NULL) row++;
  return row;
}

static sl_status status_of_code(OrtErrorCode code) {
  switch (code) {
    case ORT_INVALID_PROTOBUF:
    case ORT_NO_MODEL:
      return SL_E_FORMAT;
    case ORT_INVALID_GRAPH:
      return SL_E_MODEL;
    case ORT_NOT_IMPLEMENTED:
      return SL_E_UNSUPPORTED;
    default:
      return SL_E_RUNTIME;
  }
}

// The library puts "/path/file.cc:46 signature(...) " before some texts.
static const char *after_location(const char *text) {
  const char *end = strstr(text, ") ");
  const char *file = strstr(text, "/onnxruntime/");
  return text[0] == '/' && file != NULL && end != NULL && file < end ? end + 2 : text;
}

sl_status sl_ort_check(OrtStatus *status, const char *doing, sl_error *err) {
  if (status == NULL) return SL_OK;
  const OrtApi *api = sl_ort_api();
  const char *text = api->GetErrorMessage(status);
  const reason *why = find_reason(text);
  text = after_location(text);
  sl_status code = why->marker != NULL ? why->status : status_of_code(api->GetErrorCode(status));
  sl_fail(err, code, "ONNX Runtime cannot %s%s%s", doing, why->because[0] != '\0' ? ": " : "",
          why->because);
  sl_detail(err, code, "%.*s", (int)strcspn(text, "\n"), text);
  if (why->hint[0] != '\0') sl_hint(err, code, "%s", why->hint);
  api->ReleaseStatus(status);
  return code;
}
