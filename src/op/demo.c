// SPDX-License-Identifier: Apache-2.0
// Operation "demo": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct demo_params {
  bool train;
  bool serve;
  int64_t port;
  const char *html;
} demo_params;

#define P demo_params
static const sl_row params[] = {
    SL_P_BOOL(P, train, false, "Also evaluate on the 60,000 training images."),
    SL_P_BOOL(P, serve, true, "Serve the pages afterwards and print their address."),
    SL_P_INT(P, port, 0, 65535, 0, NULL, "Port of the pages; 0 takes a free one near 7171."),
    SL_P_PATH(P, html, 0, "Also write the report as one self-contained HTML file."), SL_ROW_END};
#undef P

/*RUN*/
const sl_op sl_op_demo = {.info = {.name = "demo",
                                   .title = "Demonstrate",
                                   .help = "Evaluate two small models on the 10,000 real test "
                                           "images of Fashion-MNIST and show what they get wrong.",
                                   .example = "slitlamp demo --no-serve",
                                   .since = "0.1.0",
                                   .flags = SL_OP_SLOW | SL_OP_WRITES | SL_OP_LOCAL | SL_OP_SERVES,
                                   .params = params,
                                   .params_size = sizeof(demo_params),
                                   .result = sl_rows_report,
                                   .result_size = sizeof(sl_rec_report)},
                          .run = NULL};
