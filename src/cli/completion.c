// SPDX-License-Identifier: Apache-2.0
// Completion scripts for bash, zsh and fish, from the operation table.
#include <string.h>

#include "base/rows.h"
#include "cli/args.h"
#include "cli/help.h"

static const char global_options[] =
    "--workspace --json --quiet --no-color --read-only --help --version";

static void put_verbs(sl_text *out) {
  for (size_t i = 0; sl_op_at(i) != NULL; i++) sl_text_printf(out, "%s ", sl_op_at(i)->name);
  sl_text_puts(out, "help man completion");
}

static void put_rows(sl_text *out, sl_arena *scratch, const sl_row *rows) {
  for (; rows->type != SL_T_END; rows++)
    sl_text_printf(out, "%s ", sl_args_option_name(scratch, rows->name));
}

static void put_options(sl_text *out, sl_arena *scratch, const sl_op_info *op) {
  put_rows(out, scratch, op->params);
  for (const sl_row *row = op->params; row->type != SL_T_END; row++)
    for (size_t i = 0; row->type == SL_T_VARIANT && i < row->registry->count; i++)
      put_rows(out, scratch, row->registry->items[i]->params);
  sl_text_puts(out, global_options);
}

static int has_choices(const sl_row *row) {
  return row->type == SL_T_ENUM || row->type == SL_T_VARIANT;
}

static void put_choices(sl_text *out, const sl_row *row) {
  for (size_t i = 0; row->type == SL_T_VARIANT && i < row->registry->count; i++)
    sl_text_printf(out, "%s%s", i == 0 ? "" : " ", row->registry->items[i]->name);
  if (row->type == SL_T_VARIANT) return;
  for (const sl_choice *c = row->choices; c->name != NULL; c++)
    sl_text_printf(out, "%s%s", c == row->choices ? "" : " ", c->name);
}

static void bash(sl_text *out, sl_arena *scratch) {
  sl_text_puts(out,
               "_slitlamp() {\n  local cur=${COMP_WORDS[COMP_CWORD]} "
               "prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}\n"
               "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W \"");
  put_verbs(out);
  sl_text_puts(out, "\" -- \"$cur\")); return\n  fi\n  case \"$verb $prev\" in\n");
  for (size_t i = 0; sl_op_at(i) != NULL; i++) {
    for (const sl_row *row = sl_op_at(i)->params; row->type != SL_T_END; row++) {
      if (!has_choices(row)) continue;
      sl_text_printf(out, "    \"%s %s\") COMPREPLY=($(compgen -W \"", sl_op_at(i)->name,
                     sl_args_option_name(scratch, row->name));
      put_choices(out, row);
      sl_text_puts(out, "\" -- \"$cur\")); return;;\n");
    }
  }
  sl_text_puts(out,
               "  esac\n  case \"$cur\" in -*) ;; *) COMPREPLY=($(compgen -f -- \"$cur\")); "
               "return;; esac\n  case \"$verb\" in\n");
  for (size_t i = 0; sl_op_at(i) != NULL; i++) {
    sl_text_printf(out, "    %s) COMPREPLY=($(compgen -W \"", sl_op_at(i)->name);
    put_options(out, scratch, sl_op_at(i));
    sl_text_puts(out, "\" -- \"$cur\"));;\n");
  }
  sl_text_puts(out, "  esac\n}\ncomplete -o filenames -F _slitlamp slitlamp\n");
}

// Text inside single quotes of a shell, brackets and colons escaped for _arguments.
static void put_zsh_text(sl_text *out, const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '\'')
      sl_text_puts(out, "'\\''");
    else if (strchr("[]:\\", *text) != NULL)
      sl_text_printf(out, "\\%c", *text);
    else
      sl_text_putc(out, *text);
  }
}

static void zsh(sl_text *out, sl_arena *scratch) {
  sl_text_puts(
      out,
      "#compdef slitlamp\n_slitlamp() {\n  if (( CURRENT == 2 )); then\n    local -a verbs=(\n");
  for (size_t i = 0; sl_op_at(i) != NULL; i++) {
    sl_text_printf(out, "      '%s:", sl_op_at(i)->name);
    put_zsh_text(out, sl_op_at(i)->title);
    sl_text_puts(out, "'\n");
  }
  sl_text_puts(out, "    )\n    _describe verb verbs\n    return\n  fi\n  case $words[2] in\n");
  for (size_t i = 0; sl_op_at(i) != NULL; i++) {
    sl_text_printf(out, "    %s) _arguments", sl_op_at(i)->name);
    for (const sl_row *row = sl_op_at(i)->params; row->type != SL_T_END; row++) {
      sl_text_printf(out, " '%s%s[", row->flags & SL_ROW_LIST ? "*" : "",
                     sl_args_option_name(scratch, row->name));
      put_zsh_text(out, row->help);
      sl_text_putc(out, ']');
      if (has_choices(row)) {
        sl_text_printf(out, ":%s:(", row->name);
        put_choices(out, row);
        sl_text_putc(out, ')');
      } else if (row->type != SL_T_BOOL) {
        sl_text_printf(out, ":%s:%s", row->name, row->type == SL_T_PATH ? "_files" : "");
      }
      sl_text_putc(out, '\'');
    }
    sl_text_puts(out, " '*:file:_files';;\n");
  }
  sl_text_puts(out, "  esac\n}\n_slitlamp \"$@\"\n");
}

static void put_fish_text(sl_text *out, const char *text) {
  sl_text_putc(out, '\'');
  for (; *text != '\0'; text++) {
    if (*text == '\'' || *text == '\\') sl_text_putc(out, '\\');
    sl_text_putc(out, *text);
  }
  sl_text_putc(out, '\'');
}

static void fish_option(sl_text *out, sl_arena *scratch, const sl_op_info *op, const sl_row *row) {
  sl_text_printf(out, "complete -c slitlamp -n '__fish_seen_subcommand_from %s' -l %s -d ",
                 op->name, sl_args_option_name(scratch, row->name) + 2);
  put_fish_text(out, row->help);
  if (has_choices(row)) {
    sl_text_puts(out, " -x -a '");
    put_choices(out, row);
    sl_text_putc(out, '\'');
  } else if (row->type != SL_T_BOOL) {
    sl_text_puts(out, " -r");
  }
  sl_text_putc(out, '\n');
}

static void fish(sl_text *out, sl_arena *scratch) {
  for (size_t i = 0; sl_op_at(i) != NULL; i++) {
    const sl_op_info *op = sl_op_at(i);
    sl_text_printf(out, "complete -c slitlamp -n __fish_use_subcommand -a %s -d ", op->name);
    put_fish_text(out, op->title);
    sl_text_putc(out, '\n');
    for (const sl_row *row = op->params; row->type != SL_T_END; row++)
      fish_option(out, scratch, op, row);
  }
}

sl_status sl_help_completion(sl_text *out, const char *shell, sl_error *err) {
  static const struct {
    const char *name;
    void (*write)(sl_text *out, sl_arena *scratch);
  } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
  for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
    if (!sl_streq(shell, shells[i].name)) continue;
    sl_arena *scratch = sl_arena_new(NULL, "completion");
    shells[i].write(out, scratch);
    sl_arena_free(scratch);
    return SL_OK;
  }
  sl_fail(err, SL_E_ARG, "there is no completion for \"%s\"", shell != NULL ? shell : "");
  return sl_hint(err, SL_E_ARG, "Choose one of: bash, zsh, fish.");
}
