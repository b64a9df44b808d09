// SPDX-License-Identifier: Apache-2.0
// Writing and forwarding errors inside Slitlamp; the record itself is in slitlamp/error.h.
//
// Every function that can fail returns sl_status and takes `sl_error *err` last (NULL allowed).
// Detect once with sl_fail(), forward with SL_TRY(), never swallow.
#ifndef SL_BASE_ERROR_H
#define SL_BASE_ERROR_H

#include <slitlamp/error.h>
#include <stdarg.h>

// Starts the record afresh with a message and returns `status`, so that a detector reads
// `return sl_fail(err, SL_E_FORMAT, "image \"%s\" ends early", name);`.
sl_status sl_fail(sl_error *err, sl_status status, const char *fmt, ...) SL_PRINTF(3, 4);

// Like sl_fail with SL_E_IO (SL_E_NOT_FOUND for ENOENT), and the text of `error_number` appended.
sl_status sl_fail_errno(sl_error *err, int error_number, const char *fmt, ...) SL_PRINTF(3, 4);

// Replace the detail or the hint of a failed record; both return the record's status, so that they
// can end a detector: `sl_fail(...); return sl_hint(err, "...");`. With err == NULL they return
// `status`.
sl_status sl_detail(sl_error *err, sl_status status, const char *fmt, ...) SL_PRINTF(3, 4);
sl_status sl_hint(sl_error *err, sl_status status, const char *fmt, ...) SL_PRINTF(3, 4);

// Puts "in <text>" before the context collected so far; done at few seams only (operation, file,
// graph node, runtime call, dataset row).
void sl_context(sl_error *err, const char *fmt, ...) SL_PRINTF(2, 3);

void sl_error_clear(sl_error *err);

// Forwards a failure of `expr` to the caller.
#define SL_TRY(expr)                                    \
  do {                                                  \
    sl_status sl_try_status_ = (expr);                  \
    if (sl_try_status_ != SL_OK) return sl_try_status_; \
  } while (0)

// For promises of our own that would be a bug to break; stays on in releases.
#define SL_ASSERT(cond) ((cond) ? (void)0 : sl_assert_failed(#cond, __FILE__, __LINE__))
void sl_assert_failed(const char *condition, const char *file, int line) __attribute__((noreturn));

#endif
