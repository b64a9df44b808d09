// SPDX-License-Identifier: Apache-2.0
// Passes without options (pass_list.h): a graph in and out, equal outputs in ONNX Runtime, twice is
// once. raise has tests of its own (raise_test.c).
#include "pass_testing.h"

#include "pass/prepare.h"

// ---- dead, dedupe -------------------------------------------------------------------------------

static void dead_drops_what_no_output_needs(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 2, DIMS(-1, 4));
  sl_value_id unused = net_weight(&n, "unused", 1, DIMS(4), -1, 1);
  APPLY(&n, "Add", "waste", APPLY(&n, "Relu", "idle", x), unused);
  sl_value_id wanted = APPLY(&n, "Tanh", "wanted", x);
  APPLY(&n, "Exp", "watched", wanted);
  sl_graph_add_output(n.graph, APPLY(&n, "Relu", "y", x));
  sl_pass_context keep = {.keep = (const char *const[]){"watched"}, .keep_count = 1};
  check_pass(&n, "dead", &keep, 0);
  assert_int_equal(net_count(n.graph, NULL), 3);
  assert_int_equal(sl_graph_find(n.graph, "unused"), 0);
  assert_int_not_equal(sl_graph_find(n.graph, "watched"), 0);
  check_pass(&n, "dead", NULL, 0);
  assert_int_equal(net_count(n.graph, NULL), 1);
  sl_arena_free(n.arena);
}

static void dedupe_joins_equals(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 2, DIMS(-1, 4));
  const float ones[4] = {1, 1, 1, 1}, twos[4] = {2, 2, 2, 2};
  sl_value_id a = sl_graph_add_constant(n.graph, "a", SL_ELEMENT_F32, 1, DIMS(4), ones);
  sl_value_id b = sl_graph_add_constant(n.graph, "b", SL_ELEMENT_F32, 1, DIMS(4), ones);
  sl_value_id c = sl_graph_add_constant(n.graph, "c", SL_ELEMENT_F32, 1, DIMS(4), twos);
  sl_value_id left = APPLY(&n, "Tanh", "left", APPLY(&n, "Add", "xa", x, a));
  sl_value_id right = APPLY(&n, "Tanh", "right", APPLY(&n, "Add", "xb", x, b));
  sl_value_id other = APPLY(&n, "Tanh", "other", APPLY(&n, "Add", "xc", x, c));
  sl_graph_add_output(n.graph, APPLY(&n, "Sum", "y", left, right, other));
  check_pass(&n, "dedupe", NULL, 0);
  assert_int_equal(net_count(n.graph, "Tanh"), 2);
  assert_int_equal(net_count(n.graph, "Add"), 2);
  assert_int_equal(sl_graph_find(n.graph, "b"), 0);
  sl_arena_free(n.arena);
}

// ---- fold ---------------------------------------------------------------------------------------

// x.view(x.shape[0], x.shape[1] * 4, -1), as exporters write it.
static sl_value_id exported_view(net *n, sl_value_id x) {
  sl_value_id shape = APPLY(n, "Shape", "shape", x);
  sl_value_id zero = sl_graph_add_ints(n->graph, "zero", DIMS(0), 1);
  sl_value_id i0 = sl_graph_add_constant(n->graph, "i0", SL_ELEMENT_I64, 0, NULL, DIMS(0));
  sl_value_id i1 = sl_graph_add_constant(n->graph, "i1", SL_ELEMENT_I64, 0, NULL, DIMS(1));
  sl_value_id four = sl_graph_add_constant(n->graph, "four", SL_ELEMENT_I64, 0, NULL, DIMS(4));
  sl_value_id rows = APPLY(n, "Gather", "rows", shape, i0);
  sl_value_id wide = APPLY(n, "Mul", "wide", APPLY(n, "Gather", "columns", shape, i1), four);
  sl_value_id parts[3] = {APPLY(n, "Unsqueeze", "rows1", rows, zero),
                          APPLY(n, "Unsqueeze", "wide1", wide, zero),
                          sl_graph_add_ints(n->graph, "rest", DIMS(-1), 1)};
  sl_value_id target = net_with_int(n, net_apply(n, "Concat", "target", parts, 3), "axis", 0);
  return APPLY(n, "Reshape", "view", x, target);
}

