// SPDX-License-Identifier: Apache-2.0
// Passes that take options: tap, cut, gate, free_batch; and the reading ones: difference, outline.
#include "pass_testing.h"

#include "pass/cut.h"
#include "pass/free_batch.h"
#include "pass/gate.h"
#include "pass/model_diff.h"
#include "pass/outline.h"
#include "pass/taps.h"

// conv - relu -+- conv2 -+- pool - view - fc, with names as TorchScript writes them.
//              +---------+
static sl_value_id named(net *n, const char *type, const char *path, const sl_value_id *inputs,
                         int32_t count) {
  sl_value_id y = net_apply(n, type, sl_arena_printf(n->arena, "%s_output_0", path), inputs, count);
  n->graph->nodes[net_maker(n, y)].name = sl_arena_copy(n->arena, path);
  return y;
}
#define NAMED(n, type, path, ...)                 \
  named((n), (type), (path), VALUES(__VA_ARGS__), \
        (int32_t)(sizeof VALUES(__VA_ARGS__) / sizeof(sl_value_id)))

static sl_value_id conv_of(net *n, const char *path, sl_value_id x, int64_t from, int64_t to,
                           int64_t stride) {
  const char *weight = sl_arena_printf(n->arena, "%s.weight", path);
  sl_value_id y =
      NAMED(n, "Conv", path, x, net_weight(n, weight, 4, DIMS(to, from, 3, 3), -0.3, 0.3));
  net_with_ints(n, y, "strides", DIMS(stride, stride), 2);
  return net_with_ints(n, y, "pads", DIMS(1, 1, 1, 1), 4);
}

static sl_value_id add_block(net *n, const char *block, sl_value_id x, int64_t from, int64_t to,
                             int64_t stride) {
  const char *path = sl_arena_printf(n->arena, "/%s/%s.0", block, block);
  sl_value_id a =
      NAMED(n, "Relu", sl_arena_printf(n->arena, "%s/relu/Relu", path),
            conv_of(n, sl_arena_printf(n->arena, "%s/conv1/Conv", path), x, from, to, stride));
  sl_value_id b = conv_of(n, sl_arena_printf(n->arena, "%s/conv2/Conv", path), a, to, to, 1);
  sl_value_id side =
      conv_of(n, sl_arena_printf(n->arena, "%s/down/Conv", path), x, from, to, stride);
  return NAMED(n, "Relu", sl_arena_printf(n->arena, "%s/relu_1/Relu", path),
               NAMED(n, "Add", sl_arena_printf(n->arena, "%s/Add", path), b, side));
}

static net residual_net(int64_t batch) {
  net n = net_new(17);
  sl_value_id x = net_input(&n, "image", 4, DIMS(batch, 3, 16, 16));
  sl_value_id stem = NAMED(&n, "Relu", "/relu/Relu", conv_of(&n, "/conv1/Conv", x, 3, 4, 2));
  sl_value_id one = add_block(&n, "layer1", stem, 4, 4, 1);
  sl_value_id two = add_block(&n, "layer2", one, 4, 8, 2);
  sl_value_id pool = NAMED(&n, "GlobalAveragePool", "/pool/GlobalAveragePool", two);
  sl_value_id flat = NAMED(&n, "Reshape", "/Reshape", pool,
                           sl_graph_add_ints(n.graph, "target", DIMS(batch, 8), 2));
  sl_value_id w = net_weight(&n, "fc.weight", 2, DIMS(8, 5), -1, 1);
  sl_value_id y = NAMED(&n, "Gemm", "/fc/Gemm", flat, w);
  sl_graph_rename(n.graph, y, "scores");
  sl_graph_add_output(n.graph, y);
  MUST(sl_onnx_infer(n.model, err));
  return n;
}
#define END_OF_LAYER1 "/layer1/layer1.0/relu_1/Relu_output_0"
#define END_OF_LAYER2 "/layer2/layer2.0/relu_1/Relu_output_0"

