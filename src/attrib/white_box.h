// SPDX-License-Identifier: Apache-2.0
// A deployed model opened: its prepared graph, and sessions of rewritten forms of it.
//
// A white box belongs to one model file and one input size; sessions (taps, suffixes, gradients)
// are built when first asked for and kept. All take and give batches: row n of every output belongs
// to row n of the input.
//
// Invariant: every session computes with the weights of the file, in place. Values are named as in
// the file. Start at sl_white_box_open().
#ifndef SL_ATTRIB_WHITE_BOX_H
#define SL_ATTRIB_WHITE_BOX_H

#include "grad/grad.h"
#include "ort/session.h"

typedef struct sl_white_box sl_white_box;

typedef struct sl_white_box_options {
  sl_provider provider;
  int32_t threads;  // inside one run; 0 = all processors
  sl_optimise optimise;
  // Shape of the (first) input; the first size is ignored where the model's batch is free. NULL:
  // the model's own sizes.
  const sl_shape *input_shape;
  const char *const *keep;  // names of values that must survive preparation; may be NULL
  size_t keep_count;
  // Called once with the model as loaded, to change its weights; may be NULL.
  void (*change)(void *ctx, sl_graph_model *model);
  void *change_ctx;
} sl_white_box_options;

// Maps the file. Errors of sl_onnx_load(), sl_pass_prepare() and the probe run.
SL_MUST_CHECK sl_status sl_white_box_open(sl_arena *arena, const char *path,
                                          const sl_white_box_options *options, sl_white_box **out,
                                          sl_error *err);
const sl_graph_model *sl_white_box_model(const sl_white_box *box);  // prepared; borrowed
const char *sl_white_box_name(const sl_white_box *box);             // file name, for messages
// The input that images go to (the first), and the output that holds the scores (the first).
sl_value_id sl_white_box_input(const sl_white_box *box);
sl_value_id sl_white_box_output(const sl_white_box *box);
int64_t sl_white_box_batch(const sl_white_box *box);  // fixed batch size, 0 when free

// A value by its name or by the name of a node (its first output). SL_E_NOT_FOUND with "did you
// mean". NULL gives the default output.
SL_MUST_CHECK sl_status sl_white_box_value(const sl_white_box *box, const char *name,
                                           sl_value_id *out, sl_error *err);

// One session of a rewritten graph. Borrowed from the box, alive as long as it. Different pieces
// may run at once from several threads; each counts its inputs as described.
typedef struct sl_piece {
  sl_session *session;
  int32_t input_count, output_count;
} sl_piece;

// Model inputs -> the given values.
SL_MUST_CHECK sl_status sl_white_box_tap(sl_white_box *box, const sl_value_id *values,
                                         int32_t count, const sl_piece **out, sl_error *err);
// `from` (as the first inputs, in place of what computes them) -> `to`. Where `to` depends on the
// model's inputs around `from` (a value inside a residual block), those follow as inputs. With
// from_count 0 it is a tap.
SL_MUST_CHECK sl_status sl_white_box_suffix(sl_white_box *box, const sl_value_id *from,
                                            int32_t from_count, const sl_value_id *to,
                                            int32_t to_count, const sl_piece **out, sl_error *err);

typedef struct sl_gradient_ask {
  const sl_value_id *targets;  // their seeds are inputs, of the shape of the target
  int32_t target_count;
  const sl_value_id *wrt;  // their gradients are outputs
  int32_t wrt_count;
  const sl_value_id *values;  // further outputs: forward values
  int32_t value_count;
  sl_value_id from;     // not 0: starts here instead of at the input (a suffix)
  const char *flavour;  // names the overrides, for the cache; NULL without overrides
  const sl_grad_override *overrides;
  int32_t override_count;
  void *context;
} sl_gradient_ask;
// Inputs: model inputs (or `from`), then seeds. Outputs: `values`, then gradients (zeros of the
// right shape where nothing depends). *notes (may be NULL): of sl_grad_result.
SL_MUST_CHECK sl_status sl_white_box_gradient(sl_white_box *box, const sl_gradient_ask *ask,
                                              const sl_piece **out, const char *const **notes,
                                              int32_t *note_count, sl_error *err);

SL_MUST_CHECK sl_status sl_piece_run(const sl_piece *piece, const sl_tensor *inputs,
                                     sl_tensor *outputs, sl_error *err);

#endif
