// SPDX-License-Identifier: Apache-2.0
// Tests of columns and of matrices under construction.
#include "store/column.h"

#include <math.h>
#include <pthread.h>

#include "store/column_file.h"
#include "store/store_testing.h"

static const sl_record_ref owner = {SL_RECORD_RUN, 12};

static void every_type_comes_back(void **state) {
  testing *t = *state;
  static const uint8_t bools[] = {0, 1, 1}, bytes[] = {0, 128, 255};
  static const int32_t ints[] = {INT32_MIN, 0, INT32_MAX};
  static const int64_t longs[] = {-5, 0, 1 << 30};
  static const uint16_t halves[] = {0x3c00, 0xc000, 0x0001};  // 1, -2, the smallest
  static const float floats[] = {1.5f, -2.25f, 0};
  static const double doubles[] = {1e300, -1e-300, 0.1};
  static const struct {
    sl_column_type type;
    const void *values;
    double min, max;
  } cases[] = {
      {SL_COLUMN_BOOL, bools, 0, 1},
      {SL_COLUMN_U8, bytes, 0, 255},
      {SL_COLUMN_I32, ints, INT32_MIN, INT32_MAX},
      {SL_COLUMN_I64, longs, -5, 1 << 30},
      {SL_COLUMN_F16, halves, -2, 1},
      {SL_COLUMN_F32, floats, -2.25, 1.5},
      {SL_COLUMN_F64, doubles, -1e-300, 1e300},
  };
  open_workspace(t);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *name = sl_column_type_name(cases[i].type);
    size_t size = 3 * sl_column_type_size(cases[i].type);
    sl_column column;
    assert_ok(t, sl_column_write(t->store, owner, name, cases[i].type, 3, 1, cases[i].values, NULL,
                                 &t->err));
    assert_ok(t, sl_column_open(t->store, t->arena, owner, name, &column, &t->err));
    assert_int_equal(column.type, cases[i].type);
    assert_int_equal(column.rows, 3);
    assert_int_equal(column.cols, 1);
    assert_memory_equal(column.values, cases[i].values, size);
    assert_int_equal((uintptr_t)column.values % 64, 0);
    assert_null(column.validity);
    assert_true(column.has_range);
    assert_true(column.min == cases[i].min && column.max == cases[i].max);
    assert_true(column.max == fmax(fmax(sl_column_number(&column, 0), sl_column_number(&column, 1)),
                                   sl_column_number(&column, 2)));
  }
}

static void rows_that_are_not_valid_hold_zero(void **state) {
  testing *t = *state;
  double values[20];
  uint8_t validity[3] = {0xff, 0xfe, 0x03};  // rows 8 and 18, 19 are not valid
  sl_column column;
  for (int i = 0; i < 20; i++) values[i] = i;
  values[8] = -1e9;
  values[3] = NAN;
  open_workspace(t);
  assert_ok(t,
            sl_column_write(t->store, owner, "x", SL_COLUMN_F64, 20, 1, values, validity, &t->err));
  assert_ok(t, sl_column_open(t->store, t->arena, owner, "x", &column, &t->err));
  assert_true(column.has_range && column.min == 0 && column.max == 17);
  for (int i = 0; i < 20; i++) {
    int valid = i != 8 && i < 18;
    assert_int_equal(sl_column_is_valid(&column, i), valid);
    if (!valid) assert_true(((const double *)column.values)[i] == 0);
    if (i != 3)
      assert_true(valid ? sl_column_number(&column, i) == i : isnan(sl_column_number(&column, i)));
  }
}

static void texts_are_kept_once(void **state) {
  testing *t = *state;
  static const char *const texts[] = {"cat", NULL, "dog", "cat", "", "\xff\xfe", NULL};
  sl_column column;
  open_workspace(t);
  assert_ok(t, sl_column_write_texts(t->store, owner, "label", texts, 7, &t->err));
  assert_ok(t, sl_column_open(t->store, t->arena, owner, "label", &column, &t->err));
  assert_int_equal(column.text_count, 4);
  assert_false(column.has_range);
  for (int i = 0; i < 7; i++) {
    const char *text = sl_column_text(&column, i);
    if (texts[i] == NULL)
      assert_null(text);
    else
      assert_string_equal(text, texts[i]);
  }
  assert_string_equal(sl_column_text_of_code(&column, 1), "dog");
}