static sl_value_id find(const net *n, const char *name) {
  sl_value_id value;
  MUST(sl_tap_find(n->graph, NULL, name, &value, err));
  return value;
}

static net copy_of(const net *n) {
  net copy = *n;
  copy.model = sl_graph_model_copy(n->arena, n->model);
  copy.graph = copy.model->graph;
  return copy;
}

// ---- tap ----------------------------------------------------------------------------------------

static void tap_adds_outputs(void **state) {
  (void)state;
  net n = residual_net(-1);
  outputs before = run_random(n.model, 2);
  // By the name of a value, by that of a node, an input, an output.
  sl_value_id values[4] = {find(&n, END_OF_LAYER1), find(&n, "/pool/GlobalAveragePool"),
                           find(&n, "image"), find(&n, "scores")};
  sl_value_id made[4];
  sl_pass_tap(n.model, values, 4, made);
  MUST(sl_graph_verify(n.graph, err));
  outputs after = run_random(n.model, 2);
  assert_int_equal(after.count, 5);
  assert_int_equal(made[0], values[0]);
  assert_int_equal(after.at[1].shape.dims[1], 4);
  assert_true(largest_gap(&after.at[0], &before.at[0]) == 0);
  assert_true(largest_gap(&after.at[4], &before.at[0]) == 0);
  free_outputs(&before);
  free_outputs(&after);
  sl_arena_free(n.arena);
}

static void a_wrong_name_is_answered_with_a_near_one(void **state) {
  (void)state;
  net n = residual_net(-1);
  sl_value_id value;
  sl_error err = {0};
  assert_int_equal(sl_tap_find(n.graph, NULL, "/layer1/layer1.0/relu_1/Relo", &value, &err),
                   SL_E_NOT_FOUND);
  assert_string_equal(sl_error_message(&err),
                      "the model has no value or node \"/layer1/layer1.0/relu_1/Relo\"");
  assert_string_equal(sl_error_hint(&err), "did you mean \"/layer1/layer1.0/relu_1/Relu\"?");
  sl_arena_free(n.arena);
}

// ---- cut ----------------------------------------------------------------------------------------

static void a_suffix_goes_on_from_the_cut(void **state) {
  (void)state;
  net n = residual_net(-1), whole = copy_of(&n);
  sl_value_id from = find(&n, END_OF_LAYER1);
  sl_pass_tap(whole.model, &from, 1, NULL);
  outputs all = run_random(whole.model, 3);
  MUST(sl_pass_cut(n.model, &(sl_cut_options){.frontier = &from, .frontier_count = 1}, err));
  MUST(sl_graph_verify(n.graph, err));
  assert_int_equal(n.graph->input_count, 1);
  assert_int_equal(n.graph->inputs[0], from);
  assert_int_equal(sl_graph_find(n.graph, "image"), 0);
  outputs rest = run_with(n.model, &all.at[1]);
  assert_true(largest_gap(&all.at[0], &rest.at[0]) == 0);
  free_outputs(&all);
  free_outputs(&rest);
  sl_arena_free(n.arena);
}

static void refuse_cut(net *n, const char *from, const char *message) {
  sl_value_id value = find(n, from);
  sl_error err = {0};
  assert_int_equal(
      sl_pass_cut(n->model, &(sl_cut_options){.frontier = &value, .frontier_count = 1}, &err),
      SL_E_ARG);
  assert_string_equal(sl_error_message(&err), message);
}

static void a_cut_beside_the_way_is_refused(void **state) {
  (void)state;
  net n = residual_net(-1);
  refuse_cut(
      &n, "/layer2/layer2.0/conv1/Conv",
      "\"scores\" also depends on the input around "
      "\"/layer2/layer2.0/conv1/Conv_output_0\", through node \"/layer2/layer2.0/Add (Add)\"");
  sl_value_id stem = find(&n, "/relu/Relu");
  sl_graph_set_outputs(n.graph, &stem, 1);
  refuse_cut(&n, END_OF_LAYER1, "\"/relu/Relu_output_0\" does not depend on \"" END_OF_LAYER1 "\"");
  sl_arena_free(n.arena);
}

