// SPDX-License-Identifier: Apache-2.0
// Sessions: a model loaded from bytes, with what it takes and gives.
//
// Invariant: every run uses the session's one OrtRunOptions, so that sl_session_stop() reaches all
// runs in flight. Start at sl_session_open().
#include "ort/session.h"

#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "ort/ort_status.h"
#include "ort/session_state.h"

static sl_status set_options(OrtSessionOptions *to, const sl_session_options *from, sl_error *err) {
  static const GraphOptimizationLevel levels[] = {ORT_ENABLE_ALL, ORT_ENABLE_EXTENDED,
                                                  ORT_ENABLE_BASIC, ORT_DISABLE_ALL};
  const OrtApi *api = sl_ort_api();
  const char *doing = "set session options";
  SL_TRY(
      sl_ort_check(api->SetSessionGraphOptimizationLevel(to, levels[from->optimise]), doing, err));
  SL_TRY(sl_ort_check(api->SetIntraOpNumThreads(to, from->intra_threads), doing, err));
  SL_TRY(sl_ort_check(api->SetInterOpNumThreads(to, 1), doing, err));
  SL_TRY(sl_ort_check(api->SetDeterministicCompute(to, from->deterministic), doing, err));
  if (from->rests)
    SL_TRY(sl_ort_check(api->AddSessionConfigEntry(to, "session.force_spinning_stop", "1"), doing,
                        err));
  if (from->profile_prefix != NULL)
    SL_TRY(sl_ort_check(api->EnableProfiling(to, from->profile_prefix), doing, err));
  return SL_OK;
}

static sl_status set_external(sl_arena *scratch, OrtSessionOptions *to,
                              const sl_session_options *from, sl_error *err) {
  size_t count = from->external_count;
  if (count == 0) return SL_OK;
  char **buffers = SL_NEW_ARRAY(scratch, char *, count);
  size_t *sizes = SL_NEW_ARRAY(scratch, size_t, count);
  for (size_t i = 0; i < count; i++) {
    buffers[i] = (char *)(uintptr_t)from->external_bytes[i].at;
    sizes[i] = from->external_bytes[i].size;
  }
  return sl_ort_check(
      sl_ort_api()->AddExternalInitializersFromFilesInMemory(
          to, (const ORTCHAR_T *const *)from->external_names, buffers, sizes, count),
      "take the external data", err);
}

static void release_weights(sl_session *s) {
  while (s->weight_count > 0) sl_ort_api()->ReleaseValue(s->weights[--s->weight_count]);
}

static sl_status set_weights(sl_session *s, OrtSessionOptions *to, const sl_session_options *from,
                             sl_error *err) {
  size_t count = from->weight_count;
  if (count == 0) return SL_OK;
  s->weights = SL_NEW_ARRAY(s->arena, OrtValue *, count);
  for (; s->weight_count < count; s->weight_count++)
    SL_TRY(sl_ort_wrap(&from->weights[s->weight_count], &s->weights[s->weight_count], err));
  return sl_ort_check(sl_ort_api()->AddExternalInitializers(
                          to, from->weight_names, (const OrtValue *const *)s->weights, count),
                      "take the weights", err);
}

static const char *type_words(ONNXType type) {
  switch (type) {
    case ONNX_TYPE_SEQUENCE:
      return "sequence";
    case ONNX_TYPE_MAP:
      return "map";
    case ONNX_TYPE_SPARSETENSOR:
      return "sparse tensor";
    case ONNX_TYPE_OPTIONAL:
      return "optional";
    default:
      return "unknown";
  }
}

static OrtStatus *read_dims(sl_arena *arena, const OrtTensorTypeAndShapeInfo *info, sl_port *port) {
  const OrtApi *api = sl_ort_api();
  const char *symbols[SL_RANK_MAX] = {0};
  OrtStatus *failed = api->GetDimensions(info, port->dims, (size_t)port->rank);
  if (failed == NULL) failed = api->GetSymbolicDimensions(info, symbols, (size_t)port->rank);
  for (int32_t i = 0; i < port->rank; i++)
    port->symbols[i] = sl_arena_copy(arena, symbols[i] != NULL ? symbols[i] : "");
  return failed;
}