static void empty_columns_are_columns(void **state) {
  testing *t = *state;
  static const char *const nothing[] = {NULL, NULL};
  sl_column column;
  open_workspace(t);
  assert_ok(t, sl_column_write(t->store, owner, "none", SL_COLUMN_F32, 0, 1, NULL, NULL, &t->err));
  assert_ok(t, sl_column_open(t->store, t->arena, owner, "none", &column, &t->err));
  assert_int_equal(column.rows, 0);
  assert_false(column.has_range);
  assert_ok(t, sl_column_write_texts(t->store, owner, "no rows", NULL, 0, &t->err));
  assert_ok(t, sl_column_open(t->store, t->arena, owner, "no rows", &column, &t->err));
  assert_ok(t, sl_column_write_texts(t->store, owner, "nulls", nothing, 2, &t->err));
  assert_ok(t, sl_column_open(t->store, t->arena, owner, "nulls", &column, &t->err));
  assert_int_equal(column.text_count, 0);
  assert_null(sl_column_text(&column, 1));
}

// More than the writer's buffer, in odd pieces, with a stretch of rows that are not valid.
static void long_columns_stream(void **state) {
  testing *t = *state;
  enum { ROWS = 200000, STEP = 7001 };
  sl_column_writer *writer;
  sl_column column;
  int64_t *values = SL_NEW_ARRAY(t->arena, int64_t, ROWS);
  for (int i = 0; i < ROWS; i++) values[i] = i * INT64_C(3);
  open_workspace(t);
  assert_ok(t,
            sl_column_writer_open(t->store, owner, "members", SL_COLUMN_I64, 1, &writer, &t->err));
  for (int at = 0; at < ROWS; at += STEP) {
    int rows = at + STEP < ROWS ? STEP : ROWS - at;
    assert_ok(t, sl_column_writer_add(writer, values + at, rows, &t->err));
  }
  assert_ok(t, sl_column_writer_skip(writer, 5000, &t->err));
  assert_ok(t, sl_column_writer_add(writer, values, 1, &t->err));
  assert_ok(t, sl_column_writer_finish(writer, &t->err));
  assert_ok(t, sl_column_open(t->store, t->arena, owner, "members", &column, &t->err));
  assert_int_equal(column.rows, ROWS + 5001);
  assert_memory_equal(column.values, values, ROWS * sizeof *values);
  assert_true(sl_column_is_valid(&column, ROWS - 1));
  assert_false(sl_column_is_valid(&column, ROWS));
  assert_false(sl_column_is_valid(&column, ROWS + 4999));
  assert_true(sl_column_is_valid(&column, ROWS + 5000));
}

static void bad_columns_are_refused(void **state) {
  testing *t = *state;
  sl_column_writer *writer;
  float value = 1;
  int exists = 9;
  sl_column column;
  open_workspace(t);
  assert_ok(t, sl_column_write(t->store, owner, "x", SL_COLUMN_F32, 1, 1, &value, NULL, &t->err));
  assert_fails(t, SL_E_ARG, "run \"r12\" has a column \"x\" already",
               sl_column_write(t->store, owner, "x", SL_COLUMN_F32, 1, 1, &value, NULL, &t->err));
  assert_int_equal(count_files(t, "columns"), 1);  // the refused one left nothing
  assert_int_equal(count_files(t, "tmp"), 0);
  assert_fails(
      t, SL_E_ARG, "has no owner",
      sl_column_writer_open(t->store, (sl_record_ref){0}, "x", SL_COLUMN_F32, 1, &writer, &t->err));
  assert_fails(t, SL_E_ARG, "needs a name",
               sl_column_writer_open(t->store, owner, "", SL_COLUMN_F32, 1, &writer, &t->err));
  assert_fails(t, SL_E_LIMIT, "cannot have",
               sl_column_writer_open(t->store, owner, "y", SL_COLUMN_F32, 0, &writer, &t->err));
  assert_fails(t, SL_E_LIMIT, "cannot have",
               sl_column_writer_open(t->store, owner, "y", SL_COLUMN_TEXT, 2, &writer, &t->err));
  assert_fails(t, SL_E_NOT_FOUND, "run \"r12\" has no column \"z\"",
               sl_column_open(t->store, t->arena, owner, "z", &column, &t->err));
  assert_ok(t, sl_column_exists(t->store, owner, "x", &exists, &t->err));
  assert_int_equal(exists, 1);
  assert_ok(t, sl_column_drop(t->store, owner, "x", &t->err));
  assert_ok(t, sl_column_exists(t->store, owner, "x", &exists, &t->err));
  assert_int_equal(exists, 0);
}

