// SPDX-License-Identifier: Apache-2.0
// Opening and closing an engine, and the plain call.
#include <slitlamp/slitlamp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/thread.h"
#include "op/engine_state.h"

static const char workspace_name[] = ".slitlamp";

void sl_workspace_find(char *out, size_t size) {
  const char *given = getenv("SLITLAMP_WORKSPACE");
  sl_arena *scratch = sl_arena_new(NULL, "find workspace");
  char here[4096];
  if (getcwd(here, sizeof here) == NULL) memcpy(here, ".", 2);
  const char *found = given != NULL && given[0] != '\0' ? given : NULL;
  for (char *dir = sl_arena_copy(scratch, here); found == NULL;) {
    const char *candidate = sl_path_join(scratch, dir, workspace_name);
    if (sl_file_is_dir(candidate)) found = candidate;
    char *parent = sl_path_dir(scratch, dir);
    if (sl_streq(parent, dir) || sl_streq(parent, ".")) break;
    dir = parent;
  }
  if (found == NULL) found = sl_path_join(scratch, here, workspace_name);
  size_t length = strnlen(found, size - 1);
  memcpy(out, found, length);
  out[length] = '\0';
  sl_arena_free(scratch);
}

// What may be kept of what can be made again; 0 is the store's own limit.
static sl_status cache_limit(int64_t *bytes, sl_error *err) {
  const char *given = getenv("SLITLAMP_CACHE_BYTES");
  *bytes = 0;
  if (given == NULL || given[0] == '\0') return SL_OK;
  if (sl_parse_int(given, bytes) && *bytes > 0) return SL_OK;
  sl_fail(err, SL_E_ARG, "SLITLAMP_CACHE_BYTES is \"%.40s\"", given);
  return sl_hint(err, SL_E_ARG, "Give a number of bytes above 0, such as 2147483648.");
}

static sl_status open_store(sl_engine *engine, const sl_engine_options *options, sl_error *err) {
  char found[4096];
  const char *path = options->workspace;
  if (path != NULL && path[0] == '\0') return SL_OK;
  if (path == NULL) {
    sl_workspace_find(found, sizeof found);
    path = found;
  }
  engine->workspace = sl_path_absolute(engine->arena, path);
  sl_store_options store = {.create = options->create, .read_only = options->read_only};
  SL_TRY(cache_limit(&store.cache_bytes, err));
  sl_status status = sl_store_open(engine->workspace, &store, &engine->store, err);
  if (status == SL_E_NOT_FOUND)
    return sl_hint(err, status,
                   "\"slitlamp open MODEL DATA\" makes one here; --workspace names another.");
  return status;
}

sl_status sl_engine_open(const sl_engine_options *options, sl_engine **out, sl_error *err) {
  *out = NULL;
  if (options == NULL || options->struct_size != sizeof *options)
    return sl_fail(err, SL_E_ARG, "engine options must start from SL_ENGINE_OPTIONS_INIT");
  sl_arena *arena = sl_arena_new(NULL, "engine");
  sl_engine *engine = SL_NEW(arena, sl_engine);
  engine->arena = arena;
  engine->threads = options->threads > 0 ? options->threads : sl_cpu_count();
  engine->read_only = options->read_only;
  engine->on_progress = options->on_progress;
  engine->ctx = options->ctx;
  sl_status status = open_store(engine, options, err);
  if (status != SL_OK) {
    sl_arena_free(arena);
    return status;
  }
  sl_event_log_open(&engine->events);
  sl_job_queue_open(&engine->jobs);
  sl_table_cache_open(engine);
  sl_box_cache_open(engine);
  *out = engine;
  return SL_OK;
}

void sl_engine_close(sl_engine *engine) {
  if (engine == NULL) return;
  sl_engine_cancel(engine);
  sl_job_queue_close(engine);
  sl_event_log_close(&engine->events);
  sl_table_cache_close(engine);
  sl_box_cache_close(engine);
  sl_store_close(engine->store);
  sl_arena_free(engine->arena);
}

const char *sl_engine_workspace(const sl_engine *engine) { return engine->workspace; }

void sl_engine_cancel(sl_engine *engine) {
  atomic_store(&engine->cancel, 1);
  atomic_store(&engine->jobs.stop_running, 1);
}

sl_status sl_call(sl_engine *engine, const char *name, const char *params, size_t size,
                  sl_reply **out, sl_error *err) {
  const sl_op *op;
  *out = NULL;
  SL_TRY(sl_dispatch_find(name, &op, err));
  int is_job = (op->info.flags & SL_OP_SLOW) && engine->store != NULL && !engine->read_only;
  if (is_job) return sl_job_run(engine, 0, op, params, size, &engine->cancel, out, err);
  return sl_dispatch(engine, op, params, size, 0, &engine->cancel, out, err);
}

sl_status sl_call_check(sl_engine *engine, const char *name, const char *params, size_t size,
                        sl_reply **out, sl_error *err) {
  const sl_op *op;
  *out = NULL;
  SL_TRY(sl_dispatch_find(name, &op, err));
  sl_arena *arena = sl_arena_new(engine->arena, "check");
  void *filled;
  sl_status status = sl_dispatch_parse(arena, op, params, size, &filled, err);
  if (status != SL_OK) {
    sl_arena_free(arena);
    return status;
  }
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_rows_write(&w, op->info.params, filled, 0);
  size_t length = text.size;
  *out = sl_reply_new(arena, sl_text_take(&text, arena), length);
  return SL_OK;
}

const char *sl_reply_json(const sl_reply *reply, size_t *size) {
  if (size != NULL) *size = reply->size;
  return reply->json;
}

void sl_reply_free(sl_reply *reply) {
  if (reply != NULL) sl_arena_free(reply->arena);
}
