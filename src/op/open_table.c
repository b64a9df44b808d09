// SPDX-License-Identifier: Apache-2.0
// Building the table of a version and its runs from their columns.
//
// A field is one row of a list here, so adding a field is adding a row. Columns that a version or a
// run lacks are simply not there. Start at sl_open_table_make().
#include "op/open_table.h"

#include <string.h>

#include "data/import_run.h"

typedef struct builder {
  sl_op_call *call;
  sl_open_table *open;
  sl_table *table;
  sl_error *err;
} builder;

typedef struct field_row {
  const char *column, *field, *title, *unit;
} field_row;

static const field_row version_fields[] = {{SL_COLUMN_LABEL, "label", "Label", NULL},
                                           {SL_COLUMN_LABELS, "labels", "Labels", NULL},
                                           {SL_COLUMN_SPLIT, "split", "Split", NULL},
                                           {SL_COLUMN_FORMAT, "format", "File format", NULL},
                                           {SL_COLUMN_MODE, "mode", "Pixel mode", NULL},
                                           {SL_COLUMN_WIDTH, "width", "Width", "px"},
                                           {SL_COLUMN_HEIGHT, "height", "Height", "px"},
                                           {SL_COLUMN_SIZE, "size_bytes", "File size", "bytes"}};

static const field_row run_fields[] = {{SL_COLUMN_CONFIDENCE, "confidence", "Confidence", NULL},
                                       {SL_COLUMN_ENTROPY, "entropy", "Entropy", "nats"},
                                       {SL_COLUMN_MARGIN, "margin", "Margin", NULL},
                                       {SL_COLUMN_LOSS, "loss", "Loss", "nats"},
                                       {SL_COLUMN_RANK, "rank", "Rank of the label", NULL}};

static sl_dtype dtype_of(sl_column_type type) {
  static const sl_dtype map[SL_COLUMN_TYPE_COUNT] = {
      [SL_COLUMN_BOOL] = SL_DTYPE_BOOL, [SL_COLUMN_U8] = SL_DTYPE_U8,
      [SL_COLUMN_I32] = SL_DTYPE_I32,   [SL_COLUMN_I64] = SL_DTYPE_I64,
      [SL_COLUMN_F16] = SL_DTYPE_F16,   [SL_COLUMN_F32] = SL_DTYPE_F32,
      [SL_COLUMN_F64] = SL_DTYPE_F64};
  return map[type];
}

static sl_status open_if_there(builder *b, sl_record_ref owner, const char *name, sl_column *out,
                               int *exists) {
  sl_store *store = b->call->store;
  SL_TRY(sl_column_exists(store, owner, name, exists, b->err));
  if (!*exists) return SL_OK;
  return sl_column_open(store, b->open->arena, owner, name, out, b->err);
}

static void add_column(builder *b, const sl_column *column, const char *field, const char *title,
                       const char *unit) {
  sl_field added = {.name = field,
                    .title = title,
                    .unit = unit,
                    .values = column->values,
                    .validity = column->validity,
                    .dtype = dtype_of(column->type)};
  if (column->type == SL_COLUMN_TEXT) {
    const char **texts = SL_NEW_ARRAY(b->open->arena, const char *, column->text_count + 1);
    for (uint32_t i = 0; i < column->text_count; i++) texts[i] = sl_column_text_of_code(column, i);
    added.kind = SL_FIELD_CATEGORY;
    added.texts = texts;
    added.text_count = column->text_count;
  } else if (column->type == SL_COLUMN_BOOL) {
    added.kind = SL_FIELD_FLAG;
  }
  sl_table_add(b->table, &added);
}

static sl_status add_fields(builder *b, sl_record_ref owner, const field_row *rows, size_t count,
                            const char *prefix, const char *title_prefix) {
  for (size_t i = 0; i < count; i++) {
    sl_column column;
    int exists;
    SL_TRY(open_if_there(b, owner, rows[i].column, &column, &exists));
    if (!exists) continue;
    sl_arena *arena = b->open->arena;
    add_column(b, &column, sl_arena_printf(arena, "%s%s", prefix, rows[i].field),
               sl_arena_printf(arena, "%s%s", title_prefix, rows[i].title), rows[i].unit);
  }
  return SL_OK;
}

