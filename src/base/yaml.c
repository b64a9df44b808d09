// SPDX-License-Identifier: Apache-2.0
// YAML as people write it, turned into JSON text and read by the JSON reader.
//
// Aliases, anchors, tags and second documents are refused: that is what makes a hostile YAML file
// cheap. Start at sl_yaml_parse().
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/json.h"

typedef struct frame {
  int is_mapping, expects_key;
} frame;

typedef struct reader {
  yaml_parser_t parser;
  sl_json_writer writer;
  frame frames[SL_JSON_DEPTH_MAX];
  int depth, documents;
  const char *what;
  sl_error *err;
} reader;

static sl_status refuse(reader *r, const yaml_event_t *event, const char *why) {
  return sl_fail(r->err, SL_E_UNSUPPORTED, "%s line %zu: %s", r->what, event->start_mark.line + 1,
                 why);
}

static int is_one_of(const char *text, const char *const *words) {
  for (; *words != NULL; words++)
    if (strcmp(text, *words) == 0) return 1;
  return 0;
}

static void put_plain(sl_json_writer *w, const char *text) {
  static const char *const yes[] = {"true", "True", "TRUE", "yes", "on", NULL};
  static const char *const no[] = {"false", "False", "FALSE", "no", "off", NULL};
  static const char *const none[] = {"null", "Null", "~", "", NULL};
  int64_t whole;
  double real;
  if (is_one_of(text, yes))
    sl_json_put_bool(w, 1);
  else if (is_one_of(text, no))
    sl_json_put_bool(w, 0);
  else if (is_one_of(text, none))
    sl_json_put_null(w);
  else if (sl_parse_int(text, &whole))
    sl_json_put_int(w, whole);
  else if (strchr("+-.0123456789", text[0]) && sl_parse_real(text, &real))
    sl_json_put_real(w, real);
  else
    sl_json_put_text(w, text);
}

static sl_status on_scalar(reader *r, const yaml_event_t *event) {
  const char *text = (const char *)event->data.scalar.value;
  frame *top = &r->frames[r->depth];
  if (event->data.scalar.anchor != NULL) return refuse(r, event, "anchors are not accepted");
  if (event->data.scalar.tag != NULL) return refuse(r, event, "tags are not accepted");
  if (strlen(text) != event->data.scalar.length)
    return refuse(r, event, "a scalar holds a NUL character");
  if (top->is_mapping && top->expects_key) {
    sl_json_key(&r->writer, text);
    top->expects_key = 0;
    return SL_OK;
  }
  if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
    put_plain(&r->writer, text);
  else
    sl_json_put_text(&r->writer, text);
  top->expects_key = 1;
  return SL_OK;
}

static sl_status on_open(reader *r, const yaml_event_t *event, int is_mapping) {
  const yaml_char_t *anchor =
      is_mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
  const yaml_char_t *tag =
      is_mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
  if (anchor != NULL) return refuse(r, event, "anchors are not accepted");
  if (tag != NULL) return refuse(r, event, "tags are not accepted");
  frame *top = &r->frames[r->depth];
  if (top->is_mapping && top->expects_key) return refuse(r, event, "a key must be plain text");
  if (r->depth + 2 >= SL_JSON_DEPTH_MAX) return refuse(r, event, "nested too deep");
  top->expects_key = 1;
  r->frames[++r->depth] = (frame){is_mapping, 1};
  if (is_mapping)
    sl_json_open_object(&r->writer);
  else
    sl_json_open_list(&r->writer);
  return SL_OK;
}

static void on_close(reader *r, int is_mapping) {
  r->depth--;
  if (is_mapping)
    sl_json_close_object(&r->writer);
  else
    sl_json_close_list(&r->writer);
}

static sl_status on_event(reader *r, const yaml_event_t *event) {
  switch (event->type) {
    case YAML_ALIAS_EVENT:
      return refuse(r, event, "aliases are not accepted");
    case YAML_SCALAR_EVENT:
      return on_scalar(r, event);
    case YAML_MAPPING_START_EVENT:
      return on_open(r, event, 1);
    case YAML_SEQUENCE_START_EVENT:
      return on_open(r, event, 0);
    case YAML_MAPPING_END_EVENT:
      on_close(r, 1);
      return SL_OK;
    case YAML_SEQUENCE_END_EVENT:
      on_close(r, 0);
      return SL_OK;
    case YAML_DOCUMENT_START_EVENT:
      if (++r->documents > 1) return refuse(r, event, "more than one document");
      return SL_OK;
    default:
      return SL_OK;
  }
}

static sl_status run_events(reader *r) {
  for (int done = 0; !done;) {
    yaml_event_t event;
    if (!yaml_parser_parse(&r->parser, &event))
      return sl_fail(r->err, SL_E_FORMAT, "%s is not valid YAML: %s at line %zu", r->what,
                     r->parser.problem != NULL ? r->parser.problem : "unreadable",
                     r->parser.problem_mark.line + 1);
    sl_status status = on_event(r, &event);
    done = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    SL_TRY(status);
  }
  if (r->documents == 0) return sl_fail(r->err, SL_E_FORMAT, "%s is empty", r->what);
  return SL_OK;
}

sl_status sl_yaml_parse(sl_arena *arena, const char *text, size_t size, const char *what,
                        const sl_json **out, sl_error *err) {
  *out = NULL;
  sl_text json = {0};
  reader r = {.what = what, .err = err};
  sl_json_begin(&r.writer, &json);
  if (!yaml_parser_initialize(&r.parser)) return sl_fail(err, SL_E_MEMORY, "cannot start YAML");
  yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
  sl_status status = run_events(&r);
  yaml_parser_delete(&r.parser);
  if (status == SL_OK) status = sl_json_parse(arena, sl_text_z(&json), json.size, what, out, err);
  sl_text_free(&json);
  return status;
}
