// SPDX-License-Identifier: Apache-2.0
// From a name and JSON parameters to a journalled, cached, printed result.
//
// Invariant: every call that is not a mere question leaves one finished journal entry, whatever
// happens in between. Start at sl_dispatch().
#include <slitlamp/slitlamp.h>
#include <string.h>

#include "base/hash.h"
#include "op/engine_state.h"
#include "op/progress.h"
#include "store/journal_table.h"
#include "store/result_cache.h"

enum { PARAMS_BYTES_MAX = 4 << 20 };

sl_status sl_dispatch_find(const char *name, const sl_op **out, sl_error *err) {
  *out = sl_op_row(name);
  if (*out != NULL) return SL_OK;
  const char *names[64];
  size_t count = 0;
  for (; count < 64 && sl_op_at(count) != NULL; count++) names[count] = sl_op_at(count)->name;
  sl_fail(err, SL_E_NOT_FOUND, "there is no operation \"%.64s\"", name);
  const char *near = sl_nearest(name, names, count);
  if (near != NULL) return sl_hint(err, SL_E_NOT_FOUND, "Did you mean \"%s\"?", near);
  return sl_hint(err, SL_E_NOT_FOUND, "\"slitlamp help\" lists them.");
}

sl_status sl_dispatch_parse(sl_arena *arena, const sl_op *op, const char *params, size_t size,
                            void **out, sl_error *err) {
  const sl_json *object = NULL;
  if (size > PARAMS_BYTES_MAX)
    return sl_fail(err, SL_E_LIMIT, "parameters have %zu bytes, above the limit of %d", size,
                   PARAMS_BYTES_MAX);
  if (params != NULL && size > 0)
    SL_TRY(sl_json_parse(arena, params, size, "the parameter text", &object, err));
  const char *what = sl_arena_printf(arena, "operation \"%s\"", op->info.name);
  *out = sl_arena_push(arena, op->info.params_size > 0 ? op->info.params_size : 1);
  return sl_rows_parse(arena, op->info.params, object, what, *out, err);
}

static char *canonical_params(sl_arena *arena, const sl_op *op, const void *params) {
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_rows_write(&w, op->info.params, params, 1);
  return sl_text_take(&text, arena);
}

static char *print_result(sl_arena *arena, const sl_op *op, const void *result) {
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_rows_write(&w, op->info.result, result, 0);
  return sl_text_take(&text, arena);
}

static sl_status cache_key(sl_op_call *call, const sl_op *op, void *params, char key[65],
                           sl_error *err) {
  sl_text text = {0};
  sl_text_printf(&text, "%s\n%s\n", sl_version(), op->info.name);
  size_t fixed = text.size;
  key[0] = '\0';
  sl_status status = op->resolve(call, params, &text, err);
  if (status == SL_OK && text.size > fixed) {
    sl_text_puts(&text, canonical_params(call->arena, op, params));
    sl_hash hash = sl_hash_of(text.at, text.size);
    sl_hash_hex(&hash, key);
  }
  sl_text_free(&text);
  return status;
}

static sl_status begin(sl_op_call *call, const sl_op *op, const void *params, int64_t parent,
                       sl_error *err) {
  call->journal = 0;
  int is_kept = call->store != NULL && !call->engine->read_only;
  if (!is_kept || (op->info.flags & (SL_OP_PEEK | SL_OP_NO_WORKSPACE))) return SL_OK;
  return sl_store_begin_journal(call->store, op->info.name,
                                canonical_params(call->arena, op, params), sl_version(), parent,
                                &call->journal, err);
}

// The call's own failure is what the person must read; a failure to record it comes second.
static sl_status finish(sl_op_call *call, sl_status status, sl_error *err) {
  if (call->journal == 0) return status;
  sl_journal_status outcome = status == SL_OK            ? SL_JOURNAL_OK
                              : status == SL_E_CANCELLED ? SL_JOURNAL_CANCELLED
                                                         : SL_JOURNAL_FAILED;
  sl_error second = {0};
  sl_status noted = sl_store_finish_journal(
      call->store, call->journal, outcome, status == SL_OK ? NULL : sl_error_message(err), &second);
  if (status == SL_OK && noted != SL_OK && err != NULL) *err = second;
  return status != SL_OK ? status : noted;
}

