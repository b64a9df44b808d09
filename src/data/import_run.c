// SPDX-License-Identifier: Apache-2.0
// An import from beginning to end: find, read, make a version.
//
// Invariant: the workspace's write lock is held throughout; whatever stops the import, committed
// samples stay and are found again. Start at sl_import_run(); the phases are in import_find.c,
// import_read.c and import_version.c.
#include <string.h>

#include "data/import_state.h"

static void list_problems(const sl_import *import, sl_import_result *out) {
  sl_import_problem *list = SL_NEW_ARRAY(import->arena, sl_import_problem, SL_IMPORT_PROBLEMS_MAX);
  for (size_t i = 0; i < import->count; i++) {
    if (import->members[i].error == NULL) continue;
    out->problem_count++;
    if (out->problem_listed == SL_IMPORT_PROBLEMS_MAX) continue;
    const char *name = sl_record_name(&import->records[i]);
    list[out->problem_listed++] = (sl_import_problem){
        .name = sl_display(import->arena, name, strlen(name)), .error = import->members[i].error};
  }
  out->problems = list;
}

static sl_status run_phases(sl_import *import, sl_import_result *out, sl_error *err) {
  SL_TRY(sl_import_find(import, err));
  SL_TRY(sl_store_ensure_dataset(import->store, import->name, &import->dataset, err));
  SL_TRY(sl_import_read(import, err));
  SL_TRY(sl_import_version(import, out, err));
  list_problems(import, out);
  out->dataset = import->dataset;
  out->reused = import->reused;
  out->notes = sl_note_texts(&import->notes);
  return SL_OK;
}

sl_status sl_import_run(sl_store *store, sl_arena *arena, const sl_import_options *options,
                        sl_import_result *out, sl_error *err) {
  *out = (sl_import_result){0};
  sl_import import = {
      .store = store, .arena = arena, .options = options, .notes = {.arena = arena}};
  SL_TRY(sl_store_lock(store, err));
  sl_status status = run_phases(&import, out, err);
  sl_store_unlock(store);
  sl_heap_free(import.records);
  sl_heap_free(import.members);
  return status;
}
