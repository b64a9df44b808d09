// SPDX-License-Identifier: Apache-2.0
// Finding the classes of a predictions table.
//
// Invariant: a column is a class only when every value it has is a number. Which numbers are scores
// and which are something else (a loss, a width) is told by names: labels of the data, then
// whether the rows sum to one. Start at sl_prediction_columns_find().
#include "data/prediction_columns.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { ROWS_SUMMED = 256 };

typedef struct column_look {
  int64_t numbers;
  int other;     // it has values that are no numbers
  int is_label;  // its name is a label of the data
} column_look;

typedef struct look {
  sl_arena *arena;
  sl_row_file *file;
  sl_map *labels;
  const char **label_list;
  int64_t label_count;
  const char *prefix;  // of all class columns, such as "score_"; "" when there is none
  column_look *columns;
  size_t capacity, named;  // columns whose is_label is set
  int64_t rows, all_sum_to_1, labels_sum_to_1;
  sl_map *names;  // top-1 texts, or members of score objects, in order of appearance
  const char **name_list;
  int64_t name_count, name_capacity;
  int64_t list_size;  // of scores in a list; -1 = none yet
  int names_are_numbers;
  int64_t number_max;
} look;

// ---- names --------------------------------------------------------------------------------------

static sl_status add_name(look *l, const char *name, sl_error *err) {
  if (sl_map_get_text(l->names, name, -1) >= 0) return SL_OK;
  if (l->name_count == SL_PREDICTION_CLASSES_MAX)
    return sl_row_file_fail(l->file, SL_E_LIMIT, err, "there are more than %d classes",
                            SL_PREDICTION_CLASSES_MAX);
  if (l->name_count == l->name_capacity) {
    l->name_capacity = l->name_capacity * 2 + 64;
    const char **grown = SL_NEW_ARRAY(l->arena, const char *, l->name_capacity);
    if (l->name_count > 0) memcpy(grown, l->name_list, (size_t)l->name_count * sizeof *grown);
    l->name_list = grown;
  }
  sl_map_set_text(l->names, name, l->name_count);
  l->name_list[l->name_count++] = sl_arena_copy(l->arena, name);
  int64_t number = -1;
  l->names_are_numbers &= sl_parse_int(name, &number) && number >= 0;
  if (number > l->number_max) l->number_max = number;
  return SL_OK;
}

static sl_status read_labels(look *l, const char *classes, sl_error *err) {
  const sl_json *list = NULL;
  if (classes == NULL) return SL_OK;
  SL_TRY(sl_json_parse(l->arena, classes, strlen(classes), "labels of the data", &list, err));
  l->label_list = SL_NEW_ARRAY(l->arena, const char *, sl_json_count(list) + 1);
  for (sl_json_iter it = sl_json_each(list); sl_json_next(&it);) {
    l->label_list[l->label_count] = sl_json_text(it.value, "");
    sl_map_set_text(l->labels, l->label_list[l->label_count], l->label_count);
    l->label_count++;
  }
  return SL_OK;
}

// "score_cat", "score_dog": what class columns begin with is no part of the class. A prefix that
// most columns have, or that leaves labels of the data.
static const char *common_prefix(const look *l) {
  static const char *const prefixes[] = {"score_", "prob_",  "probability_", "logit_",
                                         "p_",     "class_", "score:",       "prob:"};
  for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
    size_t size = strlen(prefixes[p]), with = 0, without = 0, labels = 0;
    for (size_t i = 0; i < l->file->column_count; i++) {
      const char *name = l->file->columns[i].name;
      int has = strncasecmp(name, prefixes[p], size) == 0;
      if (l->file->columns[i].role != SL_ROLE_NONE) continue;
      with += has != 0;
      without += has == 0;
      labels += has && sl_map_get_text(l->labels, name + size, -1) >= 0;
    }
    if (with >= 2 && (with > without || labels > 0)) return prefixes[p];
  }
  return "";
}

static int has_prefix(const look *l, size_t column) {
  return strncasecmp(l->file->columns[column].name, l->prefix, strlen(l->prefix)) == 0;
}

static const char *class_name(const look *l, size_t column) {
  const char *name = l->file->columns[column].name;
  size_t size = strlen(l->prefix);
  return has_prefix(l, column) && name[size] != '\0' ? name + size : name;
}

// Numbers people keep beside scores.
static int is_other_word(const char *name) {
  static const char *const words[] = {"loss",  "entropy", "margin", "width", "height",  "size",
                                      "index", "epoch",   "time",   "row",   "latency", "fold"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasecmp(name, words[i]) == 0) return 1;
  return 0;
}

// ---- the first pass -----------------------------------------------------------------------------

static void make_room(look *l) {
  if (l->file->column_count > l->capacity) {
    size_t capacity = l->file->column_count * 2 + 16;
    column_look *grown = SL_NEW_ARRAY(l->arena, column_look, capacity);
    if (l->capacity > 0) memcpy(grown, l->columns, l->capacity * sizeof *grown);
    l->columns = grown;
    l->capacity = capacity;
  }
  for (; l->named < l->file->column_count; l->named++)
    l->columns[l->named].is_label = sl_map_get_text(l->labels, class_name(l, l->named), -1) >= 0;
}