static void columns_are_listed_in_order(void **state) {
  testing *t = *state;
  sl_column_row *rows;
  size_t count = 0;
  float values[6] = {0};
  open_workspace(t);
  assert_ok(t, sl_column_write(t->store, owner, "b", SL_COLUMN_F32, 6, 1, values, NULL, &t->err));
  assert_ok(t, sl_column_write(t->store, owner, "a", SL_COLUMN_F32, 2, 3, values, NULL, &t->err));
  assert_ok(t, sl_column_list(t->store, t->arena, owner, &rows, &count, &t->err));
  assert_int_equal(count, 2);
  assert_string_equal(rows[0].name, "b");
  assert_string_equal(rows[1].name, "a");
  assert_int_equal(rows[1].rows, 2);
  assert_int_equal(rows[1].cols, 3);
  assert_int_equal(rows[1].owner.id, 12);
}

// A column of a transaction that is rolled back is never seen, and its file is garbage.
static void rolled_back_columns_are_garbage(void **state) {
  testing *t = *state;
  float value = 1;
  int exists = 9;
  sl_collected collected;
  open_workspace(t);
  assert_ok(t, sl_store_begin(t->store, SL_COMMIT_DURABLE, &t->err));
  assert_ok(t, sl_column_write(t->store, owner, "x", SL_COLUMN_F32, 1, 1, &value, NULL, &t->err));
  sl_store_rollback(t->store);
  assert_ok(t, sl_column_write(t->store, owner, "y", SL_COLUMN_F32, 1, 1, &value, NULL, &t->err));
  assert_ok(t, sl_column_exists(t->store, owner, "x", &exists, &t->err));
  assert_int_equal(exists, 0);
  assert_int_equal(count_files(t, "columns"), 2);
  assert_ok(t, sl_store_collect(t->store, SL_COLLECT_AGE_S, &collected, &t->err));
  assert_int_equal(collected.files, 0);  // too young
  assert_ok(t, sl_store_collect(t->store, -60, &collected, &t->err));
  assert_int_equal(collected.files, 1);
  assert_int_equal(collected.bytes, 192);
  assert_int_equal(count_files(t, "columns"), 1);
  sl_column column;
  assert_ok(t, sl_column_open(t->store, t->arena, owner, "y", &column, &t->err));
}

// ---- damage -------------------------------------------------------------------------------------

static const char *column_path(testing *t, const char *name) {
  sl_column_row *rows;
  size_t count = 0;
  assert_ok(t, sl_column_list(t->store, t->arena, owner, &rows, &count, &t->err));
  for (size_t i = 0; i < count; i++)
    if (strcmp(rows[i].name, name) == 0)
      return sl_arena_printf(t->arena, "%s/columns/%s", t->workspace, rows[i].file);
  fail_msg("no column %s", name);
  return NULL;
}

static void assert_damaged(testing *t, const char *name, const char *why) {
  sl_column column;
  assert_fails(t, SL_E_FORMAT, why,
               sl_column_open(t->store, t->arena, owner, name, &column, &t->err));
  assert_non_null(strstr(sl_error_message(&t->err), "of run \"r12\" (file \"columns/r12-"));
}

