// SPDX-License-Identifier: Apache-2.0
// The command-line parser: options by rows, positionals in row order.
//
// Invariant: what leaves here is a JSON object; ranges and choices are checked by the operation's
// own rows, so that the command line cannot know better. Start at sl_args_parse().
#include "cli/args.h"

#include <string.h>

#include "base/rows.h"

enum { ROWS_MAX = 64 };

// Values given so far, per row, in the order of the command line.
typedef struct given {
  const char **at;
  int count;
} given;

typedef struct parser {
  sl_arena *arena;
  sl_args *args;
  given values[ROWS_MAX];
  // The operation's variant ("--method NAME") that the command line chose: its options stand beside
  // those of the operation.
  const sl_row *variant;
  const sl_item *item;
  given item_values[ROWS_MAX];
  int argc, at;
  char **argv;
  int only_positionals;
} parser;

int sl_args_is_own_verb(const char *verb) {
  return sl_streq(verb, "help") || sl_streq(verb, "man") || sl_streq(verb, "completion");
}

char *sl_args_option_name(sl_arena *arena, const char *row_name) {
  char *name = sl_arena_printf(arena, "--%s", row_name);
  for (char *c = name; *c != '\0'; c++)
    if (*c == '_') *c = '-';
  return name;
}

static char *row_name_of(sl_arena *arena, const char *option) {
  char *name = sl_arena_copy(arena, option);
  for (char *c = name; *c != '\0'; c++)
    if (*c == '-') *c = '_';
  return name;
}

static void give(parser *p, given *to, const char *value) {
  if (to->at == NULL) to->at = SL_NEW_ARRAY(p->arena, const char *, p->argc);
  to->at[to->count++] = value;
}

static sl_status next_value(parser *p, const char *option, const char **out, sl_error *err) {
  if (p->at + 1 >= p->argc) return sl_fail(err, SL_E_ARG, "option %s needs a value", option);
  *out = p->argv[++p->at];
  return SL_OK;
}

// ---- options that every verb has
// -----------------------------------------------------------------

static sl_status parse_global(parser *p, const char *name, const char *inline_value, int *known,
                              sl_error *err) {
  sl_args *args = p->args;
  static const char *const switches[] = {"json",      "quiet", "no-color",
                                         "read-only", "help",  "version"};
  int *const targets[] = {&args->json,      &args->quiet, &args->no_color,
                          &args->read_only, &args->help,  &args->version};
  *known = 1;
  for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
    if (!sl_streq(name, switches[i])) continue;
    *targets[i] = 1;
    return SL_OK;
  }
  if (sl_streq(name, "workspace")) {
    if (inline_value != NULL)
      args->workspace = inline_value;
    else
      SL_TRY(next_value(p, "--workspace", &args->workspace, err));
    return SL_OK;
  }
  *known = 0;
  return SL_OK;
}

// ---- options of the operation -----------------------------------------------------------------

static sl_status unknown_option(parser *p, const char *name, sl_error *err) {
  const char *names[ROWS_MAX];
  size_t count = 0;
  for (const sl_row *row = p->args->op->params; row->type != SL_T_END; row++)
    names[count++] = sl_args_option_name(p->arena, row->name) + 2;
  const sl_row *own = p->item != NULL ? p->item->params : NULL;
  for (; own != NULL && own->type != SL_T_END && count < ROWS_MAX; own++)
    names[count++] = sl_args_option_name(p->arena, own->name) + 2;
  if (p->item != NULL)
    sl_fail(err, SL_E_ARG, "\"%s\" with %s \"%s\" has no option --%s", p->args->verb,
            p->variant->name, p->item->name, name);
  else
    sl_fail(err, SL_E_ARG, "\"%s\" has no option --%s", p->args->verb, name);
  const char *near = sl_nearest(name, names, count);
  if (near != NULL) return sl_hint(err, SL_E_ARG, "Did you mean --%s?", near);
  return sl_hint(err, SL_E_ARG, "\"slitlamp help %s\" lists its options.", p->args->verb);
}

