// SPDX-License-Identifier: Apache-2.0
// Hand-written printers of listings, single things, views, imports and comparisons.
#include <stdio.h>
#include <string.h>

#include "cli/print.h"

static const char *text_of(const sl_json *object, const char *key) {
  return sl_json_text(sl_json_get(object, key), "");
}

static int64_t int_of(const sl_json *object, const char *key) {
  return sl_json_int(sl_json_get(object, key), 0);
}

static double real_of(const sl_json *object, const char *key) {
  return sl_json_real(sl_json_get(object, key), 0);
}

static void heading(sl_printer *p, const char *text) {
  sl_text_putc(&p->out, '\n');
  sl_print_styled(p, SL_STYLE_BOLD, text);
  sl_text_putc(&p->out, '\n');
}

void sl_print_facts(sl_printer *p, const sl_json *list) {
  const char *group = NULL;
  for (sl_json_iter it = sl_json_each(list); sl_json_next(&it);) {
    const char *here = text_of(it.value, "group");
    if (group == NULL || !sl_streq(group, here)) heading(p, here);
    group = here;
    sl_print_styled(p, SL_STYLE_DIM,
                    sl_arena_printf(p->arena, "  %-22s ", text_of(it.value, "name")));
    sl_text_puts(&p->out, sl_print_value(p->arena, sl_json_get(it.value, "value")));
    const char *journal = text_of(it.value, "journal");
    if (journal[0] != '\0')
      sl_print_styled(p, SL_STYLE_DIM, sl_arena_printf(p->arena, "  (%s)", journal));
    sl_text_putc(&p->out, '\n');
  }
}

static const char *const sample_columns[] = {"sample",     "name",    "label", "pred",  "outcome",
                                             "confidence", "entropy", "split", "error", NULL};

static void print_samples(sl_printer *p, const sl_json *list) {
  sl_print_table(p, list, sample_columns, sample_columns);
}

void sl_print_view(sl_printer *p, const sl_json *result) {
  sl_text_printf(&p->out, "%lld of %lld %s, %lld wrong\n", (long long)int_of(result, "matched"),
                 (long long)int_of(result, "total"),
                 sl_plural(int_of(result, "total"), "sample", "samples"),
                 (long long)int_of(result, "errors"));
  print_samples(p, sl_json_get(result, "samples"));
}

void sl_print_ls(sl_printer *p, const sl_json *result) {
  static const char *const runs[] = {
      "id",           "name",          "state",         "samples", "accuracy",
      "accuracy_low", "accuracy_high", "samples_per_s", "created", NULL};
  static const char *const datasets[] = {"id",       "name",   "version",    "format",  "samples",
                                         "labelled", "broken", "duplicates", "created", NULL};
  static const char *const models[] = {"id",         "name",       "version",  "epoch", "opset",
                                       "parameters", "size_bytes", "producer", NULL};
  static const char *const journal[] = {"id",      "op",     "status", "started",
                                        "seconds", "params", "error",  NULL};
  static const char *const jobs[] = {"id",      "op",      "state", "done", "total",
                                     "message", "created", "error", NULL};
  static const struct {
    const char *member;
    const char *const *columns;
  } kinds[] = {{"runs", runs},       {"datasets", datasets}, {"models", models},
               {"journal", journal}, {"jobs", jobs},         {"samples", sample_columns}};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    const sl_json *list = sl_json_get(result, kinds[i].member);
    if (sl_json_count(list) > 0) sl_print_table(p, list, kinds[i].columns, kinds[i].columns);
  }
  int64_t total = int_of(result, "total");
  if (total == 0) sl_print_styled(p, SL_STYLE_DIM, "nothing yet\n");
}

void sl_print_show(sl_printer *p, const sl_json *result) {
  sl_print_styled(p, SL_STYLE_BOLD, text_of(result, "id"));
  sl_text_printf(&p->out, "  %s  %s\n", text_of(result, "kind"),
                 sl_print_value(p->arena, sl_json_get(result, "title")));
  sl_print_facts(p, sl_json_get(result, "facts"));
}

void sl_print_doctor(sl_printer *p, const sl_json *result) {
  sl_print_facts(p, sl_json_get(result, "facts"));
  const sl_json *missing = sl_json_get(result, "missing");
  if (sl_json_count(missing) > 0) sl_print_facts(p, missing);
  sl_text_putc(&p->out, '\n');
  int ok = sl_json_bool(sl_json_get(result, "ok"), 0);
  sl_print_styled(p, ok ? SL_STYLE_GOOD : SL_STYLE_BAD,
                  ok ? "everything needed is here\n" : "something is missing\n");
}

