// SPDX-License-Identifier: Apache-2.0
// Groups of equal bytes, from the version's column of first rows.
//
// Invariant: every row of a group names the same first row, which names itself; so one pass gathers
// the groups in order of their first rows.
#include "data/duplicates.h"

#include <stdlib.h>

#include "data/import_run.h"
#include "store/column.h"

typedef struct version_view {
  sl_column duplicate, label, split;
  int has_label, has_split;
} version_view;

static sl_status open_if_there(sl_store *store, sl_arena *arena, sl_record_ref owner,
                               const char *name, sl_column *out, int *exists, sl_error *err) {
  SL_TRY(sl_column_exists(store, owner, name, exists, err));
  return *exists ? sl_column_open(store, arena, owner, name, out, err) : SL_OK;
}

static int64_t first_of(const sl_column *duplicate, int64_t row) {
  if (!sl_column_is_valid(duplicate, row)) return -1;
  int64_t first = ((const int64_t *)duplicate->values)[row];
  return first >= 0 && first <= row ? first : -1;
}

static int differ(const sl_column *column, int has, int64_t a, int64_t b) {
  return has && !sl_streq(sl_column_text(column, a), sl_column_text(column, b));
}

static int largest_first(const void *a, const void *b) {
  const sl_duplicate_group *x = a, *y = b;
  if (x->count != y->count) return x->count > y->count ? -1 : 1;
  return (x->rows[0] > y->rows[0]) - (x->rows[0] < y->rows[0]);
}

// sizes[row] is the size of the group that begins at `row`; the sum of all is returned.
static int64_t measure(const sl_column *duplicate, int64_t *sizes, size_t *groups) {
  int64_t total = 0;
  for (int64_t row = 0; row < duplicate->rows; row++) {
    int64_t first = first_of(duplicate, row);
    if (first < 0) continue;
    *groups += sizes[first]++ == 0;
    total++;
  }
  return total;
}

static sl_status gather(sl_arena *arena, const version_view *v, sl_duplicate_group **out,
                        size_t *count, sl_error *err) {
  void *sizes = NULL, *rows = NULL;
  int64_t total_rows = v->duplicate.rows;
  SL_TRY(sl_arena_try_push(arena, (size_t)total_rows + 1, sizeof(int64_t), SIZE_MAX, "rows", &sizes,
                           err));
  int64_t *size_at = sizes, total = measure(&v->duplicate, size_at, count);
  SL_TRY(
      sl_arena_try_push(arena, (size_t)total + 1, sizeof(int64_t), SIZE_MAX, "rows", &rows, err));
  int64_t *next = rows;
  *out = SL_NEW_ARRAY(arena, sl_duplicate_group, *count + 1);
  size_t made = 0;
  for (int64_t row = 0; row < total_rows; row++) {
    int64_t first = first_of(&v->duplicate, row);
    if (first < 0) continue;
    if (size_at[first] > 0) {  // the first row met: place the group, remember its number as -1 - n
      (*out)[made].rows = next;
      next += size_at[first];
      size_at[first] = -1 - (int64_t)made++;
    }
    sl_duplicate_group *group = &(*out)[-1 - size_at[first]];
    ((int64_t *)(uintptr_t)group->rows)[group->count++] = row;
    group->labels_differ |= differ(&v->label, v->has_label, group->rows[0], row);
    group->splits_differ |= differ(&v->split, v->has_split, group->rows[0], row);
  }
  if (*count > 0) qsort(*out, *count, sizeof **out, largest_first);
  return SL_OK;
}

sl_status sl_duplicates_of_version(sl_store *store, sl_arena *arena, int64_t version,
                                   sl_duplicate_group **out, size_t *count, sl_error *err) {
  version_view v = {0};
  int exists = 0;
  sl_record_ref owner = {SL_RECORD_VERSION, version};
  *out = NULL;
  *count = 0;
  SL_TRY(open_if_there(store, arena, owner, SL_COLUMN_DUPLICATE, &v.duplicate, &exists, err));
  if (!exists) return SL_OK;
  if (v.duplicate.type != SL_COLUMN_I64 || v.duplicate.cols != 1)
    return sl_fail(err, SL_E_FORMAT, "column \"%s\" of version \"v%lld\" has another type",
                   SL_COLUMN_DUPLICATE, (long long)version);
  SL_TRY(open_if_there(store, arena, owner, SL_COLUMN_LABEL, &v.label, &v.has_label, err));
  SL_TRY(open_if_there(store, arena, owner, SL_COLUMN_SPLIT, &v.split, &v.has_split, err));
  return gather(arena, &v, out, count, err);
}