static void fold_makes_targets_constant(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 4, DIMS(-1, 3, 4, 8));
  sl_graph_add_output(n.graph, APPLY(&n, "Relu", "y", exported_view(&n, x)));
  MUST(sl_onnx_infer(n.model, err));
  check_pass(&n, "fold", NULL, 0);
  assert_int_equal(net_count(n.graph, NULL), 2);
  sl_value_id view = sl_graph_find(n.graph, "view");
  int64_t target[3];
  assert_int_equal(
      sl_graph_constant_ints(n.graph, n.graph->nodes[net_maker(&n, view)].inputs[1], target, 3), 3);
  assert_int_equal(target[1], 12);
  sl_arena_free(n.arena);
}

static void fold_drops_what_changes_nothing(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 3, DIMS(-1, 3, 4)), v = APPLY(&n, "Relu", "start", x);
  v = APPLY(&n, "Identity", "same", v);
  v = APPLY(&n, "Dropout", "drop", v);
  v = net_with_int(&n, APPLY(&n, "Cast", "cast", v), "to", SL_ELEMENT_F32);
  v = net_with_ints(&n, APPLY(&n, "Transpose", "turn", v), "perm", DIMS(0, 1, 2), 3);
  v = APPLY(&n, "Reshape", "shape", v, sl_graph_add_ints(n.graph, "to", DIMS(-1, 3, 4), 3));
  v = APPLY(&n, "Pad", "pad", v, sl_graph_add_ints(n.graph, "pads", DIMS(0, 0, 0, 0, 0, 0), 6));
  v = APPLY(&n, "Slice", "slice", v, sl_graph_add_ints(n.graph, "from", DIMS(0), 1),
            sl_graph_add_ints(n.graph, "end", DIMS(INT64_MAX), 1),
            sl_graph_add_ints(n.graph, "axis", DIMS(1), 1));
  v = net_with_int(&n, APPLY(&n, "Concat", "one", v), "axis", 1);
  v = APPLY(&n, "Expand", "expand", v, sl_graph_add_ints(n.graph, "ones", DIMS(1, 3, 4), 3));
  sl_graph_add_output(n.graph, APPLY(&n, "Identity", "y", v));
  MUST(sl_onnx_infer(n.model, err));
  check_pass(&n, "fold", NULL, 0);
  assert_int_equal(net_count(n.graph, NULL), 1);
  assert_string_equal(n.graph->values[n.graph->outputs[0]].name, "y");
  sl_arena_free(n.arena);
}

// An exporter's as_strided: every element of a flat tensor, in order.
static void fold_sees_sizes_behind_a_gather(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 4, DIMS(1, 3, 1, 2));
  sl_value_id flat =
      APPLY(&n, "Reshape", "flat", x, sl_graph_add_ints(n.graph, "all", DIMS(-1), 1));
  sl_value_id index = sl_graph_add_constant(n.graph, "index", SL_ELEMENT_I64, 3, DIMS(1, 6, 1),
                                            DIMS(0, 1, 2, 3, 4, 5));
  sl_graph_add_output(n.graph, APPLY(&n, "Relu", "y", APPLY(&n, "Gather", "strided", flat, index)));
  check_pass(&n, "fold", NULL, 0);
  assert_int_equal(net_count(n.graph, "Gather"), 0);
  assert_int_equal(net_count(n.graph, "Reshape"), 2);
  sl_arena_free(n.arena);
}

