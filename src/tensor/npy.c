// SPDX-License-Identifier: Apache-2.0
// The .npy reader and writer.
//
// Invariant: the header is a Python literal from outside; a cursor that cannot leave it reads the
// three known keys and nothing else, and no size is believed before the file proves it.
// Start at sl_npy_parse().
#include "tensor/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
  MAGIC_SIZE = 6,
  HEADER_SIZE_MAX = 65536,  // a header of ours has under 200 bytes
  WORD_SIZE_MAX = 32,
  HEADER_ALIGNMENT = 64
};

static const char magic[] = "\x93NUMPY";

typedef struct cursor {
  const char *at, *end;
} cursor;

static sl_status damaged(sl_error *err, const char *what) {
  return sl_fail(err, SL_E_FORMAT, ".npy header is damaged: %s", what);
}

static void skip_blanks(cursor *c) {
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t')) c->at++;
}

static int take(cursor *c, char wanted) {
  skip_blanks(c);
  if (c->at >= c->end || *c->at != wanted) return 0;
  c->at++;
  return 1;
}

static int take_word(cursor *c, const char *word) {
  skip_blanks(c);
  size_t length = strlen(word);
  if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0) return 0;
  c->at += length;
  return 1;
}

static int take_quoted(cursor *c, char out[WORD_SIZE_MAX]) {
  skip_blanks(c);
  if (c->at >= c->end || (*c->at != '\'' && *c->at != '"')) return 0;
  char quote = *c->at++;
  size_t length = 0;
  while (c->at < c->end && *c->at != quote && length < WORD_SIZE_MAX - 1) out[length++] = *c->at++;
  out[length] = '\0';
  return take(c, quote);
}

static int take_number(cursor *c, int64_t *out) {
  skip_blanks(c);
  const char *first = c->at;
  int64_t value = 0;
  for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
    if (__builtin_mul_overflow(value, 10, &value)) return 0;
    if (__builtin_add_overflow(value, *c->at - '0', &value)) return 0;
  }
  if (c->at == first) return 0;
  if (c->at < c->end && *c->at == 'L') c->at++;  // Python 2 wrote long integers so
  *out = value;
  return 1;
}

static sl_status read_shape(cursor *c, sl_shape *shape, sl_error *err) {
  *shape = (sl_shape){0};
  if (!take(c, '(')) return damaged(err, "the shape is not a tuple");
  while (!take(c, ')')) {
    int64_t dim;
    if (!take_number(c, &dim)) return damaged(err, "the shape holds something else than sizes");
    if (shape->rank == SL_RANK_MAX) {
      return sl_fail(err, SL_E_UNSUPPORTED, ".npy array has more than %d dimensions", SL_RANK_MAX);
    }
    shape->dims[shape->rank++] = dim;
    if (!take(c, ',') && (c->at >= c->end || *c->at != ')')) {
      return damaged(err, "the shape does not end");
    }
  }
  return SL_OK;
}

static const struct {
  char code[3];
  sl_dtype dtype;
} descr_rows[] = {
    {"b1", SL_DTYPE_BOOL}, {"u1", SL_DTYPE_U8},  {"i1", SL_DTYPE_I8},  {"u2", SL_DTYPE_U16},
    {"i2", SL_DTYPE_I16},  {"u4", SL_DTYPE_U32}, {"i4", SL_DTYPE_I32}, {"u8", SL_DTYPE_U64},
    {"i8", SL_DTYPE_I64},  {"f2", SL_DTYPE_F16}, {"f4", SL_DTYPE_F32}, {"f8", SL_DTYPE_F64},
};

static const char *refused_kind(char kind) {
  switch (kind) {
    case 'O':
      return "Python objects (a pickle), which are never loaded";
    case 'c':
      return "complex numbers";
    case 'S':
    case 'a':
    case 'U':
      return "strings";
    case 'V':
      return "raw or structured records";
    case 'M':
    case 'm':
      return "dates or durations";
    case 'f':
      return "floating-point numbers of an unusual size";
    default:
      return "an unknown element type";
  }
}

static sl_status unsupported_descr(sl_error *err, char kind) {
  (void)sl_fail(err, SL_E_UNSUPPORTED, ".npy array holds %s", refused_kind(kind));
  return sl_hint(err, SL_E_UNSUPPORTED,
                 "save it as numbers, such as np.save(path, array.astype(np.float32))");
}

