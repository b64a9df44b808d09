// SPDX-License-Identifier: Apache-2.0
// Starting and stopping the server, and the way of a request: match, guard, body, answer.
//
// A thread per connection, at most CONNECTIONS_MAX of them; slow senders are cut off by inactivity
// (IDLE_S) and by total time (BODY_NS). Start at sl_server_start().
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "http/request.h"

enum {
  CONNECTIONS_MAX = 256,
  IDLE_S = 30,
  HEADER_BYTES_MAX = 32768,
  PORT_FIRST = 7171,
  PORT_TRIES = 64
};
#define BODY_NS INT64_C(60000000000)

// ---- a request ---------------------------------------------------------------------------------

static sl_request *begin_request(sl_server *server, struct MHD_Connection *connection,
                                 const char *path, const char *method) {
  sl_arena *arena = sl_arena_new(server->arena, "request");
  sl_request *request = SL_NEW(arena, sl_request);
  request->arena = arena;
  request->server = server;
  request->connection = connection;
  request->method = sl_arena_copy(arena, method);
  request->path = sl_arena_copy(arena, path);
  request->started_ns = sl_clock_ns();
  request->route = sl_route_match(request->method, request->path, &request->rest);
  return request;
}

static enum MHD_Result refuse(sl_request *request, unsigned status, const sl_error *err) {
  request->refused = 1;
  return sl_answer_error(request, status, err);
}

static enum MHD_Result check_head(sl_request *request) {
  sl_error err = {0};
  unsigned http_status;
  if (request->route == NULL) {
    sl_fail(&err, SL_E_ARG, "method %.16s is not answered here", request->method);
    return refuse(request, MHD_HTTP_METHOD_NOT_ALLOWED, &err);
  }
  if (sl_request_guard(request, &http_status, &err) != SL_OK)
    return refuse(request, http_status, &err);
  return MHD_YES;
}

// A body that grows past its limit is read to its end and dropped: an answer can only be given
// before the body or after it.
static enum MHD_Result take_body(sl_request *request, const char *bytes, size_t *size) {
  size_t count = *size;
  *size = 0;
  if (sl_clock_ns() - request->started_ns > BODY_NS) return MHD_NO;
  if (request->refused || request->too_large) return MHD_YES;
  request->too_large = request->body.size + count > request->route->body_max;
  if (!request->too_large) sl_text_append(&request->body, bytes, count);
  return MHD_YES;
}

static enum MHD_Result answer(sl_request *request) {
  sl_error err = {0};
  if (request->refused) return MHD_YES;
  if (!request->too_large) return request->route->answer(request);
  sl_fail(&err, SL_E_LIMIT, "the request body is above the limit of %zu bytes",
          request->route->body_max);
  return sl_answer_error(request, MHD_HTTP_CONTENT_TOO_LARGE, &err);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *size, void **state) {
  (void)version;
  sl_request *request = *state;
  if (request == NULL) {
    *state = request = begin_request(ctx, connection, path, method);
    return check_head(request);
  }
  if (*size > 0) return take_body(request, bytes, size);
  return answer(request);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
  (void)ctx;
  (void)connection;
  (void)code;
  sl_request *request = *state;
  if (request == NULL) return;
  sl_text_free(&request->body);
  sl_arena_free(request->arena);
  *state = NULL;
}

static void on_log(void *ctx, const char *fmt, va_list args) {
  (void)ctx;
  char line[512];
  vsnprintf(line, sizeof line, fmt, args);
  line[strcspn(line, "\n")] = '\0';
  sl_log(SL_LOG_DEBUG, "http: %s", line);
}

// Query strings are not decoded by us and paths are matched as they come: no "%2e", no "..".
static void *on_uri(void *ctx, const char *uri, struct MHD_Connection *connection) {
  (void)ctx;
  (void)uri;
  (void)connection;
  return NULL;
}

static size_t keep_escapes(void *ctx, struct MHD_Connection *connection, char *text) {
  (void)ctx;
  (void)connection;
  return strlen(text);
}

// ---- start and stop
// ------------------------------------------------------------------------------

static sl_status parse_address(const char *host, int port, struct sockaddr_storage *out,
                               socklen_t *size, int *is_loopback, sl_error *err) {
  memset(out, 0, sizeof *out);
  struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)out;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)out;
  if (sl_streq(host, "localhost")) host = "127.0.0.1";
  if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    *size = sizeof *v4;
    *is_loopback = (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    return SL_OK;
  }
  if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    *size = sizeof *v6;
    *is_loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0;
    return SL_OK;
  }
  sl_fail(err, SL_E_ARG, "\"%.128s\" is not an address to listen on", host);
  return sl_hint(err, SL_E_ARG, "Use 127.0.0.1, ::1 or an address of this machine.");
}