static int is_empty(const sl_row_value *value) {
  return value->json != NULL ? sl_json_kind_of(value->json) == SL_JSON_NULL
                             : value->text[0] == '\0';
}

static void look_at_columns(look *l) {
  double all = 0, labels = 0, number;
  for (size_t i = 0; i < l->file->value_count; i++) {
    const sl_row_value *value = &l->file->values[i];
    column_look *column = &l->columns[value->column];
    if (l->file->columns[value->column].role != SL_ROLE_NONE || is_empty(value)) continue;
    if (!sl_row_value_number(value, &number)) {
      column->other = 1;
      continue;
    }
    column->numbers++;
    if (column->is_label || !is_other_word(l->file->columns[value->column].name)) all += number;
    if (column->is_label) labels += number;
  }
  if (l->rows > ROWS_SUMMED) return;
  l->all_sum_to_1 += fabs(all - 1) < 0.02;
  l->labels_sum_to_1 += fabs(labels - 1) < 0.02;
}

static sl_status look_at_scores(look *l, sl_error *err) {
  const sl_row_value *scores = sl_row_file_value(l->file, SL_ROLE_SCORES);
  if (scores == NULL) return SL_OK;
  if (sl_json_kind_of(scores->json) == SL_JSON_LIST && l->list_size < 0) {
    l->list_size = (int64_t)sl_json_count(scores->json);
    if (l->list_size < 1 || l->list_size > SL_PREDICTION_CLASSES_MAX)
      return sl_row_file_fail(l->file, SL_E_LIMIT, err, "it has %lld scores; 1 to %d are possible",
                              (long long)l->list_size, SL_PREDICTION_CLASSES_MAX);
  }
  if (sl_json_kind_of(scores->json) != SL_JSON_OBJECT) return SL_OK;
  for (sl_json_iter it = sl_json_each(scores->json); sl_json_next(&it);)
    SL_TRY(add_name(l, it.key, err));
  return SL_OK;
}

static sl_status look_at_row(look *l, sl_arena *scratch, sl_error *err) {
  if (l->rows++ == 0) l->prefix = common_prefix(l);
  make_room(l);
  look_at_columns(l);
  if (sl_row_file_column(l->file, SL_ROLE_SCORES) >= 0) return look_at_scores(l, err);
  const char *pred = sl_row_value_text(scratch, sl_row_file_value(l->file, SL_ROLE_PRED));
  return pred != NULL ? add_name(l, pred, err) : SL_OK;
}

static sl_status look_at_rows(look *l, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "predictions row");
  sl_status status = SL_OK;
  for (int more = 1; status == SL_OK;) {
    sl_arena_reset(scratch);
    status = sl_row_file_next(l->file, &more, err);
    if (status != SL_OK || !more) break;
    status = look_at_row(l, scratch, err);
  }
  sl_arena_free(scratch);
  if (status == SL_OK && l->rows == 0)
    return sl_fail(err, SL_E_FORMAT, "\"%s\" has no rows", l->file->shown);
  return status;
}

// ---- a column per class -------------------------------------------------------------------------

static int is_number_column(const look *l, size_t i) {
  return l->file->columns[i].role == SL_ROLE_NONE && i < l->capacity && !l->columns[i].other &&
         l->columns[i].numbers > 0;
}

static int is_class(const look *l, size_t i, int labels_only) {
  if (!is_number_column(l, i) || !has_prefix(l, i)) return 0;
  return labels_only ? l->columns[i].is_label
                     : l->columns[i].is_label || !is_other_word(l->file->columns[i].name);
}

static void note_left_out(const look *l, const sl_prediction_columns *out, sl_note_list *notes) {
  sl_text names = {0};
  int64_t count = 0;
  for (size_t i = 0; i < l->file->column_count; i++) {
    if (l->file->columns[i].role != SL_ROLE_NONE || out->class_of_column[i] >= 0) continue;
    const char *name = l->file->columns[i].name;
    if (count++ < 8)
      sl_text_printf(&names, "%s%s", count > 1 ? ", " : "",
                     sl_display(l->arena, name, strlen(name)));
  }
  if (count > 0)
    sl_note_add(notes, "columns that are no class were left out: %s%s", sl_text_z(&names),
                count > 8 ? ", ..." : "");
  sl_text_free(&names);
}

static void choose_class_columns(look *l, sl_note_list *notes, sl_prediction_columns *out) {
  int64_t summed = l->rows < ROWS_SUMMED ? l->rows : ROWS_SUMMED;
  int labels_only = l->all_sum_to_1 * 2 <= summed && l->labels_sum_to_1 * 2 > summed;
  const char **names = SL_NEW_ARRAY(l->arena, const char *, l->file->column_count + 1);
  out->class_of_column = SL_NEW_ARRAY(l->arena, int64_t, l->file->column_count + 1);
  out->classes = 0;
  for (size_t i = 0; i < l->file->column_count; i++) {
    int is = is_class(l, i, labels_only) && out->classes < SL_PREDICTION_CLASSES_MAX;
    out->class_of_column[i] = is ? out->classes : -1;
    if (is) names[out->classes++] = class_name(l, i);
  }
  out->class_names = (sl_texts){names, out->classes};
  note_left_out(l, out, notes);
}