static void a_cut_may_leave_the_way_around(void **state) {
  (void)state;
  net n = residual_net(-1), whole = copy_of(&n);
  sl_value_id from = find(&n, "/layer2/layer2.0/conv1/Conv");
  sl_pass_tap(whole.model, &from, 1, NULL);
  outputs all = run_random(whole.model, 2);
  MUST(sl_pass_cut(
      n.model, &(sl_cut_options){.frontier = &from, .frontier_count = 1, .allow_around = 1}, err));
  assert_int_equal(n.graph->input_count, 2);
  sl_tensor image = random_input(&n.graph->values[n.graph->inputs[1]], 2, 11);
  sl_tensor both[2] = {all.at[1], image};
  outputs rest = run_with(n.model, both);
  assert_true(largest_gap(&all.at[0], &rest.at[0]) == 0);
  sl_tensor_release(&image);
  free_outputs(&all);
  free_outputs(&rest);
  sl_arena_free(n.arena);
}

// Reading the shape of the image is no dependence on the image: the batch is read off the cut.
static void shapes_do_not_hinder_a_cut(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 3, DIMS(-1, 2, 6));
  sl_value_id bias = net_weight(&n, "bias", 3, DIMS(1, 1, 6), -1, 1);
  sl_value_id wide = APPLY(&n, "Expand", "wide", bias, APPLY(&n, "Shape", "shape", x));
  sl_value_id a = APPLY(&n, "Tanh", "a", APPLY(&n, "Mul", "product", x, wide));
  sl_graph_add_output(n.graph, APPLY(&n, "Add", "y", a, wide));
  MUST(sl_onnx_infer(n.model, err));
  net whole = copy_of(&n);
  sl_pass_tap(whole.model, &a, 1, NULL);
  outputs all = run_random(whole.model, 3);
  MUST(sl_pass_cut(n.model, &(sl_cut_options){.frontier = &a, .frontier_count = 1}, err));
  outputs rest = run_with(n.model, &all.at[1]);
  assert_true(largest_gap(&all.at[0], &rest.at[0]) == 0);
  free_outputs(&all);
  free_outputs(&rest);
  sl_arena_free(n.arena);
}

// ---- gate ---------------------------------------------------------------------------------------

static void fill(sl_tensor *tensor, double number) {
  for (int64_t i = 0; i < sl_shape_count(&tensor->shape); i++)
    if (tensor->dtype == SL_DTYPE_F32)
      ((float *)tensor->data)[i] = (float)number;
    else
      ((uint8_t *)tensor->data)[i] = number != 0;
}

// Outputs with the gate's inputs filled with two numbers.
static outputs run_gated(const net *n, double first, double second) {
  sl_tensor inputs[3];
  for (int32_t i = 0; i < 3; i++)
    inputs[i] = random_input(&n->graph->values[n->graph->inputs[i]], 2, 11);
  fill(&inputs[1], first);
  fill(&inputs[2], second);
  outputs o = run_with(n->model, inputs);
  for (int32_t i = 0; i < 3; i++) sl_tensor_release(&inputs[i]);
  return o;
}

static net gated_net(const char *at, sl_gate_kind kind, sl_gate *gate) {
  net n = residual_net(-1);
  sl_gate_options options = {.value = find(&n, at), .kind = kind};
  MUST(sl_pass_gate(n.model, &options, gate, err));
  MUST(sl_graph_verify(n.graph, err));
  return n;
}