static void every_shorter_file_is_refused(void **state) {
  testing *t = *state;
  static const char *const texts[] = {"cat", "dog", NULL};
  sl_bytes whole;
  open_workspace(t);
  assert_ok(t, sl_column_write_texts(t->store, owner, "x", texts, 3, &t->err));
  const char *path = column_path(t, "x");
  assert_ok(t, sl_file_read(t->arena, path, 1 << 20, &whole, &t->err));
  for (size_t size = 0; size < whole.size; size++) {
    assert_ok(t, sl_file_write_atomic(path, whole.at, size, &t->err));
    assert_damaged(t, "x", "it ends early");
  }
  char *longer = sl_arena_copy_bytes(t->arena, whole.at, whole.size);
  assert_ok(t, sl_file_write_atomic(path, longer, whole.size + 1, &t->err));
  assert_damaged(t, "x", "it is too long");
  assert_int_equal(unlink(path), 0);
  assert_damaged(t, "x", "the file is gone");
}

// Each byte of a small text column in turn gets another value: open says no, or everything it
// hands out can be read. (Under the address sanitizer this would catch a stray pointer.)
static void every_changed_byte_is_survived(void **state) {
  testing *t = *state;
  static const char *const texts[] = {"cat", "dog", NULL, "a long name of a class", "cat"};
  sl_bytes whole;
  int refused = 0;
  open_workspace(t);
  assert_ok(t, sl_column_write_texts(t->store, owner, "x", texts, 5, &t->err));
  const char *path = column_path(t, "x");
  assert_ok(t, sl_file_read(t->arena, path, 1 << 20, &whole, &t->err));
  for (size_t at = 0; at < whole.size; at++) {
    sl_arena *scratch = sl_arena_new(NULL, "byte");
    sl_column column;
    char *copy = sl_arena_copy_bytes(scratch, whole.at, whole.size);
    copy[at] = (char)(copy[at] ^ 0x55);
    assert_ok(t, sl_file_write_atomic(path, copy, whole.size, &t->err));
    sl_status status = sl_column_open(t->store, scratch, owner, "x", &column, &t->err);
    size_t total = 0;
    for (int i = 0; status == SL_OK && i < 5; i++) {
      const char *text = sl_column_text(&column, i);
      total += text != NULL ? strlen(text) : 0;
    }
    assert_true(total < 1000);
    refused += status != SL_OK;
    if (at < SL_COLUMN_HEADER_SIZE) assert_int_equal(status, SL_E_FORMAT);
    sl_arena_free(scratch);
  }
  assert_true(refused > SL_COLUMN_HEADER_SIZE + 4);
}

// A header that is whole but lies: counts that overflow, codes without a text, swapped files.
static void lying_headers_are_refused(void **state) {
  testing *t = *state;
  uint32_t codes[4] = {0, 1, 2, 3};
  sl_column_layout layout;
  sl_column_header header = {.type = SL_COLUMN_F64, .rows = UINT64_C(1) << 40, .cols = 1 << 24};
  assert_false(sl_column_layout_of(&header, &layout));
  header =
      (sl_column_header){.type = SL_COLUMN_TEXT, .rows = 1, .cols = 1, .text_bytes = UINT64_MAX};
  assert_false(sl_column_layout_of(&header, &layout));
  header = (sl_column_header){.type = 200, .rows = 1, .cols = 1};
  assert_false(sl_column_layout_of(&header, &layout));
  open_workspace(t);
  assert_ok(t, sl_column_write(t->store, owner, "a", SL_COLUMN_I32, 4, 1, codes, NULL, &t->err));
  assert_ok(t, sl_column_write(t->store, owner, "b", SL_COLUMN_I32, 2, 2, codes, NULL, &t->err));
  sl_bytes other;
  assert_ok(t, sl_file_read(t->arena, column_path(t, "b"), 1 << 20, &other, &t->err));
  assert_ok(t, sl_file_write_atomic(column_path(t, "a"), other.at, other.size, &t->err));
  assert_damaged(t, "a", "it is not the file that was written");
}

static void names_of_files_do_not_leave_the_folder(void **state) {
  (void)state;
  static const char *const bad[] = {"../x.col",   "x/y.col", ".col", "x.colx", "x",
                                    "/etc/x.col", "X.col",   "",     "..col",  NULL};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(sl_column_is_name(bad[i]));
  assert_true(sl_column_is_name("r12-0123456789abcdef.col"));
}

// ---- matrices under construction ----------------------------------------------------------------

enum { ROWS = 1000, COLS = 10, STEP = 50 };