// ---- the version's fields ----------------------------------------------------------------------

static const char *name_at(const void *ctx, int64_t row) { return sl_column_text(ctx, row); }

static sl_status add_meta(builder *b, sl_record_ref owner) {
  sl_column_row *rows;
  size_t count;
  SL_TRY(sl_column_list(b->call->store, b->open->arena, owner, &rows, &count, b->err));
  for (size_t i = 0; i < count; i++) {
    sl_column column;
    if (!sl_starts_with(rows[i].name, "meta.") || rows[i].cols != 1) continue;
    SL_TRY(sl_column_open(b->call->store, b->open->arena, owner, rows[i].name, &column, b->err));
    add_column(b, &column, rows[i].name, rows[i].name + 5, NULL);
  }
  return SL_OK;
}

static void add_category(builder *b, const char *name, const char *title, const uint32_t *codes,
                         const char *const *texts, uint32_t count, const uint8_t *validity) {
  sl_field field = {.name = name,
                    .title = title,
                    .kind = SL_FIELD_CATEGORY,
                    .values = codes,
                    .texts = texts,
                    .text_count = count,
                    .validity = validity};
  sl_table_add(b->table, &field);
}

static void add_aspect(builder *b) {
  const sl_field *width = sl_table_find(b->table, "width");
  const sl_field *height = sl_table_find(b->table, "height");
  if (width == NULL || height == NULL) return;
  float *aspect = SL_NEW_ARRAY(b->open->arena, float, b->table->rows + 1);
  for (int64_t row = 0; row < b->table->rows; row++)
    aspect[row] = (float)(sl_field_number(width, row) / sl_field_number(height, row));
  sl_field field = {.name = "aspect",
                    .title = "Aspect ratio",
                    .kind = SL_FIELD_NUMBER,
                    .dtype = SL_DTYPE_F32,
                    .values = aspect};
  sl_table_add(b->table, &field);
}

static sl_status add_duplicate(builder *b, sl_record_ref owner) {
  sl_column column;
  int exists;
  SL_TRY(open_if_there(b, owner, SL_COLUMN_DUPLICATE, &column, &exists));
  if (!exists) return SL_OK;
  uint8_t *flags = SL_NEW_ARRAY(b->open->arena, uint8_t, b->table->rows + 1);
  for (int64_t row = 0; row < b->table->rows; row++)
    flags[row] = (uint8_t)sl_column_is_valid(&column, row);
  sl_field field = {.name = "duplicate",
                    .title = "Has an exact duplicate",
                    .kind = SL_FIELD_FLAG,
                    .values = flags};
  sl_table_add(b->table, &field);
  return SL_OK;
}

static sl_status add_version(builder *b) {
  sl_record_ref owner = {SL_RECORD_VERSION, b->open->version};
  sl_open_table *open = b->open;
  sl_store *store = b->call->store;
  SL_TRY(sl_column_open(store, open->arena, owner, SL_COLUMN_MEMBERS, &open->members, b->err));
  b->table = sl_table_new(open->arena, open->members.rows);
  open->table = b->table;
  SL_TRY(sl_column_open(store, open->arena, owner, SL_COLUMN_NAME, &open->name, b->err));
  SL_TRY(open_if_there(b, owner, SL_COLUMN_CONTENT, &open->content, &open->has_content));
  SL_TRY(add_fields(b, owner, version_fields, sizeof version_fields / sizeof version_fields[0], "",
                    ""));
  add_aspect(b);
  SL_TRY(add_duplicate(b, owner));
  sl_field name = {.name = "name",
                   .title = "Name",
                   .kind = SL_FIELD_NAME,
                   .text_at = name_at,
                   .ctx = &open->name};
  sl_table_add(b->table, &name);
  return add_meta(b, owner);
}

// ---- a run's fields ----------------------------------------------------------------------------