static void check_gate(const char *at, sl_gate_kind kind, double first, double second,
                       int32_t rank_of_ones) {
  net plain = residual_net(-1);
  outputs before = run_random(plain.model, 2);
  sl_gate gate;
  net n = gated_net(at, kind, &gate);
  const sl_type *type = &n.graph->values[gate.inputs[0]].type;
  int32_t ones = 0;
  for (int32_t d = 0; d < type->rank; d++) ones += sl_dim_is(type->dims[d], 1);
  assert_int_equal(ones, rank_of_ones);
  outputs open = run_gated(&n, first, second), shut = run_gated(&n, 1 - first, second);
  assert_true(largest_gap(&before.at[0], &open.at[0]) == 0);
  assert_true(largest_gap(&before.at[0], &shut.at[0]) > 1e-3);
  free_outputs(&before);
  free_outputs(&open);
  free_outputs(&shut);
  sl_arena_free(plain.arena);
  sl_arena_free(n.arena);
}

static void gates_change_what_follows(void **state) {
  (void)state;
  check_gate(END_OF_LAYER1, SL_GATE_CHANNEL, 1, 0, 2);
  check_gate(END_OF_LAYER1, SL_GATE_HEAD, 1, 0, 2);
  check_gate(END_OF_LAYER1, SL_GATE_REGION, 0, 5, 1);
  check_gate(END_OF_LAYER1, SL_GATE_ALL, 0, 5, 0);
  check_gate("scores", SL_GATE_CHANNEL, 1, 0, 0);
}

static void a_gate_leaves_the_value_itself_alone(void **state) {
  (void)state;
  sl_gate gate;
  net n = gated_net(END_OF_LAYER1, SL_GATE_CHANNEL, &gate), plain = residual_net(-1);
  sl_value_id value = find(&n, END_OF_LAYER1), same = find(&plain, END_OF_LAYER1);
  sl_pass_tap(n.model, VALUES(value, gate.gated), 2, NULL);
  sl_pass_tap(plain.model, &same, 1, NULL);
  outputs before = run_random(plain.model, 2), after = run_gated(&n, 0, 3);
  assert_true(largest_gap(&before.at[1], &after.at[1]) == 0);
  for (int64_t i = 0; i < sl_shape_count(&after.at[2].shape); i++)
    assert_true(((float *)after.at[2].data)[i] == 3);
  assert_string_equal(n.graph->values[gate.gated].name, END_OF_LAYER1 "_gated");
  free_outputs(&before);
  free_outputs(&after);
  sl_arena_free(plain.arena);
  sl_arena_free(n.arena);
}

static void a_gate_needs_the_right_rank(void **state) {
  (void)state;
  net n = residual_net(-1);
  sl_gate gate;
  sl_error err = {0};
  sl_gate_options options = {.value = find(&n, END_OF_LAYER1), .kind = SL_GATE_TOKEN};
  assert_int_equal(sl_pass_gate(n.model, &options, &gate, &err), SL_E_ARG);
  assert_string_equal(sl_error_message(&err),
                      "\"" END_OF_LAYER1
                      "\" is float[N,4,8,8]; tokens are the second of three axes");
  sl_arena_free(n.arena);
}

// ---- free_batch ---------------------------------------------------------------------------------

// Row `row` of the outputs of a run with many samples is the output for that sample alone.
static void check_rows_stay_apart(net *one, net *many) {
  sl_tensor three = random_input(&many->graph->values[many->graph->inputs[0]], 3, 5);
  outputs all = run_with(many->model, &three);
  int64_t size = sl_shape_count(&three.shape) / 3;
  int64_t width = sl_shape_count(&all.at[0].shape) / 3;
  assert_int_equal(all.at[0].shape.dims[0], 3);
  for (int64_t row = 0; row < 3; row++) {
    sl_tensor single = random_input(&one->graph->values[one->graph->inputs[0]], 1, 5);
    memcpy(single.data, (float *)three.data + row * size, (size_t)size * sizeof(float));
    outputs alone = run_with(one->model, &single);
    for (int64_t i = 0; i < width; i++)
      assert_true(fabsf(((float *)alone.at[0].data)[i] -
                        ((float *)all.at[0].data)[row * width + i]) < 1e-5f);
    sl_tensor_release(&single);
    free_outputs(&alone);
  }
  sl_tensor_release(&three);
  free_outputs(&all);
}

