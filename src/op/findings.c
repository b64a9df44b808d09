// SPDX-License-Identifier: Apache-2.0
// Running the finders and ranking what they found.
#include "op/findings.h"

#include <stdlib.h>
#include <string.h>

static const sl_finder finders[] = {
#define SL_FINDER(name) name,
#include "op/finding_list.h"
#undef SL_FINDER
};

static int by_weight(const void *a, const void *b) {
  const sl_rec_finding *x = a, *y = b;
  int x_broken = x->severity == SL_SEVERITY_ERROR, y_broken = y->severity == SL_SEVERITY_ERROR;
  if (x->errors != y->errors) return x->errors < y->errors ? 1 : -1;
  if (x_broken != y_broken) return y_broken - x_broken;
  return strcmp(x->id, y->id);
}

sl_status sl_findings_make(const sl_finding_input *in, sl_records *out, sl_error *err) {
  sl_record_list list = {0};
  for (size_t i = 0; i < sizeof finders / sizeof finders[0]; i++)
    SL_TRY(finders[i](in, &list, err));
  if (list.count > 1) qsort(list.at, (size_t)list.count, list.size, by_weight);
  *out = sl_record_done(&list);
  return SL_OK;
}

sl_rec_finding *sl_finding_add(const sl_finding_input *in, sl_record_list *list, const char *id,
                               const char *kind, int32_t severity, int64_t errors,
                               int64_t samples) {
  sl_rec_finding *finding = sl_record_add(in->call->arena, list, sizeof *finding);
  finding->id = id;
  finding->kind = kind;
  finding->severity = severity;
  finding->errors = errors;
  finding->samples = samples;
  finding->share = in->errors > 0 ? (double)errors / (double)in->errors : 0;
  return finding;
}

char *sl_finding_text(const sl_finding_input *in, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  char *text = sl_arena_vprintf(in->call->arena, fmt, args);
  va_end(args);
  return text;
}

const char *sl_finding_clause(const sl_finding_input *in, const char *field, const char *value) {
  sl_text text = {0};
  sl_text_printf(&text, "%s=", field);
  for (; *value != '\0'; value++) {
    if (*value == '|') sl_text_putc(&text, '\\');
    sl_text_putc(&text, *value);
  }
  return sl_text_take(&text, in->call->arena);
}

sl_texts sl_finding_where(const sl_finding_input *in, const char *a, const char *b, const char *c) {
  const char **at = SL_NEW_ARRAY(in->call->arena, const char *, 3);
  int64_t count = 0;
  const char *const given[] = {a, b, c};
  for (int i = 0; i < 3; i++)
    if (given[i] != NULL) at[count++] = given[i];
  return (sl_texts){at, count};
}

const char *sl_finding_class(const sl_finding_input *in, int64_t index) {
  return index >= 0 && index < in->data->classes.count ? in->data->classes.at[index] : "?";
}