// ---- top-1 --------------------------------------------------------------------------------------

// Labels of the data first, so that classes without a prediction are there too.
static sl_status order_names(look *l, sl_error *err) {
  const char **seen = l->name_list;
  int64_t count = l->name_count;
  l->names = sl_map_new(l->arena);
  l->name_list = NULL;
  l->name_count = l->name_capacity = 0;
  for (int64_t i = 0; i < l->label_count; i++) SL_TRY(add_name(l, l->label_list[i], err));
  for (int64_t i = 0; i < count; i++) SL_TRY(add_name(l, seen[i], err));
  return SL_OK;
}

// Numbers that are no labels are positions in a list of classes that the file does not have.
static sl_status choose_top1(look *l, sl_prediction_columns *out, sl_error *err) {
  int known = 0;
  for (int64_t i = 0; i < l->name_count; i++)
    known |= sl_map_get_text(l->labels, l->name_list[i], -1) >= 0;
  if (l->names_are_numbers && !known) {
    if (l->number_max >= SL_PREDICTION_CLASSES_MAX)
      return sl_fail(err, SL_E_LIMIT, "\"%s\" predicts class %lld; %d are possible", l->file->shown,
                     (long long)l->number_max, SL_PREDICTION_CLASSES_MAX);
    out->classes = l->number_max + 1;
    return SL_OK;
  }
  SL_TRY(order_names(l, err));
  out->score_names = l->names;
  out->class_names = (sl_texts){l->name_list, l->name_count};
  out->classes = l->name_count;
  return SL_OK;
}

int64_t sl_prediction_class(const sl_prediction_columns *columns, const char *text) {
  int64_t number = -1;
  if (columns->score_names != NULL) return sl_map_get_text(columns->score_names, text, -1);
  return sl_parse_int(text, &number) && number < columns->classes ? number : -1;
}

// ---- all of it ----------------------------------------------------------------------------------

static sl_status choose_scores(look *l, sl_prediction_columns *out, sl_error *err) {
  out->kind = SL_PREDICTIONS_SCORES;
  if (l->list_size > 0 && l->name_count > 0)
    return sl_fail(err, SL_E_FORMAT, "\"%s\" has scores as lists and as objects", l->file->shown);
  out->score_names = l->names;
  out->classes = l->list_size > 0 ? l->list_size : l->name_count;
  if (l->name_count > 0) out->class_names = (sl_texts){l->name_list, l->name_count};
  if (out->classes > 0) return SL_OK;
  return sl_fail(err, SL_E_FORMAT, "\"%s\" has no scores", l->file->shown);
}

static sl_status fail_nothing(const look *l, sl_error *err) {
  sl_fail(err, SL_E_FORMAT, "\"%s\" has no predictions: no column per class and no pred",
          l->file->shown);
  return sl_hint(err, SL_E_FORMAT,
                 "give a column path and either a column of numbers per class, or pred and "
                 "confidence");
}

static sl_status choose(look *l, sl_note_list *notes, sl_prediction_columns *out, sl_error *err) {
  if (sl_row_file_column(l->file, SL_ROLE_SCORES) >= 0) return choose_scores(l, out, err);
  choose_class_columns(l, notes, out);
  int has_pred = sl_row_file_column(l->file, SL_ROLE_PRED) >= 0;
  if (out->classes >= 2 || (out->classes == 1 && !has_pred)) return SL_OK;
  if (!has_pred) return fail_nothing(l, err);
  out->kind = SL_PREDICTIONS_TOP1;
  return choose_top1(l, out, err);
}

static sl_status check_key(const sl_row_file *file, sl_error *err) {
  if (file->is_json || sl_row_file_column(file, SL_ROLE_PATH) >= 0 ||
      sl_row_file_column(file, SL_ROLE_NAME) >= 0)
    return SL_OK;
  sl_fail(err, SL_E_FORMAT, "no column of \"%s\" names the sample", file->shown);
  return sl_hint(err, SL_E_FORMAT, "call it path, name, file, image, id or sample");
}

sl_status sl_prediction_columns_find(sl_arena *arena, sl_row_file *file, const char *classes,
                                     sl_note_list *notes, sl_prediction_columns *out,
                                     sl_error *err) {
  look l = {.arena = arena,
            .file = file,
            .labels = sl_map_new(arena),
            .names = sl_map_new(arena),
            .prefix = "",
            .list_size = -1,
            .names_are_numbers = 1};
  *out = (sl_prediction_columns){0};
  SL_TRY(check_key(file, err));
  SL_TRY(read_labels(&l, classes, err));
  SL_TRY(look_at_rows(&l, err));
  return choose(&l, notes, out, err);
}
