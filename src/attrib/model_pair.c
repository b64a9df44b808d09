// SPDX-License-Identifier: Apache-2.0
// Two models side by side.
#include "attrib/model_pair.h"

#include <math.h>
#include <string.h>

#include "attrib/row_run.h"

static const sl_graph *graph_of(const sl_white_box *box) { return sl_white_box_model(box)->graph; }

// ---- what corresponds ---------------------------------------------------------------------------

static int same_sizes(const sl_type *a, const sl_type *b) {
  if (a->rank != b->rank || a->rank < 1) return 0;
  for (int32_t d = 1; d < a->rank; d++)
    if (!sl_dim_equal(a->dims[d], b->dims[d])) return 0;
  return sl_element_is_float(a->element) && sl_element_is_float(b->element);
}

sl_status sl_model_pair_open(sl_arena *arena, sl_white_box *a, sl_white_box *b, sl_model_pair *out,
                             sl_error *err) {
  *out = (sl_model_pair){
      .a = a,
      .b = b,
      .diff = sl_model_diff_make(arena, sl_white_box_model(a), sl_white_box_model(b)),
      .uses_b = sl_graph_uses(graph_of(b), arena)};
  const sl_type *type_a = &graph_of(a)->values[sl_white_box_output(a)].type;
  const sl_type *type_b = &graph_of(b)->values[sl_white_box_output(b)].type;
  if (same_sizes(type_a, type_b)) return SL_OK;
  sl_fail(err, SL_E_ARG, "\"%s\" gives %s and \"%s\" gives %s: they cannot be compared",
          sl_white_box_name(a), sl_type_text(arena, type_a), sl_white_box_name(b),
          sl_type_text(arena, type_b));
  return sl_hint(err, SL_E_ARG, "Name two models of the same classes.");
}

// What the first reader of that type makes of a value; 0 when there is none.
static sl_value_id made_by(const sl_model_pair *pair, sl_value_id value, const char *type) {
  const sl_graph *b = graph_of(pair->b);
  for (int32_t u = pair->uses_b.first[value]; u < pair->uses_b.first[value + 1]; u++) {
    const sl_node *node = &b->nodes[pair->uses_b.at[u].node];
    if (sl_node_is(node, type)) return sl_node_output(node, 0);
  }
  return 0;
}

static sl_value_id after_rounding(const sl_model_pair *pair, sl_value_id value) {
  sl_value_id rounded = made_by(pair, value, "QuantizeLinear");
  sl_value_id back = rounded != 0 ? made_by(pair, rounded, "DequantizeLinear") : 0;
  return back != 0 ? back : value;
}

sl_value_id sl_model_pair_match(const sl_model_pair *pair, sl_value_id value_a) {
  const sl_graph *a = graph_of(pair->a), *b = graph_of(pair->b);
  const sl_value *v = &a->values[value_a];
  sl_value_id found = sl_graph_find(b, v->name);
  if (found == 0 || !same_sizes(&v->type, &b->values[found].type)) {
    sl_node_id node = v->origin == SL_ORIGIN_NODE ? pair->diff->node_of[v->maker] : 0;
    found = node != 0 ? sl_node_output(&b->nodes[node], v->maker_slot) : 0;
  }
  if (found == 0 || !same_sizes(&v->type, &b->values[found].type)) return 0;
  return after_rounding(pair, found);
}

sl_status sl_model_pair_input(const sl_model_pair *pair, const sl_tensor *input_a, sl_tensor *out,
                              sl_error *err) {
  const sl_graph *b = graph_of(pair->b);
  sl_dtype wanted = sl_element_dtype(b->values[sl_white_box_input(pair->b)].type.element);
  if (wanted == input_a->dtype) {
    *out = sl_tensor_rows(input_a, 0, input_a->shape.dims[0]);
    return SL_OK;
  }
  if (wanted == SL_DTYPE_F32) return sl_tensor_to_f32(input_a, out, err);
  if (wanted != SL_DTYPE_F16)
    return sl_fail(err, SL_E_UNSUPPORTED, "\"%s\" takes %s, the input is %s",
                   sl_white_box_name(pair->b), sl_dtype_name(wanted),
                   sl_dtype_name(input_a->dtype));
  SL_TRY(sl_tensor_new(wanted, &input_a->shape, out, err));
  int64_t count = sl_shape_count(&input_a->shape);
  for (int64_t i = 0; i < count; i++)
    sl_dtype_store(wanted, out->data, (size_t)i,
                   sl_dtype_load(input_a->dtype, input_a->data, (size_t)i));
  return SL_OK;
}

// ---- how far they part --------------------------------------------------------------------------

void sl_divergence_add(sl_divergence *sum, const sl_tensor *a, const sl_tensor *b) {
  int64_t rows = a->shape.dims[0], count = rows > 0 ? sl_shape_count(&a->shape) / rows : 0;
  for (int64_t row = 0; row < rows; row++) {
    const float *x = (const float *)a->data + row * count,
                *y = (const float *)b->data + row * count;
    double squares = 0, delta = 0;
    for (int64_t i = 0; i < count; i++) {
      double u = (double)x[i], v = (double)y[i];
      squares += u * u;
      delta += (v - u) * (v - u);
      sum->dot += u * v;
      sum->squares_b += v * v;
    }
    sum->squares_a += squares;
    sum->squares_delta += delta;
    double relative = delta == 0 ? 0 : sqrt(delta / squares);
    if (!(relative <= sum->worst)) sum->worst = relative;
  }
  sum->rows += rows;
}

