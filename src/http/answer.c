// SPDX-License-Identifier: Apache-2.0
// Answers: JSON, problems, and the headers every answer carries.
#include <string.h>

#include "base/json.h"
#include "http/request.h"

static const char content_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

static void add(struct MHD_Response *response, const char *name, const char *value) {
  if (MHD_add_response_header(response, name, value) != MHD_YES) return;
}

enum MHD_Result sl_answer_queue(sl_request *request, unsigned status,
                                struct MHD_Response *response) {
  if (response == NULL) return MHD_NO;
  add(response, "Content-Security-Policy", content_policy);
  add(response, "X-Content-Type-Options", "nosniff");
  add(response, "Referrer-Policy", "no-referrer");
  add(response, "Cross-Origin-Opener-Policy", "same-origin");
  add(response, "Cross-Origin-Resource-Policy", "same-origin");
  if (MHD_get_response_header(response, "Cache-Control") == NULL)
    add(response, "Cache-Control", "no-store");
  enum MHD_Result queued = MHD_queue_response(request->connection, status, response);
  MHD_destroy_response(response);
  return queued;
}

static enum MHD_Result answer_text(sl_request *request, unsigned status, const char *mime,
                                   const char *text, size_t size) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(size, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
  if (response != NULL) add(response, "Content-Type", mime);
  return sl_answer_queue(request, status, response);
}

enum MHD_Result sl_answer_json(sl_request *request, unsigned status, const char *json,
                               size_t size) {
  return answer_text(request, status, "application/json; charset=utf-8", json, size);
}

unsigned sl_answer_status_of(const sl_error *err) {
  switch ((sl_status)err->status) {
    case SL_E_ARG:
      return MHD_HTTP_BAD_REQUEST;
    case SL_E_NOT_FOUND:
      return MHD_HTTP_NOT_FOUND;
    case SL_E_STALE:
      return MHD_HTTP_PRECONDITION_FAILED;
    case SL_E_FORMAT:
    case SL_E_UNSUPPORTED:
    case SL_E_MODEL:
    case SL_E_RUNTIME:
      return MHD_HTTP_UNPROCESSABLE_CONTENT;
    case SL_E_LIMIT:
      return MHD_HTTP_CONTENT_TOO_LARGE;
    case SL_E_CANCELLED:
    case SL_E_BUSY:
      return MHD_HTTP_CONFLICT;
    case SL_E_DENIED:
      return MHD_HTTP_FORBIDDEN;
    default:
      return MHD_HTTP_INTERNAL_SERVER_ERROR;
  }
}

enum MHD_Result sl_answer_error(sl_request *request, unsigned status, const sl_error *err) {
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_json_open_object(&w);
  const struct {
    const char *key, *value;
  } members[] = {{"type", "about:blank"},
                 {"title", sl_error_message(err)},
                 {"code", sl_status_name((sl_status)err->status)},
                 {"message", sl_error_message(err)},
                 {"detail", sl_error_detail(err)},
                 {"hint", sl_error_hint(err)},
                 {"context", sl_error_context(err)}};
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    sl_json_key(&w, members[i].key);
    sl_json_put_text(&w, members[i].value);
  }
  sl_json_key(&w, "status");
  sl_json_put_int(&w, status);
  sl_json_close_object(&w);
  enum MHD_Result queued =
      answer_text(request, status, "application/problem+json; charset=utf-8", text.at, text.size);
  sl_text_free(&text);
  return queued;
}
