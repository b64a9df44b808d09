// SPDX-License-Identifier: Apache-2.0
// Labels and lists of labels. Invariant: splitting never makes a label that no row has by itself.
// Start at sl_label_lists_take() and sl_label_lists_settle().
#include "data/label_lists.h"

#include <string.h>

#include "base/map.h"

struct sl_label_lists {
  sl_arena *arena;
  sl_map *texts;  // one copy each
  sl_map *alone;  // labels that some row has as its only one
  sl_map *bars;   // labels of single cells that have a "|" in them
};

sl_label_lists *sl_label_lists_new(sl_arena *arena) {
  sl_label_lists *lists = SL_NEW(arena, sl_label_lists);
  *lists = (sl_label_lists){arena, sl_map_new(arena), sl_map_new(arena), sl_map_new(arena)};
  return lists;
}

const char *sl_label_lists_copy(sl_label_lists *lists, const char *text) {
  if (text == NULL) return NULL;
  intptr_t known = (intptr_t)sl_map_get_text(lists->texts, text, 0);
  if (known != 0) return (const char *)known;
  const char *copy = sl_arena_copy(lists->arena, text);
  sl_map_set_text(lists->texts, text, (int64_t)(intptr_t)copy);
  return copy;
}

static const char *trimmed(sl_arena *arena, const char *text, size_t size) {
  while (size > 0 && text[0] == ' ') text++, size--;
  while (size > 0 && text[size - 1] == ' ') size--;
  return size > 0 ? sl_arena_copy_bytes(arena, text, size) : NULL;
}

// ---- one row ------------------------------------------------------------------------------------

typedef struct list {
  sl_text json;
  sl_json_writer w;
  int count;
  const char *first;
} list;

static void add_label(sl_label_lists *lists, sl_arena *scratch, list *l, const char *text,
                      size_t size) {
  const char *label = sl_label_lists_copy(lists, trimmed(scratch, text, size));
  if (label == NULL) return;
  if (l->count++ == 0) l->first = label;
  sl_json_put_text(&l->w, label);
}

static void add_parts(sl_label_lists *lists, sl_arena *scratch, list *l, const char *text) {
  while (text != NULL) {
    size_t size = strcspn(text, "|");
    add_label(lists, scratch, l, text, size);
    text = text[size] == '|' ? text + size + 1 : NULL;
  }
}

static void begin(list *l) {
  sl_json_begin(&l->w, &l->json);
  sl_json_open_list(&l->w);
}

static void end(sl_label_lists *lists, list *l, sl_record *record) {
  sl_json_close_list(&l->w);
  record->label = l->count == 1 ? l->first : NULL;
  record->labels = l->count > 1 ? sl_label_lists_copy(lists, sl_text_z(&l->json)) : NULL;
  sl_text_free(&l->json);
}

static void take_list(sl_label_lists *lists, sl_arena *scratch, const sl_row_value *value,
                      sl_record *record) {
  list l = {0};
  begin(&l);
  if (sl_json_kind_of(value->json) != SL_JSON_LIST) {
    add_parts(lists, scratch, &l, sl_row_value_text(scratch, value));
  } else {
    for (sl_json_iter it = sl_json_each(value->json); sl_json_next(&it);) {
      const char *text = sl_row_value_text(scratch, &(sl_row_value){.json = it.value});
      if (text != NULL) add_label(lists, scratch, &l, text, strlen(text));
    }
  }
  end(lists, &l, record);
}

static void take_single(sl_label_lists *lists, sl_arena *scratch, const sl_row_value *value,
                        sl_record *record) {
  const char *text = sl_row_value_text(scratch, value);
  if (text == NULL) return;
  record->label = sl_label_lists_copy(lists, trimmed(scratch, text, strlen(text)));
  if (record->label != NULL && strchr(record->label, '|') != NULL)
    sl_map_set_text(lists->bars, record->label, 1);
}

void sl_label_lists_take(sl_label_lists *lists, const sl_row_file *row, sl_record *record) {
  const sl_row_value *label = sl_row_file_value(row, SL_ROLE_LABEL);
  const sl_row_value *labels = sl_row_file_value(row, SL_ROLE_LABELS);
  sl_arena *scratch = sl_arena_new(NULL, "labels");
  record->label = record->labels = NULL;
  if (label != NULL && sl_json_kind_of(label->json) == SL_JSON_LIST)
    take_list(lists, scratch, label, record);
  else if (label != NULL)
    take_single(lists, scratch, label, record);
  if (labels != NULL && record->label == NULL && record->labels == NULL)
    take_list(lists, scratch, labels, record);
  if (record->label != NULL) sl_map_set_text(lists->alone, record->label, 1);
  sl_arena_free(scratch);
}

// ---- all rows -----------------------------------------------------------------------------------

static int parts_stand_alone(const sl_label_lists *lists, sl_arena *scratch, const char *text) {
  for (;;) {
    size_t size = strcspn(text, "|");
    const char *part = trimmed(scratch, text, size);
    if (part == NULL || sl_map_get_text(lists->alone, part, 0) == 0) return 0;
    if (text[size] == '\0') return 1;
    text += size + 1;
  }
}

static void split(sl_label_lists *lists, sl_arena *scratch, sl_record *record) {
  list l = {0};
  const char *text = record->label;
  begin(&l);
  add_parts(lists, scratch, &l, text);
  end(lists, &l, record);
}

void sl_label_lists_settle(sl_label_lists *lists, sl_record *records, size_t count,
                           const char *shown, sl_note_list *notes) {
  sl_arena *scratch = sl_arena_new(NULL, "labels");
  size_t done = 0, whole = 0;
  for (size_t i = 0; i < count; i++) {
    const char *label = records[i].label;
    if (label == NULL || sl_map_get_text(lists->bars, label, 0) == 0) continue;
    sl_arena_reset(scratch);
    int splits = parts_stand_alone(lists, scratch, label);
    if (splits) split(lists, scratch, &records[i]);
    done += splits != 0;
    whole += !splits;
  }
  sl_arena_free(scratch);
  if (done > 0)
    sl_note_add(notes, "labels of \"%s\" split at \"|\", because every part is a label too: %zu",
                shown, done);
  if (whole > 0)
    sl_note_add(notes,
                "labels of \"%s\" with a \"|\" kept whole, because not every part is a label of "
                "its own: %zu; a column named \"labels\" is always split",
                shown, whole);
}