// The row of an option, also of "no-..." for switches; NULL when there is none.
static const sl_row *find_row(const sl_row *rows, const char *wanted, int *negated) {
  const sl_row *row = sl_rows_find(rows, wanted);
  *negated = 0;
  if (row != NULL || !sl_starts_with(wanted, "no_")) return row;
  row = sl_rows_find(rows, wanted + 3);
  *negated = row != NULL && row->type == SL_T_BOOL;
  return *negated ? row : NULL;
}

static sl_status parse_option(parser *p, const char *name, const char *inline_value,
                              sl_error *err) {
  const sl_row *rows = p->args->op->params;
  const char *wanted = row_name_of(p->arena, name);
  int negated = 0;
  const sl_row *row = find_row(rows, wanted, &negated);
  if (row == NULL && p->item != NULL) {
    rows = p->item->params;
    row = find_row(rows, wanted, &negated);
  }
  if (row == NULL) return unknown_option(p, name, err);
  const char *value = inline_value;
  if (row->type == SL_T_BOOL && value == NULL) value = negated ? "false" : "true";
  if (value == NULL) {
    const char *option = sl_arena_printf(p->arena, "--%s", name);
    SL_TRY(next_value(p, option, &value, err));
  }
  give(p, rows == p->args->op->params ? &p->values[row - rows] : &p->item_values[row - rows],
       value);
  return SL_OK;
}

static sl_status parse_dashed(parser *p, const char *argument, sl_error *err) {
  if (sl_streq(argument, "-h")) argument = "--help";
  if (sl_streq(argument, "-V")) argument = "--version";
  if (sl_streq(argument, "-q")) argument = "--quiet";
  if (argument[1] != '-')
    return sl_fail(err, SL_E_ARG, "option \"%s\" is not known; options have two dashes", argument);
  const char *equals = strchr(argument, '=');
  size_t length = equals != NULL ? (size_t)(equals - argument) - 2 : strlen(argument) - 2;
  const char *name = sl_arena_copy_bytes(p->arena, argument + 2, length);
  const char *inline_value = equals != NULL ? equals + 1 : NULL;
  int known;
  SL_TRY(parse_global(p, name, inline_value, &known, err));
  if (known) return SL_OK;
  if (p->args->verb == NULL) {
    sl_fail(err, SL_E_ARG, "option --%s is not known", name);
    return sl_hint(err, SL_E_ARG, "Options of an operation stand after its verb.");
  }
  return parse_option(p, name, inline_value, err);
}

static sl_status parse_positional(parser *p, const char *argument, sl_error *err) {
  const sl_row *rows = p->args->op->params;
  for (const sl_row *row = rows; row->type != SL_T_END; row++) {
    size_t index = (size_t)(row - rows);
    int full = p->values[index].count > 0 && !(row->flags & SL_ROW_LIST);
    if (!(row->flags & SL_ROW_POSITIONAL) || full) continue;
    give(p, &p->values[index], argument);
    return SL_OK;
  }
  sl_fail(err, SL_E_ARG, "\"%s\" does not know what to do with \"%s\"", p->args->verb, argument);
  return sl_hint(err, SL_E_ARG, "\"slitlamp help %s\" shows its use.", p->args->verb);
}

// Which item the whole command line names, so that its options may stand before it.
static void find_item(parser *p) {
  const sl_row *row = p->args->op->params;
  while (row->type != SL_T_END && row->type != SL_T_VARIANT) row++;
  if (row->type == SL_T_END) return;
  p->variant = row;
  const char *option = sl_args_option_name(p->arena, row->name);
  size_t length = strlen(option);
  const char *name = row->fallback_text;
  for (int i = p->at + 1; i < p->argc; i++) {
    if (strncmp(p->argv[i], option, length) != 0) continue;
    if (p->argv[i][length] == '=') name = p->argv[i] + length + 1;
    if (p->argv[i][length] == '\0' && i + 1 < p->argc) name = p->argv[i + 1];
  }
  int64_t index = name != NULL ? sl_registry_find(row->registry, name) : -1;
  if (index >= 0) p->item = row->registry->items[index];
}

