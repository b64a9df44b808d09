// SPDX-License-Identifier: Apache-2.0
// The model message, functions, and the loop over graphs.
//
// Invariant: no recursion; limits are checked before anything is kept. Start at sl_reader_model().
#include "onnx/model_reader.h"

#include <string.h>

#include "onnx/external.h"

// Room for one more than asked, so that arrays end in a zero and are never NULL.
sl_status sl_reader_new(sl_reader *reader, int64_t count, size_t element_size, void **out,
                        sl_error *err) {
  sl_scan *scan = &reader->scan;
  scan->items += count;
  if (scan->items > scan->limits.items_max * 4)
    return sl_fail(err, SL_E_LIMIT, "model \"%s\" lists more than %lld things", scan->name,
                   (long long)scan->limits.items_max);
  size_t size = ((size_t)count + 1) * element_size;
  SL_TRY(sl_scan_check_memory(scan, size, err));
  return sl_arena_try_push(scan->arena, (size_t)count + 1, element_size, scan->limits.memory_max,
                           "a model", out, err);
}

int64_t sl_reader_count(sl_wire message, uint32_t number) {
  int64_t count = 0;
  sl_wire_field field;
  while (sl_wire_next(&message, &field) == SL_WIRE_FIELD)
    count += field.number == number && field.type == SL_WIRE_BYTES;
  return count;
}

// ---- unknown fields -----------------------------------------------------------------------------

typedef struct extra_walk {
  sl_wire message;
  uint64_t known;
} extra_walk;

// The next field that is not known, tag included; 0 at the end.
static int next_extra(extra_walk *walk, sl_bytes *out) {
  for (;;) {
    const uint8_t *start = walk->message.at;
    sl_wire_field field;
    if (sl_wire_next(&walk->message, &field) != SL_WIRE_FIELD) return 0;
    if (field.number < 64 && (walk->known >> field.number & 1) != 0) continue;
    *out = (sl_bytes){start, (size_t)(walk->message.at - start)};
    return 1;
  }
}

sl_status sl_reader_extra(sl_reader *reader, sl_wire message, uint64_t known, sl_bytes *out,
                          sl_error *err) {
  extra_walk walk = {message, known};
  sl_bytes part, all = {0};
  size_t size = 0;
  int is_whole = 1;
  while (next_extra(&walk, &part)) {
    if (size == 0) all = part;
    is_whole = is_whole && part.at == all.at + size;
    size += part.size;
  }
  *out = (sl_bytes){all.at, size};
  if (is_whole) return SL_OK;
  void *joined;
  SL_TRY(sl_scan_check_memory(&reader->scan, size, err));
  SL_TRY(sl_arena_try_push(reader->scan.arena, size, 1, reader->scan.limits.memory_max,
                           "unknown fields", &joined, err));
  out->at = joined;
  walk = (extra_walk){message, known};
  for (uint8_t *to = joined; next_extra(&walk, &part); to += part.size)
    memcpy(to, part.at, part.size);
  return SL_OK;
}

// ---- graphs in line -----------------------------------------------------------------------------

sl_status sl_reader_later(sl_reader *reader, const sl_reader_graph *graph, sl_error *err) {
  if (graph->depth > reader->scan.limits.depth_max)
    return sl_fail(err, SL_E_LIMIT, "model \"%s\" is nested more than %d levels deep",
                   reader->scan.name, reader->scan.limits.depth_max);
  void *at;
  SL_TRY(sl_scan_push(&reader->scan, &reader->graphs, sizeof *graph, &at, err));
  *(sl_reader_graph *)at = *graph;
  return SL_OK;
}

static sl_status read_graphs(sl_reader *r, sl_error *err) {
  for (size_t i = 0; i < r->graphs.count; i++) {
    sl_reader_graph next = ((const sl_reader_graph *)r->graphs.at)[i];
    SL_TRY(sl_reader_read_graph(r, &next, err));
  }
  for (size_t i = 0; i < r->graphs.count; i++) {
    sl_status status = sl_graph_sort(((sl_reader_graph *)r->graphs.at)[i].graph, err);
    if (status == SL_OK) continue;
    sl_context(err, "model \"%s\"", r->scan.name);
    return status;
  }
  return SL_OK;
}

// ---- functions ----------------------------------------------------------------------------------

static sl_status read_opset(sl_reader *r, sl_wire message, sl_opset *out, sl_error *err) {
  *out = (sl_opset){.domain = ""};
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_BYTES)
      SL_TRY(sl_scan_text(&r->scan, &field, &out->domain, err));
    if (field.number == 2 && field.type == SL_WIRE_VARINT) out->version = (int64_t)field.value;
  }
  if (strcmp(out->domain, "ai.onnx") == 0) out->domain = "";
  return SL_OK;
}

static sl_status function_field(sl_reader *r, const sl_wire_field *field, sl_function *f,
                                sl_error *err) {
  switch (field->number) {
    case 1:
      return sl_scan_text(&r->scan, field, &f->name, err);
    case 6:
      return sl_scan_text(&r->scan, field, (const char **)&f->attributes[f->attribute_count++],
                          err);
    case 9:
      return read_opset(r, field->bytes, (sl_opset *)&f->opsets[f->opset_count++], err);
    case 10:
      return sl_scan_text(&r->scan, field, &f->domain, err);
    case 11:
      return sl_reader_attribute(r, f->body, field->bytes, 2,
                                 (sl_attribute *)&f->defaults[f->default_count++], err);
    case 13:
      return sl_scan_text(&r->scan, field, &f->overload, err);
    default:
      return SL_OK;
  }
}

