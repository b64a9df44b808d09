// SPDX-License-Identifier: Apache-2.0
// Results for people: tables and facts on a terminal, drawn from the result's JSON and its rows.
#ifndef SL_CLI_PRINT_H
#define SL_CLI_PRINT_H

#include <slitlamp/slitlamp.h>

#include "base/json.h"

typedef struct sl_printer {
  sl_arena *arena;
  sl_text out;
  int colour;
  int width;  // columns of the terminal
} sl_printer;

// ANSI styles; empty texts without colour.
typedef enum sl_style {
  SL_STYLE_PLAIN,
  SL_STYLE_BOLD,
  SL_STYLE_DIM,
  SL_STYLE_ACCENT,
  SL_STYLE_BAD,
  SL_STYLE_GOOD
} sl_style;
void sl_print_styled(sl_printer *p, sl_style style, const char *text);

// Any result, by its rows: scalars as "name  value", lists of records as tables.
void sl_print_result(sl_printer *p, const sl_row *rows, const sl_json *result);

// A table of the named members of a list of objects; `columns` and `titles` end with NULL. Numbers
// are right-aligned; the widest text column gives way when the terminal is narrow.
void sl_print_table(sl_printer *p, const sl_json *list, const char *const *columns,
                    const char *const *titles);

// One value as a person reads it: rates with four digits, times, "-" for null.
char *sl_print_value(sl_arena *arena, const sl_json *value);

// Error record on standard error: message, detail, hint, context.
void sl_print_error(const sl_error *err, int colour);

// Display columns of UTF-8 text (combining marks and wide characters are the terminal's business:
// one column per code point).
size_t sl_print_columns(const char *text);

// ---- hand-written printers, named in verb_list.h
// -------------------------------------------------
void sl_print_report(sl_printer *p, const sl_json *result);
void sl_print_compare(sl_printer *p, const sl_json *result);
void sl_print_ls(sl_printer *p, const sl_json *result);
void sl_print_show(sl_printer *p, const sl_json *result);
void sl_print_view(sl_printer *p, const sl_json *result);
void sl_print_facts(sl_printer *p, const sl_json *list);  // list of {group, name, value}
void sl_print_doctor(sl_printer *p, const sl_json *result);
void sl_print_import(sl_printer *p, const sl_json *result);
void sl_print_sample(sl_printer *p, const sl_json *result);

#endif