static sl_status read_descr(cursor *c, sl_npy_header *out, sl_error *err) {
  skip_blanks(c);
  if (c->at < c->end && *c->at == '[') return unsupported_descr(err, 'V');
  char descr[WORD_SIZE_MAX];
  if (!take_quoted(c, descr)) return damaged(err, "the element type is not a string");
  char order = descr[0];
  int has_order = order == '<' || order == '>' || order == '|' || order == '=';
  const char *code = descr + has_order;
  for (size_t i = 0; i < sizeof descr_rows / sizeof *descr_rows; i++) {
    if (strcmp(code, descr_rows[i].code) != 0) continue;
    out->dtype = descr_rows[i].dtype;
    out->swapped = order == '>' && sl_dtype_size(out->dtype) > 1;
    return SL_OK;
  }
  return unsupported_descr(err, code[0]);
}

static sl_status read_order(cursor *c, int32_t *out, sl_error *err) {
  if (take_word(c, "True"))
    *out = 1;
  else if (take_word(c, "False"))
    *out = 0;
  else
    return damaged(err, "the memory order is neither True nor False");
  return SL_OK;
}

static sl_status read_entry(cursor *c, sl_npy_header *out, unsigned *seen, sl_error *err) {
  char key[WORD_SIZE_MAX];
  if (!take_quoted(c, key) || !take(c, ':')) return damaged(err, "it is not a dictionary");
  unsigned bit = strcmp(key, "descr") == 0           ? 1u
                 : strcmp(key, "fortran_order") == 0 ? 2u
                 : strcmp(key, "shape") == 0         ? 4u
                                                     : 0u;
  if (bit == 0 || (*seen & bit)) return damaged(err, "a key is unknown or comes twice");
  *seen |= bit;
  if (bit == 1u) return read_descr(c, out, err);
  if (bit == 2u) return read_order(c, &out->fortran_order, err);
  return read_shape(c, &out->shape, err);
}

static sl_status read_dictionary(cursor *c, sl_npy_header *out, sl_error *err) {
  unsigned seen = 0;
  if (!take(c, '{')) return damaged(err, "it is not a dictionary");
  while (!take(c, '}')) {
    SL_TRY(read_entry(c, out, &seen, err));
    skip_blanks(c);
    if (!take(c, ',') && (c->at >= c->end || *c->at != '}')) {
      return damaged(err, "the dictionary does not end");
    }
  }
  skip_blanks(c);
  if (c->at != c->end) return damaged(err, "something follows the dictionary");
  return seen == 7u ? SL_OK : damaged(err, "descr, fortran_order or shape is missing");
}

// Splits off the text of the header; sets data_offset.
static sl_status find_header(const uint8_t *bytes, size_t size, cursor *out, sl_npy_header *header,
                             sl_error *err) {
  if (size < MAGIC_SIZE || memcmp(bytes, magic, MAGIC_SIZE) != 0) {
    return sl_fail(err, SL_E_FORMAT, "not a .npy file: it does not start with \"\\x93NUMPY\"");
  }
  if (size < MAGIC_SIZE + 6) return damaged(err, "the file ends inside it");
  unsigned version = bytes[MAGIC_SIZE];
  if (version < 1 || version > 3) {
    return sl_fail(err, SL_E_UNSUPPORTED, ".npy version %u is unknown; 1 to 3 are read", version);
  }
  size_t start = version == 1 ? 10 : 12;
  size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
  if (version > 1) length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
  if (length > HEADER_SIZE_MAX) {
    return sl_fail(err, SL_E_LIMIT, ".npy header of %zu bytes is above the limit of %d", length,
                   HEADER_SIZE_MAX);
  }
  if (length > size - start) return damaged(err, "the file ends inside it");
  out->at = (const char *)bytes + start;
  out->end = out->at + length;
  header->data_offset = start + length;
  return SL_OK;
}

sl_status sl_npy_parse(const void *bytes, size_t size, sl_npy_header *out, sl_error *err) {
  *out = (sl_npy_header){0};
  cursor c;
  SL_TRY(find_header(bytes, size, &c, out, err));
  SL_TRY(read_dictionary(&c, out, err));
  int64_t count = sl_shape_count(&out->shape);
  if (count < 0 ||
      __builtin_mul_overflow((size_t)count, sl_dtype_size(out->dtype), &out->data_size)) {
    return sl_fail(err, SL_E_LIMIT, "the number of elements of the .npy array overflows");
  }
  size_t present = size - out->data_offset;
  if (present < out->data_size) {
    return sl_fail(err, SL_E_FORMAT,
                   ".npy file ends early: %zu of %zu bytes of its array are there", present,
                   out->data_size);
  }
  if (present > out->data_size) {
    (void)sl_fail(err, SL_E_FORMAT, ".npy file goes on for %zu bytes after its array",
                  present - out->data_size);
    return sl_hint(err, SL_E_FORMAT, "save one array per file");
  }
  return SL_OK;
}

