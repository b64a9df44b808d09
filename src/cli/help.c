// SPDX-License-Identifier: Apache-2.0
// Help texts and the manual page, drawn from the rows.
#include "cli/help.h"

#include <string.h>

#include "base/rows.h"
#include "cli/args.h"

static const char usage[] =
    "usage: slitlamp VERB [ARGUMENTS] [OPTIONS]\n"
    "\n"
    "  slitlamp open model.onnx images/     from a model and images to its failures\n"
    "  slitlamp demo                        the same on real data that come along\n"
    "\n";

static const struct {
  const char *option, *help;
} globals[] = {
    {"--workspace DIR", "Workspace; else SLITLAMP_WORKSPACE, else the nearest .slitlamp folder."},
    {"--json", "Print the result as JSON."},
    {"--quiet, -q", "No progress, no result."},
    {"--no-color", "No colours; also by NO_COLOR."},
    {"--read-only", "Never change the workspace."},
    {"--help, -h", "Help on the verb."},
    {"--version, -V", "Version."}};

enum { GLOBAL_COUNT = sizeof globals / sizeof globals[0] };

void sl_help_overview(sl_text *out) {
  sl_text_puts(out, usage);
  for (size_t i = 0; sl_op_at(i) != NULL; i++)
    sl_text_printf(out, "  %-12s %s\n", sl_op_at(i)->name, sl_op_at(i)->title);
  sl_text_printf(out, "  %-12s %s\n  %-12s %s\n  %-12s %s\n", "help",
                 "Help on a verb; --json prints the operation table", "man", "The manual page",
                 "completion", "Completion script for bash, zsh or fish");
  sl_text_puts(out, "\noptions of every verb:\n");
  for (size_t i = 0; i < GLOBAL_COUNT; i++)
    sl_text_printf(out, "  %-18s %s\n", globals[i].option, globals[i].help);
  sl_text_puts(out,
               "\nexit codes: 0 ok, 1 findings or gate failed, 2 usage, 3 bad input, "
               "4 environment, 5 partial (run again to resume), 70 our bug\n");
}

static void put_placeholder(sl_text *out, const sl_row *row) {
  static const char *const kinds[] = {"",     "",   "N",   "X", "TEXT", "",
                                      "PATH", "ID", "KEY", "",  "NAME"};
  if (row->type == SL_T_ENUM) {
    for (const sl_choice *c = row->choices; c->name != NULL; c++)
      sl_text_printf(out, "%s%s", c == row->choices ? "" : "|", c->name);
  } else {
    sl_text_puts(out, kinds[row->type]);
  }
}

static void put_default(sl_text *out, const sl_row *row) {
  char number[32];
  if (row->flags & (SL_ROW_LIST | SL_ROW_REQUIRED)) return;
  if (row->type == SL_T_INT || row->type == SL_T_REAL) {
    sl_format_real(row->fallback, number);
    sl_text_printf(out, " [%s%s%s]", number, row->unit != NULL ? " " : "",
                   row->unit != NULL ? row->unit : "");
  } else if (row->type == SL_T_ENUM) {
    sl_text_printf(out, " [%s]", row->choices[(int)row->fallback].name);
  } else if (row->type == SL_T_BOOL) {
    sl_text_printf(out, " [%s]", row->fallback != 0 ? "yes" : "no");
  } else if (row->fallback_text != NULL) {
    sl_text_printf(out, " [%s]", row->fallback_text);
  }
}

static void put_option(sl_text *out, sl_arena *scratch, const sl_row *row) {
  sl_text left = {0};
  sl_text_puts(&left, sl_args_option_name(scratch, row->name));
  if (row->type == SL_T_BOOL && row->fallback != 0)
    sl_text_printf(&left, ", %s",
                   sl_args_option_name(scratch, sl_arena_printf(scratch, "no_%s", row->name)));
  if (row->type != SL_T_BOOL && row->type != SL_T_ENUM) {
    sl_text_putc(&left, ' ');
    put_placeholder(&left, row);
  }
  sl_text_printf(out, "  %-22s %s", sl_text_z(&left), row->help);
  put_default(out, row);
  sl_text_putc(out, '\n');
  if (row->type == SL_T_ENUM)
    for (const sl_choice *c = row->choices; c->name != NULL; c++)
      sl_text_printf(out, "  %-22s   %-16s %s\n", "", c->name, c->help != NULL ? c->help : "");
  if (row->type == SL_T_VARIANT)
    for (size_t i = 0; i < row->registry->count; i++)
      sl_text_printf(out, "  %-22s   %-26s %s\n", "", row->registry->items[i]->name,
                     row->registry->items[i]->title);
  sl_text_free(&left);
}