static void check_freed(net *n) {
  net many = copy_of(n);
  MUST(sl_pass_free_batch(many.model, err));
  MUST(sl_graph_verify(many.graph, err));
  check_rows_stay_apart(n, &many);
  sl_bytes once = net_bytes(&many);
  MUST(sl_pass_free_batch(many.model, err));
  sl_bytes twice = net_bytes(&many);
  assert_int_equal(once.size, twice.size);
  sl_arena_free(n->arena);
}

static void a_convolutional_net_is_freed(void **state) {
  (void)state;
  net n = residual_net(1);
  check_freed(&n);
}

// Tokens with a class token in front and attention over heads, as a vision transformer exported for
// one sample: [1,2,2,8] -> [1,4,8] -> [1,5,8] -> [1,2,5,4] -> ... -> [1,3].
static net token_net(void) {
  net n = net_new(17);
  sl_value_id x = net_input(&n, "patches", 4, DIMS(1, 2, 2, 8));
  sl_value_id tokens =
      APPLY(&n, "Reshape", "tokens", x, sl_graph_add_ints(n.graph, "to_tokens", DIMS(1, 4, 8), 3));
  sl_value_id first = net_weight(&n, "class_token", 3, DIMS(1, 1, 8), -1, 1);
  sl_value_id all = net_with_int(&n, APPLY(&n, "Concat", "with_class", first, tokens), "axis", 1);
  all = APPLY(&n, "Add", "placed", all, net_weight(&n, "positions", 3, DIMS(1, 5, 8), -1, 1));
  sl_value_id heads[3];
  for (int i = 0; i < 3; i++) {
    sl_value_id part = APPLY(&n, "MatMul", "part", all, net_weight(&n, "w", 2, DIMS(8, 8), -1, 1));
    part = APPLY(&n, "Reshape", "split", part,
                 sl_graph_add_ints(n.graph, "to_heads", DIMS(1, 5, 2, 4), 4));
    heads[i] = net_with_ints(&n, APPLY(&n, "Transpose", "head", part), "perm",
                             i == 1 ? DIMS(0, 2, 3, 1) : DIMS(0, 2, 1, 3), 4);
  }
  sl_value_id scores = APPLY(&n, "MatMul", "products", heads[0], heads[1]);
  sl_value_id attention = net_with_int(&n, APPLY(&n, "Softmax", "attention", scores), "axis", -1);
  sl_value_id mixed = APPLY(&n, "MatMul", "mixed", attention, heads[2]);
  mixed = net_with_ints(&n, APPLY(&n, "Transpose", "back", mixed), "perm", DIMS(0, 2, 1, 3), 4);
  mixed = APPLY(&n, "Reshape", "joined", mixed,
                sl_graph_add_ints(n.graph, "to_width", DIMS(1, 5, 8), 3));
  sl_value_id stream = APPLY(&n, "Add", "stream", all, mixed);
  sl_value_id index = sl_graph_add_constant(n.graph, "zero", SL_ELEMENT_I64, 0, NULL, DIMS(0));
  sl_value_id picked = net_with_int(&n, APPLY(&n, "Gather", "picked", stream, index), "axis", 1);
  sl_graph_add_output(
      n.graph, APPLY(&n, "MatMul", "scores", picked, net_weight(&n, "head", 2, DIMS(8, 3), -1, 1)));
  MUST(sl_onnx_infer(n.model, err));
  return n;
}

static void a_transformer_is_freed(void **state) {
  (void)state;
  net n = token_net();
  check_freed(&n);
}