static sl_status run_op(sl_op_call *call, const sl_op *op, void *params, int64_t parent,
                        void *result, sl_error *err) {
  SL_TRY(begin(call, op, params, parent, err));
  sl_status status = op->run(call, params, result, err);
  if (status != SL_OK) sl_context(err, "operation \"%s\"", op->info.name);
  return finish(call, status, err);
}

static int is_cached(const sl_op *op) { return (op->info.flags & SL_OP_CACHED) && op->resolve; }

sl_status sl_op_run_inner(sl_op_call *call, const sl_op *op, void *params, void *result,
                          sl_error *err) {
  sl_op_call inner = *call;
  inner.op = op->info.name;
  char key[65] = "";
  if (is_cached(op)) SL_TRY(cache_key(&inner, op, params, key, err));
  SL_TRY(run_op(&inner, op, params, call->journal, result, err));
  if (key[0] == '\0' || call->engine->read_only) return SL_OK;
  return sl_store_put_result(call->store, key, print_result(call->arena, op, result), err);
}

static sl_status run_and_print(sl_op_call *call, const sl_op *op, void *params, char **json,
                               sl_error *err) {
  char key[65] = "";
  if (is_cached(op)) {
    SL_TRY(cache_key(call, op, params, key, err));
    SL_TRY(sl_store_get_result(call->store, call->arena, key, json, err));
    if (*json != NULL) return SL_OK;
  }
  void *result = sl_arena_push(call->arena, op->info.result_size);
  SL_TRY(run_op(call, op, params, 0, result, err));
  *json = print_result(call->arena, op, result);
  if (key[0] == '\0' || call->engine->read_only) return SL_OK;
  return sl_store_put_result(call->store, key, *json, err);
}

static sl_status check_workspace(const sl_engine *engine, const sl_op *op, sl_error *err) {
  if (engine->store == NULL && !(op->info.flags & (SL_OP_NO_WORKSPACE | SL_OP_OPTIONAL)))
    return sl_fail(err, SL_E_ARG, "operation \"%s\" needs a workspace", op->info.name);
  if (!engine->read_only || !(op->info.flags & SL_OP_WRITES)) return SL_OK;
  sl_fail(err, SL_E_DENIED, "operation \"%s\" would change the workspace, which is open read-only",
          op->info.name);
  return sl_hint(err, SL_E_DENIED, "Open it without --read-only.");
}

sl_status sl_dispatch(sl_engine *engine, const sl_op *op, const char *params, size_t size,
                      int64_t job, const atomic_int *cancel, sl_reply **out, sl_error *err) {
  *out = NULL;
  SL_TRY(check_workspace(engine, op, err));
  sl_arena *arena = sl_arena_new(engine->arena, "call");
  sl_op_meter meter;
  sl_op_meter_open(&meter);
  sl_op_call call = {.engine = engine,
                     .store = engine->store,
                     .arena = arena,
                     .cancel = cancel,
                     .threads = engine->threads,
                     .op = op->info.name,
                     .job = job,
                     .meter = &meter};
  void *filled = NULL;
  char *json = NULL;
  sl_status status = sl_dispatch_parse(arena, op, params, size, &filled, err);
  if (status == SL_OK) status = run_and_print(&call, op, filled, &json, err);
  sl_op_meter_close(&meter);
  if (status == SL_OK)
    *out = sl_reply_new(arena, json, strlen(json));
  else
    sl_arena_free(arena);
  return status;
}

sl_reply *sl_reply_new(sl_arena *arena, const char *json, size_t size) {
  sl_reply *reply = SL_NEW(arena, sl_reply);
  *reply = (sl_reply){arena, (char *)(uintptr_t)json, size};
  return reply;
}

sl_status sl_op_reads(sl_op_call *call, const char *key, sl_error *err) {
  return call->journal == 0 ? SL_OK : sl_store_note_read(call->store, call->journal, key, err);
}

sl_status sl_op_writes(sl_op_call *call, const char *key, sl_error *err) {
  return call->journal == 0 ? SL_OK : sl_store_note_write(call->store, call->journal, key, err);
}
