// SPDX-License-Identifier: Apache-2.0
// Record ids: one letter and a decimal number above zero, in its only spelling.
//
// Invariant: what parses prints back to the same text.
#include "store/record_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 18 };  // always fits 64 bits

static const struct {
  char letter;
  const char *name;
} kinds[SL_RECORD_KIND_COUNT] = {
    [SL_RECORD_NONE] = {'\0', "record"},
    [SL_RECORD_DATASET] = {'d', "dataset"},
    [SL_RECORD_VERSION] = {'v', "dataset version"},
    [SL_RECORD_SAMPLE] = {'s', "sample"},
    [SL_RECORD_MODEL] = {'m', "model"},
    [SL_RECORD_RUN] = {'r', "run"},
    [SL_RECORD_JOURNAL] = {'j', "journal entry"},
    [SL_RECORD_JOB] = {'b', "job"},
};

static int is_kind(sl_record_kind kind) {
  return kind > SL_RECORD_NONE && kind < SL_RECORD_KIND_COUNT;
}

const char *sl_record_kind_name(sl_record_kind kind) {
  return kinds[is_kind(kind) ? kind : SL_RECORD_NONE].name;
}

sl_record_text sl_record_text_of(sl_record_kind kind, int64_t id) {
  sl_record_text out = {{0}};
  if (is_kind(kind) && id > 0)
    snprintf(out.text, sizeof out.text, "%c%" PRId64, kinds[kind].letter, id);
  return out;
}

sl_record_ref sl_record_parse_any(const char *text) {
  sl_record_ref none = {SL_RECORD_NONE, 0};
  if (text == NULL || text[0] == '\0') return none;
  size_t digits = strspn(text + 1, "0123456789");
  if (digits < 1 || digits > DIGITS_MAX || text[1] == '0' || text[1 + digits] != '\0') return none;
  for (int kind = 1; kind < SL_RECORD_KIND_COUNT; kind++) {
    if (kinds[kind].letter != text[0]) continue;
    sl_record_ref ref = {(sl_record_kind)kind, 0};
    for (size_t i = 1; i <= digits; i++) ref.id = ref.id * 10 + (text[i] - '0');
    return ref;
  }
  return none;
}

int64_t sl_record_parse(sl_record_kind kind, const char *text) {
  sl_record_ref ref = sl_record_parse_any(text);
  return ref.kind == kind ? ref.id : 0;
}