static void what_mixes_samples_is_named(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 2, DIMS(1, 4));
  sl_value_id index = sl_graph_add_constant(n.graph, "zero", SL_ELEMENT_I64, 0, NULL, DIMS(0));
  sl_value_id row = net_with_int(&n, APPLY(&n, "Gather", "row", x, index), "axis", 0);
  sl_graph_add_output(n.graph, APPLY(&n, "Relu", "y", row));
  MUST(sl_onnx_infer(n.model, err));
  sl_bytes before = net_bytes(&n);
  sl_error err = {0};
  assert_int_equal(sl_pass_free_batch(n.model, &err), SL_E_UNSUPPORTED);
  assert_string_equal(sl_error_message(&err),
                      "the model runs one sample at a time: node \"row (Gather)\" picks samples");
  sl_bytes after = net_bytes(&n);
  assert_int_equal(before.size, after.size);
  assert_memory_equal(before.at, after.at, before.size);
  sl_arena_free(n.arena);
}

// ---- difference ---------------------------------------------------------------------------------

static void equal_models_have_no_difference(void **state) {
  (void)state;
  net a = residual_net(-1), b = residual_net(-1);
  sl_model_diff *diff = sl_model_diff_make(a.arena, a.model, b.model);
  assert_int_equal(diff->count, 0);
  assert_int_equal(diff->matched, net_count(a.graph, NULL));
  // Without names the structure is enough.
  for (sl_node_id n = 1; n < b.graph->node_count; n++) b.graph->nodes[n].name = "";
  for (sl_value_id v = 1; v < b.graph->value_count; v++)
    if (b.graph->values[v].origin == SL_ORIGIN_NODE && !b.graph->values[v].is_output)
      sl_graph_rename(b.graph, v, sl_arena_printf(b.arena, "v%d", v));
  diff = sl_model_diff_make(a.arena, a.model, b.model);
  assert_int_equal(diff->count, 0);
  assert_int_equal(diff->matched, net_count(a.graph, NULL));
  sl_arena_free(a.arena);
  sl_arena_free(b.arena);
}

static const sl_change *change_of(const sl_model_diff *diff, sl_change_kind kind) {
  for (int32_t i = 0; i < diff->count; i++)
    if (diff->changes[i].kind == kind) return &diff->changes[i];
  fail_msg("no change of kind %d", (int)kind);
  return NULL;
}

static void differences_are_told(void **state) {
  (void)state;
  net a = residual_net(-1), b = residual_net(-1);
  float *weight =
      (float *)(uintptr_t)sl_graph_constant(b.graph, sl_graph_find(b.graph, "fc.weight"))->data.at;
  weight[7] += 0.5f;
  sl_node_id conv = sl_graph_find_node(b.graph, "/conv1/Conv");
  sl_graph_set_ints(b.graph, conv, "dilations", DIMS(1, 1), 2);
  sl_node_id relu = sl_graph_find_node(b.graph, "/relu/Relu");
  sl_graph_set_node_type(b.graph, relu, "", "Tanh");
  sl_value_id scores = sl_graph_find(b.graph, "scores");
  sl_graph_add_output(b.graph, APPLY(&b, "Softmax", "probabilities", scores));
  sl_graph_set_opset(b.model, "", 18);
  sl_model_diff *diff = sl_model_diff_make(a.arena, a.model, b.model);
  assert_int_equal(diff->count, 6);
  const sl_change *change = change_of(diff, SL_CHANGE_WEIGHT);
  assert_string_equal(change->node, "/fc/Gemm (Gemm)");
  assert_string_equal(change->what, "fc.weight");
  assert_true(fabs(change->max_delta - 0.5) < 1e-6);
  assert_int_equal(change->differing, 1);
  change = change_of(diff, SL_CHANGE_ATTRIBUTE);
  assert_string_equal(change->what, "dilations");
  assert_string_equal(change->after, "1, 1");
  change = change_of(diff, SL_CHANGE_OPERATOR);
  assert_string_equal(change->before, "Relu");
  assert_string_equal(change->after, "Tanh");
  assert_string_equal(change_of(diff, SL_CHANGE_ADDED)->what, "Softmax");
  assert_string_equal(change_of(diff, SL_CHANGE_PORT)->what, "probabilities");
  assert_string_equal(change_of(diff, SL_CHANGE_OPSET)->after, "18");
  sl_arena_free(a.arena);
  sl_arena_free(b.arena);
}