static void swap_elements(uint8_t *data, size_t count, size_t element) {
  for (size_t i = 0; i < count; i++, data += element) {
    for (size_t low = 0, high = element - 1; low < high; low++, high--) {
      uint8_t kept = data[low];
      data[low] = data[high];
      data[high] = kept;
    }
  }
}

// Walks the output in row-major order while `offset` follows in the column-major source.
static void copy_from_fortran(const uint8_t *source, const sl_tensor *out, size_t count) {
  const sl_shape *shape = &out->shape;
  size_t element = sl_dtype_size(out->dtype);
  size_t strides[SL_RANK_MAX] = {0};
  int64_t index[SL_RANK_MAX] = {0};
  size_t stride = element;
  for (int32_t axis = 0; axis < shape->rank; axis++) {
    strides[axis] = stride;
    stride *= (size_t)shape->dims[axis];
  }
  uint8_t *target = out->data;
  size_t offset = 0;
  for (size_t i = 0; i < count; i++, target += element) {
    memcpy(target, source + offset, element);
    int32_t axis = shape->rank - 1;
    for (; axis >= 0 && ++index[axis] == shape->dims[axis]; axis--) {
      offset -= strides[axis] * (size_t)(shape->dims[axis] - 1);
      index[axis] = 0;
    }
    if (axis >= 0) offset += strides[axis];
  }
}

sl_status sl_npy_read(const void *bytes, size_t size, sl_tensor *out, sl_error *err) {
  *out = (sl_tensor){0};
  sl_npy_header header;
  SL_TRY(sl_npy_parse(bytes, size, &header, err));
  SL_TRY(sl_tensor_new(header.dtype, &header.shape, out, err));
  const uint8_t *source = (const uint8_t *)bytes + header.data_offset;
  size_t element = sl_dtype_size(header.dtype);
  size_t count = header.data_size / element;
  if (header.fortran_order && header.shape.rank > 1)
    copy_from_fortran(source, out, count);
  else
    memcpy(out->data, source, header.data_size);
  if (header.swapped) swap_elements(out->data, count, element);
  return SL_OK;
}

static const char *descr_of(sl_dtype dtype) {
  for (size_t i = 0; i < sizeof descr_rows / sizeof *descr_rows; i++) {
    if (descr_rows[i].dtype == dtype) return descr_rows[i].code;
  }
  return NULL;
}

static size_t print_header(const sl_tensor *tensor, const char *descr, char *out, size_t capacity) {
  const sl_shape *shape = &tensor->shape;
  const char *order = sl_dtype_size(tensor->dtype) > 1 ? "<" : "|";
  int used =
      snprintf(out, capacity, "{'descr': '%s%s', 'fortran_order': False, 'shape': (", order, descr);
  for (int32_t i = 0; i < shape->rank; i++) {
    const char *after = i + 1 < shape->rank ? ", " : shape->rank == 1 ? "," : "";
    used += snprintf(out + used, capacity - (size_t)used, "%" PRId64 "%s", shape->dims[i], after);
  }
  used += snprintf(out + used, capacity - (size_t)used, "), }");
  return (size_t)used;
}

// NumPy leaves room for the first dimension to grow to 21 digits in place.
static size_t growth_room(const sl_shape *shape) {
  if (shape->rank == 0) return 0;
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%" PRId64, shape->dims[0]);
  return 21u - (size_t)length;
}

sl_status sl_npy_write(const sl_tensor *tensor, sl_buffer **out, sl_error *err) {
  *out = NULL;
  const char *descr = descr_of(tensor->dtype);
  if (descr == NULL) {
    return sl_fail(err, SL_E_UNSUPPORTED, "NumPy has no element type \"%s\"",
                   sl_dtype_name(tensor->dtype));
  }
  char header[SL_RANK_MAX * 24 + 128];
  size_t used = print_header(tensor, descr, header, sizeof header);
  size_t least = MAGIC_SIZE + 4 + used + growth_room(&tensor->shape) + 1;
  size_t start = (least + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
  size_t data_size = (size_t)sl_shape_count(&tensor->shape) * sl_dtype_size(tensor->dtype);
  SL_TRY(sl_buffer_new(start + data_size, out, err));
  uint8_t *to = (*out)->bytes;
  size_t length = start - MAGIC_SIZE - 4;
  memset(to, ' ', start);
  memcpy(to, magic, MAGIC_SIZE);
  to[6] = 1;
  to[7] = 0;
  to[8] = (uint8_t)(length & 0xff);
  to[9] = (uint8_t)(length >> 8);
  memcpy(to + MAGIC_SIZE + 4, header, used);
  to[start - 1] = '\n';
  if (data_size > 0) memcpy(to + start, tensor->data, data_size);
  return SL_OK;
}
