// SPDX-License-Identifier: Apache-2.0
// The column file format: layout, header, range, names and catalogue rows.
//
// Invariant: sl_column_layout_of() is the only place that turns counts into offsets, and it reports
// every overflow.
#include "store/column_file.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "store/store_state.h"

_Static_assert(sizeof(sl_column_header) == SL_COLUMN_HEADER_SIZE, "the header is 128 bytes");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "column files are mapped as they are");

static const char magic[8] = {'S', 'L', 'C', 'O', 'L', 'U', 'M', 'N'};
enum { PART_ALIGNMENT = 64, NAME_MAX_BYTES = 512 };
#define ROWS_MAX (INT64_C(1) << 40)
#define COLS_MAX (INT64_C(1) << 24)

static const char *const type_names[SL_COLUMN_TYPE_COUNT] = {"none", "bool", "u8",  "i32", "i64",
                                                             "f16",  "f32",  "f64", "text"};
static const size_t type_sizes[SL_COLUMN_TYPE_COUNT] = {0, 1, 1, 4, 8, 2, 4, 8, 4};

size_t sl_column_type_size(sl_column_type type) {
  return (unsigned)type < SL_COLUMN_TYPE_COUNT ? type_sizes[type] : 0;
}

const char *sl_column_type_name(sl_column_type type) {
  return type_names[(unsigned)type < SL_COLUMN_TYPE_COUNT ? type : SL_COLUMN_NONE];
}

// ---- layout and header --------------------------------------------------------------------------

// Places a part of `size` bytes at the end of the file so far; 0 on overflow.
static int place(uint64_t size, uint64_t *end, uint64_t *at, uint64_t *part_size) {
  uint64_t padded;
  *at = *end;
  *part_size = size;
  if (__builtin_add_overflow(size, (uint64_t)(PART_ALIGNMENT - 1), &padded)) return 0;
  padded &= ~(uint64_t)(PART_ALIGNMENT - 1);
  return !__builtin_add_overflow(*end, padded, end) && *end <= INT64_MAX;
}

int sl_column_layout_of(const sl_column_header *header, sl_column_layout *out) {
  uint64_t count, values, offsets = 0;
  size_t size = sl_column_type_size((sl_column_type)header->type);
  int text = header->type == SL_COLUMN_TEXT;
  int masked = (header->flags & SL_COLUMN_HAS_VALIDITY) != 0;
  memset(out, 0, sizeof *out);
  if (size == 0 || header->rows > ROWS_MAX || header->cols < 1 || header->cols > COLS_MAX) return 0;
  if (text ? header->cols != 1 || header->text_count > UINT32_MAX
           : header->text_count != 0 || header->text_bytes != 0)
    return 0;
  if (__builtin_mul_overflow(header->rows, header->cols, &count) ||
      __builtin_mul_overflow(count, size, &values))
    return 0;
  if (text) offsets = (header->text_count + 1) * sizeof(uint64_t);
  out->file_size = SL_COLUMN_HEADER_SIZE;
  return place(values, &out->file_size, &out->values_at, &out->values_size) &&
         place(masked ? (header->rows + 7) / 8 : 0, &out->file_size, &out->validity_at,
               &out->validity_size) &&
         place(offsets, &out->file_size, &out->text_at, &out->text_at_size) &&
         place(header->text_bytes, &out->file_size, &out->texts_at, &out->texts_size);
}

static uint64_t check_of(const sl_column_header *header) {
  return sl_hash64(header, offsetof(sl_column_header, check));
}

void sl_column_header_seal(sl_column_header *header) {
  memcpy(header->magic, magic, sizeof magic);
  header->format = SL_COLUMN_FORMAT;
  header->check = check_of(header);
}

const char *sl_column_header_fault(const sl_column_header *header) {
  if (memcmp(header->magic, magic, sizeof magic) != 0) return "it is not a column file";
  if (header->format != SL_COLUMN_FORMAT) return "it has a format this Slitlamp does not know";
  if (header->check != check_of(header)) return "its header is damaged";
  return NULL;
}

// ---- range --------------------------------------------------------------------------------------

static double half_value(uint16_t half) {
  int exponent = half >> 10 & 31;
  int fraction = half & 1023;
  double size = exponent == 0    ? ldexp(fraction, -24)
                : exponent == 31 ? (fraction ? NAN : INFINITY)
                                 : ldexp(fraction + 1024, exponent - 25);
  return half & 0x8000 ? -size : size;
}

// Value `row` of an array of `type` as double; NaN for text.
static double load(sl_column_type type, const void *values, int64_t row) {
  switch (type) {
    case SL_COLUMN_BOOL:
    case SL_COLUMN_U8:
      return ((const uint8_t *)values)[row];
    case SL_COLUMN_I32:
      return ((const int32_t *)values)[row];
    case SL_COLUMN_I64:
      return (double)((const int64_t *)values)[row];
    case SL_COLUMN_F16:
      return half_value(((const uint16_t *)values)[row]);
    case SL_COLUMN_F32:
      return (double)((const float *)values)[row];
    case SL_COLUMN_F64:
      return ((const double *)values)[row];
    default:
      return NAN;
  }
}

