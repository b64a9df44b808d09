// SPDX-License-Identifier: Apache-2.0
// Nodes computed on constants: shape arithmetic, data movement, elementwise operators, reductions.
//
// Integers are exact, floats are computed in double and rounded once. What is not computed here
// stays in the graph for the runtime.
//
// Invariant: sl_evaluate() either gives every output or none. Start at it.
#ifndef SL_PASS_EVALUATE_H
#define SL_PASS_EVALUATE_H

#include "graph/graph.h"

enum { SL_EVALUATE_RANK_MAX = 12 };

typedef struct sl_evaluation {
  sl_arena *arena;  // of results
  const sl_node *node;
  int64_t opset;
  const sl_constant *const *inputs;  // [input_count], NULL where left out
  int32_t input_count;
  int64_t elements_max;  // of an output
  sl_constant *outputs;  // [output_count], zeroed
  int32_t output_count;
} sl_evaluation;

// 1 when the outputs are computed; 0 when the operator or its types are not known here, an output
// would be too large, or the node is invalid.
int sl_evaluate(sl_evaluation *evaluation);

// ---- for the operators (evaluate_*.c) -----------------------------------------------------------

typedef int (*sl_evaluator)(sl_evaluation *e);
sl_evaluator sl_evaluate_move(const char *type);  // NULL when it is not of this family
sl_evaluator sl_evaluate_math(const char *type);
sl_evaluator sl_evaluate_reduce(const char *type);

const sl_constant *sl_evaluate_input(const sl_evaluation *e, int32_t slot);  // NULL: left out
// int64 or int32 input as numbers in the arena; -1 when it is left out or of another type.
int64_t sl_evaluate_ints(const sl_evaluation *e, int32_t slot, const int64_t **out);
// Output `slot` with zeroed data; NULL when it would be too large or the type has no whole bytes.
uint8_t *sl_evaluate_output(sl_evaluation *e, int32_t slot, int32_t element, int32_t rank,
                            const int64_t *dims);
// Output 0 with the data of `from` under other sizes; 0 when the count differs.
int sl_evaluate_alias(sl_evaluation *e, const sl_constant *from, int32_t rank, const int64_t *dims);
size_t sl_evaluate_size(int32_t element);  // bytes of one element; 0 for packed and unknown types
int sl_evaluate_is_int(int32_t element);   // bool and integers that int64 holds
int sl_evaluate_is_real(int32_t element);  // float16, float, double
void sl_evaluate_store_int(int32_t element, void *array, int64_t index, int64_t number);

// Sizes of a broadcast, of rank 12 at most; 0 when they do not fit.
int sl_evaluate_broadcast(int32_t *rank, int64_t *dims, const sl_constant *other);
// Strides (in elements) of `of` inside the broadcast sizes: 0 where it repeats.
void sl_evaluate_strides(const sl_constant *of, int32_t rank, const int64_t *dims,
                         int64_t *strides);
// Counts through all positions of `dims`, last first; offsets follow by their strides.
typedef struct sl_odometer {
  int32_t rank, operands;
  const int64_t *dims;
  int64_t at[SL_EVALUATE_RANK_MAX];
  int64_t strides[3][SL_EVALUATE_RANK_MAX];
  int64_t offset[3];
} sl_odometer;
void sl_odometer_next(sl_odometer *odometer);

#endif