static void fold_computes_constants(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 2, DIMS(-1, 3));
  sl_value_id w = net_weight(&n, "w", 2, DIMS(3, 3), -1, 1);
  sl_value_id turned = APPLY(&n, "Transpose", "turned", w);
  sl_value_id scaled =
      APPLY(&n, "Mul", "scaled", turned, net_weight(&n, "factor", 1, DIMS(3), 1, 2));
  sl_value_id root = APPLY(&n, "Sqrt", "root", APPLY(&n, "Abs", "abs", scaled));
  sl_value_id part =
      APPLY(&n, "Gather", "part", root, sl_graph_add_ints(n.graph, "pick", DIMS(2, 0, -2), 3));
  sl_graph_add_output(n.graph, APPLY(&n, "MatMul", "y", x, part));
  check_pass(&n, "fold", NULL, 1e-6);
  assert_int_equal(net_count(n.graph, NULL), 1);
  assert_non_null(sl_graph_constant(n.graph, sl_graph_find(n.graph, "part")));
  sl_arena_free(n.arena);
}

static sl_graph *branch(net *n, const char *name, const char *type) {
  sl_graph *graph = sl_graph_new(n->arena, n->graph, name);
  sl_value_id outer = sl_graph_add_value(graph, "x", SL_ORIGIN_OUTER);
  sl_graph_add_output(graph, sl_graph_apply(graph, type, name, "", &outer, 1, 1));
  return graph;
}

static sl_value_id add_if(net *n, sl_value_id condition) {
  sl_value_id y = APPLY(n, "If", "chosen", condition);
  sl_graph **graphs = SL_NEW_ARRAY(n->arena, sl_graph *, 2);
  graphs[0] = branch(n, "then", "Tanh");
  graphs[1] = branch(n, "else", "Exp");
  for (int i = 0; i < 2; i++)
    sl_graph_set_attribute(n->graph, net_maker(n, y),
                           &(sl_attribute){.name = i == 0 ? "then_branch" : "else_branch",
                                           .kind = SL_ATTRIBUTE_GRAPH,
                                           .count = 1,
                                           .graphs = &graphs[i]});
  return y;
}

static void fold_takes_branches(void **state) {
  (void)state;
  net n = net_new(17);
  net_input(&n, "x", 2, DIMS(-1, 3));
  sl_value_id no = sl_graph_add_constant(n.graph, "no", SL_ELEMENT_BOOL, 0, NULL, "\0");
  sl_graph_add_output(n.graph, APPLY(&n, "Relu", "y", add_if(&n, no)));
  check_pass(&n, "fold", NULL, 0);
  assert_int_equal(net_count(n.graph, "If"), 0);
  assert_int_equal(net_count(n.graph, "Exp"), 1);
  assert_int_equal(net_count(n.graph, NULL), 2);
  sl_arena_free(n.arena);
}

// ---- unroll -------------------------------------------------------------------------------------

// v -> v * 2 + x, as often as the loop says; x is a value outside.
static sl_graph *loop_body(net *n) {
  sl_graph *body = sl_graph_new(n->arena, n->graph, "body");
  sl_graph_add_input(body, "round", SL_ELEMENT_I64, 0, NULL);
  sl_value_id go = sl_graph_add_input(body, "go", SL_ELEMENT_BOOL, 0, NULL);
  sl_value_id v = sl_graph_add_input(body, "v", SL_ELEMENT_F32, -1, NULL);
  sl_value_id outer = sl_graph_add_value(body, "x", SL_ORIGIN_OUTER);
  sl_value_id twice = sl_graph_apply(body, "Add", "twice", "", VALUES(v, v), 2, 1);
  sl_graph_add_output(body, sl_graph_apply(body, "Identity", "goes_on", "", &go, 1, 1));
  sl_graph_add_output(body, sl_graph_apply(body, "Add", "next", "", VALUES(twice, outer), 2, 1));
  return body;
}

