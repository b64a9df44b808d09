// SPDX-License-Identifier: Apache-2.0
// Tensors of a model file as constants of a graph.
//
// Invariant: bytes that are the elements already (raw_data, packed floats and doubles) are
// borrowed; only numbers written as varints or one by one are decoded. What a constant holds always
// has the size its dims and type ask for. Start at sl_reader_tensor().
#include <string.h>

#include "onnx/external.h"
#include "onnx/model_reader.h"

enum { DIMS = 1, FLOATS = 4, INTS = 5, STRINGS = 6, LONGS = 7, RAW = 9, DOUBLES = 10, WORDS = 11 };
enum { FIELDS = 12 };

// What a first look at the message finds.
typedef struct parts {
  sl_wire message;
  const char *name;
  int64_t type;
  int64_t count;
  int32_t pieces[FIELDS];  // of each data field
  sl_wire last[FIELDS];    // the last one that is bytes
  sl_onnx_external where;
  int is_external;
} parts;

static sl_status fail(const sl_reader *r, const parts *p, sl_error *err, const char *what) {
  return sl_fail(err, SL_E_MODEL, "tensor \"%.80s\" of model \"%s\" %s", p->name, r->scan.name,
                 what);
}

static sl_status look_at(sl_reader *r, const sl_wire_field *field, parts *p, sl_error *err) {
  switch (field->number) {
    case 2:
      p->type = field->type == SL_WIRE_VARINT ? (int64_t)(int32_t)field->value : -1;
      return SL_OK;
    case FLOATS:
    case INTS:
    case STRINGS:
    case LONGS:
    case RAW:
    case DOUBLES:
    case WORDS:
      p->pieces[field->number]++;
      p->last[field->number] = field->bytes;
      return SL_OK;
    case 8:
      return field->type == SL_WIRE_BYTES ? sl_scan_text(&r->scan, field, &p->name, err) : SL_OK;
    case 13:
      return field->type == SL_WIRE_BYTES ? sl_scan_external(&r->scan, field->bytes, &p->where, err)
                                          : SL_OK;
    case 14:
      p->is_external = field->value == 1;
      return SL_OK;
    default:
      return SL_OK;
  }
}

static sl_status find_parts(sl_reader *r, sl_wire message, parts *p, sl_error *err) {
  *p = (parts){.message = message, .name = "", .where = {.offset = -1, .length = -1}};
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (more) SL_TRY(look_at(r, &field, p, err));
  }
  return SL_OK;
}

// Dims are field 1 of a tensor and field 3 of a sparse one.
static sl_status read_dims(sl_reader *r, parts *p, uint32_t number, sl_constant *out,
                           sl_error *err) {
  sl_wire_numbers dims = {.message = p->message, .number = number, .packed = SL_WIRE_VARINT};
  int64_t rank = sl_wire_numbers_count(dims);
  if (rank < 0 || rank > INT32_MAX) return fail(r, p, err, "has damaged dims");
  void *at;
  SL_TRY(sl_reader_new(r, rank, sizeof(int64_t), &at, err));
  int64_t *to = at;
  uint64_t dim;
  p->count = 1;
  for (int64_t i = 0; i < rank && sl_wire_numbers_next(&dims, &dim); i++) {
    to[i] = (int64_t)dim;
    if (to[i] < 0 || (to[i] > 0 && p->count > INT64_MAX / 128 / to[i]))
      return sl_fail(err, SL_E_MODEL, "tensor \"%.80s\" of model \"%s\" has the dimension %lld",
                     p->name, r->scan.name, (long long)to[i]);
    p->count *= to[i];
  }
  out->rank = (int32_t)rank;
  out->dims = to;
  out->count = p->count;
  return SL_OK;
}

// ---- data ---------------------------------------------------------------------------------------

// The field that holds elements of a type when raw_data does not.
static uint32_t field_of(int32_t element) {
  switch (element) {
    case SL_ELEMENT_F32:
    case SL_ELEMENT_C64:
      return FLOATS;
    case SL_ELEMENT_F64:
    case SL_ELEMENT_C128:
      return DOUBLES;
    case SL_ELEMENT_I64:
      return LONGS;
    case SL_ELEMENT_U32:
    case SL_ELEMENT_U64:
      return WORDS;
    case SL_ELEMENT_STRING:
      return STRINGS;
    default:
      return INTS;
  }
}

