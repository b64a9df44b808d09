// SPDX-License-Identifier: Apache-2.0
// Applying a labels file. Invariant: a row that fits no sample, or several, is counted and named.
#include "data/labels_file.h"

#include <string.h>

#include "data/label_lists.h"
#include "data/name_index.h"
#include "data/row_file.h"

enum { NAMED_MAX = 3 };

typedef struct labelling {
  sl_import *import;
  sl_name_index index;
  sl_row_file *rows;
  sl_label_lists *labels;
  int64_t matched, unmatched;
  sl_text first_unmatched;  // for people
} labelling;

static void note_unmatched(labelling *l, const char *key) {
  sl_arena *scratch = sl_arena_new(NULL, "key");
  if (l->unmatched++ < NAMED_MAX)
    sl_text_printf(&l->first_unmatched, "%s\"%s\"", l->unmatched > 1 ? ", " : "",
                   sl_display(scratch, key, strlen(key)));
  sl_arena_free(scratch);
}

static sl_status fail_columns(labelling *l, sl_error *err) {
  sl_fail(err, SL_E_FORMAT, "\"%s\" has no columns for the sample and its label", l->rows->shown);
  return sl_hint(err, SL_E_FORMAT, "call them path (or file, name, id) and label (or class)");
}

static sl_status apply_row(labelling *l, sl_arena *scratch, sl_error *err) {
  const sl_row_value *key = sl_row_file_value(l->rows, SL_ROLE_PATH);
  if (key == NULL) key = sl_row_file_value(l->rows, SL_ROLE_NAME);
  int labelled = sl_row_file_value(l->rows, SL_ROLE_LABEL) != NULL ||
                 sl_row_file_value(l->rows, SL_ROLE_LABELS) != NULL;
  if (key == NULL || !labelled) return fail_columns(l, err);
  const char *name = sl_row_value_text(scratch, key);
  sl_record said;
  sl_label_lists_take(l->labels, l->rows, &said);
  if (name == NULL || (said.label == NULL && said.labels == NULL)) return SL_OK;
  int64_t row = sl_name_index_find(&l->index, name);
  if (row < 0) {
    note_unmatched(l, name);
    return SL_OK;
  }
  l->matched++;
  l->import->records[row].label = said.label;
  l->import->records[row].labels = said.labels;
  return SL_OK;
}

static sl_status apply_rows(labelling *l, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "labels row");
  sl_status status = SL_OK;
  for (int more = 1; status == SL_OK;) {
    sl_arena_reset(scratch);
    status = sl_row_file_next(l->rows, &more, err);
    if (status != SL_OK || !more) break;
    status = apply_row(l, scratch, err);
  }
  sl_arena_free(scratch);
  return status;
}

static sl_status report(labelling *l, sl_error *err) {
  if (l->matched == 0) {
    sl_fail(err, SL_E_FORMAT, "no row of \"%s\" names a sample", l->rows->shown);
    const char *name = sl_record_name(&l->import->records[0]);
    return sl_hint(err, SL_E_FORMAT, "rows name %s; samples are named like \"%s\"",
                   sl_text_z(&l->first_unmatched),
                   sl_display(l->import->arena, name, strlen(name)));
  }
  sl_note_add(&l->import->notes, "labels: \"%s\" labels %lld of %zu samples", l->rows->shown,
              (long long)l->matched, l->import->count);
  if (l->unmatched > 0)
    sl_note_add(&l->import->notes,
                "rows of the labels file that name no sample, or several: %lld (first %s)",
                (long long)l->unmatched, sl_text_z(&l->first_unmatched));
  sl_label_lists_settle(l->labels, l->import->records, l->import->count, l->rows->shown,
                        &l->import->notes);
  return SL_OK;
}

sl_status sl_labels_file_apply(sl_import *import, const char *path, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "labels file");
  labelling l = {.import = import,
                 .index = sl_name_index_new(scratch),
                 .labels = sl_label_lists_new(import->arena)};
  for (size_t i = 0; i < import->count; i++)
    sl_name_index_add(&l.index, sl_record_name(&import->records[i]), (int64_t)i);
  sl_status status = sl_row_file_open(scratch, path, &l.rows, err);
  if (status == SL_OK) status = apply_rows(&l, err);
  if (status == SL_OK) status = report(&l, err);
  sl_text_free(&l.first_unmatched);
  sl_arena_free(scratch);
  return status;
}
