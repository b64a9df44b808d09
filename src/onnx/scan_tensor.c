// SPDX-License-Identifier: Apache-2.0
// Tensors of a model file: their size, where their bytes are, and the numbers of very small ones.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/element.h"
#include "onnx/scan_state.h"

static int32_t element_of(int64_t type) {
  return type > 0 && type < SL_ELEMENT_COUNT ? (int32_t)type : SL_ELEMENT_NONE;
}

sl_dtype sl_onnx_dtype(int64_t type) { return sl_element_dtype(element_of(type)); }

// As tensors of ours spell it, else as ONNX does.
const char *sl_onnx_type_name(int64_t type) {
  if (element_of(type) == SL_ELEMENT_NONE) return "undefined";
  sl_dtype dtype = sl_onnx_dtype(type);
  return dtype != SL_DTYPE_NONE ? sl_dtype_name(dtype) : sl_element_name(element_of(type));
}

typedef struct tensor {
  const char *name;
  int64_t type, count, raw_size;
  int32_t rank, external;
  sl_wire raw;
  double values[SL_ONNX_CONSTANT_MAX];  // of the typed data fields
  int32_t value_count;
  sl_onnx_external where;
} tensor;

static sl_status add_dim(const sl_scan *scan, tensor *t, int64_t dim, sl_error *err) {
  if (dim < 0 || (dim > 0 && t->count > INT64_MAX / 128 / dim))
    return sl_fail(err, SL_E_MODEL, "model \"%s\" has a tensor with the dimension %lld", scan->name,
                   (long long)dim);
  t->count *= dim;
  t->rank++;
  return SL_OK;
}

static sl_status add_dims(const sl_scan *scan, tensor *t, const sl_wire_field *field,
                          sl_error *err) {
  if (field->type == SL_WIRE_VARINT) return add_dim(scan, t, (int64_t)field->value, err);
  sl_wire slice = field->bytes;
  uint64_t dim;
  while (field->type == SL_WIRE_BYTES && sl_wire_number(&slice, SL_WIRE_VARINT, &dim))
    SL_TRY(add_dim(scan, t, (int64_t)dim, err));
  return SL_OK;
}

// One number of a typed data field (float 4, int32 5, int64 7, double 10, uint64 11).
static double typed_number(uint32_t field, uint64_t bits) {
  uint32_t low = (uint32_t)bits;
  float single;
  double number;
  if (field == 4) {
    memcpy(&single, &low, sizeof single);
    return single;
  }
  if (field == 10) {
    memcpy(&number, &bits, sizeof number);
    return number;
  }
  return field == 11 ? (double)bits : (double)(int64_t)bits;
}

static void add_values(tensor *t, const sl_wire_field *field) {
  sl_wire_type packed = field->number == 4    ? SL_WIRE_FIXED32
                        : field->number == 10 ? SL_WIRE_FIXED64
                                              : SL_WIRE_VARINT;
  sl_wire slice = field->bytes;
  uint64_t bits = field->value;
  int single = field->type != SL_WIRE_BYTES;
  while (t->value_count < SL_ONNX_CONSTANT_MAX &&
         (single || sl_wire_number(&slice, packed, &bits))) {
    t->values[t->value_count++] = typed_number(field->number, bits);
    if (single) break;
  }
}

static sl_status parse_size(const sl_scan *scan, const sl_onnx_pair *pair, int64_t *out,
                            sl_error *err) {
  if (sl_parse_int(pair->value, out) && *out >= 0) return SL_OK;
  return sl_fail(err, SL_E_MODEL, "model \"%s\" has external data with the %s \"%.40s\"",
                 scan->name, pair->key, pair->value);
}

// Unknown keys are for other programs and are ignored; a key given twice is refused.
sl_status sl_scan_external(sl_scan *scan, sl_wire wire, sl_onnx_external *out, sl_error *err) {
  sl_onnx_pair pair;
  SL_TRY(sl_scan_pair(scan, wire, &pair, err));
  int is_location = strcmp(pair.key, "location") == 0;
  int is_offset = strcmp(pair.key, "offset") == 0, is_length = strcmp(pair.key, "length") == 0;
  if ((is_location && out->location != NULL) || (is_offset && out->offset >= 0) ||
      (is_length && out->length >= 0))
    return sl_fail(err, SL_E_MODEL, "model \"%s\" has external data with two entries \"%s\"",
                   scan->name, pair.key);
  if (is_location) out->location = pair.value;
  if (is_offset) return parse_size(scan, &pair, &out->offset, err);
  if (is_length) return parse_size(scan, &pair, &out->length, err);
  return SL_OK;
}