static sl_wire_type packing_of(uint32_t field) {
  if (field == FLOATS) return SL_WIRE_FIXED32;
  return field == DOUBLES ? SL_WIRE_FIXED64 : SL_WIRE_VARINT;
}

// Bytes that one number of a data field gives. Types below a byte come as whole bytes.
static size_t width_of(int32_t element, uint32_t field) {
  if (field == FLOATS) return 4;
  if (field == DOUBLES || field == LONGS) return 8;
  int32_t bits = sl_element_bits(element);
  return bits < 8 ? 1 : (size_t)bits / 8;
}

static sl_status wrong_size(const sl_reader *r, const parts *p, int64_t has, const char *unit,
                            size_t wanted, sl_error *err) {
  return sl_fail(err, SL_E_MODEL, "tensor \"%.80s\" of model \"%s\" has %lld %s, not %zu", p->name,
                 r->scan.name, (long long)has, unit, wanted);
}

static sl_status decode_numbers(sl_reader *r, const parts *p, uint32_t field, size_t size,
                                sl_constant *out, sl_error *err) {
  size_t width = width_of(out->element, field), wanted = size / width;
  sl_wire_numbers numbers = {.message = p->message, .number = field, .packed = packing_of(field)};
  int64_t has = sl_wire_numbers_count(numbers);
  if (has < 0) return fail(r, p, err, "has data that end inside a number");
  if ((size_t)has != wanted) return wrong_size(r, p, has, "numbers", wanted, err);
  void *bytes;
  SL_TRY(sl_scan_check_memory(&r->scan, size, err));
  SL_TRY(sl_arena_try_push(r->scan.arena, size + 1, 1, r->scan.limits.memory_max, "a tensor",
                           &bytes, err));
  uint8_t *to = bytes;
  uint64_t number;
  for (; sl_wire_numbers_next(&numbers, &number); to += width) memcpy(to, &number, width);
  out->data = (sl_bytes){.at = bytes, .size = size};
  return SL_OK;
}

static sl_status read_numbers(sl_reader *r, const parts *p, uint32_t field, sl_constant *out,
                              sl_error *err) {
  size_t size = sl_element_bytes(out->element, out->count);
  sl_wire last = p->last[field];
  int is_one_piece = p->pieces[field] == 1 && last.at != NULL;
  if ((field != FLOATS && field != DOUBLES) || !is_one_piece)
    return decode_numbers(r, p, field, size, out, err);
  if ((size_t)(last.end - last.at) != size)
    return wrong_size(r, p, last.end - last.at, "bytes of data", size, err);
  out->data = (sl_bytes){.at = last.at, .size = size};
  return SL_OK;
}

static sl_status read_strings(sl_reader *r, const parts *p, sl_constant *out, sl_error *err) {
  if (p->pieces[STRINGS] != out->count)
    return wrong_size(r, p, p->pieces[STRINGS], "strings", (size_t)out->count, err);
  void *at;
  SL_TRY(sl_reader_new(r, out->count, sizeof(sl_bytes), &at, err));
  sl_bytes *strings = at;
  sl_wire message = p->message;
  sl_wire_field field;
  for (int64_t i = 0; i < out->count && sl_wire_next(&message, &field) == SL_WIRE_FIELD;) {
    if (field.number != STRINGS) continue;
    strings[i++] = (sl_bytes){field.bytes.at, (size_t)(field.bytes.end - field.bytes.at)};
  }
  out->strings = strings;
  return SL_OK;
}

static sl_status read_raw(sl_reader *r, const parts *p, sl_constant *out, sl_error *err) {
  size_t size = sl_element_bytes(out->element, out->count);
  size_t has = (size_t)(p->last[RAW].end - p->last[RAW].at);
  if (out->element == SL_ELEMENT_STRING) return fail(r, p, err, "has strings as raw data");
  if (has != size) return wrong_size(r, p, (int64_t)has, "bytes of raw data", size, err);
  out->data = (sl_bytes){.at = p->last[RAW].at, .size = size};
  return SL_OK;
}

