// SPDX-License-Identifier: Apache-2.0
// What an attribution is worth: measures of one map of one input.
//
// Places are ranked by the map summed over channels, maps of a layer's size made as large as the
// input (bilinear). Ties keep the order of places.
//
// Invariant: measures do not change the map. Start at sl_quality_open().
#ifndef SL_ATTRIB_MAP_QUALITY_H
#define SL_ATTRIB_MAP_QUALITY_H

#include "attrib/input_parts.h"

typedef struct sl_quality {
  sl_attrib_case work;
  sl_attribution scratch;  // runs of the measures
  const sl_variant *method;
  const sl_attribution *map;
  sl_input_plane plane;
  double *importance;  // [height * width]
} sl_quality;

// `call` has one sample. `method` made `map` from it. SL_E_ARG for several samples,
// SL_E_UNSUPPORTED when the map lies on no plane like the input's. After an error it is closed.
SL_MUST_CHECK sl_status sl_quality_open(const sl_attrib_call *call, const sl_variant *method,
                                        const sl_attribution *map, sl_quality *out, sl_error *err);
void sl_quality_close(sl_quality *quality);

typedef enum sl_quality_way {
  SL_QUALITY_INSERTION = 0,  // from the blurred input, the most important places first: high
  SL_QUALITY_DELETION        // from the input to the baseline: low
} sl_quality_way;
// curve[steps + 1] and the area below it (trapezoids over [0, 1]): the target's probability where
// the target is one class of scores, else its value; *is_probability says which. RISE protocol
// (Petsiuk, Das, Saenko 2018, section 4.1); blur: Gaussian of 5 px over 11 x 11, edges repeated.
SL_MUST_CHECK sl_status sl_quality_curve(sl_quality *quality, sl_quality_way way, int64_t steps,
                                         double *curve, double *area, bool *is_probability,
                                         sl_error *err);

// ROAD (Rong et al. 2022): target with the least important places filled in less that with the most
// important ones, halved, mean over nine shares from 10 % to 90 %; `noise` (standard deviation) on
// what is filled in. High.
SL_MUST_CHECK sl_status sl_quality_road(sl_quality *quality, double noise, double *out,
                                        sl_error *err);

// Infidelity (Yeh et al. 2019, definition 2.1): mean over `copies` of normal noise I of the square
// of I . map less the target's change. Maps of a layer's size are shared out over channels. Low.
SL_MUST_CHECK sl_status sl_quality_infidelity(sl_quality *quality, int64_t copies, double noise,
                                              double *out, sl_error *err);

// Max-sensitivity (Yeh et al. 2019, definition 3.1): largest relative change (L2) of the map over
// `copies` inputs within `radius` in every element. Low.
SL_MUST_CHECK sl_status sl_quality_sensitivity(sl_quality *quality, int64_t copies, double radius,
                                               double *out, sl_error *err);

// Entropy of the map's shares by magnitude, in nats (Bhatt, Weller, Moura 2020, definition 3). Low.
double sl_quality_complexity(const sl_quality *quality);

// 1 when the most important place lies in the box (pointing game, Zhang et al. 2016), and the share
// of positive importance inside it. box: left, top, right, bottom in places of the input. High.
double sl_quality_pointing(const sl_quality *quality, const double box[4]);
double sl_quality_inside(const sl_quality *quality, const double box[4]);

// Sanity check (Adebayo et al. 2018): the model's weights are shuffled from the output down, in
// `levels` steps to all of them; correlations[levels] are rank correlations of magnitudes with the
// map. Low magnitudes. `path` and `options` open the model; SL_E_UNSUPPORTED when it has no float32
// weights.
SL_MUST_CHECK sl_status sl_quality_randomisation(sl_quality *quality, const char *path,
                                                 const sl_white_box_options *options,
                                                 int64_t levels, double *correlations,
                                                 sl_error *err);
// The map's sum over channels on the input's places, as above.
SL_MUST_CHECK sl_status sl_quality_places(const sl_attrib_case *work, const sl_input_plane *plane,
                                          const sl_tensor *values, double *out, sl_error *err);

#endif