static int listen_on(const struct sockaddr_storage *address, socklen_t size) {
  int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (const struct sockaddr *)(const void *)address, size) != 0 || listen(fd, 128) != 0) {
    int reason = errno;
    close(fd);
    return -reason;
  }
  return fd;
}

static sl_status open_socket(sl_server *server, int wanted_port, int *out, sl_error *err) {
  int first = wanted_port != 0 ? wanted_port : PORT_FIRST;
  int tries = wanted_port != 0 ? 1 : PORT_TRIES;
  int reason = 0;
  for (int port = first; port < first + tries; port++) {
    struct sockaddr_storage address;
    socklen_t size = 0;
    SL_TRY(parse_address(server->host, port, &address, &size, &server->is_loopback, err));
    int fd = listen_on(&address, size);
    server->port = port;
    *out = fd;
    if (fd >= 0) return SL_OK;
    reason = -fd;
    if (reason != EADDRINUSE) break;
  }
  if (reason == EADDRINUSE) {
    sl_fail(err, SL_E_BUSY, "port %d on %s is in use", first, server->host);
    return sl_hint(err, SL_E_BUSY, "Leave out --port to take a free one, or name another.");
  }
  if (reason == EACCES)
    return sl_fail(err, SL_E_DENIED, "port %d may not be bound by this user", first);
  return sl_fail_errno(err, reason, "cannot listen on %s port %d", server->host, first);
}

static void allow_host(sl_server *server, size_t *count, const char *name, int with_port) {
  server->allowed_hosts[(*count)++] =
      with_port ? sl_arena_printf(server->arena, "%s:%d", name, server->port)
                : sl_arena_copy(server->arena, name);
}

static void allow_hosts(sl_server *server, const sl_server_options *options) {
  static const char *const own[] = {"127.0.0.1", "localhost", "[::1]"};
  size_t count = 0;
  server->allowed_hosts =
      SL_NEW_ARRAY(server->arena, const char *, 8 + 2 * options->allow_hosts_count);
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) allow_host(server, &count, own[i], 1);
  int is_v6 = strchr(server->host, ':') != NULL;
  if (!server->is_loopback)
    allow_host(server, &count,
               is_v6 ? sl_arena_printf(server->arena, "[%s]", server->host) : server->host, 1);
  for (size_t i = 0; i < options->allow_hosts_count; i++) {
    allow_host(server, &count, options->allow_hosts[i], 0);
    allow_host(server, &count, options->allow_hosts[i], 1);
  }
  server->allowed_hosts_count = count;
}

static void random_hex(char out[SL_TOKEN_HEX + 1]) {
  sl_hash bytes;
  sl_random_bytes(bytes.bytes, sizeof bytes.bytes);
  sl_hash_hex(&bytes, out);
}

static sl_status start_daemon(sl_server *server, int fd, sl_error *err) {
  server->daemon = MHD_start_daemon(
      MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
          MHD_USE_ERROR_LOG,
      0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
      MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
      MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
      (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES_MAX,
      MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL,
      MHD_OPTION_END);
  if (server->daemon != NULL) return SL_OK;
  close(fd);
  return sl_fail(err, SL_E_IO, "cannot start the server on %s port %d", server->host, server->port);
}

sl_status sl_server_start(sl_engine *engine, const sl_server_options *options, sl_server **out,
                          sl_error *err) {
  *out = NULL;
  sl_arena *arena = sl_arena_new(NULL, "server");
  sl_server *server = SL_NEW(arena, sl_server);
  server->arena = arena;
  server->engine = engine;
  server->host = sl_arena_copy(arena, options->host != NULL ? options->host : "127.0.0.1");
  random_hex(server->session);
  random_hex(server->token);
  if (options->token != NULL) snprintf(server->token, sizeof server->token, "%s", options->token);
  int fd;
  sl_status status = open_socket(server, options->port, &fd, err);
  if (status == SL_OK) {
    allow_hosts(server, options);
    snprintf(server->cookie_name, sizeof server->cookie_name, "slitlamp-%d", server->port);
    status = start_daemon(server, fd, err);
  }
  if (status != SL_OK) {
    sl_arena_free(arena);
    return status;
  }
  int is_v6 = strchr(server->host, ':') != NULL;
  server->url =
      sl_arena_printf(arena, is_v6 ? "http://[%s]:%d/#token=%s" : "http://%s:%d/#token=%s",
                      server->host, server->port, server->token);
  *out = server;
  return SL_OK;
}

const char *sl_server_url(const sl_server *server) { return server->url; }
int sl_server_port(const sl_server *server) { return server->port; }

void sl_server_stop(sl_server *server) {
  if (server == NULL) return;
  server->stopping = 1;
  MHD_stop_daemon(server->daemon);
  sl_arena_free(server->arena);
}