static sl_status tensor_field(sl_scan *scan, const sl_wire_field *field, tensor *t, sl_error *err) {
  switch (field->number) {
    case 1:
      return add_dims(scan, t, field, err);
    case 2:
      t->type = (int64_t)field->value;
      return SL_OK;
    case 4:
    case 5:
    case 7:
    case 10:
    case 11:
      add_values(t, field);
      return SL_OK;
    case 8:
      return field->type == SL_WIRE_BYTES ? sl_scan_text(scan, field, &t->name, err) : SL_OK;
    case 9:
      t->raw = field->bytes;
      return SL_OK;
    case 13:
      return field->type == SL_WIRE_BYTES ? sl_scan_external(scan, field->bytes, &t->where, err)
                                          : SL_OK;
    case 14:
      t->external = field->value == 1;
      return SL_OK;
    default:
      return SL_OK;
  }
}

static void raw_values(tensor *t, sl_dtype dtype) {
  size_t size = sl_dtype_size(dtype);
  if (size == 0 || (size_t)(t->raw.end - t->raw.at) < size * (size_t)t->count) return;
  uint8_t aligned[8 * SL_ONNX_CONSTANT_MAX] __attribute__((aligned(8)));
  memcpy(aligned, t->raw.at, size * (size_t)t->count);
  for (int64_t i = 0; i < t->count; i++) t->values[i] = sl_dtype_load(dtype, aligned, (size_t)i);
  t->value_count = (int32_t)t->count;
}

static sl_status keep_constant(sl_scan *scan, tensor *t, const char *name, sl_error *err) {
  if (t->count < 1 || t->count > SL_ONNX_CONSTANT_MAX || t->external) return SL_OK;
  if (t->raw.at != NULL) raw_values(t, sl_onnx_dtype(t->type));
  if (t->value_count != t->count) return SL_OK;
  void *at;
  SL_TRY(sl_scan_push(scan, &scan->constants, sizeof(sl_onnx_constant), &at, err));
  sl_onnx_constant *constant = at;
  constant->name = name[0] != '\0' ? name : t->name;
  constant->count = t->value_count;
  memcpy(constant->values, t->values, sizeof t->values);
  return SL_OK;
}

static sl_status keep_external(sl_scan *scan, const tensor *t, sl_error *err) {
  if (t->where.location == NULL)
    return sl_fail(err, SL_E_MODEL,
                   "tensor \"%.80s\" of model \"%s\" has external data without "
                   "a location",
                   t->name, scan->name);
  void *at;
  SL_TRY(sl_scan_push(scan, &scan->externals, sizeof(sl_onnx_external), &at, err));
  *(sl_onnx_external *)at = (sl_onnx_external){.tensor = t->name,
                                               .location = t->where.location,
                                               .offset = t->where.offset >= 0 ? t->where.offset : 0,
                                               .length = t->where.length};
  return SL_OK;
}

static sl_status weigh(sl_scan *scan, const tensor *t, sl_error *err) {
  sl_onnx_summary *out = scan->out;
  int64_t bytes = (int64_t)((double)t->count * sl_element_bits(element_of(t->type)) / 8);
  if (__builtin_add_overflow(out->parameter_count, t->count, &out->parameter_count) ||
      __builtin_add_overflow(out->parameter_bytes, bytes, &out->parameter_bytes))
    return sl_fail(err, SL_E_MODEL, "model \"%s\" claims more weights than any machine holds",
                   scan->name);
  out->parameters_by_dtype[sl_onnx_dtype(t->type)] += t->count;
  return SL_OK;
}

sl_status sl_scan_tensor(sl_scan *scan, sl_wire wire, int weight, const char *constant_name,
                         const char **own_name, sl_error *err) {
  tensor t = {.name = "", .count = 1, .where = {.offset = -1, .length = -1}};
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (more) SL_TRY(tensor_field(scan, &field, &t, err));
  }
  if (own_name != NULL) *own_name = t.name;
  if (weight) SL_TRY(weigh(scan, &t, err));
  // A location is looked at even where the tensor claims to be inside the file.
  if (t.external || t.where.location != NULL) SL_TRY(keep_external(scan, &t, err));
  return constant_name != NULL ? keep_constant(scan, &t, constant_name, err) : SL_OK;
}

sl_status sl_scan_sparse(sl_scan *scan, sl_wire wire, int weight, sl_error *err) {
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more || field.type != SL_WIRE_BYTES) continue;
    if (field.number == 1) SL_TRY(sl_scan_tensor(scan, field.bytes, weight, NULL, NULL, err));
    if (field.number == 2) SL_TRY(sl_scan_tensor(scan, field.bytes, 0, NULL, NULL, err));
  }
  return SL_OK;
}