// ---- outline ------------------------------------------------------------------------------------

static void check_layer(const sl_graph *graph, const sl_layer *layer, sl_layer_kind kind,
                        const char *value, int64_t h, int64_t w) {
  assert_int_equal(layer->kind, kind);
  assert_string_equal(graph->values[layer->value].name, value);
  assert_int_equal(layer->grid_h, h);
  assert_int_equal(layer->grid_w, w);
}

static void stages_of_a_convolutional_net_are_found(void **state) {
  (void)state;
  net n = residual_net(-1);
  sl_outline *outline = sl_outline_make(n.arena, n.graph);
  assert_int_equal(outline->names_are_used, 1);
  assert_int_equal(outline->block_count, 2);
  assert_string_equal(outline->blocks[0].title, "layer1.0");
  assert_string_equal(outline->blocks[1].title, "layer2.0");
  assert_string_equal(n.graph->values[outline->blocks[1].output].name, END_OF_LAYER2);
  assert_int_equal(outline->layer_count, 3);
  check_layer(n.graph, &outline->layers[0], SL_LAYER_MAP, END_OF_LAYER1, 8, 8);
  check_layer(n.graph, &outline->layers[1], SL_LAYER_MAP, END_OF_LAYER2, 4, 4);
  check_layer(n.graph, &outline->layers[2], SL_LAYER_SCORES, "scores", 0, 0);
  assert_int_equal(outline->target, 1);
  assert_int_equal(outline->layers[1].channel_axis, 1);
  assert_int_equal(outline->layers[1].is_stage_end, 1);
  sl_arena_free(n.arena);
}

static void tokens_and_attention_are_found(void **state) {
  (void)state;
  net n = token_net();
  MUST(sl_pass_free_batch(n.model, err));
  sl_outline *outline = sl_outline_make(n.arena, n.graph);
  const sl_layer *tokens = NULL, *attention = NULL;
  for (int32_t i = 0; i < outline->layer_count; i++) {
    if (outline->layers[i].kind == SL_LAYER_TOKENS) tokens = &outline->layers[i];
    if (outline->layers[i].kind == SL_LAYER_ATTENTION) attention = &outline->layers[i];
  }
  assert_non_null(tokens);
  assert_non_null(attention);
  check_layer(n.graph, tokens, SL_LAYER_TOKENS, "stream", 2, 2);
  assert_int_equal(tokens->extra_tokens, 1);
  assert_ptr_equal(tokens, &outline->layers[outline->target]);
  check_layer(n.graph, attention, SL_LAYER_ATTENTION, "attention", 0, 0);
  assert_int_equal(attention->heads, 2);
  assert_int_equal(attention->windows, 1);
  sl_arena_free(n.arena);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(tap_adds_outputs),
      cmocka_unit_test(a_wrong_name_is_answered_with_a_near_one),
      cmocka_unit_test(a_suffix_goes_on_from_the_cut),
      cmocka_unit_test(a_cut_beside_the_way_is_refused),
      cmocka_unit_test(a_cut_may_leave_the_way_around),
      cmocka_unit_test(shapes_do_not_hinder_a_cut),
      cmocka_unit_test(gates_change_what_follows),
      cmocka_unit_test(a_gate_leaves_the_value_itself_alone),
      cmocka_unit_test(a_gate_needs_the_right_rank),
      cmocka_unit_test(a_convolutional_net_is_freed),
      cmocka_unit_test(a_transformer_is_freed),
      cmocka_unit_test(what_mixes_samples_is_named),
      cmocka_unit_test(equal_models_have_no_difference),
      cmocka_unit_test(differences_are_told),
      cmocka_unit_test(stages_of_a_convolutional_net_are_found),
      cmocka_unit_test(tokens_and_attention_are_found),
  };
  return cmocka_run_group_tests_name("pass_edit", tests, NULL, NULL);
}
