// SPDX-License-Identifier: Apache-2.0
// The scan of a whole model file: limits, errors, the model message, and the loop over graphs.
//
// Invariant: depth, counts and memory are checked before anything is kept. Start at sl_onnx_scan().
#include "onnx/scan.h"

#include <stdlib.h>
#include <string.h>

#include "onnx/scan_state.h"

const sl_onnx_limits sl_onnx_limits_default = {
    .depth_max = 64, .nodes_max = 1000000, .items_max = 4000000, .memory_max = (size_t)512 << 20};

sl_status sl_scan_check_memory(const sl_scan *scan, size_t extra, sl_error *err) {
  if (sl_arena_bytes(scan->arena) + extra <= scan->limits.memory_max) return SL_OK;
  return sl_fail(err, SL_E_LIMIT, "model \"%s\" lists more than fits %zu MiB", scan->name,
                 scan->limits.memory_max >> 20);
}

sl_status sl_scan_push(sl_scan *scan, sl_scan_list *list, size_t element_size, void **out,
                       sl_error *err) {
  *out = NULL;
  if (++scan->items > scan->limits.items_max)
    return sl_fail(err, SL_E_LIMIT, "model \"%s\" lists more than %lld things", scan->name,
                   (long long)scan->limits.items_max);
  if (list->count == list->capacity) {
    size_t capacity = list->capacity > 0 ? 2 * list->capacity : 16;
    void *grown;
    SL_TRY(sl_scan_check_memory(scan, capacity * element_size, err));
    SL_TRY(sl_arena_try_push(scan->arena, capacity, element_size, scan->limits.memory_max,
                             "model summary", &grown, err));
    if (list->count > 0) memcpy(grown, list->at, list->count * element_size);
    list->at = grown;
    list->capacity = capacity;
  }
  *out = (uint8_t *)list->at + element_size * list->count++;
  return SL_OK;
}

sl_status sl_scan_next(sl_scan *scan, sl_wire *wire, sl_wire_field *field, int *more,
                       sl_error *err) {
  sl_wire_result result = sl_wire_next(wire, field);
  *more = result == SL_WIRE_FIELD;
  if (result == SL_WIRE_FIELD || result == SL_WIRE_END) return SL_OK;
  size_t at = (size_t)(wire->at - scan->start);
  if (result == SL_WIRE_BROKEN)
    return sl_fail(err, SL_E_FORMAT, "model \"%s\" is damaged at byte %zu", scan->name, at);
  sl_fail(err, SL_E_FORMAT, "model \"%s\" is cut off inside what begins at byte %zu", scan->name,
          at);
  return sl_hint(err, SL_E_FORMAT, "Copy or download the file again.");
}

sl_status sl_scan_text(sl_scan *scan, const sl_wire_field *field, const char **out, sl_error *err) {
  size_t size = (size_t)(field->bytes.end - field->bytes.at);
  SL_TRY(sl_scan_check_memory(scan, size, err));
  if (size > 0 && memchr(field->bytes.at, 0, size) != NULL)
    return sl_fail(err, SL_E_FORMAT, "model \"%s\" has a NUL inside the text at byte %zu",
                   scan->name, (size_t)(field->bytes.at - scan->start));
  *out = sl_arena_copy_bytes(scan->arena, field->bytes.at, size);
  return SL_OK;
}

sl_status sl_scan_pair(sl_scan *scan, sl_wire wire, sl_onnx_pair *out, sl_error *err) {
  out->key = out->value = "";
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more || field.type != SL_WIRE_BYTES) continue;
    if (field.number == 1) SL_TRY(sl_scan_text(scan, &field, &out->key, err));
    if (field.number == 2) SL_TRY(sl_scan_text(scan, &field, &out->value, err));
  }
  return SL_OK;
}

sl_status sl_scan_later(sl_scan *scan, sl_wire bytes, int32_t depth, int32_t is_function,
                        sl_error *err) {
  if (depth > scan->limits.depth_max)
    return sl_fail(err, SL_E_LIMIT, "model \"%s\" is nested more than %d levels deep", scan->name,
                   scan->limits.depth_max);
  void *at;
  SL_TRY(sl_scan_push(scan, &scan->pending, sizeof(sl_scan_pending), &at, err));
  *(sl_scan_pending *)at = (sl_scan_pending){bytes, depth, is_function};
  return SL_OK;
}

static sl_status scan_opset(sl_scan *scan, sl_wire wire, sl_error *err) {
  void *at;
  SL_TRY(sl_scan_push(scan, &scan->opsets, sizeof(sl_onnx_opset), &at, err));
  sl_onnx_opset *opset = at;
  opset->domain = "";
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_BYTES)
      SL_TRY(sl_scan_text(scan, &field, &opset->domain, err));
    if (field.number == 2 && field.type == SL_WIRE_VARINT) opset->version = (int64_t)field.value;
  }
  if (strcmp(opset->domain, "ai.onnx") == 0) opset->domain = "";
  return SL_OK;
}

static sl_status scan_training(sl_scan *scan, sl_wire wire, sl_error *err) {
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (more && field.type == SL_WIRE_BYTES && (field.number == 1 || field.number == 2))
      SL_TRY(sl_scan_later(scan, field.bytes, 2, 0, err));
  }
  return SL_OK;
}

