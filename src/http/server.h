// SPDX-License-Identifier: Apache-2.0
// The HTTP server: loopback by default, a random token, operations as POST, bytes by key, events.
//
// Invariant: a client never names a path of this machine; media go by id or key only. Start at
// route_list.h.
#ifndef SL_HTTP_SERVER_H
#define SL_HTTP_SERVER_H

#include <slitlamp/slitlamp.h>

typedef struct sl_server sl_server;

typedef struct sl_server_options {
  const char *host;                // NULL = "127.0.0.1"
  int port;                        // 0 = a free one, tried from 7171 upwards
  const char *const *allow_hosts;  // further Host names to answer to
  size_t allow_hosts_count;
  const char *token;  // NULL = random
} sl_server_options;

// Starts answering on threads of its own. SL_E_BUSY when a given port is in use (the hint says
// which process or which port is free), SL_E_DENIED when it may not be bound.
SL_MUST_CHECK sl_status sl_server_start(sl_engine *engine, const sl_server_options *options,
                                        sl_server **out, sl_error *err);
// "http://127.0.0.1:7171/#token=..." ; borrowed.
const char *sl_server_url(const sl_server *server);
int sl_server_port(const sl_server *server);
void sl_server_stop(sl_server *server);  // NULL is allowed; answers what is under way first

#endif