double sl_column_number(const sl_column *column, int64_t row) {
  return sl_column_is_valid(column, row) ? load(column->type, column->values, row) : NAN;
}

void sl_range_add(sl_range *range, sl_column_type type, const void *values, int64_t rows,
                  const uint8_t *validity, int64_t first) {
  for (int64_t i = 0; i < rows; i++) {
    int64_t row = first + i;
    if (validity != NULL && (validity[row >> 3] >> (row & 7) & 1) == 0) continue;
    double value = load(type, values, i);
    if (value < range->min) range->min = value;  // never true for NaN
    if (value > range->max) range->max = value;
  }
}

void sl_range_store(const sl_range *range, sl_column_header *header) {
  header->flags &= ~(uint32_t)SL_COLUMN_HAS_RANGE;
  header->min = header->max = 0;
  if (header->cols != 1 || header->type == SL_COLUMN_TEXT || !(range->min <= range->max)) return;
  header->flags |= SL_COLUMN_HAS_RANGE;
  header->min = range->min;
  header->max = range->max;
}

// ---- names and rows -----------------------------------------------------------------------------

sl_owner_kind sl_owner_kind_of(sl_record_ref owner) {
  sl_owner_kind kind = {{sl_record_text_of(owner.kind, 1).text[0], '\0'}};
  return kind;
}

char *sl_column_new_name(sl_arena *arena, sl_record_ref owner) {
  uint64_t bits;
  sl_random_bytes(&bits, sizeof bits);
  return sl_arena_printf(arena, "%s-%016llx.col", sl_record_text_of(owner.kind, owner.id).text,
                         (unsigned long long)bits);
}

int sl_column_is_name(const char *name) {
  char stem[64];
  size_t size = name != NULL ? strlen(name) : 0;
  if (size < 5 || size - 4 >= sizeof stem || strcmp(name + size - 4, ".col") != 0) return 0;
  memcpy(stem, name, size - 4);
  stem[size - 4] = '\0';
  return sl_is_key(stem);
}

sl_status sl_column_check(const sl_column_row *row, sl_error *err) {
  if (sl_record_text_of(row->owner.kind, row->owner.id).text[0] == '\0')
    return sl_fail(err, SL_E_ARG, "column \"%s\" has no owner", row->name);
  if (row->name == NULL || row->name[0] == '\0' || strlen(row->name) > NAME_MAX_BYTES)
    return sl_fail(err, SL_E_ARG, "a column needs a name of 1 to %d bytes", NAME_MAX_BYTES);
  if (sl_column_type_size(row->type) == 0)
    return sl_fail(err, SL_E_ARG, "column \"%s\" has no type", row->name);
  if (row->rows < 0 || row->rows > ROWS_MAX || row->cols < 1 || row->cols > COLS_MAX ||
      (row->type == SL_COLUMN_TEXT && row->cols != 1))
    return sl_fail(err, SL_E_LIMIT, "column \"%s\" cannot have %lld rows of %lld values", row->name,
                   (long long)row->rows, (long long)row->cols);
  return SL_OK;
}

sl_status sl_column_fail_damaged(const sl_column_row *row, const char *why, sl_error *err) {
  sl_fail(err, SL_E_FORMAT, "column \"%s\" of %s \"%s\" (file \"columns/%s\") is damaged: %s",
          row->name, sl_record_kind_name(row->owner.kind),
          sl_record_text_of(row->owner.kind, row->owner.id).text, row->file, why);
  return sl_hint(err, SL_E_FORMAT, "Run the operation that wrote it again, or restore the file.");
}

sl_status sl_column_add_row(sl_store *store, const sl_column_row *row, sl_error *err) {
  int exists = 0;
  SL_TRY(sl_column_exists(store, row->owner, row->name, &exists, err));
  if (exists)
    return sl_fail(err, SL_E_ARG, "%s \"%s\" has a column \"%s\" already",
                   sl_record_kind_name(row->owner.kind),
                   sl_record_text_of(row->owner.kind, row->owner.id).text, row->name);
  sl_owner_kind kind = sl_owner_kind_of(row->owner);
  return sl_query_change(
      store,
      "INSERT INTO column_file(owner_kind, owner, name, type, rows, cols, size_bytes, file)"
      " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
      SL_VALUES(sl_v_text(kind.text), sl_v_int(row->owner.id), sl_v_text(row->name),
                sl_v_text(sl_column_type_name(row->type)), sl_v_int(row->rows), sl_v_int(row->cols),
                sl_v_int(row->size_bytes), sl_v_text(row->file)),
      NULL, err);
}

void sl_column_read_row(sl_cursor *cursor, void *out) {
  sl_column_row *row = out;
  row->name = sl_take_text(cursor);
  row->type = (sl_column_type)sl_take_choice(cursor, type_names, SL_COLUMN_TYPE_COUNT);
  row->rows = sl_take_int(cursor);
  row->cols = sl_take_int(cursor);
  row->size_bytes = sl_take_int(cursor);
  row->file = sl_take_text(cursor);
  if (!sl_column_is_name(row->file)) cursor->damaged = 1;
}
