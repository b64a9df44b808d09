// SPDX-License-Identifier: Apache-2.0
// Attributes of nodes, and defaults of functions.
//
// Invariant: arrays have the length `count` says; an attribute of one item has it at index 0. Start
// at sl_reader_attribute().
#include <string.h>

#include "onnx/model_reader.h"

enum { NAME = 1, KIND = 20, REFERENCE = 21, FIELDS = 24 };

// The field that holds the items of each kind.
static const uint32_t fields[] = {
    [SL_ATTRIBUTE_FLOAT] = 2,          [SL_ATTRIBUTE_INT] = 3,
    [SL_ATTRIBUTE_STRING] = 4,         [SL_ATTRIBUTE_TENSOR] = 5,
    [SL_ATTRIBUTE_GRAPH] = 6,          [SL_ATTRIBUTE_FLOATS] = 7,
    [SL_ATTRIBUTE_INTS] = 8,           [SL_ATTRIBUTE_STRINGS] = 9,
    [SL_ATTRIBUTE_TENSORS] = 10,       [SL_ATTRIBUTE_GRAPHS] = 11,
    [SL_ATTRIBUTE_SPARSE_TENSOR] = 22, [SL_ATTRIBUTE_SPARSE_TENSORS] = 23,
    [SL_ATTRIBUTE_TYPE] = 14,          [SL_ATTRIBUTE_TYPES] = 15};

typedef struct attribute_reader {
  sl_reader *r;
  sl_graph *graph;
  sl_wire message;
  int32_t depth;
  int32_t seen[FIELDS];
  int64_t kind;
  int is_whole;  // nothing but what sl_attribute holds
} attribute_reader;

static sl_status fail(const attribute_reader *a, const sl_attribute *out, const char *what,
                      sl_error *err) {
  return sl_fail(err, SL_E_MODEL, "attribute \"%.80s\" of model \"%s\" %s", out->name,
                 a->r->scan.name, what);
}

static sl_status look_at(attribute_reader *a, const sl_wire_field *field, sl_attribute *out,
                         sl_error *err) {
  if (field->number == NAME && field->type == SL_WIRE_BYTES)
    return sl_scan_text(&a->r->scan, field, &out->name, err);
  if (field->number == REFERENCE && field->type == SL_WIRE_BYTES)
    return sl_scan_text(&a->r->scan, field, &out->reference, err);
  if (field->number == KIND && field->type == SL_WIRE_VARINT) {
    a->kind = (int64_t)field->value;
    return SL_OK;
  }
  if (field->number < FIELDS) a->seen[field->number]++;
  if (field->number >= FIELDS ||
      (field->number > 11 && field->number < 20 && field->number != 14 && field->number != 15))
    a->is_whole = 0;
  return SL_OK;
}

static sl_status find_kind(attribute_reader *a, sl_attribute *out, sl_error *err) {
  if (a->kind > SL_ATTRIBUTE_NONE && a->kind <= SL_ATTRIBUTE_TYPES) {
    out->kind = (sl_attribute_kind)a->kind;
    return SL_OK;
  }
  // Files of before 2018 leave the kind out.
  for (int32_t k = 1; a->kind == 0 && k <= SL_ATTRIBUTE_TYPES; k++)
    if (a->seen[fields[k]] > 0) out->kind = (sl_attribute_kind)k;
  return out->kind != SL_ATTRIBUTE_NONE ? SL_OK : fail(a, out, "has no kind", err);
}

// ---- items --------------------------------------------------------------------------------------

static sl_status read_ints(attribute_reader *a, sl_attribute *out, sl_error *err) {
  sl_wire_numbers numbers = {
      .message = a->message, .number = fields[out->kind], .packed = SL_WIRE_VARINT};
  out->count = sl_wire_numbers_count(numbers);
  if (out->count < 0) return fail(a, out, "ends inside a number", err);
  void *at;
  SL_TRY(sl_reader_new(a->r, out->count, sizeof(int64_t), &at, err));
  int64_t *to = at;
  uint64_t number;
  while (sl_wire_numbers_next(&numbers, &number)) *to++ = (int64_t)number;
  out->ints = at;
  return SL_OK;
}

static sl_status read_floats(attribute_reader *a, sl_attribute *out, sl_error *err) {
  sl_wire_numbers numbers = {
      .message = a->message, .number = fields[out->kind], .packed = SL_WIRE_FIXED32};
  out->count = sl_wire_numbers_count(numbers);
  if (out->count < 0) return fail(a, out, "ends inside a number", err);
  void *at;
  SL_TRY(sl_reader_new(a->r, out->count, sizeof(float), &at, err));
  float *to = at;
  uint64_t bits;
  for (; sl_wire_numbers_next(&numbers, &bits); to++) {
    uint32_t low = (uint32_t)bits;
    memcpy(to, &low, sizeof *to);
  }
  out->floats = at;
  return SL_OK;
}

// The next byte field of the attribute's kind; 0 at the end.
static int next_item(sl_wire *message, const sl_attribute *out, sl_wire *item) {
  sl_wire_field field;
  while (sl_wire_next(message, &field) == SL_WIRE_FIELD)
    if (field.number == fields[out->kind] && field.type == SL_WIRE_BYTES) {
      *item = field.bytes;
      return 1;
    }
  return 0;
}

