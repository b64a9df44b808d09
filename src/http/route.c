// SPDX-License-Identifier: Apache-2.0
// The route table and the handlers of operations, jobs, blobs, sessions and pages.
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "http/assets.h"
#include "http/request.h"

const sl_route sl_routes[] = {
#define SL_ROUTE(method, pattern, access, body_max, handler, help) \
  {#method, pattern, SL_ACCESS_##access, body_max, handler, help},
#include "http/route_list.h"
#undef SL_ROUTE
};
const size_t sl_routes_count = sizeof sl_routes / sizeof sl_routes[0];

const sl_route *sl_route_match(const char *method, const char *path, const char **rest) {
  if (sl_streq(method, "HEAD")) method = "GET";
  for (size_t i = 0; i < sl_routes_count; i++) {
    const sl_route *route = &sl_routes[i];
    if (!sl_streq(route->method, method)) continue;
    size_t fixed = strcspn(route->pattern, "*");
    if (route->pattern[fixed] == '*' ? strncmp(path, route->pattern, fixed) != 0
                                     : strcmp(path, route->pattern) != 0)
      continue;
    *rest = path + fixed;
    return route;
  }
  return NULL;
}

static enum MHD_Result answer_reply(sl_request *request, sl_status status, sl_reply *reply,
                                    const sl_error *err) {
  if (status != SL_OK) return sl_answer_error(request, sl_answer_status_of(err), err);
  size_t size;
  const char *json = sl_reply_json(reply, &size);
  enum MHD_Result queued = sl_answer_json(request, MHD_HTTP_OK, json, size);
  sl_reply_free(reply);
  return queued;
}

enum MHD_Result sl_route_version(sl_request *request) {
  const char *json =
      sl_arena_printf(request->arena, "{\"name\":\"slitlamp\",\"version\":\"%s\"}", sl_version());
  return sl_answer_json(request, MHD_HTTP_OK, json, strlen(json));
}

// ---- sessions ----------------------------------------------------------------------------------

enum MHD_Result sl_route_session(sl_request *request) {
  sl_error err = {0};
  const sl_json *body = NULL;
  sl_server *server = request->server;
  if (sl_json_parse(request->arena, sl_text_z(&request->body), request->body.size,
                    "the request body", &body, &err) != SL_OK)
    return sl_answer_error(request, MHD_HTTP_BAD_REQUEST, &err);
  const char *token = sl_json_text(sl_json_get(body, "token"), "");
  if (strlen(token) != SL_TOKEN_HEX ||
      !sl_equal_constant_time(token, server->token, SL_TOKEN_HEX)) {
    sl_fail(&err, SL_E_DENIED, "the token is not the one of this server");
    sl_hint(&err, SL_E_DENIED,
            "The server makes a new token at every start; open the address it printed.");
    return sl_answer_error(request, MHD_HTTP_UNAUTHORIZED, &err);
  }
  struct MHD_Response *response =
      MHD_create_response_from_buffer(2, (void *)(uintptr_t) "{}", MHD_RESPMEM_PERSISTENT);
  const char *cookie = sl_arena_printf(request->arena, "%s=%s; HttpOnly; SameSite=Strict; Path=/",
                                       server->cookie_name, server->session);
  if (response == NULL ||
      MHD_add_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, cookie) != MHD_YES ||
      MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json") !=
          MHD_YES)
    return MHD_NO;
  return sl_answer_queue(request, MHD_HTTP_OK, response);
}

// ---- operations --------------------------------------------------------------------------------

// Operations for cases of the workspace take files too; ids are fine from anywhere.
static int names_a_file(sl_request *request, const sl_op_info *op) {
  const sl_json *params = NULL;
  if (sl_json_parse(request->arena, sl_text_z(&request->body), request->body.size, "request body",
                    &params, NULL) != SL_OK)
    return 0;  // the call says what is wrong
  for (const sl_row *row = op->params; row->type != SL_T_END; row++) {
    const sl_json *value = row->type == SL_T_PATH ? sl_json_get(params, row->name) : NULL;
    if (value != NULL && !sl_is_key(sl_json_text(value, "/"))) return 1;
  }
  return 0;
}

static sl_status check_local(sl_request *request, const sl_op_info *op, sl_error *err) {
  if (op == NULL || request->server->is_loopback) return SL_OK;
  int takes_files =
      (op->flags & SL_OP_LOCAL) || ((op->flags & SL_OP_OPTIONAL) && names_a_file(request, op));
  if (!takes_files) return SL_OK;
  sl_fail(err, SL_E_DENIED, "operation \"%s\" names files of this machine", op->name);
  return sl_hint(err, SL_E_DENIED, "Run it here, or serve on a loopback address.");
}

