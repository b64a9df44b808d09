// SPDX-License-Identifier: Apache-2.0
// The report on a terminal: headline, findings, numbers, weakest classes, confused pairs,
// confidence.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/print.h"

enum { CLASSES_SHOWN = 10, PAIRS_SHOWN = 8, FINDINGS_SHOWN = 12, BAR_CELLS = 20 };

static const sl_json *get(const sl_json *object, const char *key) {
  return sl_json_get(object, key);
}

static const char *text_of(sl_printer *p, const sl_json *object, const char *key) {
  return sl_print_value(p->arena, get(object, key));
}

static double real_of(const sl_json *object, const char *key) {
  return sl_json_real(get(object, key), NAN);
}

static int64_t int_of(const sl_json *object, const char *key) {
  return sl_json_int(get(object, key), 0);
}

static void heading(sl_printer *p, const char *text) {
  sl_text_putc(&p->out, '\n');
  sl_print_styled(p, SL_STYLE_BOLD, text);
  sl_text_putc(&p->out, '\n');
}

// Texts longer than the terminal break at spaces, indented.
static void wrapped(sl_printer *p, const char *indent, const char *text) {
  size_t limit = p->width > 40 ? (size_t)p->width - 2 : 78;
  size_t column = strlen(indent);
  sl_text_puts(&p->out, indent);
  while (*text != '\0') {
    size_t length = strcspn(text, " ");
    const char *word = sl_arena_copy_bytes(p->arena, text, length);
    size_t columns = sl_print_columns(word);
    if (column + columns > limit && column > strlen(indent)) {
      sl_text_printf(&p->out, "\n%s", indent);
      column = strlen(indent);
    }
    sl_text_printf(&p->out, "%s ", word);
    column += columns + 1;
    text += length + strspn(text + length, " ");
  }
  sl_text_putc(&p->out, '\n');
}

static void print_headline(sl_printer *p, const sl_json *report) {
  const sl_json *run = get(report, "run");
  sl_print_styled(p, SL_STYLE_BOLD, text_of(p, run, "model_name"));
  sl_text_printf(&p->out, " on %s (%lld %s, run %s)\n", text_of(p, run, "dataset_name"),
                 (long long)int_of(run, "samples"),
                 sl_plural(int_of(run, "samples"), "sample", "samples"), text_of(p, run, "id"));
  double accuracy = real_of(report, "accuracy");
  if (isnan(accuracy)) {
    int labelled = int_of(run, "unlabelled") < int_of(run, "samples");
    sl_text_printf(&p->out, "no %s: accuracy is not known\n",
                   labelled ? "sample has both a label and a prediction" : "labels");
  } else {
    sl_print_styled(p, SL_STYLE_ACCENT,
                    sl_arena_printf(p->arena, "accuracy %.2f %%", 100 * accuracy));
    sl_text_printf(&p->out, "  95 %% interval %.2f to %.2f, %lld %s\n",
                   100 * real_of(run, "accuracy_low"), 100 * real_of(run, "accuracy_high"),
                   (long long)int_of(report, "errors"),
                   sl_plural(int_of(report, "errors"), "error", "errors"));
  }
  if (int_of(run, "batch") > 0)
    sl_text_printf(&p->out, "%.0f samples/s, batch %lld, %s\n", real_of(run, "samples_per_s"),
                   (long long)int_of(run, "batch"), text_of(p, run, "provider"));
  else
    sl_text_printf(&p->out, "predictions of %s\n", text_of(p, run, "provider"));
}

static void print_pipeline(sl_printer *p, const sl_json *report) {
  const sl_json *run = get(report, "run");
  if (sl_json_count(get(run, "pipeline")) == 0) return;
  int guessed = sl_json_bool(get(run, "guessed"), 0);
  heading(p, guessed ? "pipeline (guessed)" : "pipeline");
  wrapped(p, "  ", text_of(p, run, "pipeline"));
  wrapped(p, "  ", text_of(p, run, "pipeline_source"));
  for (sl_json_iter it = sl_json_each(get(run, "evidence")); sl_json_next(&it);)
    wrapped(p, "    ", sl_print_value(p->arena, it.value));
}

static void print_findings(sl_printer *p, const sl_json *findings) {
  heading(p, "findings");
  int shown = 0;
  for (sl_json_iter it = sl_json_each(findings); sl_json_next(&it) && shown < FINDINGS_SHOWN;) {
    const char *severity = text_of(p, it.value, "severity");
    sl_style style = sl_streq(severity, "error")     ? SL_STYLE_BAD
                     : sl_streq(severity, "warning") ? SL_STYLE_ACCENT
                                                     : SL_STYLE_PLAIN;
    sl_text_printf(&p->out, "%2d. ", ++shown);
    sl_print_styled(p, style, text_of(p, it.value, "title"));
    sl_text_putc(&p->out, '\n');
    wrapped(p, "    ", text_of(p, it.value, "text"));
    wrapped(p, "    → ", text_of(p, it.value, "advice"));
  }
  if (shown == 0) sl_print_styled(p, SL_STYLE_DIM, "none\n");
}

static void print_metrics(sl_printer *p, const sl_json *metrics) {
  heading(p, "numbers");
  for (sl_json_iter it = sl_json_each(metrics); sl_json_next(&it);) {
    double value = real_of(it.value, "value");
    if (isnan(value)) continue;
    sl_print_styled(p, SL_STYLE_DIM,
                    sl_arena_printf(p->arena, "  %-34s ", text_of(p, it.value, "title")));
    sl_text_printf(&p->out, "%8.4f", value);
    double low = real_of(it.value, "low"), high = real_of(it.value, "high");
    if (!isnan(low) && !isnan(high)) sl_text_printf(&p->out, "  [%.4f, %.4f]", low, high);
    sl_text_putc(&p->out, '\n');
  }
}