static void unroll_repeats_the_body(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 2, DIMS(-1, 3));
  sl_value_id rounds = sl_graph_add_constant(n.graph, "rounds", SL_ELEMENT_I64, 0, NULL, DIMS(3));
  sl_value_id loop = APPLY(&n, "Loop", "looped", rounds, 0, APPLY(&n, "Tanh", "start", x));
  sl_graph **body = SL_NEW(n.arena, sl_graph *);
  *body = loop_body(&n);
  sl_graph_set_attribute(
      n.graph, net_maker(&n, loop),
      &(sl_attribute){.name = "body", .kind = SL_ATTRIBUTE_GRAPH, .count = 1, .graphs = body});
  sl_graph_add_output(n.graph, APPLY(&n, "Relu", "y", loop));
  check_pass(&n, "unroll", NULL, 0);
  assert_int_equal(net_count(n.graph, "Loop"), 0);
  assert_int_equal(net_count(n.graph, "Add"), 6);
  assert_int_not_equal(sl_graph_find(n.graph, "looped"), 0);
  sl_arena_free(n.arena);
}

// ---- fuse_batch_norm ----------------------------------------------------------------------------

static sl_value_id add_norm(net *n, const char *name, sl_value_id x, int64_t channels) {
  return APPLY(n, "BatchNormalization", name, x, net_weight(n, "gamma", 1, &channels, 0.5, 2),
               net_weight(n, "beta", 1, &channels, -1, 1),
               net_weight(n, "mean", 1, &channels, -1, 1),
               net_weight(n, "var", 1, &channels, 0.5, 2));
}

static void check_fused(net *n, sl_value_id layer, int64_t channels, const sl_pass_context *keep,
                        int32_t left) {
  sl_graph_add_output(n->graph, APPLY(n, "Relu", "y", add_norm(n, "norm", layer, channels)));
  check_pass(n, "fuse_batch_norm", keep, 2e-6);
  assert_int_equal(net_count(n->graph, "BatchNormalization"), left);
  assert_int_not_equal(sl_graph_find(n->graph, "norm"), 0);
  sl_arena_free(n->arena);
}

static void batch_norm_goes_into_conv(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 4, DIMS(-1, 4, 5, 5));
  sl_value_id w = net_weight(&n, "w", 4, DIMS(6, 2, 3, 3), -0.2, 0.2);
  check_fused(&n, net_with_int(&n, APPLY(&n, "Conv", "conv", x, w), "group", 2), 6, NULL, 0);
}

static void batch_norm_goes_into_conv_transpose(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 4, DIMS(-1, 4, 5, 5));
  sl_value_id w = net_weight(&n, "w", 4, DIMS(4, 3, 2, 2), -0.2, 0.2);
  sl_value_id b = net_weight(&n, "b", 1, DIMS(6), -1, 1);
  check_fused(&n, net_with_int(&n, APPLY(&n, "ConvTranspose", "conv", x, w, b), "group", 2), 6,
              NULL, 0);
}

static void batch_norm_goes_into_gemm(void **state) {
  (void)state;
  for (int64_t turned = 0; turned < 2; turned++) {
    net n = net_new(17);
    sl_value_id x = net_input(&n, "x", 2, DIMS(-1, 4));
    sl_value_id w = net_weight(&n, "w", 2, turned ? DIMS(5, 4) : DIMS(4, 5), -0.4, 0.4);
    sl_value_id b = net_weight(&n, "b", 1, DIMS(5), -1, 1);
    sl_value_id gemm = net_with_int(&n, APPLY(&n, "Gemm", "gemm", x, w, b), "transB", turned);
    sl_graph_set_float(n.graph, net_maker(&n, gemm), "alpha", 0.5);
    sl_graph_set_float(n.graph, net_maker(&n, gemm), "beta", 1.5);
    check_fused(&n, gemm, 5, NULL, 0);
  }
}

