// SPDX-License-Identifier: Apache-2.0
// Operation "facets": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct facets_params {
  sl_view_params view;
  sl_texts fields;
  int64_t bins;
} facets_params;

typedef struct facets_result {
  int64_t total, matched;
  sl_records facets;
} facets_result;

#define P facets_params
static const sl_row params[] = {
    SL_ROWS_VIEW(P, view), SL_P_TEXTS(P, fields, 0, "Fields to count; all when left out."),
    SL_P_INT(P, bins, 1, 512, 40, NULL, "Bins of a histogram."), SL_ROW_END};
#undef P

#define R facets_result
static const sl_row result[] = {
    SL_R_INT(R, total, "samples", "Samples of the dataset version."),
    SL_R_INT(R, matched, "samples", "Samples in the view."),
    SL_R_RECORDS(R, facets, sl_rec_facet, sl_rows_facet, "One per field."), SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_facets = {
    .info =
        {.name = "facets",
         .title = "Count fields",
         .help =
             "Histograms and counts of every field, each under the clauses of the other fields.",
         .example = "slitlamp facets --where label=Shirt",
         .since = "0.1.0",
         .flags = SL_OP_PEEK,
         .params = params,
         .params_size = sizeof(facets_params),
         .result = result,
         .result_size = sizeof(facets_result)},
    .run = NULL};
