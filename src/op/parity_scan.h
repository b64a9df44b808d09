// SPDX-License-Identifier: Apache-2.0
// Two models run over the same samples: what each says, how far layers part, and the few samples
// that are looked at more closely.
#ifndef SL_OP_PARITY_SCAN_H
#define SL_OP_PARITY_SCAN_H

#include "attrib/model_pair.h"
#include "op/sample_feed.h"

enum { SL_PARITY_CLOSE = 16 };  // samples looked at more closely, at most

typedef struct sl_parity_row {
  sl_rec_sample sample;           // sample id NULL for rows of a ready tensor
  int64_t pred_a, pred_b;         // -1 where an output is not a number
  double score_a, score_b;        // probability of the prediction
  double kl, max_score, max_raw;  // nats; largest |difference| of probabilities, of outputs
  bool is_finite;                 // both gave numbers; else the three above are NaN
} sl_parity_row;

typedef struct sl_parity_layer {
  sl_value_id a, b;
  const char *title;
  sl_divergence sum;
} sl_parity_layer;

// A sample that is looked at again, those that flip first, then those whose scores part most.
typedef struct sl_parity_close {
  int64_t row;      // among the rows
  sl_tensor input;  // [1, ...], of the first model
  float *a, *b;     // outputs
} sl_parity_close;

typedef struct sl_parity_scan {
  sl_op_call *call;
  sl_model_pair pair;
  sl_parity_layer *layers;
  int32_t layer_count;
  int64_t classes;
  double *room;         // [2 * classes]: probabilities of the row at hand
  bool softmax;         // outputs were no probabilities: a softmax was applied
  sl_record_list rows;  // sl_parity_row
  sl_parity_close close[SL_PARITY_CLOSE];
  int32_t close_count;
} sl_parity_scan;

// `input` [rows, ...] of the first model; samples[rows] (NULL for a ready tensor).
SL_MUST_CHECK sl_status sl_parity_scan_add(sl_parity_scan *scan, const sl_tensor *input,
                                           const sl_rec_sample *samples, sl_error *err);
void sl_parity_scan_release(sl_parity_scan *scan);

#endif
