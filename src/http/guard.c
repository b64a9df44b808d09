// SPDX-License-Identifier: Apache-2.0
// Who may ask: the Host allow list (DNS rebinding), the Origin check (cross-site requests), request
// encodings and the token. Start at sl_request_guard().
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "http/request.h"

const char *sl_request_header(const sl_request *request, const char *name) {
  return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static int host_is_allowed(const sl_server *server, const char *host) {
  for (size_t i = 0; i < server->allowed_hosts_count; i++)
    if (strcasecmp(server->allowed_hosts[i], host) == 0) return 1;
  return 0;
}

static enum MHD_Result count_hosts(void *count, enum MHD_ValueKind kind, const char *key,
                                   const char *value) {
  (void)kind;
  (void)value;
  *(int *)count += strcasecmp(key, MHD_HTTP_HEADER_HOST) == 0;
  return MHD_YES;
}

// Two Hosts are two opinions of who is meant: neither counts.
static sl_status check_host(const sl_request *request, sl_error *err) {
  const char *host = sl_request_header(request, MHD_HTTP_HEADER_HOST);
  int hosts = 0;
  MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_hosts, &hosts);
  if (hosts == 1 && host != NULL && host_is_allowed(request->server, host)) return SL_OK;
  sl_fail(err, SL_E_DENIED, "this server does not answer to the host \"%.128s\"",
          host != NULL ? host : "");
  return sl_hint(err, SL_E_DENIED, "Start it with --allow-host NAME to reach it by that name.");
}

// "http://HOST" of an allowed host; anything else, "null" too, is another site.
static int origin_is_own(const sl_server *server, const char *origin) {
  if (sl_starts_with(origin, "http://")) return host_is_allowed(server, origin + 7);
  if (sl_starts_with(origin, "https://")) return host_is_allowed(server, origin + 8);
  return 0;
}

static sl_status check_origin(const sl_request *request, sl_error *err) {
  const char *origin = sl_request_header(request, MHD_HTTP_HEADER_ORIGIN);
  const char *site = sl_request_header(request, "Sec-Fetch-Site");
  int navigates = sl_streq(request->method, "GET") && request->route->access == SL_ACCESS_OPEN;
  int foreign = site != NULL && !sl_streq(site, "same-origin") && !sl_streq(site, "none");
  if (origin != NULL && !origin_is_own(request->server, origin))
    return sl_fail(err, SL_E_DENIED, "requests from the origin \"%.128s\" are refused", origin);
  if (foreign && !navigates)
    return sl_fail(err, SL_E_DENIED, "requests from another site are refused");
  return SL_OK;
}

static sl_status check_encoding(const sl_request *request, unsigned *http_status, sl_error *err) {
  const char *encoding = sl_request_header(request, MHD_HTTP_HEADER_CONTENT_ENCODING);
  const char *length = sl_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
  if (encoding != NULL && strcasecmp(encoding, "identity") != 0) {
    *http_status = MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    return sl_fail(err, SL_E_UNSUPPORTED, "encoded request bodies are not accepted");
  }
  if (length != NULL && sl_request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL) {
    *http_status = MHD_HTTP_BAD_REQUEST;
    return sl_fail(err, SL_E_ARG, "a request cannot have both a length and a transfer encoding");
  }
  int64_t size = 0;
  if (length != NULL && sl_parse_int(length, &size) && size > (int64_t)request->route->body_max) {
    *http_status = MHD_HTTP_CONTENT_TOO_LARGE;
    return sl_fail(err, SL_E_LIMIT, "the request body has %lld bytes, above the limit of %zu",
                   (long long)size, request->route->body_max);
  }
  return SL_OK;
}

static int equals_secret(const char *given, const char *secret) {
  return given != NULL && strlen(given) == SL_TOKEN_HEX &&
         sl_equal_constant_time(given, secret, SL_TOKEN_HEX);
}

static int is_signed_in(const sl_request *request) {
  const char *bearer = sl_request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
  if (bearer != NULL && sl_starts_with(bearer, "Bearer "))
    return equals_secret(bearer + 7, request->server->token);
  const char *cookie = MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND,
                                                   request->server->cookie_name);
  if (!equals_secret(cookie, request->server->session)) return 0;
  // A page of ours always names its origin when it writes.
  return sl_streq(request->method, "GET") ||
         sl_request_header(request, MHD_HTTP_HEADER_ORIGIN) != NULL;
}

sl_status sl_request_guard(const sl_request *request, unsigned *http_status, sl_error *err) {
  *http_status = MHD_HTTP_FORBIDDEN;
  SL_TRY(check_host(request, err));
  SL_TRY(check_origin(request, err));
  SL_TRY(check_encoding(request, http_status, err));
  if (request->route->access == SL_ACCESS_OPEN || is_signed_in(request)) return SL_OK;
  *http_status = MHD_HTTP_UNAUTHORIZED;
  sl_fail(err, SL_E_DENIED, "this needs the server's token");
  return sl_hint(err, SL_E_DENIED,
                 "Open the address that \"slitlamp serve\" printed, with everything after the #.");
}
