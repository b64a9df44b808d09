// SPDX-License-Identifier: Apache-2.0
// The environment singleton: versions, providers, logging.
//
// Invariant: the environment is made once and never released; ONNX Runtime wants it to outlive
// every session.
#include "ort/runtime.h"

#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "ort/ort_status.h"

static struct {
  pthread_once_t once;
  OrtEnv *env;
  sl_error err;
  sl_status status;
} runtime = {.once = PTHREAD_ONCE_INIT};

const OrtApi *sl_ort_api(void) { return OrtGetApiBase()->GetApi(ORT_API_VERSION); }

const char *sl_ort_version(void) { return OrtGetApiBase()->GetVersionString(); }

// The library's warnings are about how a graph was optimised; they matter to us, not to the user.
static void ORT_API_CALL on_log(void *ctx, OrtLoggingLevel severity, const char *category,
                                const char *log_id, const char *location, const char *message) {
  (void)ctx, (void)log_id, (void)location;
  sl_log_level level = severity >= ORT_LOGGING_LEVEL_ERROR ? SL_LOG_WARNING : SL_LOG_DEBUG;
  sl_log(level, "onnxruntime: %s: %s", category, message);
}

static void make_env(void) {
  const OrtApi *api = sl_ort_api();
  if (api == NULL) {
    sl_fail(&runtime.err, SL_E_RUNTIME, "ONNX Runtime %s is older than the interface version %d",
            sl_ort_version(), ORT_API_VERSION);
    runtime.status =
        sl_hint(&runtime.err, SL_E_RUNTIME, "Install ONNX Runtime 1.%d or newer.", ORT_API_VERSION);
    return;
  }
  OrtStatus *made = api->CreateEnvWithCustomLogger(on_log, NULL, ORT_LOGGING_LEVEL_WARNING,
                                                   "slitlamp", &runtime.env);
  runtime.status = sl_ort_check(made, "start", &runtime.err);
  if (runtime.status == SL_OK) {
    OrtStatus *quiet = api->DisableTelemetryEvents(runtime.env);
    if (quiet != NULL) api->ReleaseStatus(quiet);
  }
}

sl_status sl_ort_env(OrtEnv **out, sl_error *err) {
  pthread_once(&runtime.once, make_env);
  if (runtime.status != SL_OK && err != NULL) *err = runtime.err;
  *out = runtime.env;
  return runtime.status;
}

sl_status sl_ort_providers(sl_arena *arena, const char *const **out, size_t *count, sl_error *err) {
  OrtEnv *env;
  SL_TRY(sl_ort_env(&env, err));
  char **names;
  int n;
  SL_TRY(sl_ort_check(sl_ort_api()->GetAvailableProviders(&names, &n), "list providers", err));
  const char **copy = SL_NEW_ARRAY(arena, const char *, n);
  for (int i = 0; i < n; i++) copy[i] = sl_arena_copy(arena, names[i]);
  *out = copy;
  *count = (size_t)n;
  return sl_ort_check(sl_ort_api()->ReleaseAvailableProviders(names, n), "list providers", err);
}