// What each item of a variant takes besides: "--method smoothgrad" and its options.
static void put_items(sl_text *out, sl_arena *scratch, const sl_row *row) {
  for (size_t i = 0; i < row->registry->count; i++) {
    const sl_item *item = row->registry->items[i];
    sl_text_printf(out, "\nwith %s %s: %s\n", sl_args_option_name(scratch, row->name), item->name,
                   item->help);
    for (const sl_row *own = item->params; own->type != SL_T_END; own++)
      put_option(out, scratch, own);
  }
}

static void put_synopsis(sl_text *out, const sl_op_info *op) {
  sl_text_printf(out, "slitlamp %s", op->name);
  for (const sl_row *row = op->params; row->type != SL_T_END; row++) {
    if (!(row->flags & SL_ROW_POSITIONAL)) continue;
    int optional = !(row->flags & SL_ROW_REQUIRED);
    sl_text_printf(out, " %s", optional ? "[" : "");
    for (const char *c = row->name; *c != '\0'; c++)
      sl_text_putc(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c);
    sl_text_printf(out, "%s%s", row->flags & SL_ROW_LIST ? "..." : "", optional ? "]" : "");
  }
  sl_text_puts(out, " [OPTIONS]\n");
}

void sl_help_verb(sl_text *out, const sl_op_info *op, int advanced) {
  sl_arena *scratch = sl_arena_new(NULL, "help");
  sl_text_puts(out, "usage: ");
  put_synopsis(out, op);
  sl_text_printf(out, "\n%s\n", op->help);
  int hidden = 0;
  for (int positional = 1; positional >= 0; positional--) {
    int started = 0;
    for (const sl_row *row = op->params; row->type != SL_T_END; row++) {
      if (((row->flags & SL_ROW_POSITIONAL) != 0) != positional) continue;
      int skip = (row->flags & SL_ROW_ADVANCED) && !advanced;
      hidden += skip;
      if (skip) continue;
      if (!started) sl_text_puts(out, positional ? "\narguments:\n" : "\noptions:\n");
      started = 1;
      put_option(out, scratch, row);
    }
  }
  for (const sl_row *row = op->params; row->type != SL_T_END; row++) {
    hidden += row->type == SL_T_VARIANT && !advanced;
    if (row->type == SL_T_VARIANT && advanced) put_items(out, scratch, row);
  }
  if (hidden > 0) sl_text_printf(out, "\n%d more: slitlamp help %s --all\n", hidden, op->name);
  sl_text_printf(out, "\nexample: %s\n", op->example);
  sl_arena_free(scratch);
}

// ---- the manual page ----------------------------------------------------------------------------

static void put_troff(sl_text *out, const char *text) {
  if (*text == '.' || *text == '\'') sl_text_puts(out, "\\&");
  for (; *text != '\0'; text++) {
    if (*text == '-')
      sl_text_puts(out, "\\-");
    else if (*text == '\\')
      sl_text_puts(out, "\\e");
    else
      sl_text_putc(out, *text);
  }
}

static void man_entry(sl_text *out, const char *term, const char *text) {
  sl_text_puts(out, ".TP\n.B ");
  put_troff(out, term);
  sl_text_putc(out, '\n');
  put_troff(out, text);
  sl_text_putc(out, '\n');
}

static void man_verb(sl_text *out, sl_arena *scratch, const sl_op_info *op) {
  sl_text synopsis = {0};
  put_synopsis(&synopsis, op);
  sl_text_printf(out, ".SS %s\n", op->name);
  put_troff(out, op->help);
  sl_text_puts(out, "\n.PP\n.B ");
  put_troff(out, sl_text_z(&synopsis));
  for (const sl_row *row = op->params; row->type != SL_T_END; row++)
    man_entry(out, sl_args_option_name(scratch, row->name), row->help);
  sl_text_free(&synopsis);
}

void sl_help_man(sl_text *out) {
  sl_arena *scratch = sl_arena_new(NULL, "man");
  sl_text_printf(out, ".TH SLITLAMP 1 \"\" \"Slitlamp %s\"\n", sl_version());
  sl_text_puts(out,
               ".SH NAME\nslitlamp \\- find out why a vision model fails\n.SH SYNOPSIS\n"
               ".B slitlamp\n.I VERB\n[ARGUMENTS] [OPTIONS]\n.SH VERBS\n");
  for (size_t i = 0; sl_op_at(i) != NULL; i++) man_verb(out, scratch, sl_op_at(i));
  sl_text_puts(out, ".SH OPTIONS OF EVERY VERB\n");
  for (size_t i = 0; i < GLOBAL_COUNT; i++) man_entry(out, globals[i].option, globals[i].help);
  sl_text_puts(out,
               ".SH EXIT STATUS\n0 ok; 1 findings or gate failed; 2 usage; 3 bad input; 4 "
               "environment; 5 partial, run again to resume; 70 our bug.\n");
  sl_arena_free(scratch);
}
