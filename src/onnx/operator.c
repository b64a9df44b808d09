// SPDX-License-Identifier: Apache-2.0
// The operator table and attributes with their defaults; the check of a model is in
// operator_check.c.
//
// Invariant: rows of one operator are neighbours, in order of operator sets. Start at
// sl_operator_find().
#include "onnx/operator.h"

#include <stdlib.h>
#include <string.h>

#include "onnx/operator_attribute.h"

static const sl_operator rows[] = {
#define SL_OPERATOR(type, since, until, min_inputs, max_inputs, min_outputs, max_outputs, \
                    attributes)                                                           \
  {#type, since, until, min_inputs, max_inputs, min_outputs, max_outputs, attributes},
#include "onnx/operator_list.h"
#undef SL_OPERATOR
};

enum { ROW_COUNT = sizeof rows / sizeof *rows };

// Rows are in alphabetical order of bytes.
static size_t first_row(const char *type) {
  size_t low = 0, high = ROW_COUNT;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (strcmp(rows[middle].type, type) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

const sl_operator *sl_operator_find(const char *type, int64_t opset) {
  for (size_t i = first_row(type); i < ROW_COUNT && strcmp(rows[i].type, type) == 0; i++)
    if (rows[i].since <= opset && (rows[i].until == 0 || opset <= rows[i].until)) return &rows[i];
  return NULL;
}

const sl_operator *sl_operator_rows(const char *type, size_t *count) {
  size_t first = first_row(type), end = first;
  while (end < ROW_COUNT && strcmp(rows[end].type, type) == 0) end++;
  *count = end - first;
  return &rows[first];
}

// ---- attributes ---------------------------------------------------------------------------------

int sl_operator_next_attribute(const char **text, sl_operator_attribute *out) {
  const char *at = *text;
  if (*at == '\0') return 0;
  size_t size = strcspn(at, " ");
  const char *colon = memchr(at, ':', size);
  *out = (sl_operator_attribute){.name = at,
                                 .name_size = (size_t)(colon - at),
                                 .kind = colon[1],
                                 .is_needed = colon[2] == '!'};
  if (colon[2] == '=') {
    out->value = colon + 3;
    out->value_size = size - (size_t)(out->value - at);
  }
  *text = at + size + (at[size] == ' ');
  return 1;
}

int sl_operator_attribute_find(const sl_operator *row, const char *name,
                               sl_operator_attribute *out) {
  const char *text = row->attributes;
  size_t size = strlen(name);
  while (sl_operator_next_attribute(&text, out))
    if (out->name_size == size && memcmp(out->name, name, size) == 0) return 1;
  return 0;
}

// 1 with the default of an attribute of a node.
static int find_default(int64_t opset, const sl_node *node, const char *name,
                        sl_operator_attribute *out) {
  const sl_operator *row = sl_operator_find(node->type, opset);
  return row != NULL && sl_operator_attribute_find(row, name, out) && out->value != NULL;
}

int64_t sl_operator_int(int64_t opset, const sl_node *node, const char *name, int64_t missing) {
  sl_operator_attribute found;
  if (sl_node_attribute(node, name) != NULL || !find_default(opset, node, name, &found))
    return sl_node_int(node, name, missing);
  return strtoll(found.value, NULL, 10);
}

const char *sl_operator_string(sl_arena *arena, int64_t opset, const sl_node *node,
                               const char *name) {
  sl_operator_attribute found;
  if (sl_node_attribute(node, name) != NULL || !find_default(opset, node, name, &found))
    return sl_node_string(arena, node, name, NULL);
  return sl_arena_copy_bytes(arena, found.value, found.value_size);
}

void sl_operator_shape_range(const sl_node *node, int32_t rank, int32_t *first, int32_t *end) {
  int64_t from = sl_node_int(node, "start", 0), to = sl_node_int(node, "end", rank);
  from = from < 0 ? from + rank : from;
  to = to < 0 ? to + rank : to;
  from = from < 0 ? 0 : from > rank ? rank : from;
  to = to < from ? from : to > rank ? rank : to;
  *first = (int32_t)from;
  *end = (int32_t)to;
}