double sl_divergence_relative(const sl_divergence *sum) {
  return sum->squares_delta == 0 ? 0 : sqrt(sum->squares_delta / sum->squares_a);
}

double sl_divergence_cosine(const sl_divergence *sum) {
  double scale = sqrt(sum->squares_a) * sqrt(sum->squares_b);
  return scale > 0 ? sum->dot / scale : NAN;
}

// ---- values of the second in the first ----------------------------------------------------------

static sl_status as_floats(sl_tensor *tensor, sl_error *err) {
  sl_tensor floats;
  if (tensor->dtype == SL_DTYPE_F32) return SL_OK;
  sl_status status = sl_tensor_to_f32(tensor, &floats, err);
  sl_tensor_release(tensor);
  if (status == SL_OK) *tensor = floats;
  return status;
}

static sl_status value_of_b(const sl_model_pair *pair, sl_value_id value, const sl_tensor *input,
                            sl_tensor *out, sl_error *err) {
  const sl_piece *piece;
  sl_tensor converted;
  sl_row_run how = {.rows = input->shape.dims[0], .fixed_batch = sl_white_box_batch(pair->b)};
  SL_TRY(sl_white_box_tap(pair->b, &value, 1, &piece, err));
  SL_TRY(sl_model_pair_input(pair, input, &converted, err));
  sl_status status = sl_piece_run_rows(piece, &how, &converted, out, err);
  sl_tensor_release(&converted);
  return status == SL_OK ? as_floats(out, err) : status;
}

sl_status sl_model_pair_patch(const sl_model_pair *pair, sl_value_id value_a, sl_value_id value_b,
                              const sl_tensor *input, sl_tensor *out, sl_error *err) {
  const sl_value *v = &graph_of(pair->a)->values[value_a];
  const sl_piece *piece;
  sl_value_id output = sl_white_box_output(pair->a);
  if (v->type.element != SL_ELEMENT_F32)
    return sl_fail(err, SL_E_UNSUPPORTED, "value \"%s\" is %s; only float32 can be replaced",
                   v->name, sl_element_name(v->type.element));
  SL_TRY(sl_white_box_suffix(pair->a, &value_a, 1, &output, 1, &piece, err));
  sl_tensor inputs[2] = {{0}, *input};
  if (piece->input_count > 2)
    return sl_fail(err, SL_E_UNSUPPORTED, "the model takes more than one input");
  SL_TRY(value_of_b(pair, value_b, input, &inputs[0], err));
  sl_row_run how = {.rows = input->shape.dims[0], .fixed_batch = sl_white_box_batch(pair->a)};
  sl_status status = sl_piece_run_rows(piece, &how, inputs, out, err);
  sl_tensor_release(&inputs[0]);
  return status == SL_OK ? as_floats(out, err) : status;
}

double sl_pair_moved(const float *a, const float *b, const float *patched, int64_t count) {
  double along = 0, whole = 0;
  for (int64_t i = 0; i < count; i++) {
    double way = (double)b[i] - (double)a[i];
    along += way * ((double)patched[i] - (double)a[i]);
    whole += way * way;
  }
  return whole > 0 ? along / whole : NAN;
}

// ---- what lies between --------------------------------------------------------------------------

static uint8_t *ancestors(const sl_graph *graph, sl_value_id value, sl_arena *arena) {
  uint8_t *wanted = SL_NEW_ARRAY(arena, uint8_t, graph->value_count + 1);
  wanted[value] = value != 0;
  for (sl_node_id n = graph->node_count - 1; n > 0; n--) {
    const sl_node *node = &graph->nodes[n];
    int needed = 0;
    for (int32_t i = 0; i < node->output_count; i++)
      needed |= node->outputs[i] != 0 && wanted[node->outputs[i]];
    for (int32_t i = 0; needed && !node->is_removed && i < node->input_count; i++)
      wanted[node->inputs[i]] = 1;
  }
  wanted[0] = 0;
  return wanted;
}

static int has_weights(const sl_node *node) {
  static const char *const types[] = {"Conv",        "ConvTranspose", "Gemm",
                                      "MatMul",      "Einsum",        "QLinearConv",
                                      "ConvInteger", "MatMulInteger", "QLinearMatMul"};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (sl_node_is(node, types[i])) return 1;
  return 0;
}

const sl_node_id *sl_model_pair_between(const sl_model_pair *pair, sl_arena *arena,
                                        sl_value_id from, sl_value_id to, int32_t *count) {
  const sl_graph *graph = graph_of(pair->a);
  sl_arena *scratch = sl_arena_new(NULL, "between");
  const uint8_t *before = ancestors(graph, from, scratch), *all = ancestors(graph, to, scratch);
  sl_node_id *list = SL_NEW_ARRAY(arena, sl_node_id, graph->node_count + 1);
  *count = 0;
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    sl_value_id value = sl_node_output(node, 0);
    if (!node->is_removed && value != 0 && has_weights(node) && all[value] && !before[value])
      list[(*count)++] = n;
  }
  sl_arena_free(scratch);
  return list;
}

int sl_model_pair_follows(const sl_model_pair *pair, sl_value_id from, sl_value_id to) {
  sl_arena *scratch = sl_arena_new(NULL, "follows");
  int follows = from != to && ancestors(graph_of(pair->a), to, scratch)[from];
  sl_arena_free(scratch);
  return follows;
}