static OrtStatus *read_type(sl_arena *arena, const OrtTypeInfo *type, sl_port *port) {
  const OrtApi *api = sl_ort_api();
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  OrtStatus *failed = api->GetOnnxTypeFromTypeInfo(type, &kind);
  port->type = type_words(kind);
  port->rank = -1;
  if (failed != NULL || kind != ONNX_TYPE_TENSOR) return failed;
  const OrtTensorTypeAndShapeInfo *info;
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  size_t rank = 0;
  failed = api->CastTypeInfoToTensorInfo(type, &info);
  if (failed == NULL) failed = api->GetTensorElementType(info, &element);
  if (failed == NULL) failed = api->GetDimensionsCount(info, &rank);
  if (failed != NULL) return failed;
  port->dtype = sl_ort_dtype(element);
  port->type = port->dtype != SL_DTYPE_NONE ? sl_dtype_name(port->dtype) : "text";
  if (rank > SL_RANK_MAX) return NULL;
  port->rank = (int32_t)rank;
  return read_dims(arena, info, port);
}

static sl_status read_port(sl_session *s, int is_input, size_t index, sl_port *port,
                           sl_error *err) {
  const OrtApi *api = sl_ort_api();
  const char *doing = "describe the model";
  OrtAllocator *allocator;
  SL_TRY(sl_ort_check(api->GetAllocatorWithDefaultOptions(&allocator), doing, err));
  char *name;
  SL_TRY(sl_ort_check(is_input ? api->SessionGetInputName(s->session, index, allocator, &name)
                               : api->SessionGetOutputName(s->session, index, allocator, &name),
                      doing, err));
  port->name = sl_arena_copy(s->arena, name);
  SL_TRY(sl_ort_check(api->AllocatorFree(allocator, name), doing, err));
  OrtTypeInfo *type;
  SL_TRY(sl_ort_check(is_input ? api->SessionGetInputTypeInfo(s->session, index, &type)
                               : api->SessionGetOutputTypeInfo(s->session, index, &type),
                      doing, err));
  OrtStatus *failed = read_type(s->arena, type, port);
  api->ReleaseTypeInfo(type);
  return sl_ort_check(failed, doing, err);
}

static sl_status read_ports(sl_session *s, int is_input, size_t count, sl_port **ports,
                            const char ***names, sl_error *err) {
  *ports = SL_NEW_ARRAY(s->arena, sl_port, count);
  *names = SL_NEW_ARRAY(s->arena, const char *, count);
  for (size_t i = 0; i < count; i++) {
    SL_TRY(read_port(s, is_input, i, &(*ports)[i], err));
    (*names)[i] = (*ports)[i].name;
  }
  return SL_OK;
}

static sl_status describe(sl_session *s, sl_error *err) {
  const OrtApi *api = sl_ort_api();
  const char *doing = "describe the model";
  SL_TRY(sl_ort_check(api->SessionGetInputCount(s->session, &s->input_count), doing, err));
  SL_TRY(sl_ort_check(api->SessionGetOutputCount(s->session, &s->output_count), doing, err));
  SL_TRY(read_ports(s, 1, s->input_count, &s->inputs, &s->input_names, err));
  SL_TRY(read_ports(s, 0, s->output_count, &s->outputs, &s->output_names, err));
  return sl_ort_check(api->CreateRunOptions(&s->run_options), doing, err);
}

static sl_status create(sl_session *s, OrtEnv *env, sl_bytes model,
                        const sl_session_options *options, OrtSessionOptions *ort_options,
                        sl_error *err) {
  SL_TRY(set_options(ort_options, options, err));
  SL_TRY(set_external(s->arena, ort_options, options, err));
  SL_TRY(set_weights(s, ort_options, options, err));
  SL_TRY(sl_ort_append_provider(ort_options, s->provider, err));
  const char *doing = sl_arena_printf(s->arena, "load the model \"%s\"", s->name);
  return sl_ort_check(
      sl_ort_api()->CreateSessionFromArray(env, model.at, model.size, ort_options, &s->session),
      doing, err);
}

