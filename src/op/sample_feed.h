// SPDX-License-Identifier: Apache-2.0
// Many samples as batches of prepared inputs: what "lens", "exemplars" and "parity" read.
//
// Invariant: a sample that cannot be read is counted with its reason, never passed over in silence.
// Start at sl_feed_open(), or sl_view_feed_open() for the samples of a view.
#ifndef SL_OP_SAMPLE_FEED_H
#define SL_OP_SAMPLE_FEED_H

#include "data/sample_reader.h"
#include "model/prep.h"
#include "op/opened.h"
#include "op/table_cache.h"

typedef struct sl_feed {
  sl_op_call *call;
  sl_prep *prep;
  sl_sample_reader *reader;
  sl_shape row;  // of one sample, without the batch
  sl_dtype dtype;
  size_t row_bytes;
  int64_t skipped;      // samples that could not be read
  const char *problem;  // why the first of them could not; NULL when there was none
} sl_feed;

// For the model and pipeline of an opened case; lives as long as the call.
SL_MUST_CHECK sl_status sl_feed_open(sl_op_call *call, const sl_opened *opened, sl_feed *out,
                                     sl_error *err);
// The samples with these ids as one tensor [*kept, ...] (release it). at[i] (room for `count`) is
// the position in `ids` of its row i. *kept may be 0: then there is no tensor.
SL_MUST_CHECK sl_status sl_feed_read(sl_feed *feed, const int64_t *ids, int64_t count,
                                     sl_tensor *out, int64_t *at, int64_t *kept, sl_error *err);
// "2 samples could not be read: ..."; NULL when all could.
const char *sl_feed_note(const sl_feed *feed);

// ---- the samples of a view ----------------------------------------------------------------------

typedef struct sl_view_feed {
  sl_feed feed;
  sl_open_view *view;
  const char *phase;       // of the progress
  int64_t *rows;           // table rows that are wanted, spread evenly
  int64_t wanted, done;    // rows
  int64_t batch;           // rows at once
  int64_t found;           // rows of the view
  sl_rec_sample *samples;  // of the last batch
} sl_view_feed;

typedef struct sl_view_ask {
  const char *run;
  sl_texts where;
  int64_t limit;  // samples at most
} sl_view_ask;

// Opens the view and, on its first sample, the model: sizes that a file leaves free are those of
// the data. `params->sample` and `tensor` are not looked at. Close both.
SL_MUST_CHECK sl_status sl_view_feed_open(sl_op_call *call, const sl_case_params *params,
                                          const sl_view_ask *ask, const char *const *keep,
                                          size_t keep_count, sl_opened *opened, sl_view_feed *out,
                                          sl_error *err);
// The next batch: input [*count, ...] and feed->samples[*count]; *count 0 ends. Tells progress,
// ends with SL_E_CANCELLED when the call is stopped.
SL_MUST_CHECK sl_status sl_view_feed_next(sl_view_feed *feed, sl_tensor *input, int64_t *count,
                                          sl_error *err);
void sl_view_feed_close(sl_view_feed *feed);  // a zeroed one is allowed

#endif