static enum MHD_Result start_job(sl_request *request, const sl_op_info *op) {
  char id[32];
  sl_error err = {0};
  if (sl_job_start(request->server->engine, op->name, sl_text_z(&request->body), request->body.size,
                   id, &err) != SL_OK)
    return sl_answer_error(request, sl_answer_status_of(&err), &err);
  const char *json = sl_arena_printf(request->arena, "{\"job\":\"%s\"}", id);
  return sl_answer_json(request, MHD_HTTP_ACCEPTED, json, strlen(json));
}

enum MHD_Result sl_route_op(sl_request *request) {
  const sl_op_info *op = sl_op_find(request->rest);
  sl_error err = {0};
  if (check_local(request, op, &err) != SL_OK)
    return sl_answer_error(request, MHD_HTTP_FORBIDDEN, &err);
  if (op != NULL && (op->flags & SL_OP_SLOW)) return start_job(request, op);
  sl_reply *reply = NULL;
  sl_status status = sl_call(request->server->engine, request->rest, sl_text_z(&request->body),
                             request->body.size, &reply, &err);
  return answer_reply(request, status, reply, &err);
}

enum MHD_Result sl_route_check(sl_request *request) {
  sl_reply *reply = NULL;
  sl_error err = {0};
  sl_status status = sl_call_check(request->server->engine, request->rest,
                                   sl_text_z(&request->body), request->body.size, &reply, &err);
  return answer_reply(request, status, reply, &err);
}

enum MHD_Result sl_route_job(sl_request *request) {
  sl_reply *reply = NULL;
  sl_error err = {0};
  sl_status status = sl_job_get(request->server->engine, request->rest, &reply, &err);
  return answer_reply(request, status, reply, &err);
}

// ---- bytes
// -----------------------------------------------------------------------------------------

static void close_blob(void *blob) { sl_blob_close(blob); }

// What the engine made itself may be looked at in a tab. Other bytes may be anything that somebody
// named an image: they are saved, never shown as a document.
static const char *disposition_of(const char *key) {
  return sl_starts_with(key, "thumb-") || sl_starts_with(key, "image-") ? "inline" : "attachment";
}

enum MHD_Result sl_route_blob(sl_request *request) {
  sl_blob *blob = NULL;
  sl_error err = {0};
  // A key never changes its bytes, so a validator needs no look at them.
  const char *etag = sl_arena_printf(request->arena, "\"%s\"", request->rest);
  if (sl_blob_open(request->server->engine, request->rest, &blob, &err) != SL_OK) {
    unsigned status = err.status == SL_E_ARG ? MHD_HTTP_NOT_FOUND : sl_answer_status_of(&err);
    return sl_answer_error(request, status, &err);
  }
  const char *known = sl_request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
  int unchanged = known != NULL && strcmp(known, etag) == 0;
  size_t size;
  const void *bytes = sl_blob_bytes(blob, &size);
  struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
      unchanged ? 0 : size, (void *)(uintptr_t)bytes, close_blob, blob);
  if (response == NULL) {
    sl_blob_close(blob);
    return MHD_NO;
  }
  if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, sl_blob_mime(blob)) !=
          MHD_YES ||
      MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag) != MHD_YES ||
      MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION,
                              disposition_of(request->rest)) != MHD_YES ||
      MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                              "private, max-age=31536000, immutable") != MHD_YES)
    return MHD_NO;
  return sl_answer_queue(request, unchanged ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
}

// ---- pages
// -----------------------------------------------------------------------------------------

static const struct sl_asset *find_asset(const char *path) {
  for (size_t low = 0, high = sl_assets_count; low < high;) {
    size_t middle = (low + high) / 2;
    int order = strcmp(path, sl_assets[middle].path);
    if (order == 0) return &sl_assets[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

enum MHD_Result sl_route_nothing(sl_request *request) {
  sl_error err = {0};
  sl_fail(&err, SL_E_NOT_FOUND, "there is nothing at this address");
  return sl_answer_error(request, MHD_HTTP_NOT_FOUND, &err);
}

// Every address without a file ending is a view of the one page.
enum MHD_Result sl_route_page(sl_request *request) {
  const struct sl_asset *asset = find_asset(request->path);
  if (asset == NULL && strchr(strrchr(request->path, '/'), '.') == NULL)
    asset = find_asset("/index.html");
  if (asset == NULL) return sl_route_nothing(request);
  const char *known = sl_request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
  int unchanged = known != NULL && strcmp(known, asset->etag) == 0;
  struct MHD_Response *response = MHD_create_response_from_buffer(
      unchanged ? 0 : asset->size, (void *)(uintptr_t)asset->bytes, MHD_RESPMEM_PERSISTENT);
  int hashed = sl_starts_with(asset->path, "/assets/");
  if (response == NULL ||
      MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, asset->mime) != MHD_YES ||
      MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, asset->etag) != MHD_YES ||
      MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                              hashed ? "public, max-age=31536000, immutable" : "no-cache") !=
          MHD_YES)
    return MHD_NO;
  return sl_answer_queue(request, unchanged ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
}