static void batch_norm_stays_where_somebody_looks(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 4, DIMS(-1, 4, 5, 5));
  sl_value_id w = net_weight(&n, "w", 4, DIMS(6, 4, 3, 3), -0.2, 0.2);
  sl_pass_context keep = {.keep = (const char *const[]){"conv"}, .keep_count = 1};
  check_fused(&n, APPLY(&n, "Conv", "conv", x, w), 6, &keep, 1);
  n = net_new(17);
  x = net_input(&n, "x", 4, DIMS(-1, 4, 5, 5));
  w = net_weight(&n, "w", 4, DIMS(6, 4, 3, 3), -0.2, 0.2);
  sl_value_id conv = APPLY(&n, "Conv", "conv", x, w);
  sl_graph_add_output(n.graph, APPLY(&n, "Tanh", "second_reader", conv));
  check_fused(&n, conv, 6, NULL, 1);
}

// ---- inline -------------------------------------------------------------------------------------

static sl_value_id body_value(sl_graph *body, const char *type, const char *name,
                              const sl_value_id *inputs, int32_t count) {
  return sl_graph_apply(body, type, name, "", inputs, count, 1);
}

// own.leaky(x): LeakyRelu with alpha from the call; own.twice(x): two calls of it, the first with
// alpha given, the second with the default.
static void add_functions(net *n) {
  static const sl_opset opsets[] = {{"", 17}, {"own", 1}};
  static const float quarter[1] = {0.25f};
  static const sl_attribute defaults[] = {
      {.name = "slope", .kind = SL_ATTRIBUTE_FLOAT, .count = 1, .floats = quarter}};
  sl_function *functions = SL_NEW_ARRAY(n->arena, sl_function, 2);
  sl_graph *leaky = sl_graph_new(n->arena, NULL, "leaky"),
           *twice = sl_graph_new(n->arena, NULL, "twice");
  sl_value_id x = sl_graph_add_input(leaky, "v", SL_ELEMENT_NONE, -1, NULL);
  sl_value_id y = body_value(leaky, "LeakyRelu", "w", &x, 1);
  sl_graph_set_attribute(
      leaky, leaky->values[y].maker,
      &(sl_attribute){.name = "alpha", .kind = SL_ATTRIBUTE_FLOAT, .reference = "slope"});
  sl_graph_add_output(leaky, y);
  functions[0] = (sl_function){.domain = "own",
                               .name = "leaky",
                               .overload = "",
                               .opsets = opsets,
                               .opset_count = 2,
                               .defaults = defaults,
                               .default_count = 1,
                               .body = leaky};
  x = sl_graph_add_input(twice, "v", SL_ELEMENT_NONE, -1, NULL);
  sl_value_id first = body_value(twice, "leaky", "first", &x, 1);
  sl_value_id second = body_value(twice, "leaky", "second", &first, 1);
  sl_graph_set_node_type(twice, twice->values[first].maker, "own", "leaky");
  sl_graph_set_node_type(twice, twice->values[second].maker, "own", "leaky");
  sl_graph_set_float(twice, twice->values[first].maker, "slope", 0.5);
  sl_graph_add_output(twice, second);
  sl_graph_add_output(twice, body_value(twice, "Abs", "size", &x, 1));
  functions[1] = (sl_function){.domain = "own",
                               .name = "twice",
                               .overload = "",
                               .opsets = opsets,
                               .opset_count = 2,
                               .body = twice};
  n->model->functions = functions;
  n->model->function_count = 2;
  sl_graph_set_opset(n->model, "own", 1);
}

static void inline_expands_nested_calls(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 2, DIMS(-1, 5));
  sl_value_id call = sl_graph_apply(n.graph, "twice", "call", "", &x, 1, 2);
  sl_graph_set_node_type(n.graph, net_maker(&n, call), "own", "twice");
  n.graph->nodes[net_maker(&n, call)].name = "block";
  sl_graph_add_output(n.graph, APPLY(&n, "Sub", "y", call, call + 1));
  add_functions(&n);
  check_pass(&n, "inline", NULL, 0);
  assert_int_equal(n.model->function_count, 0);
  assert_int_equal(net_count(n.graph, "LeakyRelu"), 2);
  assert_int_not_equal(sl_graph_find(n.graph, "block/first"), 0);
  sl_node_id first = net_maker(&n, sl_graph_find(n.graph, "block/first"));
  sl_node_id last = net_maker(&n, sl_graph_find(n.graph, "call"));
  assert_true(sl_node_float(&n.graph->nodes[first], "alpha", 0) == 0.5);
  assert_true(sl_node_float(&n.graph->nodes[last], "alpha", 0) == 0.25);
  sl_arena_free(n.arena);
}

