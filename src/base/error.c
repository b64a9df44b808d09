// SPDX-License-Identifier: Apache-2.0
// The error record: four NUL-ended texts packed into one fixed buffer.
//
// Invariant: `text` always holds four NUL-ended strings, cut (never overrun) when they do not fit.
// Start at pack().
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_MESSAGE, PART_DETAIL, PART_HINT, PART_CONTEXT, PART_COUNT };

typedef struct parts {
  char at[PART_COUNT][sizeof(((sl_error *)0)->text)];
} parts;

static const struct {
  const char *name;
  int exit_code;
} status_table[SL_STATUS_COUNT] = {
    [SL_OK] = {"ok", 0},
    [SL_E_ARG] = {"argument", 2},
    [SL_E_NOT_FOUND] = {"not_found", 3},
    [SL_E_STALE] = {"stale", 3},
    [SL_E_FORMAT] = {"format", 3},
    [SL_E_UNSUPPORTED] = {"unsupported", 3},
    [SL_E_MODEL] = {"model", 3},
    [SL_E_RUNTIME] = {"runtime", 3},
    [SL_E_STORE] = {"store", 4},
    [SL_E_IO] = {"io", 4},
    [SL_E_LIMIT] = {"limit", 3},
    [SL_E_MEMORY] = {"memory", 4},
    [SL_E_CANCELLED] = {"cancelled", 5},
    [SL_E_BUSY] = {"busy", 4},
    [SL_E_DENIED] = {"denied", 4},
    [SL_E_BUG] = {"bug", 70},
};

const char *sl_status_name(sl_status status) {
  return (unsigned)status < SL_STATUS_COUNT ? status_table[status].name : "unknown";
}

int sl_status_exit_code(sl_status status) {
  return (unsigned)status < SL_STATUS_COUNT ? status_table[status].exit_code : 70;
}

static const char *part(const sl_error *err, int index) {
  if (err == NULL) return "";
  const char *at = err->text;
  const char *end = err->text + sizeof err->text;
  for (; index > 0 && at < end; index--) at += strnlen(at, (size_t)(end - at)) + 1;
  return at < end ? at : "";
}

const char *sl_error_message(const sl_error *err) { return part(err, PART_MESSAGE); }
const char *sl_error_detail(const sl_error *err) { return part(err, PART_DETAIL); }
const char *sl_error_hint(const sl_error *err) { return part(err, PART_HINT); }
const char *sl_error_context(const sl_error *err) { return part(err, PART_CONTEXT); }

static void unpack(const sl_error *err, parts *out) {
  for (int i = 0; i < PART_COUNT; i++) {
    const char *text = part(err, i);
    size_t length = strnlen(text, sizeof out->at[i] - 1);
    memcpy(out->at[i], text, length);
    out->at[i][length] = '\0';
  }
}

// A cut never leaves half a UTF-8 sequence behind.
static size_t utf8_floor(const char *text, size_t length) {
  while (length > 0 && ((unsigned char)text[length] & 0xC0u) == 0x80u) length--;
  return length;
}

static void pack(sl_error *err, const parts *in) {
  memset(err->text, 0, sizeof err->text);
  size_t used = 0;
  for (int i = 0; i < PART_COUNT; i++) {
    size_t left = sizeof err->text - used - (size_t)(PART_COUNT - i);
    size_t length = strlen(in->at[i]);
    if (length > left) length = utf8_floor(in->at[i], left);
    memcpy(err->text + used, in->at[i], length);
    used += length + 1;
  }
}

static void set_part(sl_error *err, int index, const char *fmt, va_list args) {
  parts all;
  unpack(err, &all);
  vsnprintf(all.at[index], sizeof all.at[index], fmt, args);
  pack(err, &all);
}

sl_status sl_fail(sl_error *err, sl_status status, const char *fmt, ...) {
  if (err == NULL) return status;
  sl_error_clear(err);
  err->status = (int32_t)status;
  va_list args;
  va_start(args, fmt);
  set_part(err, PART_MESSAGE, fmt, args);
  va_end(args);
  return status;
}

sl_status sl_fail_errno(sl_error *err, int error_number, const char *fmt, ...) {
  sl_status status = error_number == ENOENT   ? SL_E_NOT_FOUND
                     : error_number == ENOMEM ? SL_E_MEMORY
                                              : SL_E_IO;
  if (err == NULL) return status;
  char what[1024];
  va_list args;
  va_start(args, fmt);
  vsnprintf(what, sizeof what, fmt, args);
  va_end(args);
  char reason[128] = "";
  const char *text = strerror_r(error_number, reason, sizeof reason);
  sl_fail(err, status, "%s: %s", what, text);
  if (error_number == ENOSPC || error_number == EDQUOT)
    sl_hint(err, status, "Free some space and run the same command again; it resumes.");
  return status;
}

sl_status sl_detail(sl_error *err, sl_status status, const char *fmt, ...) {
  if (err == NULL) return status;
  va_list args;
  va_start(args, fmt);
  set_part(err, PART_DETAIL, fmt, args);
  va_end(args);
  return status;
}

sl_status sl_hint(sl_error *err, sl_status status, const char *fmt, ...) {
  if (err == NULL) return status;
  va_list args;
  va_start(args, fmt);
  set_part(err, PART_HINT, fmt, args);
  va_end(args);
  return status;
}

void sl_context(sl_error *err, const char *fmt, ...) {
  if (err == NULL) return;
  char text[512];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  parts all;
  unpack(err, &all);
  char joined[sizeof all.at[0]];
  const char *old = all.at[PART_CONTEXT];
  snprintf(joined, sizeof joined, old[0] != '\0' ? "in %s, %.1400s" : "in %s%.1400s", text,
           strncmp(old, "in ", 3) == 0 ? old + 3 : old);
  memcpy(all.at[PART_CONTEXT], joined, sizeof joined);
  pack(err, &all);
}

void sl_error_clear(sl_error *err) {
  if (err != NULL) memset(err, 0, sizeof *err);
}

void sl_assert_failed(const char *condition, const char *file, int line) {
  fprintf(stderr, "slitlamp: bug: %s does not hold at %s:%d\n", condition, file, line);
  abort();
}
