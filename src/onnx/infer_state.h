// SPDX-License-Identifier: Apache-2.0
// What the rules of inference share; for infer*.c only.
//
// A rule reads the types of its node's inputs and sets those of its outputs. What it cannot know it
// leaves unset. Invariant: a rule fails only on what can hold for no input of the model. The rules
// by operator are in infer_list.h; start at sl_infer_type() and sl_infer_set().
#ifndef SL_ONNX_INFER_STATE_H
#define SL_ONNX_INFER_STATE_H

#include "onnx/number.h"
#include "onnx/operator.h"

enum { SL_INFER_RANK_MAX = 64 };  // values with more dims have no known shape

typedef struct sl_inference {
  sl_graph_model *model;
  int64_t opset;
  sl_arena *scratch;  // for the whole run
  sl_onnx_contents *contents;
  sl_graph *graph;  // of the node at hand
  sl_node_id id;
  const sl_node *node;
  int64_t passes;  // over bodies of loops, in all
  sl_error *err;
} sl_inference;

// ---- inputs -------------------------------------------------------------------------------------

// Type of an input; the unknown type when it is left out. Good until the next sl_infer_set().
const sl_type *sl_infer_type(const sl_inference *i, int32_t slot);
int sl_infer_has(const sl_inference *i, int32_t slot);
// Contents of an input; NULL when they are not followed.
const sl_onnx_number *sl_infer_numbers(const sl_inference *i, int32_t slot, int64_t *count);
// Contents that are fixed integers; -1 when they are not, or more than `max`.
int64_t sl_infer_ints(const sl_inference *i, int32_t slot, int64_t *out, int64_t max);
// The first element of an input; unknown when it is not followed.
sl_onnx_number sl_infer_scalar(const sl_inference *i, int32_t slot);

// ---- attributes, with defaults of the operator set ----------------------------------------------

int64_t sl_infer_int(const sl_inference *i, const char *name, int64_t missing);
// 1 when the attribute is there, or has a default, and is `text`.
int sl_infer_is(const sl_inference *i, const char *name, const char *text);
const int64_t *sl_infer_list(const sl_inference *i, const char *name, int64_t *count);
// An axis counted from the front; SL_E_MODEL when it is not in [-rank, rank).
SL_MUST_CHECK sl_status sl_infer_axis(sl_inference *i, int64_t axis, int32_t rank, int32_t *out);
// Which axes a list of `count` names, as flags; SL_E_MODEL as above or when one comes twice.
SL_MUST_CHECK sl_status sl_infer_axes(sl_inference *i, const int64_t *axes, int64_t count,
                                      int32_t rank, bool *out);

// ---- outputs ------------------------------------------------------------------------------------

// Sets what is known of an output; without such an output it does nothing. `dims` are copied; -1
// for an unknown rank. SL_E_MODEL when the file declares something else.
SL_MUST_CHECK sl_status sl_infer_set(sl_inference *i, int32_t slot, int32_t element, int32_t rank,
                                     const sl_dim *dims);
// The shape of input `from`, with an element type of its own.
SL_MUST_CHECK sl_status sl_infer_set_like(sl_inference *i, int32_t slot, int32_t element,
                                          int32_t from);
SL_MUST_CHECK sl_status sl_infer_set_vector(sl_inference *i, int32_t slot, int32_t element,
                                            sl_dim size);
SL_MUST_CHECK sl_status sl_infer_set_scalar(sl_inference *i, int32_t slot, int32_t element);
// Room for dims; a copy of those of a type when it is not NULL.
sl_dim *sl_infer_dims(sl_inference *i, int32_t rank, const sl_type *from);

// SL_E_MODEL, with the node before the message.
sl_status sl_infer_fail(const sl_inference *i, const char *fmt, ...) SL_PRINTF(2, 3);
const char *sl_infer_shape_text(const sl_inference *i, int32_t slot);  // for messages

// ---- shapes -------------------------------------------------------------------------------------

// The size two dims have when they are one and the same; SL_E_MODEL when they cannot be.
SL_MUST_CHECK sl_status sl_infer_same_dim(sl_inference *i, sl_dim a, sl_dim b, const char *what,
                                          sl_dim *out);
// Sets *rank and dims[SL_INFER_RANK_MAX] to what the shapes a and b broadcast to, aligned at the
// last dim. Unknown when one is.
SL_MUST_CHECK sl_status sl_infer_broadcast(sl_inference *i, int32_t a_rank, const sl_dim *a,
                                           int32_t b_rank, const sl_dim *b, int32_t *rank,
                                           sl_dim *dims);

// Along each axis of the node's input 0, where Slice starts and how it goes on; 0 when not known.
int sl_slice_steps(sl_inference *i, int64_t *first, int64_t *steps);

// ---- contents (infer_content.c) -----------------------------------------------------------------

sl_onnx_contents *sl_contents_new(sl_arena *arena);
// The elements of a constant in `out`[SL_ONNX_CONTENT_MAX]; -1 when it is too large.
int64_t sl_contents_read(const sl_constant *constant, sl_onnx_number *out);
// `numbers` are copied; NULL for nothing.
void sl_contents_set(sl_onnx_contents *contents, const sl_graph *graph, sl_value_id value,
                     const sl_onnx_number *numbers, int64_t count);
// Types as the file declares them, kept at the first call for a graph; later calls put them back,
// and forget what was found of the values nodes make.
void sl_contents_enter(sl_onnx_contents *contents, sl_graph *graph);
// Contents of the outputs of the node at hand, from those of its inputs (infer_follow.c).
void sl_infer_follow(sl_inference *i);

// ---- rules and control --------------------------------------------------------------------------

typedef sl_status (*sl_infer_rule)(sl_inference *i);

#define SL_INFER(type, rule) SL_MUST_CHECK sl_status sl_infer_##rule(sl_inference *i);
#include "onnx/infer_list.h"
#undef SL_INFER

// A node with inner graphs is done in turns (infer_control.c).
typedef struct sl_infer_turns {
  int32_t stage;     // how many turns it had
  bool is_tolerant;  // faults in the graph asked for mean that it is not run
} sl_infer_turns;
// Sets *next to the inner graph to infer before the next turn, its inputs set; NULL when the node's
// outputs are set and it is done.
SL_MUST_CHECK sl_status sl_infer_control(sl_inference *i, sl_infer_turns *turns, sl_graph **next);

#endif
