// SPDX-License-Identifier: Apache-2.0
// Every route: method, pattern ("*" at the end matches the rest), who may ask, most body bytes,
// handler, what it answers. Include with SL_ROUTE defined. Order matters: the first match wins.
SL_ROUTE(GET, "/v1/version", OPEN, 0, sl_route_version, "Version of the server.")
SL_ROUTE(POST, "/v1/session", OPEN, 1024, sl_route_session, "Trades the token for a cookie.")
SL_ROUTE(POST, "/v1/op/*", SIGNED_IN, 4194304, sl_route_op,
         "Runs an operation; 202 with a job when it is slow.")
SL_ROUTE(POST, "/v1/check/*", SIGNED_IN, 4194304, sl_route_check,
         "Checks parameters and fills in defaults.")
SL_ROUTE(GET, "/v1/job/*", SIGNED_IN, 0, sl_route_job, "State and result of a job.")
SL_ROUTE(GET, "/v1/events", SIGNED_IN, 0, sl_route_events, "Server-sent events of jobs.")
SL_ROUTE(GET, "/v1/blob/*", SIGNED_IN, 0, sl_route_blob, "Bytes by key.")
SL_ROUTE(GET, "/v1/*", SIGNED_IN, 0, sl_route_nothing, "404.")
SL_ROUTE(GET, "/*", OPEN, 0, sl_route_page, "The pages.")
