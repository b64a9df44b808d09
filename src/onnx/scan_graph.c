// SPDX-License-Identifier: Apache-2.0
// Graphs, functions and nodes of a model file.
#include <string.h>

#include "onnx/scan_state.h"

// ---- operators
// -----------------------------------------------------------------------------------

static sl_status count_operator(sl_scan *scan, const char *domain, const char *type,
                                sl_error *err) {
  if (++scan->out->node_count > scan->limits.nodes_max)
    return sl_fail(err, SL_E_LIMIT, "model \"%s\" has more than %lld nodes", scan->name,
                   (long long)scan->limits.nodes_max);
  char key[512];
  size_t domain_size = strlen(domain) + 1, type_size = strlen(type);
  if (domain_size + type_size > sizeof key)
    return sl_fail(err, SL_E_LIMIT, "model \"%s\" has an operator name of %zu bytes", scan->name,
                   domain_size + type_size - 1);
  memcpy(key, domain, domain_size);
  memcpy(key + domain_size, type, type_size);
  int64_t index = sl_map_get(scan->operator_index, key, domain_size + type_size, -1);
  if (index >= 0) {
    ((sl_onnx_op_count *)scan->operators.at)[index].count++;
    return SL_OK;
  }
  sl_map_set(scan->operator_index, key, domain_size + type_size, (int64_t)scan->operators.count);
  void *at;
  SL_TRY(sl_scan_push(scan, &scan->operators, sizeof(sl_onnx_op_count), &at, err));
  *(sl_onnx_op_count *)at = (sl_onnx_op_count){domain, type, 1};
  if (strstr(type, "QuantizeLinear") != NULL || strncmp(type, "QLinear", 7) == 0 ||
      strcmp(type, "ConvInteger") == 0 || strncmp(type, "MatMulInteger", 13) == 0)
    scan->out->quantised = 1;
  return SL_OK;
}

// ---- attributes
// ----------------------------------------------------------------------------------

typedef struct attribute {
  const char *name;
  int64_t i;
  sl_wire tensor;  // first of t
  double numbers[SL_ONNX_CONSTANT_MAX];
  int32_t count;  // of f, i, floats, ints
} attribute;

static void keep_number(attribute *a, double value) {
  if (a->count < SL_ONNX_CONSTANT_MAX) a->numbers[a->count] = value;
  a->count++;
}

static float float_of(uint64_t bits) {
  uint32_t low = (uint32_t)bits;
  float value;
  memcpy(&value, &low, sizeof value);
  return value;
}

static void keep_numbers(attribute *a, const sl_wire_field *field) {
  int floats = field->number == 2 || field->number == 7;
  if (field->type != SL_WIRE_BYTES) {
    keep_number(a, floats ? (double)float_of(field->value) : (double)(int64_t)field->value);
    return;
  }
  sl_wire slice = field->bytes;
  uint64_t bits;
  while (a->count <= SL_ONNX_CONSTANT_MAX &&
         sl_wire_number(&slice, floats ? SL_WIRE_FIXED32 : SL_WIRE_VARINT, &bits))
    keep_number(a, floats ? (double)float_of(bits) : (double)(int64_t)bits);
}

static sl_status attribute_message(sl_scan *scan, const sl_wire_field *field, int32_t depth,
                                   attribute *a, sl_error *err) {
  switch (field->number) {
    case 1:
      return sl_scan_text(scan, field, &a->name, err);
    case 5:
      a->tensor = field->bytes;
      return SL_OK;
    case 10:
      return sl_scan_tensor(scan, field->bytes, 0, NULL, NULL, err);
    case 6:
    case 11:
      return sl_scan_later(scan, field->bytes, depth + 3, 0, err);
    case 22:
    case 23:
      return sl_scan_sparse(scan, field->bytes, 0, err);
    default:
      return SL_OK;
  }
}

static sl_status scan_attribute(sl_scan *scan, sl_wire wire, int32_t depth, attribute *a,
                                sl_error *err) {
  *a = (attribute){.name = "", .i = INT64_MIN};
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more) break;
    if (field.number == 3 && field.type == SL_WIRE_VARINT) a->i = (int64_t)field.value;
    if (field.number == 2 || field.number == 3 || field.number == 7 || field.number == 8)
      keep_numbers(a, &field);
    else if (field.type == SL_WIRE_BYTES)
      SL_TRY(attribute_message(scan, &field, depth, a, err));
  }
  return SL_OK;
}

// Numbers of a Constant node, under the name of its output.
static sl_status keep_constant(sl_scan *scan, const attribute *a, const char *output,
                               sl_error *err) {
  if (a->tensor.at != NULL) return sl_scan_tensor(scan, a->tensor, 0, output, NULL, err);
  if (strncmp(a->name, "value_", 6) != 0 || a->count == 0 || a->count > SL_ONNX_CONSTANT_MAX)
    return SL_OK;
  void *at;
  SL_TRY(sl_scan_push(scan, &scan->constants, sizeof(sl_onnx_constant), &at, err));
  sl_onnx_constant *constant = at;
  *constant = (sl_onnx_constant){.name = output, .count = a->count};
  memcpy(constant->values, a->numbers, sizeof a->numbers);
  return SL_OK;
}

// ---- nodes
// ---------------------------------------------------------------------------------------

static void count_names(sl_wire wire, size_t *inputs, size_t *outputs) {
  sl_wire_field field;
  *inputs = *outputs = 0;
  while (sl_wire_next(&wire, &field) == SL_WIRE_FIELD) {
    if (field.type != SL_WIRE_BYTES) continue;
    *inputs += field.number == 1;
    *outputs += field.number == 2;
  }
}