// Index of the class with the lowest recall not yet taken; -1 when none is left.
static int64_t weakest(const sl_json **classes, size_t count, const uint8_t *taken) {
  int64_t best = -1;
  double lowest = 2;
  for (size_t i = 0; i < count; i++) {
    double recall = real_of(classes[i], "recall");
    if (taken[i] || isnan(recall) || recall >= lowest) continue;
    lowest = recall;
    best = (int64_t)i;
  }
  return best;
}

static void put_bar(sl_printer *p, double share) {
  int filled = (int)(share * BAR_CELLS + 0.5);
  for (int i = 0; i < BAR_CELLS; i++) sl_text_puts(&p->out, i < filled ? "▪" : "·");
}

// The precision of a class that is never predicted is no number.
static void put_rate(sl_printer *p, double rate) {
  if (isnan(rate))
    sl_text_puts(&p->out, "       -");
  else
    sl_text_printf(&p->out, " %7.3f", rate);
}

static void print_classes(sl_printer *p, const sl_json *list) {
  size_t count = sl_json_count(list), n = 0;
  const sl_json **classes = SL_NEW_ARRAY(p->arena, const sl_json *, count + 1);
  uint8_t *taken = SL_NEW_ARRAY(p->arena, uint8_t, count + 1);
  for (sl_json_iter it = sl_json_each(list); sl_json_next(&it);) classes[n++] = it.value;
  heading(p, "weakest classes");
  sl_print_styled(p, SL_STYLE_DIM,
                  sl_arena_printf(p->arena, "  %-24s %7s %7s %7s %7s\n", "class", "support",
                                  "recall", "prec.", "f1"));
  for (int shown = 0; shown < CLASSES_SHOWN; shown++) {
    int64_t at = weakest(classes, count, taken);
    if (at < 0) break;
    taken[at] = 1;
    const sl_json *c = classes[at];
    sl_text_printf(&p->out, "  %-24.24s %7lld", text_of(p, c, "name"),
                   (long long)int_of(c, "support"));
    static const char *const rates[] = {"recall", "precision", "f1"};
    for (int i = 0; i < 3; i++) put_rate(p, real_of(c, rates[i]));
    sl_text_puts(&p->out, "  ");
    put_bar(p, real_of(c, "recall"));
    sl_text_putc(&p->out, '\n');
  }
}

static const char *nth_text(sl_printer *p, const sl_json *list, int64_t index) {
  for (sl_json_iter it = sl_json_each(list); sl_json_next(&it);)
    if (index-- == 0) return sl_print_value(p->arena, it.value);
  return "?";
}

static void print_pairs(sl_printer *p, const sl_json *report) {
  const sl_json *names = get(report, "class_names");
  heading(p, "most confused");
  int shown = 0;
  for (sl_json_iter it = sl_json_each(get(report, "confusion")); sl_json_next(&it);) {
    int64_t label = int_of(it.value, "label"), pred = int_of(it.value, "pred");
    if (label == pred || shown++ >= PAIRS_SHOWN) continue;
    sl_text_printf(&p->out, "  %5lld  %s → %s\n", (long long)int_of(it.value, "count"),
                   nth_text(p, names, label), nth_text(p, names, pred));
  }
}

static void print_calibration(sl_printer *p, const sl_json *calibration) {
  if (isnan(real_of(calibration, "ece_width"))) return;
  heading(p, "confidence against accuracy");
  for (sl_json_iter it = sl_json_each(get(calibration, "equal_width")); sl_json_next(&it);) {
    if (int_of(it.value, "count") == 0) continue;
    sl_text_printf(&p->out, "  %.2f–%.2f  ", real_of(it.value, "low"), real_of(it.value, "high"));
    put_bar(p, real_of(it.value, "accuracy"));
    sl_text_printf(&p->out, "  said %.3f, was %.3f  (%lld)\n", real_of(it.value, "confidence"),
                   real_of(it.value, "accuracy"), (long long)int_of(it.value, "count"));
  }
}

static void print_alternatives(sl_printer *p, const sl_json *list) {
  if (sl_json_count(list) == 0) return;
  static const char *const columns[] = {"title",       "accuracy", "samples", "p_value",
                                        "significant", "used",     NULL};
  heading(p, "pipelines that were tried");
  sl_print_table(p, list, columns, columns);
}

void sl_print_report(sl_printer *p, const sl_json *report) {
  print_headline(p, report);
  print_pipeline(p, report);
  print_findings(p, get(report, "findings"));
  if (!isnan(real_of(report, "accuracy"))) {
    print_metrics(p, get(report, "metrics"));
    print_classes(p, get(report, "classes"));
    print_pairs(p, report);
  }
  print_calibration(p, get(report, "calibration"));
  print_alternatives(p, get(report, "alternatives"));
  for (sl_json_iter it = sl_json_each(get(report, "notes")); sl_json_next(&it);)
    wrapped(p, "note: ", sl_print_value(p->arena, it.value));
  const char *html = sl_json_text(get(report, "html"), NULL);
  if (html != NULL) sl_text_printf(&p->out, "\nreport written to %s\n", html);
}
