// SPDX-License-Identifier: Apache-2.0
// The report as HTML: one function per section, in the order of the page.
//
// Charts are inline SVG, pictures data URIs, styles inline; there is no script. Start at
// sl_report_html_write().
#include "op/report_html.h"

#include <math.h>
#include <slitlamp/engine.h>
#include <string.h>

#include "base/file.h"
#include "op/html_text.h"
#include "op/table_cache.h"

enum {
  PICTURES_PER_FINDING = 10,
  FINDINGS_WITH_PICTURES = 8,
  CLASSES_IN_MATRIX = 60,
  SIDE_PX = 96
};

static const char head[] =
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content='width=device-width,initial-scale=1'>"
    "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'\">"
    "<style>:root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1b1d21;--dim:#666b75;--line:#dcdee2;"
    "--accent:#0f766e;--bad:#b42318}@media(prefers-color-scheme:dark){:root{--bg:#131518;--fg:#"
    "e6e8eb;"
    "--dim:#9299a5;--line:#2b2f36;--accent:#4fd1c5;--bad:#ff8a7a}}"
    "body{margin:0 auto;max-width:1080px;padding:24px;background:var(--bg);color:var(--fg);"
    "font:14px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}"
    "h1{font-size:20px;margin:0 0 4px}h2{font-size:15px;margin:32px 0 8px;border-bottom:1px solid "
    "var(--line)}"
    "table{border-collapse:collapse;width:100%}td,th{padding:3px "
    "8px;text-align:right;white-space:nowrap}"
    "th{color:var(--dim);font-weight:500}td:first-child,th:first-child{text-align:left;white-space:"
    "normal}"
    "tr+tr td{border-top:1px solid "
    "var(--line)}.dim{color:var(--dim)}.big{font-size:34px;color:var(--accent)}"
    ".finding{margin:14px 0;padding-left:12px;border-left:3px solid "
    "var(--line)}.error{border-color:var(--bad)}"
    ".warning{border-color:var(--accent)}.finding "
    "b{font-size:15px}figure{display:inline-block;margin:6px 8px 0 0;"
    "text-align:center;font-size:11px;width:104px;vertical-align:top;overflow-wrap:anywhere}"
    "img{max-width:96px;min-width:56px;image-rendering:pixelated;background:#0002}"
    ".bar{width:160px;height:10px;vertical-align:middle}.track{fill:var(--line)}.fill{fill:var(--"
    "accent)}"
    ".whisker{fill:var(--fg)}.chart{width:100%;max-width:420px}.wrap{overflow-x:auto}</style>";

static void section(sl_text *out, const char *title) {
  sl_text_puts(out, "<h2>");
  sl_html_escape(out, title);
  sl_text_puts(out, "</h2>");
}

static void put_headline(sl_text *out, const sl_rec_report *r) {
  sl_text_puts(out, "<title>");
  sl_html_escape(out, r->run.model_name);
  sl_text_puts(out, " on ");
  sl_html_escape(out, r->run.dataset_name);
  sl_text_puts(out, "</title><h1>");
  sl_html_escape(out, r->run.model_name);
  sl_text_puts(out, " on ");
  sl_html_escape(out, r->run.dataset_name);
  sl_text_printf(out, "</h1><div class=dim>run %s, %s, %lld %s, %lld %s</div>", r->run.id,
                 r->run.created, (long long)r->run.samples,
                 sl_plural(r->run.samples, "sample", "samples"), (long long)r->errors,
                 sl_plural(r->errors, "error", "errors"));
  sl_text_puts(out, "<div class=big>");
  sl_html_percent(out, r->accuracy, 2);
  sl_text_puts(out, "</div><div class=dim>accuracy, 95&#8239;% interval ");
  sl_html_percent(out, r->run.accuracy_low, 2);
  sl_text_puts(out, " to ");
  sl_html_percent(out, r->run.accuracy_high, 2);
  sl_text_puts(out, "</div>");
}

// ---- findings
// ------------------------------------------------------------------------------------

static void put_picture(sl_op_call *call, sl_text *out, const sl_rec_sample *sample) {
  sl_blob *blob;
  if (sample->image == NULL) return;
  const char *key = sl_arena_printf(call->arena, "thumb-%s-%d", sample->image, SIDE_PX);
  if (sl_blob_open(call->engine, key, &blob, NULL) != SL_OK)
    return;  // broken files have no picture
  size_t size;
  const void *bytes = sl_blob_bytes(blob, &size);
  sl_text_printf(out, "<figure><img alt='' src='data:%s;base64,", sl_blob_mime(blob));
  sl_html_base64(out, bytes, size);
  sl_text_puts(out, "'><div>");
  sl_html_escape(out, sample->label);
  sl_text_puts(out, " &rarr; ");
  sl_html_escape(out, sample->pred);
  sl_text_puts(out, " ");
  sl_html_number(out, sample->confidence, 2);
  sl_text_puts(out, "</div></figure>");
  sl_blob_close(blob);
}