// Class indices as codes; -1 becomes a missing value.
static void add_classes(builder *b, const sl_column *column, const char *name, const char *title,
                        const sl_texts *classes) {
  int64_t rows = b->table->rows;
  uint32_t *codes = SL_NEW_ARRAY(b->open->arena, uint32_t, rows + 1);
  uint8_t *validity = SL_NEW_ARRAY(b->open->arena, uint8_t, rows / 8 + 1);
  const int32_t *values = column->values;
  for (int64_t row = 0; row < rows; row++) {
    if (values[row] < 0 || values[row] >= classes->count) continue;
    codes[row] = (uint32_t)values[row];
    validity[row >> 3] |= (uint8_t)(1u << (row & 7));
  }
  add_category(b, name, title, codes, classes->at, (uint32_t)classes->count, validity);
}

// With a run, a label reads as the class it was matched with ("9" as "Ankle boot"), so that labels,
// predictions and findings speak of the same names. A label without a class stays as it is.
static void name_labels(builder *b, const sl_column *target, const sl_texts *classes) {
  sl_field *label = NULL;
  for (size_t i = 0; i < b->table->field_count; i++)
    if (sl_streq(b->table->fields[i].name, "label")) label = &b->table->fields[i];
  if (label == NULL || label->kind != SL_FIELD_CATEGORY) return;
  sl_arena *arena = b->open->arena;
  uint32_t known = (uint32_t)classes->count, count = known + label->text_count;
  const char **texts = SL_NEW_ARRAY(arena, const char *, count + 1);
  uint32_t *codes = SL_NEW_ARRAY(arena, uint32_t, b->table->rows + 1);
  for (uint32_t i = 0; i < count; i++)
    texts[i] = i < known ? classes->at[i] : label->texts[i - known];
  const int32_t *classes_of = target->values;
  const uint32_t *own = label->values;
  for (int64_t row = 0; row < b->table->rows; row++) {
    int matched = classes_of[row] >= 0 && classes_of[row] < classes->count;
    codes[row] = matched ? (uint32_t)classes_of[row] : known + own[row];
  }
  label->values = codes;
  label->texts = texts;
  label->text_count = count;
}

static void add_outcome(builder *b, const sl_column *column, const char *name, const char *title) {
  static const char *const texts[] = {"unknown", "right", "wrong", "broken"};
  uint32_t *codes = SL_NEW_ARRAY(b->open->arena, uint32_t, b->table->rows + 1);
  for (int64_t row = 0; row < b->table->rows; row++)
    codes[row] = ((const uint8_t *)column->values)[row] & 3u;
  add_category(b, name, title, codes, texts, 4, NULL);
}

static sl_status need_same_rows(builder *b, const sl_column *column, int64_t run) {
  if (column->rows == b->table->rows) return SL_OK;
  return sl_fail(b->err, SL_E_STORE, "run \"r%lld\" has %lld rows, its dataset version %lld",
                 (long long)run, (long long)column->rows, (long long)b->table->rows);
}

// What the import found broken is worth filtering on where no run of ours met it.
static sl_status add_import_errors(builder *b) {
  static const field_row error_field[] = {{SL_COLUMN_ERROR, "error", "Error", NULL}};
  sl_record_ref owner = {SL_RECORD_VERSION, b->open->version};
  return add_fields(b, owner, error_field, 1, "", "");
}

static sl_status add_errors(builder *b, int64_t run) {
  static const field_row error_field[] = {{SL_COLUMN_RUN_ERROR, "error", "Error", NULL}};
  sl_record_ref owner = {SL_RECORD_RUN, run};
  SL_TRY(add_fields(b, owner, error_field, 1, "", ""));
  return sl_table_find(b->table, "error") != NULL ? SL_OK : add_import_errors(b);
}