static void a_function_that_calls_itself_is_an_error(void **state) {
  (void)state;
  net n = net_new(17);
  sl_value_id x = net_input(&n, "x", 2, DIMS(-1, 5)), y = APPLY(&n, "leaky", "y", x);
  sl_graph_set_node_type(n.graph, net_maker(&n, y), "own", "leaky");
  sl_graph_add_output(n.graph, y);
  add_functions(&n);
  sl_graph *body = n.model->functions[0].body;
  sl_graph_set_node_type(body, body->values[body->outputs[0]].maker, "own", "leaky");
  sl_error err = {0};
  assert_int_equal(sl_pass_inline(n.model, NULL, &err), SL_E_MODEL);
  assert_string_equal(sl_error_message(&err),
                      "function \"leaky\" calls itself, or calls are nested deeper than 64");
  sl_arena_free(n.arena);
}

// ---- prepare ------------------------------------------------------------------------------------

static void prepare_makes_one_dialect(void **state) {
  (void)state;
  net n = net_new(11);
  sl_value_id x = net_input(&n, "x", 4, DIMS(-1, 3, 6, 6));
  sl_value_id conv = APPLY(&n, "Conv", "conv", x, net_weight(&n, "w", 4, DIMS(4, 3, 3, 3), -1, 1));
  sl_value_id act = APPLY(&n, "Relu", "act", add_norm(&n, "norm", conv, 4));
  sl_value_id flat = APPLY(&n, "Flatten", "flat", APPLY(&n, "GlobalAveragePool", "pool", act));
  sl_graph_add_output(n.graph, APPLY(&n, "Softmax", "y", APPLY(&n, "Identity", "same", flat)));
  outputs before = run_random(n.model, 2);
  MUST(sl_pass_prepare(n.model, NULL, err));
  outputs after = run_random(n.model, 2);
  same_outputs(&before, &after, 1e-6);
  assert_int_equal(sl_graph_opset(n.model, ""), 17);
  assert_int_equal(net_count(n.graph, NULL), 5);
  for (sl_value_id v = 1; v < n.graph->value_count; v++)
    if (n.graph->values[v].origin == SL_ORIGIN_NODE)
      assert_true(sl_type_is_known(&n.graph->values[v].type));
  free_outputs(&before);
  free_outputs(&after);
  sl_arena_free(n.arena);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(dead_drops_what_no_output_needs),
      cmocka_unit_test(dedupe_joins_equals),
      cmocka_unit_test(fold_makes_targets_constant),
      cmocka_unit_test(fold_drops_what_changes_nothing),
      cmocka_unit_test(fold_sees_sizes_behind_a_gather),
      cmocka_unit_test(fold_computes_constants),
      cmocka_unit_test(fold_takes_branches),
      cmocka_unit_test(unroll_repeats_the_body),
      cmocka_unit_test(batch_norm_goes_into_conv),
      cmocka_unit_test(batch_norm_goes_into_conv_transpose),
      cmocka_unit_test(batch_norm_goes_into_gemm),
      cmocka_unit_test(batch_norm_stays_where_somebody_looks),
      cmocka_unit_test(inline_expands_nested_calls),
      cmocka_unit_test(a_function_that_calls_itself_is_an_error),
      cmocka_unit_test(prepare_makes_one_dialect),
  };
  return cmocka_run_group_tests_name("pass", tests, NULL, NULL);
}
