// SPDX-License-Identifier: Apache-2.0
// The engine: one workspace, all operations on it, its jobs, events and blobs.
//
// Everything here may be called from any thread. Whoever opens closes.
#ifndef SLITLAMP_ENGINE_H
#define SLITLAMP_ENGINE_H

#include <slitlamp/error.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_engine sl_engine;

// What a running operation tells of itself. `total` is 0 while unknown; `rate` in items per second,
// `eta_s` in seconds, both negative while unknown.
typedef struct sl_progress {
  const char *operation, *phase, *unit;
  int64_t done, total;
  double rate, eta_s;
} sl_progress;

typedef struct sl_engine_options {
  uint32_t struct_size;  // sizeof(sl_engine_options)
  const char
      *workspace;     // folder of the workspace; NULL = search as described at sl_workspace_find;
                      // "" = none, for operations that need none
  int32_t create;     // make the workspace where there is none
  int32_t read_only;  // never change anything
  int32_t threads;    // 0 = all processors
  void (*on_progress)(void *ctx, const sl_progress *progress);  // from worker threads; may be NULL
  void *ctx;
} sl_engine_options;

#define SL_ENGINE_OPTIONS_INIT \
  { .struct_size = sizeof(sl_engine_options) }

// Opens the workspace. SL_E_NOT_FOUND when there is none and `create` is 0, SL_E_STORE for a
// damaged one, SL_E_IO when the folder cannot be written. `*out` must be closed with
// sl_engine_close().
SL_API SL_MUST_CHECK sl_status sl_engine_open(const sl_engine_options *options, sl_engine **out,
                                              sl_error *err);
SL_API void sl_engine_close(sl_engine *engine);  // NULL is allowed; cancels and waits for jobs

// Folder in use, NULL when there is none; borrowed from the engine.
SL_API const char *sl_engine_workspace(const sl_engine *engine);

// Stops every running operation soon; what they committed is kept. Safe in a signal handler.
SL_API void sl_engine_cancel(sl_engine *engine);

// ---- calls -------------------------------------------------------------------------------------

typedef struct sl_reply sl_reply;

// Runs operation `op` with parameters as a JSON object (`size` bytes; NULL or 0 = all defaults) and
// waits. On success *out holds the result; free it with sl_reply_free().
SL_API SL_MUST_CHECK sl_status sl_call(sl_engine *engine, const char *op, const char *params,
                                       size_t size, sl_reply **out, sl_error *err);
// Parameters checked and defaults filled, without running: canonical JSON in *out.
SL_API SL_MUST_CHECK sl_status sl_call_check(sl_engine *engine, const char *op, const char *params,
                                             size_t size, sl_reply **out, sl_error *err);
SL_API const char *sl_reply_json(const sl_reply *reply, size_t *size);  // borrowed; NUL-ended
SL_API void sl_reply_free(sl_reply *reply);                             // NULL is allowed

// ---- jobs --------------------------------------------------------------------------------------

// Queues the operation; `id` receives "b12". One job runs at a time, in order.
SL_API SL_MUST_CHECK sl_status sl_job_start(sl_engine *engine, const char *op, const char *params,
                                            size_t size, char id[32], sl_error *err);
// The job as JSON: id, op, state, done, total, message, result (of a finished one), error.
SL_API SL_MUST_CHECK sl_status sl_job_get(sl_engine *engine, const char *id, sl_reply **out,
                                          sl_error *err);
SL_API SL_MUST_CHECK sl_status sl_job_cancel(sl_engine *engine, const char *id, sl_error *err);

// Events since `after` (0 = from now), as a JSON list of {seq, event, job, ...}; waits up to
// `wait_ms` for the first. *next is the number to pass as `after` next time.
SL_API SL_MUST_CHECK sl_status sl_events(sl_engine *engine, int64_t after, int32_t wait_ms,
                                         sl_reply **out, int64_t *next, sl_error *err);

// ---- blobs -------------------------------------------------------------------------------------

typedef struct sl_blob sl_blob;

// Bytes by key: a SHA-256 in hex, or a derived key made on demand:
//   thumb-<image sha256>-<side px>   small JPEG or PNG, EXIF applied
//   image-<image sha256>             the whole image re-encoded for a browser
// SL_E_NOT_FOUND for anything else; never a path.
SL_API SL_MUST_CHECK sl_status sl_blob_open(sl_engine *engine, const char *key, sl_blob **out,
                                            sl_error *err);
SL_API const void *sl_blob_bytes(const sl_blob *blob, size_t *size);  // borrowed
SL_API const char *sl_blob_mime(const sl_blob *blob);                 // borrowed
SL_API void sl_blob_close(sl_blob *blob);                             // NULL is allowed

// ---- finding the workspace
// -----------------------------------------------------------------------

// Path of the workspace to use, into `out`: SLITLAMP_WORKSPACE, else the nearest ".slitlamp" in the
// current folder or above it, else ".slitlamp" in the current folder.
SL_API void sl_workspace_find(char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