static sl_status read_function(sl_reader *r, sl_wire message, sl_function *f, sl_error *err) {
  void *attributes, *opsets, *defaults;
  SL_TRY(sl_reader_new(r, sl_reader_count(message, 6), sizeof(char *), &attributes, err));
  SL_TRY(sl_reader_new(r, sl_reader_count(message, 9), sizeof(sl_opset), &opsets, err));
  SL_TRY(sl_reader_new(r, sl_reader_count(message, 11), sizeof(sl_attribute), &defaults, err));
  *f = (sl_function){.domain = "",
                     .name = "",
                     .overload = "",
                     .attributes = attributes,
                     .opsets = opsets,
                     .defaults = defaults,
                     .body = sl_graph_new(r->scan.arena, NULL, "")};
  SL_TRY(sl_reader_later(
      r, &(sl_reader_graph){.graph = f->body, .bytes = message, .depth = 1, .function = f}, err));
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (more && field.type == SL_WIRE_BYTES) SL_TRY(function_field(r, &field, f, err));
  }
  if (f->name[0] == '\0')
    return sl_fail(err, SL_E_MODEL, "a function of model \"%s\" has no name", r->scan.name);
  return SL_OK;
}

// ---- the model ----------------------------------------------------------------------------------

enum { TRAINING = 20, FUNCTIONS = 25 };
#define BIT(n) ((uint64_t)1 << (n))
static const uint64_t model_known = BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) |
                                    BIT(8) | BIT(14) | BIT(FUNCTIONS);

static sl_status read_metadata(sl_reader *r, sl_wire message, sl_metadata *out, sl_error *err) {
  sl_onnx_pair pair;
  SL_TRY(sl_scan_pair(&r->scan, message, &pair, err));
  *out = (sl_metadata){.key = pair.key, .value = pair.value};
  return SL_OK;
}

static sl_status read_main_graph(sl_reader *r, sl_wire message, sl_error *err) {
  if (r->model->graph != NULL)
    return sl_fail(err, SL_E_MODEL, "model \"%s\" holds two graphs", r->scan.name);
  r->model->graph = sl_graph_new(r->scan.arena, NULL, "");
  return sl_reader_later(
      r, &(sl_reader_graph){.graph = r->model->graph, .bytes = message, .depth = 1}, err);
}

static sl_status model_field(sl_reader *r, const sl_wire_field *field, sl_error *err) {
  sl_graph_model *model = r->model;
  switch (field->number) {
    case 2:
      return sl_scan_text(&r->scan, field, &model->producer, err);
    case 3:
      return sl_scan_text(&r->scan, field, &model->producer_version, err);
    case 4:
      return sl_scan_text(&r->scan, field, &model->domain, err);
    case 6:
      return sl_scan_text(&r->scan, field, &model->doc, err);
    case 7:
      return read_main_graph(r, field->bytes, err);
    case 8:
      return read_opset(r, field->bytes, &model->opsets[model->opset_count++], err);
    case 14:
      return read_metadata(r, field->bytes, &model->metadata[model->metadata_count++], err);
    case FUNCTIONS:
      return read_function(r, field->bytes, &model->functions[model->function_count++], err);
    default:
      return SL_OK;
  }
}

static sl_status make_room(sl_reader *r, sl_wire message, sl_error *err) {
  void *opsets, *metadata, *functions;
  SL_TRY(sl_reader_new(r, sl_reader_count(message, 8), sizeof(sl_opset), &opsets, err));
  SL_TRY(sl_reader_new(r, sl_reader_count(message, 14), sizeof(sl_metadata), &metadata, err));
  SL_TRY(
      sl_reader_new(r, sl_reader_count(message, FUNCTIONS), sizeof(sl_function), &functions, err));
  r->model->opsets = opsets;
  r->model->metadata = metadata;
  r->model->functions = functions;
  return SL_OK;
}

// Graphs for training stay bytes. The scanner looks into them as into everything else.
static sl_status check_training(sl_reader *r, sl_bytes bytes, sl_error *err) {
  sl_onnx_summary summary;
  sl_arena *scratch = sl_arena_new(NULL, "training");
  sl_status status = sl_onnx_scan(scratch, r->scan.name, bytes, &r->scan.limits, &summary, err);
  for (size_t i = 0; status == SL_OK && i < summary.external_count; i++)
    status = sl_onnx_judge_location(&summary.externals[i], err);
  sl_arena_free(scratch);
  return status;
}

sl_status sl_reader_model(sl_reader *r, sl_bytes bytes, sl_error *err) {
  sl_wire message = {bytes.at, bytes.at + bytes.size}, rest = message;
  sl_wire_field field;
  int has_training = 0;
  r->model = sl_graph_model_new(r->scan.arena);
  r->model->ir_version = 0;
  SL_TRY(make_room(r, message, err));
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &rest, &field, &more, err));
    if (!more) break;
    has_training |= field.number == TRAINING;
    if (field.type == SL_WIRE_BYTES) SL_TRY(model_field(r, &field, err));
    if (field.type != SL_WIRE_VARINT) continue;
    if (field.number == 1) r->model->ir_version = (int64_t)field.value;
    if (field.number == 5) r->model->model_version = (int64_t)field.value;
  }
  if (r->model->graph == NULL)
    return sl_fail(err, SL_E_MODEL, "model \"%s\" holds no graph", r->scan.name);
  SL_TRY(read_graphs(r, err));
  if (has_training) SL_TRY(check_training(r, bytes, err));
  return sl_reader_extra(r, message, model_known, &r->model->extra, err);
}
