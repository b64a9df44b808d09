// SPDX-License-Identifier: Apache-2.0
// Server-sent events: each connection reads the engine's event ring at its own pace; one that does
// not read costs a thread and nothing else, and is told what it missed.
#include <string.h>

#include "base/json.h"
#include "http/request.h"

enum { WAIT_MS = 250, SILENCE_MS = 15000, BLOCK_BYTES = 16384 };

typedef struct stream {
  sl_server *server;
  int64_t after;
  sl_text pending;
  size_t sent;
} stream;

// Waits in short steps, so that a stopping server need not wait for news.
static void fetch(stream *s) {
  sl_text_clear(&s->pending);
  s->sent = 0;
  for (int waited_ms = 0; waited_ms < SILENCE_MS && !s->server->stopping; waited_ms += WAIT_MS) {
    sl_reply *reply = NULL;
    int64_t next = s->after;
    if (sl_events(s->server->engine, s->after, WAIT_MS, &reply, &next, NULL) != SL_OK) return;
    size_t size;
    const char *json = sl_reply_json(reply, &size);
    int any = !sl_streq(json, "[]");
    if (any) sl_text_printf(&s->pending, "id: %lld\ndata: %s\n\n", (long long)next, json);
    s->after = next;
    sl_reply_free(reply);
    if (any) return;
  }
  sl_text_puts(&s->pending, ": still here\n\n");
}

static ssize_t read_stream(void *ctx, uint64_t position, char *buffer, size_t size) {
  stream *s = ctx;
  (void)position;
  if (s->sent == s->pending.size) {
    if (s->server->stopping) return MHD_CONTENT_READER_END_OF_STREAM;
    fetch(s);
  }
  if (s->server->stopping || s->pending.size == 0) return MHD_CONTENT_READER_END_OF_STREAM;
  size_t left = s->pending.size - s->sent;
  size_t count = left < size ? left : size;
  memcpy(buffer, s->pending.at + s->sent, count);
  s->sent += count;
  return (ssize_t)count;
}

static void free_stream(void *ctx) {
  stream *s = ctx;
  sl_text_free(&s->pending);
  sl_heap_free(s);
}

// "From now" is fixed before the greeting goes out: what happens after it is never lost.
static int64_t start_of(const sl_request *request) {
  const char *last = sl_request_header(request, "Last-Event-ID");
  int64_t after = 0;
  if (last != NULL && sl_parse_int(last, &after) && after > 0) return after;
  sl_reply *reply = NULL;
  if (sl_events(request->server->engine, 0, 0, &reply, &after, NULL) == SL_OK) sl_reply_free(reply);
  return after;
}

enum MHD_Result sl_route_events(sl_request *request) {
  stream *s = sl_heap_alloc_zero(1, sizeof *s);
  if (s == NULL) return MHD_NO;
  s->server = request->server;
  s->after = start_of(request);
  sl_text_puts(&s->pending, ": hello\n\n");
  struct MHD_Response *response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, s, free_stream);
  if (response == NULL) {
    free_stream(s);
    return MHD_NO;
  }
  MHD_set_connection_option(request->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
  if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream") !=
      MHD_YES)
    return MHD_NO;
  return sl_answer_queue(request, MHD_HTTP_OK, response);
}
