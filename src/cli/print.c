// SPDX-License-Identifier: Apache-2.0
// Tables and facts on a terminal. Texts from results are escaped by sl_display() before they reach
// it. Start at sl_print_result().
#include "cli/print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS_MAX = 24, CELL_MAX = 72, ROWS_SHOWN_MAX = 10000 };

static const char *style_code(sl_style style) {
  static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[36m", "\033[31m", "\033[32m"};
  return codes[style];
}

void sl_print_styled(sl_printer *p, sl_style style, const char *text) {
  if (p->colour) sl_text_puts(&p->out, style_code(style));
  sl_text_puts(&p->out, text);
  if (p->colour && style != SL_STYLE_PLAIN) sl_text_puts(&p->out, "\033[0m");
}

size_t sl_print_columns(const char *text) {
  size_t columns = 0;
  for (; *text != '\0'; text++) columns += ((unsigned char)*text & 0xC0u) != 0x80u;
  return columns;
}

static char *real_text(sl_arena *arena, double value) {
  double size = fabs(value);
  if (value == trunc(value) && size < 1e15) return sl_arena_printf(arena, "%.0f", value);
  if (size >= 1000) return sl_arena_printf(arena, "%.1f", value);
  if (size >= 0.001) return sl_arena_printf(arena, "%.4f", value);
  return sl_arena_printf(arena, "%.3g", value);
}

static char *list_text(sl_arena *arena, const sl_json *list) {
  sl_text text = {0};
  for (sl_json_iter it = sl_json_each(list); sl_json_next(&it);) {
    if (text.size > 0) sl_text_puts(&text, ", ");
    sl_text_puts(&text, sl_print_value(arena, it.value));
  }
  return sl_text_take(&text, arena);
}

// Lists hold scalars here; deeper nesting shows as its kind.
char *sl_print_value(sl_arena *arena, const sl_json *value) {
  const char *text;
  switch (sl_json_kind_of(value)) {
    case SL_JSON_BOOL:
      return sl_arena_copy(arena, sl_json_bool(value, 0) ? "yes" : "no");
    case SL_JSON_INT:
      return sl_arena_printf(arena, "%lld", (long long)sl_json_int(value, 0));
    case SL_JSON_REAL:
      return real_text(arena, sl_json_real(value, 0));
    case SL_JSON_TEXT:
      text = sl_json_text(value, "");
      return sl_display(arena, text, strlen(text));
    case SL_JSON_LIST:
      return list_text(arena, value);
    case SL_JSON_OBJECT:
      return sl_arena_copy(arena, "{...}");
    default:
      return sl_arena_copy(arena, "-");
  }
}

// ---- tables ------------------------------------------------------------------------------------

typedef struct table {
  size_t columns, rows;
  char ***cells;  // [row][column]
  size_t width[COLUMNS_MAX];
  int is_text[COLUMNS_MAX];
} table;

static void measure(table *t, size_t row, size_t column, const char *cell) {
  size_t columns = sl_print_columns(cell);
  if (columns > CELL_MAX) columns = CELL_MAX;
  if (columns > t->width[column]) t->width[column] = columns;
  (void)row;
}

static void fill(sl_printer *p, table *t, const sl_json *list, const char *const *columns,
                 const char *const *titles) {
  t->cells = SL_NEW_ARRAY(p->arena, char **, sl_json_count(list) + 1);
  for (; columns[t->columns] != NULL && t->columns < COLUMNS_MAX; t->columns++)
    t->width[t->columns] = sl_print_columns(titles[t->columns]);
  for (sl_json_iter it = sl_json_each(list); sl_json_next(&it) && t->rows < ROWS_SHOWN_MAX;) {
    char **cells = SL_NEW_ARRAY(p->arena, char *, t->columns);
    for (size_t c = 0; c < t->columns; c++) {
      const sl_json *value = sl_json_get(it.value, columns[c]);
      cells[c] = sl_print_value(p->arena, value);
      sl_json_kind kind = sl_json_kind_of(value);
      t->is_text[c] |= kind == SL_JSON_TEXT || kind == SL_JSON_LIST;
      measure(t, t->rows, c, cells[c]);
    }
    t->cells[t->rows++] = cells;
  }
}

static void shrink(table *t, int terminal) {
  for (;;) {
    size_t total = 0, widest = 0;
    for (size_t c = 0; c < t->columns; c++) {
      total += t->width[c] + 2;
      if (t->is_text[c] && (!t->is_text[widest] || t->width[c] > t->width[widest])) widest = c;
    }
    if (total <= (size_t)terminal || !t->is_text[widest] || t->width[widest] <= 12) return;
    t->width[widest]--;
  }
}

static void put_cell(sl_printer *p, sl_style style, const char *text, size_t width, int is_text,
                     int is_last) {
  size_t columns = sl_print_columns(text);
  const char *shown = text;
  if (columns > width) {
    size_t bytes = 0;
    for (size_t seen = 0; text[bytes] != '\0'; bytes++) {
      if (((unsigned char)text[bytes] & 0xC0u) != 0x80u && ++seen == width) break;
    }
    shown = sl_arena_printf(p->arena, "%.*s…", (int)bytes, text);
    columns = width;
  }
  for (size_t i = columns; !is_text && i < width; i++) sl_text_putc(&p->out, ' ');
  sl_print_styled(p, style, shown);
  for (size_t i = columns; is_text && !is_last && i < width; i++) sl_text_putc(&p->out, ' ');
  sl_text_puts(&p->out, is_last ? "\n" : "  ");
}

void sl_print_table(sl_printer *p, const sl_json *list, const char *const *columns,
                    const char *const *titles) {
  table t = {0};
  fill(p, &t, list, columns, titles);
  if (t.rows == 0) {
    sl_print_styled(p, SL_STYLE_DIM, "none\n");
    return;
  }
  shrink(&t, p->width);
  for (size_t c = 0; c < t.columns; c++)
    put_cell(p, SL_STYLE_DIM, titles[c], t.width[c], t.is_text[c], c + 1 == t.columns);
  for (size_t r = 0; r < t.rows; r++)
    for (size_t c = 0; c < t.columns; c++)
      put_cell(p, SL_STYLE_PLAIN, t.cells[r][c], t.width[c], t.is_text[c], c + 1 == t.columns);
}

// ---- any result
// ----------------------------------------------------------------------------------

static void print_records(sl_printer *p, const sl_row *row, const sl_json *list) {
  const char *columns[COLUMNS_MAX + 1];
  size_t count = 0;
  for (const sl_row *r = row->rows; r->type != SL_T_END && count < 8; r++)
    if (r->type != SL_T_RECORD && !(r->flags & SL_ROW_LIST)) columns[count++] = r->name;
  columns[count] = NULL;
  sl_text_putc(&p->out, '\n');
  sl_print_styled(p, SL_STYLE_BOLD, row->name);
  sl_text_putc(&p->out, '\n');
  sl_print_table(p, list, columns, columns);
}

// Recursion follows the nesting of static rows.
void sl_print_result(sl_printer *p, const sl_row *rows, const sl_json *result) {
  for (const sl_row *row = rows; row->type != SL_T_END; row++) {
    const sl_json *value = sl_json_get(result, row->name);
    if (row->type == SL_T_RECORD) {
      if ((row->flags & SL_ROW_LIST) && sl_json_count(value) > 0) print_records(p, row, value);
      if (!(row->flags & SL_ROW_LIST)) sl_print_result(p, row->rows, value);
      continue;
    }
    if (sl_json_kind_of(value) <= SL_JSON_NULL) continue;
    if ((row->flags & SL_ROW_LIST) && sl_json_count(value) == 0) continue;
    sl_print_styled(p, SL_STYLE_DIM, sl_arena_printf(p->arena, "%-18s ", row->name));
    sl_text_printf(&p->out, "%s%s%s\n", sl_print_value(p->arena, value), row->unit ? " " : "",
                   row->unit != NULL ? row->unit : "");
  }
}

void sl_print_error(const sl_error *err, int colour) {
  const char *red = colour ? "\033[31m" : "", *dim = colour ? "\033[2m" : "",
             *off = colour ? "\033[0m" : "";
  sl_arena *scratch = sl_arena_new(NULL, "print error");
  const char *message = sl_error_message(err), *detail = sl_error_detail(err);
  const char *hint = sl_error_hint(err), *context = sl_error_context(err);
  fprintf(stderr, "%sslitlamp:%s %s\n", red, off, sl_display(scratch, message, strlen(message)));
  if (detail[0] != '\0') fprintf(stderr, "  %s\n", sl_display(scratch, detail, strlen(detail)));
  if (hint[0] != '\0') fprintf(stderr, "  hint: %s\n", sl_display(scratch, hint, strlen(hint)));
  if (context[0] != '\0')
    fprintf(stderr, "  %s%s%s\n", dim, sl_display(scratch, context, strlen(context)), off);
  sl_arena_free(scratch);
}