static sl_status parse_verb(parser *p, const char *verb, sl_error *err) {
  p->args->verb = verb;
  if (sl_args_is_own_verb(verb)) {
    p->args->rest = (const char *const *)(p->argv + p->at + 1);
    p->args->rest_count = p->argc - p->at - 1;
    p->at = p->argc;
    return SL_OK;
  }
  p->args->op = sl_op_find(verb);
  if (p->args->op != NULL) {
    SL_ASSERT(sl_rows_count(p->args->op->params) <= ROWS_MAX);
    find_item(p);
    return SL_OK;
  }
  const char *names[ROWS_MAX];
  size_t count = 0;
  for (; sl_op_at(count) != NULL; count++) names[count] = sl_op_at(count)->name;
  sl_fail(err, SL_E_ARG, "there is no verb \"%s\"", verb);
  const char *near = sl_nearest(verb, names, count);
  if (near != NULL) return sl_hint(err, SL_E_ARG, "Did you mean \"slitlamp %s\"?", near);
  return sl_hint(err, SL_E_ARG, "\"slitlamp help\" lists the verbs.");
}

// ---- to JSON
// ---------------------------------------------------------------------------------------

// Numbers of a list may come in one argument, separated by commas.
static sl_status put_list_argument(parser *p, sl_json_writer *w, const sl_row *row,
                                   const char *text, const char *what, sl_error *err) {
  if (row->type != SL_T_REAL && row->type != SL_T_INT)
    return sl_row_put_argument(w, row, text, what, err);
  char *copy = sl_arena_copy(p->arena, text);
  char *rest = copy;
  for (char *piece; (piece = strsep(&rest, ",")) != NULL;)
    SL_TRY(sl_row_put_argument(w, row, piece, what, err));
  return SL_OK;
}

static sl_status put_row(parser *p, sl_json_writer *w, const sl_row *row, const given *values,
                         const char *what, sl_error *err) {
  sl_json_key(w, row->name);
  if (!(row->flags & SL_ROW_LIST))
    return sl_row_put_argument(w, row, values->at[values->count - 1], what, err);
  sl_json_open_list(w);
  for (int i = 0; i < values->count; i++)
    SL_TRY(put_list_argument(p, w, row, values->at[i], what, err));
  sl_json_close_list(w);
  return SL_OK;
}

// {"name": {its options}}
static sl_status put_item(parser *p, sl_json_writer *w, sl_error *err) {
  const sl_row *rows = p->item->params;
  const char *what =
      sl_arena_printf(p->arena, "%s \"%s\"", p->variant->registry->name, p->item->name);
  sl_json_key(w, p->variant->name);
  sl_json_open_object(w);
  sl_json_key(w, p->item->name);
  sl_json_open_object(w);
  for (size_t i = 0; rows[i].type != SL_T_END; i++)
    if (p->item_values[i].count > 0) SL_TRY(put_row(p, w, &rows[i], &p->item_values[i], what, err));
  sl_json_close_object(w);
  sl_json_close_object(w);
  return SL_OK;
}

static sl_status put_params(parser *p, sl_error *err) {
  const sl_row *rows = p->args->op->params;
  const char *what = sl_arena_printf(p->arena, "operation \"%s\"", p->args->op->name);
  sl_json_writer w;
  sl_json_begin(&w, &p->args->params);
  sl_json_open_object(&w);
  for (size_t i = 0; rows[i].type != SL_T_END; i++) {
    if (&rows[i] == p->variant && p->item != NULL)
      SL_TRY(put_item(p, &w, err));
    else if (p->values[i].count > 0)
      SL_TRY(put_row(p, &w, &rows[i], &p->values[i], what, err));
  }
  sl_json_close_object(&w);
  return SL_OK;
}

sl_status sl_args_parse(sl_arena *arena, int argc, char **argv, sl_args *out, sl_error *err) {
  memset(out, 0, sizeof *out);
  parser p = {.arena = arena, .args = out, .argc = argc, .argv = argv};
  for (p.at = 1; p.at < argc; p.at++) {
    const char *argument = argv[p.at];
    int dashed = argument[0] == '-' && argument[1] != '\0' && !p.only_positionals;
    if (dashed && sl_streq(argument, "--"))
      p.only_positionals = 1;
    else if (dashed)
      SL_TRY(parse_dashed(&p, argument, err));
    else if (out->verb == NULL)
      SL_TRY(parse_verb(&p, argument, err));
    else
      SL_TRY(parse_positional(&p, argument, err));
  }
  if (out->op != NULL && !out->help) SL_TRY(put_params(&p, err));
  return SL_OK;
}