static void fill(float *values, int64_t first) {
  for (int64_t i = 0; i < STEP * COLS; i++) values[i] = (float)(first * COLS + i);
}

typedef struct part {
  sl_partial *partial;
  int64_t start;
  sl_status status;
} part;

static void *write_part(void *arg) {
  part *p = arg;
  float values[STEP * COLS];
  for (int64_t first = p->start; first < ROWS && p->status == SL_OK; first += 2 * STEP) {
    fill(values, first);
    p->status = sl_partial_write(p->partial, first, STEP, values, NULL);
  }
  return NULL;
}

static void a_matrix_is_written_by_threads_and_adopted(void **state) {
  testing *t = *state;
  sl_partial *partial;
  sl_column column;
  pthread_t thread;
  open_workspace(t);
  assert_ok(t, sl_partial_create(t->store, owner, "scores", SL_COLUMN_F32, ROWS, COLS, &partial,
                                 &t->err));
  part parts[2] = {{partial, 0, SL_OK}, {partial, STEP, SL_OK}};
  assert_int_equal(pthread_create(&thread, NULL, write_part, &parts[1]), 0);
  write_part(&parts[0]);
  pthread_join(thread, NULL);
  assert_int_equal(parts[0].status, SL_OK);
  assert_int_equal(parts[1].status, SL_OK);
  assert_fails(t, SL_E_NOT_FOUND, "has no column",
               sl_column_open(t->store, t->arena, owner, "scores", &column, &t->err));
  assert_ok(t, sl_partial_adopt(partial, NULL, &t->err));
  float row[COLS];
  assert_ok(t, sl_partial_read(partial, 999, 1, row, &t->err));
  assert_true(row[9] == 9999);
  sl_partial_close(partial);
  assert_ok(t, sl_column_open(t->store, t->arena, owner, "scores", &column, &t->err));
  assert_int_equal(column.rows, ROWS);
  assert_int_equal(column.cols, COLS);
  for (int i = 0; i < ROWS * COLS; i++) assert_true(((const float *)column.values)[i] == (float)i);
  assert_fails(t, SL_E_NOT_FOUND, "has no unfinished matrix",
               sl_partial_open(t->store, owner, "scores", &partial, &t->err));
}

static void a_matrix_is_found_again(void **state) {
  testing *t = *state;
  sl_partial *partial;
  float values[STEP * COLS], back[STEP * COLS];
  sl_collected collected;
  open_workspace(t);
  assert_ok(t, sl_partial_create(t->store, owner, "scores", SL_COLUMN_F32, ROWS, COLS, &partial,
                                 &t->err));
  fill(values, 100);
  assert_ok(t, sl_partial_write(partial, 100, STEP, values, &t->err));
  sl_partial_close(partial);
  assert_fails(
      t, SL_E_ARG, "has a matrix \"scores\" already",
      sl_partial_create(t->store, owner, "scores", SL_COLUMN_F32, 1, 1, &partial, &t->err));
  close_workspace(t);
  open_workspace(t);
  assert_ok(t, sl_store_collect(t->store, -60, &collected, &t->err));
  assert_int_equal(collected.files, 0);  // named by a row, so it stays
  assert_ok(t, sl_partial_open(t->store, owner, "scores", &partial, &t->err));
  assert_int_equal(sl_partial_rows(partial), ROWS);
  assert_int_equal(sl_partial_cols(partial), COLS);
  assert_int_equal(sl_partial_type(partial), SL_COLUMN_F32);
  assert_ok(t, sl_partial_read(partial, 100, STEP, back, &t->err));
  assert_memory_equal(back, values, sizeof values);
  assert_ok(t, sl_partial_read(partial, 0, 1, back, &t->err));
  assert_true(back[0] == 0);
  assert_fails(t, SL_E_ARG, "has no rows", sl_partial_write(partial, ROWS, 1, values, &t->err));
  assert_fails(t, SL_E_ARG, "has no rows", sl_partial_write(partial, -1, 1, values, &t->err));
  assert_fails(t, SL_E_ARG, "has no rows", sl_partial_read(partial, 990, 11, back, &t->err));
  sl_partial_close(partial);
  assert_ok(t, sl_partial_drop(t->store, owner, "scores", &t->err));
  assert_ok(t, sl_store_collect(t->store, -60, &collected, &t->err));
  assert_int_equal(collected.files, 1);
}

