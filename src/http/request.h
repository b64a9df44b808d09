// SPDX-License-Identifier: Apache-2.0
// One request on its way through the server, and the ways to answer it.
//
// Every answer carries the security headers; errors are problem+json with the four texts of an
// sl_error and its status name as `code`.
#ifndef SL_HTTP_REQUEST_H
#define SL_HTTP_REQUEST_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/server.h"

enum { SL_TOKEN_HEX = 64 };

struct sl_server {
  sl_arena *arena;
  sl_engine *engine;
  struct MHD_Daemon *daemon;
  const char *host, *url;
  int port, is_loopback;
  const char **allowed_hosts;  // complete Host values in lower case
  size_t allowed_hosts_count;
  char token[SL_TOKEN_HEX + 1], session[SL_TOKEN_HEX + 1], cookie_name[32];
  atomic_int stopping;
};

typedef enum sl_access { SL_ACCESS_OPEN, SL_ACCESS_SIGNED_IN } sl_access;

typedef struct sl_request {
  sl_server *server;
  struct MHD_Connection *connection;
  sl_arena *arena;
  const char *method, *path;
  const struct sl_route *route;
  const char *rest;  // what "*" matched
  sl_text body;
  int64_t started_ns;
  int refused;    // an answer was queued before the body came
  int too_large;  // the body grew past its limit
} sl_request;

typedef struct sl_route {
  const char *method, *pattern;
  sl_access access;
  size_t body_max;
  enum MHD_Result (*answer)(sl_request *request);
  const char *help;
} sl_route;

extern const sl_route sl_routes[];
extern const size_t sl_routes_count;

const char *sl_request_header(const sl_request *request, const char *name);  // NULL when absent

// Finds the route; NULL when no pattern matches. *rest is what "*" stands for.
const sl_route *sl_route_match(const char *method, const char *path, const char **rest);

// Host, Origin, encoding and token checks; SL_OK lets the request through.
SL_MUST_CHECK sl_status sl_request_guard(const sl_request *request, unsigned *http_status,
                                         sl_error *err);

enum MHD_Result sl_answer_json(sl_request *request, unsigned status, const char *json, size_t size);
enum MHD_Result sl_answer_error(sl_request *request, unsigned status, const sl_error *err);
// HTTP status that belongs to an error.
unsigned sl_answer_status_of(const sl_error *err);
// Adds the security headers and queues; takes the response.
enum MHD_Result sl_answer_queue(sl_request *request, unsigned status,
                                struct MHD_Response *response);

#define SL_ROUTE(method, pattern, access, body_max, handler, help) \
  enum MHD_Result handler(sl_request *request);
#include "http/route_list.h"
#undef SL_ROUTE

#endif