static sl_status new_names(sl_scan *scan, size_t count, const char ***out, sl_error *err) {
  void *at;
  SL_TRY(sl_arena_try_push(scan->arena, count + 1, sizeof(char *), scan->limits.memory_max,
                           "names of a node", &at, err));
  *out = at;
  return SL_OK;
}

static sl_status node_text(sl_scan *scan, const sl_wire_field *field, sl_onnx_node *node,
                           const char **inputs, const char **outputs, sl_error *err) {
  switch (field->number) {
    case 1:
      return sl_scan_text(scan, field, &inputs[node->input_count++], err);
    case 2:
      return sl_scan_text(scan, field, &outputs[node->output_count++], err);
    case 3:
      return sl_scan_text(scan, field, &node->name, err);
    case 4:
      return sl_scan_text(scan, field, &node->type, err);
    case 7:
      return sl_scan_text(scan, field, &node->domain, err);
    default:
      return SL_OK;
  }
}

static sl_status read_names(sl_scan *scan, sl_wire wire, sl_onnx_node *node, sl_error *err) {
  size_t input_count, output_count;
  const char **inputs, **outputs;
  count_names(wire, &input_count, &output_count);
  SL_TRY(new_names(scan, input_count, &inputs, err));
  SL_TRY(new_names(scan, output_count, &outputs, err));
  node->inputs = inputs;
  node->outputs = outputs;
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (more && field.type == SL_WIRE_BYTES)
      SL_TRY(node_text(scan, &field, node, inputs, outputs, err));
  }
  if (strcmp(node->domain, "ai.onnx") == 0) node->domain = "";
  return SL_OK;
}

static sl_status read_attributes(sl_scan *scan, sl_wire wire, int32_t depth, sl_onnx_node *node,
                                 sl_error *err) {
  int is_constant = scan->main_graph && strcmp(node->type, "Constant") == 0;
  sl_wire_field field;
  attribute a;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more || field.number != 5 || field.type != SL_WIRE_BYTES) continue;
    SL_TRY(scan_attribute(scan, field.bytes, depth, &a, err));
    if (strcmp(a.name, "axis") == 0) node->axis = a.i;
    if (is_constant && node->output_count > 0)
      SL_TRY(keep_constant(scan, &a, node->outputs[0], err));
    else if (a.tensor.at != NULL)
      SL_TRY(sl_scan_tensor(scan, a.tensor, 0, NULL, NULL, err));
  }
  return SL_OK;
}

static sl_status scan_node(sl_scan *scan, sl_wire wire, int32_t depth, sl_error *err) {
  sl_onnx_node node = {.domain = "", .type = "", .name = "", .axis = INT64_MIN};
  SL_TRY(read_names(scan, wire, &node, err));
  SL_TRY(count_operator(scan, node.domain, node.type, err));
  SL_TRY(read_attributes(scan, wire, depth, &node, err));
  if (!scan->main_graph) return SL_OK;
  void *at;
  SL_TRY(sl_scan_push(scan, &scan->nodes, sizeof node, &at, err));
  *(sl_onnx_node *)at = node;
  return SL_OK;
}

// ---- graphs and functions
// ------------------------------------------------------------------------

static sl_status scan_initializer(sl_scan *scan, sl_wire wire, sl_error *err) {
  const char *name = "";
  SL_TRY(sl_scan_tensor(scan, wire, 1, scan->main_graph ? "" : NULL, &name, err));
  if (scan->main_graph) sl_map_set_text(scan->initializers, name, 1);
  return SL_OK;
}

static sl_status graph_message(sl_scan *scan, const sl_wire_field *field, int32_t depth,
                               sl_error *err) {
  void *at;
  switch (field->number) {
    case 1:
      return scan_node(scan, field->bytes, depth, err);
    case 2:
      return scan->main_graph ? sl_scan_text(scan, field, &scan->out->graph_name, err) : SL_OK;
    case 5:
      return scan_initializer(scan, field->bytes, err);
    case 11:
    case 12:
      if (!scan->main_graph) return SL_OK;
      SL_TRY(sl_scan_push(scan, field->number == 11 ? &scan->inputs : &scan->outputs,
                          sizeof(sl_onnx_value), &at, err));
      return sl_scan_value(scan, field->bytes, at, err);
    case 15:
      return sl_scan_sparse(scan, field->bytes, 1, err);
    default:
      return SL_OK;
  }
}

static sl_status scan_function(sl_scan *scan, sl_wire wire, int32_t depth, sl_error *err) {
  const char *name = "", *domain = "";
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more || field.type != SL_WIRE_BYTES) continue;
    if (field.number == 1) SL_TRY(sl_scan_text(scan, &field, &name, err));
    if (field.number == 10) SL_TRY(sl_scan_text(scan, &field, &domain, err));
    if (field.number == 7) SL_TRY(scan_node(scan, field.bytes, depth, err));
  }
  void *at;
  SL_TRY(sl_scan_push(scan, &scan->functions, sizeof(char *), &at, err));
  *(const char **)at = sl_arena_printf(scan->arena, "%s.%s", domain, name);
  return SL_OK;
}

sl_status sl_scan_graph(sl_scan *scan, const sl_scan_pending *graph, sl_error *err) {
  if (graph->is_function) return scan_function(scan, graph->bytes, graph->depth, err);
  sl_wire wire = graph->bytes;
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (more && field.type == SL_WIRE_BYTES) SL_TRY(graph_message(scan, &field, graph->depth, err));
  }
  return SL_OK;
}