// An adoption that is rolled back leaves the matrix under construction, ready to go on.
static void a_rolled_back_adoption_can_be_repeated(void **state) {
  testing *t = *state;
  sl_partial *partial;
  sl_column column;
  int32_t values[10] = {5, -7, 3, 0, 0, 0, 0, 0, 0, 9};
  uint8_t validity[2] = {0xff, 0x01};
  open_workspace(t);
  assert_ok(t, sl_partial_create(t->store, owner, "ms", SL_COLUMN_I32, 10, 1, &partial, &t->err));
  assert_ok(t, sl_partial_write(partial, 0, 10, values, &t->err));
  assert_ok(t, sl_store_begin(t->store, SL_COMMIT_DURABLE, &t->err));
  assert_ok(t, sl_partial_adopt(partial, validity, &t->err));
  sl_store_rollback(t->store);
  sl_partial_close(partial);
  assert_fails(t, SL_E_NOT_FOUND, "has no column",
               sl_column_open(t->store, t->arena, owner, "ms", &column, &t->err));
  assert_ok(t, sl_partial_open(t->store, owner, "ms", &partial, &t->err));
  assert_ok(t, sl_partial_adopt(partial, NULL, &t->err));
  sl_partial_close(partial);
  assert_ok(t, sl_column_open(t->store, t->arena, owner, "ms", &column, &t->err));
  assert_null(column.validity);
  assert_true(column.has_range && column.min == -7 && column.max == 9);
}

static void an_adopted_bitmap_counts(void **state) {
  testing *t = *state;
  sl_partial *partial;
  sl_column column;
  double values[9] = {1, 2, 3, 4, 5, 6, 7, 8, 99};
  uint8_t validity[2] = {0xff, 0x00};
  open_workspace(t);
  assert_ok(t, sl_partial_create(t->store, owner, "x", SL_COLUMN_F64, 9, 1, &partial, &t->err));
  assert_ok(t, sl_partial_write(partial, 0, 9, values, &t->err));
  assert_ok(t, sl_partial_adopt(partial, validity, &t->err));
  sl_partial_close(partial);
  assert_ok(t, sl_column_open(t->store, t->arena, owner, "x", &column, &t->err));
  assert_false(sl_column_is_valid(&column, 8));
  assert_true(column.max == 8);
}

static void a_damaged_matrix_is_refused(void **state) {
  testing *t = *state;
  sl_partial *partial;
  open_workspace(t);
  assert_ok(t, sl_partial_create(t->store, owner, "x", SL_COLUMN_F64, 90, 1, &partial, &t->err));
  sl_partial_close(partial);
  char *command = sl_arena_printf(t->arena, "truncate -s 200 '%s'/columns/*", t->workspace);
  assert_int_equal(system(command), 0);
  assert_fails(t, SL_E_FORMAT, "it ends early",
               sl_partial_open(t->store, owner, "x", &partial, &t->err));
  command = sl_arena_printf(t->arena, "rm '%s'/columns/*", t->workspace);
  assert_int_equal(system(command), 0);
  assert_fails(t, SL_E_FORMAT, "cannot be opened",
               sl_partial_open(t->store, owner, "x", &partial, &t->err));
  assert_non_null(strstr(sl_error_message(&t->err), "run \"r12\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_type_comes_back),
      TEST(rows_that_are_not_valid_hold_zero),
      TEST(texts_are_kept_once),
      TEST(empty_columns_are_columns),
      TEST(long_columns_stream),
      TEST(bad_columns_are_refused),
      TEST(columns_are_listed_in_order),
      TEST(rolled_back_columns_are_garbage),
      TEST(every_shorter_file_is_refused),
      TEST(every_changed_byte_is_survived),
      TEST(lying_headers_are_refused),
      TEST(names_of_files_do_not_leave_the_folder),
      TEST(a_matrix_is_written_by_threads_and_adopted),
      TEST(a_matrix_is_found_again),
      TEST(a_rolled_back_adoption_can_be_repeated),
      TEST(an_adopted_bitmap_counts),
      TEST(a_damaged_matrix_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