static sl_status add_run(builder *b, int64_t run, const char *prefix, const char *title_prefix,
                         sl_texts *classes) {
  sl_arena *arena = b->open->arena;
  sl_record_ref owner = {SL_RECORD_RUN, run};
  sl_run_row row;
  sl_column pred, outcome, target;
  int has_target;
  SL_TRY(sl_store_get_run(b->call->store, arena, run, &row, b->err));
  *classes = sl_texts_of_json(arena, row.classes);
  SL_TRY(sl_column_open(b->call->store, arena, owner, SL_COLUMN_PRED, &pred, b->err));
  SL_TRY(sl_column_open(b->call->store, arena, owner, SL_COLUMN_OUTCOME, &outcome, b->err));
  SL_TRY(need_same_rows(b, &pred, run));
  SL_TRY(open_if_there(b, owner, SL_COLUMN_TARGET, &target, &has_target));
  if (has_target && prefix[0] == '\0') name_labels(b, &target, classes);
  add_classes(b, &pred, sl_arena_printf(arena, "%spred", prefix),
              sl_arena_printf(arena, "%sPrediction", title_prefix), classes);
  add_outcome(b, &outcome, sl_arena_printf(arena, "%soutcome", prefix),
              sl_arena_printf(arena, "%sOutcome", title_prefix));
  SL_TRY(add_fields(b, owner, run_fields, sizeof run_fields / sizeof run_fields[0], prefix,
                    title_prefix));
  return prefix[0] != '\0' ? SL_OK : add_errors(b, run);
}

// What became of each sample between two runs.
static void add_change(builder *b) {
  static const char *const texts[] = {"fixed", "broken", "still wrong", "still right"};
  const uint32_t *before = sl_table_find(b->table, "outcome")->values;
  const uint32_t *after = sl_table_find(b->table, "other_outcome")->values;
  int64_t rows = b->table->rows;
  uint32_t *codes = SL_NEW_ARRAY(b->open->arena, uint32_t, rows + 1);
  uint8_t *validity = SL_NEW_ARRAY(b->open->arena, uint8_t, rows / 8 + 1);
  for (int64_t row = 0; row < rows; row++) {
    int known = (before[row] == SL_OUTCOME_RIGHT || before[row] == SL_OUTCOME_WRONG) &&
                (after[row] == SL_OUTCOME_RIGHT || after[row] == SL_OUTCOME_WRONG);
    if (!known) continue;
    int was_right = before[row] == SL_OUTCOME_RIGHT, is_right = after[row] == SL_OUTCOME_RIGHT;
    codes[row] = was_right ? (is_right ? 3 : 1) : (is_right ? 0 : 2);
    validity[row >> 3] |= (uint8_t)(1u << (row & 7));
  }
  add_category(b, "change", "Change", codes, texts, 4, validity);
  const sl_field *a = sl_table_find(b->table, "confidence");
  const sl_field *c = sl_table_find(b->table, "other_confidence");
  if (a == NULL || c == NULL) return;
  float *change = SL_NEW_ARRAY(b->open->arena, float, rows + 1);
  for (int64_t row = 0; row < rows; row++)
    change[row] = (float)(sl_field_number(c, row) - sl_field_number(a, row));
  sl_field field = {.name = "confidence_change",
                    .title = "Change of confidence",
                    .kind = SL_FIELD_NUMBER,
                    .dtype = SL_DTYPE_F32,
                    .values = change};
  sl_table_add(b->table, &field);
}

sl_status sl_open_table_make(sl_op_call *call, int64_t version, int64_t run, int64_t other,
                             sl_open_table **out, sl_error *err) {
  sl_arena *arena = sl_arena_new(NULL, "open table");
  sl_open_table *open = SL_NEW(arena, sl_open_table);
  *open = (sl_open_table){.arena = arena, .version = version, .run = run, .other = other};
  builder b = {.call = call, .open = open, .err = err};
  sl_texts other_classes;
  sl_status status = add_version(&b);
  if (status == SL_OK && run != 0) status = add_run(&b, run, "", "", &open->classes);
  if (status == SL_OK && run == 0) status = add_import_errors(&b);
  if (status == SL_OK && other != 0)
    status = add_run(&b, other, "other_", "Other run: ", &other_classes);
  if (status != SL_OK) {
    sl_arena_free(arena);
    return status;
  }
  if (run != 0 && other != 0) add_change(&b);
  *out = open;
  return SL_OK;
}
