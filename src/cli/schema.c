// SPDX-License-Identifier: Apache-2.0
// Dumps the operation table; TypeScript, Python and OpenAPI are generated from what this prints.
#include "cli/schema.h"

#include <slitlamp/slitlamp.h>

#include "base/rows.h"

static void put_member(sl_json_writer *w, const char *key, const char *text) {
  sl_json_key(w, key);
  sl_json_put_text(w, text);
}

static void put_flags(sl_json_writer *w, uint32_t flags) {
  static const char *const names[] = {
      "slow",   "untrusted", "experimental", "writes",       "peek",
      "cached", "local",     "serves",       "no_workspace", "optional_workspace"};
  sl_json_key(w, "flags");
  sl_json_open_list(w);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (flags & 1u << i) sl_json_put_text(w, names[i]);
  sl_json_close_list(w);
}

static void write_op(sl_text *out, const sl_op_info *op) {
  sl_json_writer w;
  sl_json_begin(&w, out);
  sl_json_open_object(&w);
  put_member(&w, "name", op->name);
  put_member(&w, "title", op->title);
  put_member(&w, "help", op->help);
  put_member(&w, "example", op->example);
  put_member(&w, "since", op->since);
  put_flags(&w, op->flags);
  sl_json_key(&w, "params");
  sl_rows_describe(&w, op->params);
  sl_json_key(&w, "result");
  sl_rows_describe(&w, op->result);
  sl_json_close_object(&w);
}

static void write_registry(sl_text *out, const sl_registry *registry) {
  sl_json_writer w;
  sl_json_begin(&w, out);
  sl_json_open_object(&w);
  put_member(&w, "name", registry->name);
  sl_json_key(&w, "items");
  sl_json_open_list(&w);
  for (size_t i = 0; i < registry->count; i++) {
    sl_json_open_object(&w);
    put_member(&w, "name", registry->items[i]->name);
    put_member(&w, "title", registry->items[i]->title);
    put_member(&w, "help", registry->items[i]->help);
    sl_json_key(&w, "params");
    sl_rows_describe(&w, registry->items[i]->params);
    sl_json_close_object(&w);
  }
  sl_json_close_list(&w);
  sl_json_close_object(&w);
}

void sl_schema_write(sl_text *out) {
  sl_text_printf(out, "{\"version\":\"%s\",\"operations\":[\n", sl_version());
  for (size_t i = 0; i < sl_op_count(); i++) {
    if (i > 0) sl_text_puts(out, ",\n");
    write_op(out, sl_op_at(i));
  }
  sl_text_puts(out, "\n],\"registries\":[\n");
  for (size_t i = 0; sl_registry_at(i) != NULL; i++) {
    if (i > 0) sl_text_puts(out, ",\n");
    write_registry(out, sl_registry_at(i));
  }
  sl_text_puts(out, "\n]}\n");
}
