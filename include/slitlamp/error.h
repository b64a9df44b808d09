// SPDX-License-Identifier: Apache-2.0
// Status codes and the error record that every fallible function fills.
//
// The function that detects a failure writes the record once; callers only forward the status.
// A record holds four texts: message (one line, lower case, names the thing, gives the reason),
// detail (full sentences), hint (what to do next) and context (where it happened). They reach the
// command line, HTTP, the pages and Python unchanged.
#ifndef SLITLAMP_ERROR_H
#define SLITLAMP_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SL_API __attribute__((visibility("default")))
#define SL_MUST_CHECK __attribute__((warn_unused_result))
#define SL_PRINTF(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))
#else
#define SL_API
#define SL_MUST_CHECK
#define SL_PRINTF(fmt_at, args_at)
#endif

typedef enum sl_status {
  SL_OK = 0,
  SL_E_ARG,          // a parameter is missing, of the wrong type or out of range
  SL_E_NOT_FOUND,    // no file, sample, run or model of that name
  SL_E_STALE,        // an id whose object is gone, or an edit based on an old version
  SL_E_FORMAT,       // bytes that are not what they claim to be
  SL_E_UNSUPPORTED,  // well-formed, but Slitlamp cannot handle it
  SL_E_MODEL,        // the model file breaks a rule of ONNX or of the operation
  SL_E_RUNTIME,      // ONNX Runtime refused or failed
  SL_E_STORE,        // the workspace's catalogue refused or failed
  SL_E_IO,           // the operating system refused a file or a socket
  SL_E_LIMIT,        // a size, depth or count is above a safety limit
  SL_E_MEMORY,       // memory ran out
  SL_E_CANCELLED,    // stopped on request; the work done so far is kept
  SL_E_BUSY,         // another process holds what is needed
  SL_E_DENIED,       // the caller may not do this
  SL_E_BUG,          // a broken promise inside Slitlamp
  SL_STATUS_COUNT
} sl_status;

// Fixed size for ever, lives on the caller's stack. `text` holds message, detail, hint and context,
// each ended by a NUL. A zeroed record is valid and means "no error".
typedef struct sl_error {
  int32_t status;
  uint32_t reserved;
  char text[2040];
} sl_error;

// The four texts; never NULL, empty where there is none. Borrowed from `err`.
SL_API const char *sl_error_message(const sl_error *err);
SL_API const char *sl_error_detail(const sl_error *err);
SL_API const char *sl_error_hint(const sl_error *err);
SL_API const char *sl_error_context(const sl_error *err);

// Short stable name of a status for machines, such as "not_found". Never NULL.
SL_API const char *sl_status_name(sl_status status);

// The process exit code that belongs to a status: 0 ok, 2 usage, 3 bad input, 4 environment,
// 5 partial and resumable, 70 our bug.
SL_API int sl_status_exit_code(sl_status status);

#ifdef __cplusplus
}
#endif
#endif