static sl_status open_with(sl_session *s, sl_provider provider, sl_bytes model,
                           const sl_session_options *options, sl_error *err) {
  OrtEnv *env;
  SL_TRY(sl_ort_env(&env, err));
  OrtSessionOptions *ort_options;
  SL_TRY(
      sl_ort_check(sl_ort_api()->CreateSessionOptions(&ort_options), "set session options", err));
  s->provider = provider;
  release_weights(s);  // of a provider tried before
  sl_status status = create(s, env, model, options, ort_options, err);
  sl_ort_api()->ReleaseSessionOptions(ort_options);
  return status;
}

// Tries the accelerators that are built in, then the processor.
static sl_status open_auto(sl_session *s, sl_bytes model, const sl_session_options *options,
                           sl_error *err) {
  static const sl_provider order[] = {SL_PROVIDER_CUDA, SL_PROVIDER_COREML};
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    if (!sl_provider_built(order[i])) continue;
    sl_error why = {0};
    if (open_with(s, order[i], model, options, &why) == SL_OK) return SL_OK;
    sl_log(SL_LOG_INFO, "provider \"%s\" is not used: %s", sl_provider_name(order[i]),
           sl_error_message(&why));
  }
  return open_with(s, SL_PROVIDER_CPU, model, options, err);
}

sl_status sl_session_open(const char *name, sl_bytes model, const sl_session_options *options,
                          sl_session **out, sl_error *err) {
  sl_arena *arena = sl_arena_new(NULL, "session");
  sl_session *s = SL_NEW(arena, sl_session);
  s->arena = arena;
  s->name = sl_arena_copy(arena, name);
  sl_status status = options->provider == SL_PROVIDER_AUTO
                         ? open_auto(s, model, options, err)
                         : open_with(s, options->provider, model, options, err);
  if (status == SL_OK) status = describe(s, err);
  s->profiles = options->profile_prefix != NULL;
  if (status != SL_OK) {
    sl_session_close(s);
    return status;
  }
  *out = s;
  return SL_OK;
}

void sl_session_close(sl_session *session) {
  if (session == NULL) return;
  const OrtApi *api = sl_ort_api();
  if (session->run_options != NULL) api->ReleaseRunOptions(session->run_options);
  if (session->session != NULL) api->ReleaseSession(session->session);
  release_weights(session);
  sl_arena_free(session->arena);
}

sl_provider sl_session_provider(const sl_session *session) { return session->provider; }
size_t sl_session_input_count(const sl_session *session) { return session->input_count; }
size_t sl_session_output_count(const sl_session *session) { return session->output_count; }
const sl_port *sl_session_input(const sl_session *session, size_t index) {
  return &session->inputs[index];
}
const sl_port *sl_session_output(const sl_session *session, size_t index) {
  return &session->outputs[index];
}

void sl_session_stop(sl_session *session) {
  atomic_store(&session->stopped, 1);
  OrtStatus *failed = sl_ort_api()->RunOptionsSetTerminate(session->run_options);
  if (failed != NULL) sl_ort_api()->ReleaseStatus(failed);
}

void sl_session_resume(sl_session *session) {
  OrtStatus *failed = sl_ort_api()->RunOptionsUnsetTerminate(session->run_options);
  if (failed != NULL) sl_ort_api()->ReleaseStatus(failed);
  atomic_store(&session->stopped, 0);
}

sl_status sl_session_end_profile(sl_session *session, sl_arena *arena, const char **path,
                                 sl_error *err) {
  if (!session->profiles)
    return sl_fail(err, SL_E_ARG, "session of \"%s\" was opened without profiling", session->name);
  const OrtApi *api = sl_ort_api();
  OrtAllocator *allocator;
  SL_TRY(sl_ort_check(api->GetAllocatorWithDefaultOptions(&allocator), "end profiling", err));
  char *file;
  SL_TRY(sl_ort_check(api->SessionEndProfiling(session->session, allocator, &file), "end profiling",
                      err));
  session->profiles = 0;
  *path = sl_arena_copy(arena, file);
  return sl_ort_check(api->AllocatorFree(allocator, file), "end profiling", err);
}