static void print_notes(sl_printer *p, const sl_json *notes) {
  for (sl_json_iter it = sl_json_each(notes); sl_json_next(&it);)
    sl_text_printf(&p->out, "  %s\n", sl_print_value(p->arena, it.value));
}

void sl_print_import(sl_printer *p, const sl_json *result) {
  const sl_json *dataset = sl_json_get(result, "dataset");
  sl_text_printf(&p->out, "%s %s: ", text_of(dataset, "id"), text_of(dataset, "version"));
  sl_print_styled(p, SL_STYLE_BOLD, sl_print_value(p->arena, sl_json_get(dataset, "name")));
  sl_text_printf(&p->out, ", %lld %s (%s), %lld labelled, %lld broken, %lld %s\n",
                 (long long)int_of(dataset, "samples"),
                 sl_plural(int_of(dataset, "samples"), "sample", "samples"),
                 text_of(dataset, "format"), (long long)int_of(dataset, "labelled"),
                 (long long)int_of(dataset, "broken"), (long long)int_of(dataset, "duplicates"),
                 sl_plural(int_of(dataset, "duplicates"), "duplicate", "duplicates"));
  if (int_of(dataset, "versions") > 1)
    sl_text_printf(&p->out,
                   "  against the version before: %lld added, %lld removed, %lld "
                   "relabelled, %lld moved\n",
                   (long long)int_of(dataset, "added"), (long long)int_of(dataset, "removed"),
                   (long long)int_of(dataset, "relabelled"), (long long)int_of(dataset, "moved"));
  print_notes(p, sl_json_get(result, "notes"));
  if (sl_json_count(sl_json_get(result, "problems")) > 0)
    sl_print_facts(p, sl_json_get(result, "problems"));
}

void sl_print_compare(sl_printer *p, const sl_json *result) {
  const sl_json *a = sl_json_get(result, "a"), *b = sl_json_get(result, "b");
  sl_text_printf(&p->out, "%s %s  →  %s %s\n", text_of(a, "id"), text_of(a, "name"),
                 text_of(b, "id"), text_of(b, "name"));
  sl_text_printf(&p->out,
                 "accuracy %.2f %% → %.2f %%, difference %+.2f points [%+.2f, %+.2f], p = %.2g\n",
                 100 * real_of(result, "accuracy_a"), 100 * real_of(result, "accuracy_b"),
                 100 * real_of(result, "difference"), 100 * real_of(result, "low"),
                 100 * real_of(result, "high"), real_of(result, "p_value"));
  sl_text_printf(&p->out, "%lld fixed, %lld broken, %lld still wrong, %lld right in both\n",
                 (long long)int_of(result, "fixed"), (long long)int_of(result, "broken"),
                 (long long)int_of(result, "both_wrong"), (long long)int_of(result, "both_right"));
  sl_text_printf(&p->out, "%s\n", text_of(result, "verdict"));
  static const char *const columns[] = {"name",       "support", "accuracy_a", "accuracy_b",
                                        "difference", "fixed",   "broken",     NULL};
  heading(p, "per class");
  sl_print_table(p, sl_json_get(result, "classes"), columns, columns);
}

void sl_print_sample(sl_printer *p, const sl_json *result) {
  const sl_json *sample = sl_json_get(result, "sample");
  sl_print_styled(p, SL_STYLE_BOLD, text_of(sample, "sample"));
  sl_text_printf(&p->out, "  %s\n", sl_print_value(p->arena, sl_json_get(sample, "name")));
  sl_text_printf(&p->out, "label %s, predicted %s (%s)\n",
                 sl_print_value(p->arena, sl_json_get(sample, "label")),
                 sl_print_value(p->arena, sl_json_get(sample, "pred")), text_of(sample, "outcome"));
  static const char *const scores[] = {"name", "score", NULL};
  heading(p, "scores");
  sl_print_table(p, sl_json_get(result, "scores"), scores, scores);
  static const char *const chain[] = {"title", "text", "journal", NULL};
  heading(p, "how the decision came about");
  sl_print_table(p, sl_json_get(result, "chain"), chain, chain);
  sl_print_facts(p, sl_json_get(result, "facts"));
}