static sl_status model_text(sl_scan *scan, const sl_wire_field *field, sl_error *err) {
  sl_onnx_summary *out = scan->out;
  const char **texts[] = {[2] = &out->producer,
                          [3] = &out->producer_version,
                          [4] = &out->domain,
                          [5] = NULL,
                          [6] = &out->doc};
  return sl_scan_text(scan, field, texts[field->number], err);
}

static sl_status model_message(sl_scan *scan, const sl_wire_field *field, sl_wire *graph,
                               sl_error *err) {
  void *at;
  switch (field->number) {
    case 2:
    case 3:
    case 4:
    case 6:
      return model_text(scan, field, err);
    case 7:
      *graph = field->bytes;
      return SL_OK;
    case 8:
      return scan_opset(scan, field->bytes, err);
    case 14:
      SL_TRY(sl_scan_push(scan, &scan->metadata, sizeof(sl_onnx_pair), &at, err));
      return sl_scan_pair(scan, field->bytes, at, err);
    case 20:
      return scan_training(scan, field->bytes, err);
    case 25:
      return sl_scan_later(scan, field->bytes, 1, 1, err);
    default:
      return SL_OK;
  }
}

static sl_status scan_model(sl_scan *scan, sl_bytes bytes, sl_wire *graph, sl_error *err) {
  sl_wire wire = {bytes.at, bytes.at + bytes.size};
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more) break;
    if (field.type == SL_WIRE_BYTES) SL_TRY(model_message(scan, &field, graph, err));
    if (field.type != SL_WIRE_VARINT) continue;
    if (field.number == 1) scan->out->ir_version = (int64_t)field.value;
    if (field.number == 5) scan->out->model_version = (int64_t)field.value;
  }
  return SL_OK;
}

static sl_status scan_graphs(sl_scan *scan, sl_wire graph, sl_error *err) {
  scan->main_graph = 1;
  SL_TRY(sl_scan_graph(scan, &(sl_scan_pending){graph, 1, 0}, err));
  scan->main_graph = 0;
  for (size_t i = 0; i < scan->pending.count; i++) {
    sl_scan_pending next = ((const sl_scan_pending *)scan->pending.at)[i];
    SL_TRY(sl_scan_graph(scan, &next, err));
  }
  return SL_OK;
}

static int by_count(const void *a, const void *b) {
  const sl_onnx_op_count *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  int order = strcmp(x->domain, y->domain);
  return order != 0 ? order : strcmp(x->type, y->type);
}

// Inputs that are initializers too are defaults of old files, not inputs.
static size_t drop_initialized(const sl_scan *scan) {
  sl_onnx_value *inputs = scan->inputs.at;
  size_t kept = 0;
  for (size_t i = 0; i < scan->inputs.count; i++)
    if (sl_map_get_text(scan->initializers, inputs[i].name, -1) < 0) inputs[kept++] = inputs[i];
  return kept;
}

static void finish(sl_scan *scan) {
  sl_onnx_summary *out = scan->out;
  if (scan->operators.count > 0)
    qsort(scan->operators.at, scan->operators.count, sizeof(sl_onnx_op_count), by_count);
  out->operators = scan->operators.at, out->operator_count = scan->operators.count;
  out->opsets = scan->opsets.at, out->opset_count = scan->opsets.count;
  out->metadata = scan->metadata.at, out->metadata_count = scan->metadata.count;
  out->input_count = drop_initialized(scan), out->inputs = scan->inputs.at;
  out->outputs = scan->outputs.at, out->output_count = scan->outputs.count;
  out->nodes = scan->nodes.at, out->main_node_count = scan->nodes.count;
  out->constants = scan->constants.at, out->constant_count = scan->constants.count;
  out->externals = scan->externals.at, out->external_count = scan->externals.count;
  out->functions = scan->functions.at, out->function_count = scan->functions.count;
  sl_onnx_find_custom(scan->arena, out);
}

sl_status sl_scan_check_kind(const char *name, sl_bytes bytes, sl_error *err) {
  if (bytes.size == 0) return sl_fail(err, SL_E_FORMAT, "model \"%s\" is an empty file", name);
  const char *looks = sl_onnx_looks_like(bytes);
  if (looks == NULL) return SL_OK;
  sl_fail(err, SL_E_FORMAT, "model \"%s\" is not an ONNX file but %s", name, looks);
  return sl_hint(err, SL_E_FORMAT, "Export the model to ONNX first.");
}

sl_status sl_onnx_scan(sl_arena *arena, const char *name, sl_bytes bytes,
                       const sl_onnx_limits *limits, sl_onnx_summary *out, sl_error *err) {
  SL_TRY(sl_scan_check_kind(name, bytes, err));
  *out = (sl_onnx_summary){
      .producer = "", .producer_version = "", .domain = "", .doc = "", .graph_name = ""};
  sl_scan scan = {.arena = sl_arena_new(arena, "model summary"),
                  .name = name,
                  .start = bytes.at,
                  .limits = limits != NULL ? *limits : sl_onnx_limits_default,
                  .out = out};
  scan.operator_index = sl_map_new(scan.arena);
  scan.initializers = sl_map_new(scan.arena);
  sl_wire graph = {0};
  SL_TRY(scan_model(&scan, bytes, &graph, err));
  if (graph.at == NULL) return sl_fail(err, SL_E_MODEL, "model \"%s\" holds no graph", name);
  SL_TRY(scan_graphs(&scan, graph, err));
  finish(&scan);
  return SL_OK;
}