static sl_status read_data(sl_reader *r, const parts *p, sl_constant *out, sl_error *err) {
  uint32_t typed = field_of(out->element);
  int kinds = p->last[RAW].at != p->last[RAW].end;
  static const uint32_t fields[] = {FLOATS, INTS, STRINGS, LONGS, DOUBLES, WORDS};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    kinds += p->pieces[fields[i]] > 0;
    if (p->pieces[fields[i]] > 0 && fields[i] != typed)
      return fail(r, p, err, "has data of another type than it says");
  }
  if (kinds > 1) return fail(r, p, err, "has its data twice");
  if (p->pieces[RAW] > 0 && p->pieces[typed] == 0) return read_raw(r, p, out, err);
  if (typed == STRINGS) return read_strings(r, p, out, err);
  return read_numbers(r, p, typed, out, err);
}

// ---- external data ------------------------------------------------------------------------------

static sl_status note_external(sl_reader *r, const parts *p, sl_constant *out, sl_error *err) {
  if (p->where.location == NULL) return fail(r, p, err, "has external data without a location");
  void *at;
  SL_TRY(sl_scan_push(&r->scan, &r->externals, sizeof(sl_reader_external), &at, err));
  sl_reader_external *external = at;
  *external = (sl_reader_external){.constant = p->is_external ? out : NULL, .where = p->where};
  external->where.tensor = p->name;
  if (external->where.offset < 0) external->where.offset = 0;
  SL_TRY(sl_onnx_judge_location(&external->where, err));
  if (!p->is_external) return SL_OK;
  out->location = p->where.location;
  out->offset = external->where.offset;
  size_t size = sl_element_bytes(out->element, out->count);
  if (out->element == SL_ELEMENT_STRING) return fail(r, p, err, "has strings as external data");
  if (p->where.length > 0 && (uint64_t)p->where.length != size)
    return wrong_size(r, p, p->where.length, "bytes of external data", size, err);
  return SL_OK;
}

// ---- tensors ------------------------------------------------------------------------------------

sl_status sl_reader_tensor(sl_reader *r, sl_wire message, sl_constant *out, const char **name,
                           sl_error *err) {
  parts p;
  SL_TRY(find_parts(r, message, &p, err));
  *name = p.name;
  *out = (sl_constant){.message = {message.at, (size_t)(message.end - message.at)}};
  SL_TRY(read_dims(r, &p, DIMS, out, err));
  if (p.type <= 0) return fail(r, &p, err, "does not say what type its elements have");
  // A type of the future is kept as bytes; nobody here can read its elements.
  if (p.type < SL_ELEMENT_COUNT) out->element = (int32_t)p.type;
  if (p.is_external || p.where.location != NULL) SL_TRY(note_external(r, &p, out, err));
  if (p.is_external || out->element == SL_ELEMENT_NONE) return SL_OK;
  return read_data(r, &p, out, err);
}

sl_status sl_reader_sparse(sl_reader *r, sl_wire message, sl_constant *out, const char **name,
                           sl_error *err) {
  parts p = {.message = message, .name = ""};
  sl_wire_field field;
  sl_constant *inner[3] = {0};
  *out =
      (sl_constant){.message = {message.at, (size_t)(message.end - message.at)}, .is_sparse = true};
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (!more || field.type != SL_WIRE_BYTES || (field.number != 1 && field.number != 2)) continue;
    const char *own_name;
    inner[field.number] = SL_NEW(r->scan.arena, sl_constant);
    SL_TRY(sl_reader_tensor(r, field.bytes, inner[field.number], &own_name, err));
    if (field.number == 1) p.name = own_name;
  }
  *name = p.name;
  if (inner[1] == NULL || inner[2] == NULL) return fail(r, &p, err, "is sparse without its parts");
  out->element = inner[1]->element;
  return read_dims(r, &p, 3, out, err);
}