static sl_status put_pictures(sl_op_call *call, sl_text *out, const sl_rec_report *r,
                              const sl_rec_finding *f, sl_error *err) {
  sl_view_params params = {.run = r->run.id, .where = f->where, .sort = f->sort};
  sl_open_view *view;
  if (f->where.count == 0) return SL_OK;
  SL_TRY(sl_view_open(call, &params, &view, err));
  for (int64_t i = 0; i < view->order.count && i < PICTURES_PER_FINDING; i++) {
    sl_rec_sample sample;
    sl_view_sample(call, view, view->order.rows[i], &sample);
    put_picture(call, out, &sample);
  }
  sl_view_release(call, view);
  return SL_OK;
}

static sl_status put_findings(sl_op_call *call, sl_text *out, const sl_rec_report *r,
                              sl_error *err) {
  static const char *const classes[] = {"info", "warning", "error"};
  const sl_rec_finding *findings = r->findings.at;
  section(out, "Findings");
  if (r->findings.count == 0) sl_text_puts(out, "<p class=dim>None.</p>");
  for (int64_t i = 0; i < r->findings.count; i++) {
    const sl_rec_finding *f = &findings[i];
    sl_text_printf(out, "<div class='finding %s'><b>", classes[f->severity]);
    sl_html_escape(out, f->title);
    sl_text_puts(out, "</b><div>");
    sl_html_escape(out, f->text);
    sl_text_puts(out, "</div><div class=dim>");
    sl_html_escape(out, f->advice);
    sl_text_puts(out, "</div>");
    if (i < FINDINGS_WITH_PICTURES) SL_TRY(put_pictures(call, out, r, f, err));
    sl_text_puts(out, "</div>");
  }
  return SL_OK;
}

// ---- numbers
// -------------------------------------------------------------------------------------

static void put_metrics(sl_text *out, const sl_rec_report *r) {
  const sl_rec_metric *metrics = r->metrics.at;
  section(out, "Numbers");
  sl_text_puts(out, "<table><tr><th>number<th>value<th>95&#8239;% interval<th>samples</tr>");
  for (int64_t i = 0; i < r->metrics.count; i++) {
    const sl_rec_metric *m = &metrics[i];
    sl_text_puts(out, "<tr><td title=\"");
    sl_html_escape(out, m->help);
    sl_text_puts(out, "\">");
    sl_html_escape(out, m->title);
    sl_text_puts(out, "<td>");
    sl_html_number(out, m->value, 4);
    sl_text_puts(out, "<td>");
    sl_html_number(out, m->low, 4);
    sl_text_puts(out, " &hellip; ");
    sl_html_number(out, m->high, 4);
    sl_text_printf(out, "<td>%lld</tr>", (long long)m->n);
  }
  sl_text_puts(out, "</table>");
}

static void put_classes(sl_text *out, const sl_rec_report *r) {
  const sl_rec_class *classes = r->classes.at;
  int64_t silent = 0;
  section(out, "Classes");
  sl_text_puts(out,
               "<div class=wrap><table><tr><th>class<th>support<th>predicted<th>recall<th><th>"
               "precision<th>F1<th>AP<th>AUROC<th>confidence &minus; precision</tr>");
  for (int64_t i = 0; i < r->classes.count; i++) {
    const sl_rec_class *c = &classes[i];
    int is_silent = c->support == 0 && c->predicted == 0;
    silent += is_silent;
    if (is_silent) continue;
    sl_text_puts(out, "<tr><td>");
    sl_html_escape(out, c->name);
    sl_text_printf(out, "<td>%lld<td>%lld<td>", (long long)c->support, (long long)c->predicted);
    sl_html_number(out, c->recall, 3);
    sl_text_puts(out, "<td>");
    sl_html_bar(out, c->recall, c->recall_low, c->recall_high);
    const double values[] = {c->precision, c->f1, c->average_precision, c->auroc, c->gap};
    for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
      sl_text_puts(out, "<td>");
      sl_html_number(out, values[k], 3);
    }
    sl_text_puts(out, "</tr>");
  }
  sl_text_puts(out, "</table></div>");
  if (silent > 0)
    sl_text_printf(out, "<p class=dim>%lld %s neither a label nor a prediction here.</p>",
                   (long long)silent, sl_plural(silent, "class is", "classes are"));
}

