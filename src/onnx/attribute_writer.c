// SPDX-License-Identifier: Apache-2.0
// Attributes of nodes, and defaults of functions.
//
// Invariant: fields follow sl_attribute, not the bytes it came from; only what sl_attribute has no
// words for is taken from those. Start at sl_writer_attribute().
#include "onnx/model_writer.h"
#include "onnx/wire.h"

enum { NAME = 1, KIND = 20, REFERENCE = 21 };

// Documentation and fields of the future.
static void write_extra(sl_message *out, sl_bytes raw) {
  if (raw.size == 0) return;
  sl_wire rest = {raw.at, raw.at + raw.size};
  sl_wire_field field;
  for (const uint8_t *start = rest.at; sl_wire_next(&rest, &field) == SL_WIRE_FIELD;
       start = rest.at) {
    int is_known = field.number <= 11 || field.number == 14 || field.number == 15 ||
                   (field.number >= KIND && field.number <= 23);
    if (!is_known) sl_message_fields(out, (sl_bytes){start, (size_t)(rest.at - start)});
  }
}

static void write_graphs(sl_writer *w, sl_writer_graph *at, uint32_t field,
                         const sl_attribute *attribute) {
  for (int64_t i = 0; i < attribute->count; i++)
    sl_message_put(&at->message, field, &w->graphs[at->next_child++].message);
}

static void write_tensors(sl_message *out, uint32_t field, const sl_attribute *attribute) {
  for (int64_t i = 0; i < attribute->count; i++) {
    const sl_constant *tensor = &attribute->tensors[i];
    sl_writer_constant(out, field, tensor, sl_writer_own_name(out->arena, tensor));
  }
}

static void write_items(sl_writer *w, sl_writer_graph *at, const sl_attribute *attribute) {
  sl_message *out = &at->message;
  int64_t count = attribute->count;
  switch (attribute->kind) {
    case SL_ATTRIBUTE_FLOAT:
    case SL_ATTRIBUTE_FLOATS:
      for (int64_t i = 0; i < count; i++)
        sl_message_float(out, attribute->kind == SL_ATTRIBUTE_FLOAT ? 2 : 7, attribute->floats[i]);
      return;
    case SL_ATTRIBUTE_INT:
    case SL_ATTRIBUTE_INTS:
      for (int64_t i = 0; i < count; i++)
        sl_message_int(out, attribute->kind == SL_ATTRIBUTE_INT ? 3 : 8, attribute->ints[i]);
      return;
    case SL_ATTRIBUTE_STRING:
    case SL_ATTRIBUTE_STRINGS:
      for (int64_t i = 0; i < count; i++)
        sl_message_bytes(out, attribute->kind == SL_ATTRIBUTE_STRING ? 4 : 9,
                         attribute->strings[i]);
      return;
    case SL_ATTRIBUTE_TENSOR:
    case SL_ATTRIBUTE_TENSORS:
      write_tensors(out, attribute->kind == SL_ATTRIBUTE_TENSOR ? 5 : 10, attribute);
      return;
    case SL_ATTRIBUTE_GRAPH:
    case SL_ATTRIBUTE_GRAPHS:
      write_graphs(w, at, attribute->kind == SL_ATTRIBUTE_GRAPH ? 6 : 11, attribute);
      return;
    default:
      return;
  }
}

void sl_writer_attribute(sl_writer *w, sl_writer_graph *at, uint32_t field,
                         const sl_attribute *attribute) {
  sl_message *out = &at->message;
  sl_message_mark mark = sl_message_begin(out, field);
  int is_bytes = attribute->kind == SL_ATTRIBUTE_SPARSE_TENSOR ||
                 attribute->kind == SL_ATTRIBUTE_SPARSE_TENSORS ||
                 attribute->kind == SL_ATTRIBUTE_TYPE || attribute->kind == SL_ATTRIBUTE_TYPES;
  if (is_bytes && attribute->raw.size > 0) {
    sl_message_fields(out, attribute->raw);
  } else {
    sl_message_text(out, NAME, attribute->name);
    if (attribute->reference != NULL)
      sl_message_text(out, REFERENCE, attribute->reference);
    else
      write_items(w, at, attribute);
    sl_message_int(out, KIND, attribute->kind);
    write_extra(out, attribute->raw);
  }
  sl_message_end(out, mark);
}