static sl_status read_strings(attribute_reader *a, sl_attribute *out, sl_error *err) {
  void *at;
  SL_TRY(sl_reader_new(a->r, out->count, sizeof(sl_bytes), &at, err));
  sl_bytes *to = at;
  sl_wire message = a->message, item;
  while (next_item(&message, out, &item)) *to++ = (sl_bytes){item.at, (size_t)(item.end - item.at)};
  out->strings = at;
  return SL_OK;
}

static sl_status read_tensors(attribute_reader *a, sl_attribute *out, sl_error *err) {
  void *at;
  SL_TRY(sl_reader_new(a->r, out->count, sizeof(sl_constant), &at, err));
  sl_constant *to = at;
  sl_wire message = a->message, item;
  const char *name;
  while (next_item(&message, out, &item)) SL_TRY(sl_reader_tensor(a->r, item, to++, &name, err));
  out->tensors = at;
  return SL_OK;
}

// What an empty graph takes outside the arena.
enum { GRAPH_BYTES = 1024 };

static sl_status read_graphs(attribute_reader *a, sl_attribute *out, sl_error *err) {
  void *at;
  SL_TRY(sl_reader_new(a->r, out->count, sizeof(sl_graph *), &at, err));
  sl_graph **to = at;
  sl_wire message = a->message, item;
  while (next_item(&message, out, &item)) {
    SL_TRY(sl_scan_check_memory(&a->r->scan, a->r->graphs.count * GRAPH_BYTES, err));
    *to = sl_graph_new(a->r->scan.arena, a->graph, "");
    // Model, node, attribute and graph: each level of graphs is three messages deeper.
    SL_TRY(sl_reader_later(
        a->r, &(sl_reader_graph){.graph = *to++, .bytes = item, .depth = a->depth + 3}, err));
  }
  out->graphs = at;
  return SL_OK;
}

// Sparse tensors stay bytes; what is inside must be in order all the same.
static sl_status check_sparse(attribute_reader *a, const sl_attribute *out, sl_error *err) {
  sl_wire message = a->message, item;
  const char *name;
  while (next_item(&message, out, &item)) {
    sl_constant *constant = SL_NEW(a->r->scan.arena, sl_constant);
    SL_TRY(sl_reader_sparse(a->r, item, constant, &name, err));
  }
  return SL_OK;
}

static sl_status check_types(attribute_reader *a, const sl_attribute *out, sl_error *err) {
  sl_wire message = a->message, item;
  sl_type ignored;
  while (next_item(&message, out, &item)) SL_TRY(sl_reader_type(a->r, item, &ignored, err));
  return SL_OK;
}

static sl_status read_items(attribute_reader *a, sl_attribute *out, sl_error *err) {
  switch (out->kind) {
    case SL_ATTRIBUTE_INT:
    case SL_ATTRIBUTE_INTS:
      return read_ints(a, out, err);
    case SL_ATTRIBUTE_FLOAT:
    case SL_ATTRIBUTE_FLOATS:
      return read_floats(a, out, err);
    case SL_ATTRIBUTE_STRING:
    case SL_ATTRIBUTE_STRINGS:
      return read_strings(a, out, err);
    case SL_ATTRIBUTE_TENSOR:
    case SL_ATTRIBUTE_TENSORS:
      return read_tensors(a, out, err);
    case SL_ATTRIBUTE_GRAPH:
    case SL_ATTRIBUTE_GRAPHS:
      return read_graphs(a, out, err);
    case SL_ATTRIBUTE_SPARSE_TENSOR:
    case SL_ATTRIBUTE_SPARSE_TENSORS:
      a->is_whole = 0;
      return check_sparse(a, out, err);
    default:
      a->is_whole = 0;
      return check_types(a, out, err);
  }
}

static int is_list(sl_attribute_kind kind) {
  return (kind >= SL_ATTRIBUTE_FLOATS && kind <= SL_ATTRIBUTE_GRAPHS) ||
         kind == SL_ATTRIBUTE_SPARSE_TENSORS || kind == SL_ATTRIBUTE_TYPES;
}

// Writers that leave out zeros leave out an item that is one: the arrays end in a zero.
static sl_status check_single(attribute_reader *a, sl_attribute *out, sl_error *err) {
  int is_number = out->kind == SL_ATTRIBUTE_FLOAT || out->kind == SL_ATTRIBUTE_INT ||
                  out->kind == SL_ATTRIBUTE_STRING;
  if (out->count > 1) return fail(a, out, "has two values", err);
  if (out->count == 0 && !is_number) return fail(a, out, "has no value", err);
  out->count = 1;
  return SL_OK;
}

sl_status sl_reader_attribute(sl_reader *r, sl_graph *graph, sl_wire message, int32_t depth,
                              sl_attribute *out, sl_error *err) {
  attribute_reader a = {.r = r, .graph = graph, .message = message, .depth = depth, .is_whole = 1};
  *out = (sl_attribute){.name = ""};
  sl_wire rest = message;
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &rest, &field, &more, err));
    if (more) SL_TRY(look_at(&a, &field, out, err));
  }
  if (out->name[0] == '\0') return fail(&a, out, "has no name", err);
  if (out->reference != NULL && out->reference[0] == '\0') out->reference = NULL;
  SL_TRY(find_kind(&a, out, err));
  if (out->reference == NULL) {
    out->count = sl_reader_count(message, fields[out->kind]);
    SL_TRY(read_items(&a, out, err));
    if (!is_list(out->kind)) SL_TRY(check_single(&a, out, err));
  }
  if (!a.is_whole) out->raw = (sl_bytes){message.at, (size_t)(message.end - message.at)};
  return SL_OK;
}
