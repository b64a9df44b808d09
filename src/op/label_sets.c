// SPDX-License-Identifier: Apache-2.0
// Label sets. A column of label lists has few distinct texts, so each text is parsed once and its
// set copied to the rows that carry it.
#include "op/label_sets.h"

#include <string.h>

#include "base/map.h"
#include "data/import_run.h"

// One label of a sample stands in one column, several in the other.
enum { SINGLE, LISTS, COLUMNS };

typedef struct set_builder {
  sl_evaluation *e;
  sl_column columns[COLUMNS];
  int exists[COLUMNS];
  sl_map *names;  // label -> index
  sl_text_list labels;
  sl_class_match match;
  int64_t words;
} set_builder;

static sl_status open_labels(set_builder *b, sl_error *err) {
  static const char *const names[COLUMNS] = {SL_COLUMN_LABEL, SL_COLUMN_LABELS};
  sl_op_call *call = b->e->call;
  sl_record_ref owner = {SL_RECORD_VERSION, b->e->version.id};
  for (int i = 0; i < COLUMNS; i++) {
    SL_TRY(sl_column_exists(call->store, owner, names[i], &b->exists[i], err));
    if (b->exists[i])
      SL_TRY(sl_column_open(call->store, call->arena, owner, names[i], &b->columns[i], err));
  }
  return SL_OK;
}

static sl_texts labels_of(set_builder *b, int which, uint32_t code) {
  sl_arena *arena = b->e->call->arena;
  const char *text = sl_column_text_of_code(&b->columns[which], code);
  if (which == LISTS) return sl_texts_of_json(arena, text);
  const char **one = SL_NEW_ARRAY(arena, const char *, 1);
  one[0] = text;
  return (sl_texts){one, 1};
}

static void collect_names(set_builder *b, int which) {
  for (uint32_t code = 0; code < b->columns[which].text_count; code++) {
    sl_texts labels = labels_of(b, which, code);
    for (int64_t i = 0; i < labels.count; i++) {
      if (sl_map_get_text(b->names, labels.at[i], -1) >= 0) continue;
      sl_map_set_text(b->names, labels.at[i], b->labels.count);
      sl_text_list_add(b->e->call->arena, &b->labels, labels.at[i]);
    }
  }
}

static void fill_set(set_builder *b, int which, uint32_t code, uint64_t *set) {
  sl_texts labels = labels_of(b, which, code);
  for (int64_t i = 0; i < labels.count; i++) {
    int32_t c = b->match.class_of_label[sl_map_get_text(b->names, labels.at[i], 0)];
    if (c >= 0) set[c / 64] |= UINT64_C(1) << (c % 64);
  }
}

static void fill_rows(set_builder *b, int which, uint64_t *sets) {
  const sl_column *column = &b->columns[which];
  uint64_t *by_code = SL_NEW_ARRAY(b->e->call->arena, uint64_t, column->text_count * b->words + 1);
  for (uint32_t code = 0; code < column->text_count; code++)
    fill_set(b, which, code, by_code + code * b->words);
  for (int64_t row = 0; row < b->e->rows; row++)
    if (sl_column_is_valid(column, row))
      memcpy(sets + row * b->words, by_code + ((const uint32_t *)column->values)[row] * b->words,
             (size_t)b->words * sizeof *sets);
}

// A sample without any label is one that carries no class: that is an answer too.
sl_status sl_multi_label_targets(sl_evaluation *e, sl_error *err) {
  sl_arena *arena = e->call->arena;
  set_builder b = {
      .e = e, .names = sl_map_new(arena), .words = (e->contract.class_count + 63) / 64};
  SL_TRY(open_labels(&b, err));
  if (!b.exists[SINGLE] && !b.exists[LISTS]) return SL_OK;
  for (int i = 0; i < COLUMNS; i++)
    if (b.exists[i]) collect_names(&b, i);
  sl_texts labels = sl_text_list_done(&b.labels);
  SL_TRY(sl_class_map_match(arena, &e->contract.classes, &labels, e->contract.class_count, &b.match,
                            err));
  e->notes.unmatched_labels = b.match.unmatched_labels.count;
  for (int64_t i = 0; i < b.match.notes.count; i++)
    sl_text_list_add(arena, &e->remarks, b.match.notes.at[i]);
  uint64_t *sets = SL_NEW_ARRAY(arena, uint64_t, e->rows * b.words + 1);
  for (int i = 0; i < COLUMNS; i++)
    if (b.exists[i]) fill_rows(&b, i, sets);
  e->target_sets = sets;
  return SL_OK;
}