static void put_matrix(sl_text *out, const sl_rec_report *r) {
  const sl_rec_cell *cells = r->confusion.at;
  const sl_rec_class *classes = r->classes.at;
  int64_t n = r->classes_count;
  if (n == 0 || n > CLASSES_IN_MATRIX) return;
  section(out, "Confusion");
  sl_text_printf(
      out,
      "<p class=dim>Rows are labels, columns predictions, shade is the share of the row.</p>"
      "<svg class=chart viewBox='0 0 %lld %lld'>",
      (long long)n, (long long)n);
  for (int64_t i = 0; i < r->confusion.count; i++) {
    const sl_rec_cell *cell = &cells[i];
    double share = (double)cell->count / (double)classes[cell->label].support;
    sl_text_printf(
        out,
        "<rect x='%lld' y='%lld' width=0.96 height=0.96 style='fill:var(%s);opacity:%.3f'><title>",
        (long long)cell->pred, (long long)cell->label,
        cell->label == cell->pred ? "--accent" : "--bad", 0.08 + 0.92 * sqrt(share));
    sl_html_escape(out, classes[cell->label].name);
    sl_text_puts(out, " &rarr; ");
    sl_html_escape(out, classes[cell->pred].name);
    sl_text_printf(out, ": %lld</title></rect>", (long long)cell->count);
  }
  sl_text_puts(out, "</svg>");
}

static void put_reliability(sl_text *out, const sl_rec_report *r) {
  const sl_rec_bin *bins = r->calibration.equal_width.at;
  if (r->calibration.equal_width.count == 0) return;
  section(out, "Confidence against accuracy");
  sl_text_puts(out,
               "<svg class=chart viewBox='-2 -2 104 104'><rect class=track width=100 height=100 "
               "opacity=0.35 />"
               "<line x1=0 y1=100 x2=100 y2=0 stroke='var(--dim)' stroke-width=0.4 />");
  for (int64_t i = 0; i < r->calibration.equal_width.count; i++) {
    const sl_rec_bin *b = &bins[i];
    if (b->count == 0) continue;
    sl_text_printf(
        out,
        "<line x1='%.2f' x2='%.2f' y1='%.2f' y2='%.2f' stroke='var(--accent)' stroke-width=0.8 />"
        "<circle cx='%.2f' cy='%.2f' r=1.4 fill='var(--accent)'><title>said %.3f, was %.3f, %lld "
        "samples</title></circle>",
        100 * b->confidence, 100 * b->confidence, 100 - 100 * b->accuracy_low,
        100 - 100 * b->accuracy_high, 100 * b->confidence, 100 - 100 * b->accuracy, b->confidence,
        b->accuracy, (long long)b->count);
  }
  sl_text_puts(out, "</svg>");
}

static void put_texts(sl_text *out, const sl_texts *texts) {
  sl_text_puts(out, "<ol>");
  for (int64_t i = 0; i < texts->count; i++) {
    sl_text_puts(out, "<li>");
    sl_html_escape(out, texts->at[i]);
  }
  sl_text_puts(out, "</ol>");
}

static void put_origin(sl_text *out, const sl_rec_report *r) {
  section(out, "What ran");
  sl_text_puts(out, "<p>Model ");
  sl_html_escape(out, r->run.model_name);
  sl_text_puts(out, "<span class=dim> SHA-256 ");
  sl_html_escape(out, r->model.key);
  sl_text_puts(out, "</span><br>Dataset ");
  sl_html_escape(out, r->run.dataset_name);
  sl_text_printf(out, " %s, %lld %s</p>", r->run.version, (long long)r->run.samples,
                 sl_plural(r->run.samples, "sample", "samples"));
  if (r->run.pipeline.count > 0) {
    sl_text_printf(out, "<p>Pipeline%s: ", r->run.guessed ? " (guessed)" : "");
    sl_html_escape(out, r->run.pipeline_source);
    sl_text_puts(out, "</p>");
    put_texts(out, &r->run.pipeline);
  }
  if (r->run.guessed && r->run.evidence.count > 0) {
    sl_text_puts(out, "<p>Evidence of the guess</p>");
    put_texts(out, &r->run.evidence);
  }
  if (r->notes.count > 0) {
    sl_text_puts(out, "<p>Notes</p>");
    put_texts(out, &r->notes);
  }
}

sl_status sl_report_html_check(const char *path, sl_error *err) {
  if (!sl_file_exists(path)) return SL_OK;
  sl_fail(err, SL_E_ARG, "\"%s\" exists already", path);
  return sl_hint(err, SL_E_ARG, "Name a new file; nothing is ever overwritten.");
}

sl_status sl_report_html_write(sl_op_call *call, const sl_rec_report *report, const char *path,
                               sl_error *err) {
  SL_TRY(sl_report_html_check(path, err));
  sl_text out = {0};
  sl_text_puts(&out, head);
  put_headline(&out, report);
  sl_status status = put_findings(call, &out, report, err);
  if (status == SL_OK) {
    put_metrics(&out, report);
    put_classes(&out, report);
    put_matrix(&out, report);
    put_reliability(&out, report);
    put_origin(&out, report);
    status = sl_file_write_atomic(path, out.at, out.size, err);
  }
  sl_text_free(&out);
  return status;
}
