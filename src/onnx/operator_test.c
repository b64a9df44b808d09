// SPDX-License-Identifier: Apache-2.0
// Tests of the operator table, of defaults per operator set, and of the check of a model.
#include "onnx/operator.h"

#include <cmocka.h>
#include <string.h>

static int make(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int drop(void **state) {
  sl_arena_free(*state);
  return 0;
}

static void finds_the_row_of_an_operator_set(void **state) {
  (void)state;
  assert_null(sl_operator_find("Frobnicate", 17));
  assert_null(sl_operator_find("Gelu", 19));
  assert_int_equal(sl_operator_find("Gelu", 20)->since, 20);
  assert_non_null(sl_operator_find("Upsample", 9));
  assert_null(sl_operator_find("Upsample", 10));
  assert_int_equal(sl_operator_find("Conv", 7)->max_inputs, 3);
  assert_int_equal(sl_operator_find("Concat", 13)->max_inputs, SL_OPERATOR_ANY);
  assert_int_equal(sl_operator_find("Dropout", 13)->max_inputs, 3);
  assert_int_equal(sl_operator_find("Dropout", 10)->max_inputs, 1);
  assert_non_null(sl_operator_find("Xor", 7));
  assert_non_null(sl_operator_find("Abs", 7));
}

static void knows_defaults(void **state) {
  sl_arena *arena = *state;
  sl_node pool = {.domain = "", .type = "MaxPool"}, softmax = {.domain = "", .type = "Softmax"};
  assert_int_equal(sl_operator_int(13, &pool, "ceil_mode", -1), 0);
  assert_int_equal(sl_operator_int(9, &pool, "ceil_mode", -1), -1);
  assert_string_equal(sl_operator_string(arena, 13, &pool, "auto_pad"), "NOTSET");
  assert_null(sl_operator_string(arena, 13, &pool, "kernel_shape"));
  // What Softmax does without an axis changed with operator set 13.
  assert_int_equal(sl_operator_int(12, &softmax, "axis", 0), 1);
  assert_int_equal(sl_operator_int(13, &softmax, "axis", 0), -1);
}

static void prefers_the_attribute(void **state) {
  sl_arena *arena = *state;
  sl_graph *graph = sl_graph_new(arena, NULL, "g");
  sl_value_id x = sl_graph_add_input(graph, "x", SL_ELEMENT_F32, -1, NULL);
  sl_value_id y = sl_graph_apply(graph, "MaxPool", "y", "", &x, 1, 1);
  sl_node_id node = graph->values[y].maker;
  sl_graph_set_int(graph, node, "ceil_mode", 1);
  sl_graph_set_string(graph, node, "auto_pad", "VALID");
  assert_int_equal(sl_operator_int(13, &graph->nodes[node], "ceil_mode", 0), 1);
  assert_string_equal(sl_operator_string(arena, 13, &graph->nodes[node], "auto_pad"), "VALID");
}

// ---- the check ----------------------------------------------------------------------------------

static sl_graph_model *model_of(sl_arena *arena, const char *type, int32_t inputs, int64_t opset) {
  sl_graph_model *model = sl_graph_model_new(arena);
  model->graph = sl_graph_new(arena, NULL, "g");
  sl_graph_set_opset(model, "", opset);
  sl_value_id in[8];
  for (int32_t n = 0; n < inputs; n++)
    in[n] = sl_graph_add_input(model->graph, "x", SL_ELEMENT_F32, -1, NULL);
  sl_value_id y = sl_graph_add_value(model->graph, "y", SL_ORIGIN_NODE);
  sl_graph_add_node(model->graph, "", type, "conv1", in, inputs, &y, 1);
  sl_graph_add_output(model->graph, y);
  return model;
}

static void expect(const sl_graph_model *model, const char *message) {
  sl_error err = {0};
  sl_status status = sl_onnx_check(model, &err);
  assert_string_equal(sl_error_message(&err), message);
  assert_int_equal(status, message[0] == '\0' ? SL_OK : SL_E_MODEL);
}

static void names_the_node_and_the_operator(void **state) {
  sl_arena *arena = *state;
  expect(model_of(arena, "Conv", 2, 13), "");
  expect(model_of(arena, "Conv", 1, 13),
         "node \"conv1\" (Conv): has 1 input, the operator needs 2");
  expect(model_of(arena, "Conv", 4, 13),
         "node \"conv1\" (Conv): has 4 inputs, the operator takes 3 at most");
  expect(model_of(arena, "Konv", 2, 13), "node \"conv1\" (Konv): ai.onnx has no such operator");
  expect(model_of(arena, "Gelu", 1, 17),
         "node \"conv1\" (Gelu): the model imports operator set 17, which has no Gelu yet; it came "
         "with set 20");
  expect(model_of(arena, "Upsample", 2, 17),
         "node \"conv1\" (Upsample): the model imports operator set 17, which has no Upsample any "
         "more; it went after set 9");
  expect(model_of(arena, "MaxPool", 1, 13),
         "node \"conv1\" (MaxPool): attribute \"kernel_shape\" is missing");
}

static void suggests_the_attribute_that_was_meant(void **state) {
  sl_arena *arena = *state;
  sl_graph_model *model = model_of(arena, "Conv", 2, 13);
  sl_graph_set_ints(model->graph, 1, "stride", (int64_t[]){2, 2}, 2);
  expect(model, "node \"conv1\" (Conv): unknown attribute \"stride\"; did you mean \"strides\"?");
  model = model_of(arena, "Conv", 2, 13);
  sl_graph_set_int(model->graph, 1, "strides", 2);
  expect(model, "node \"conv1\" (Conv): attribute \"strides\" must be a list of integers");
  model = model_of(arena, "Conv", 2, 13);
  sl_graph_set_int(model->graph, 1, "zzz", 2);
  expect(model, "node \"conv1\" (Conv): unknown attribute \"zzz\" in operator set 13");
}

static void looks_into_branches(void **state) {
  sl_arena *arena = *state;
  sl_graph_model *model = model_of(arena, "If", 1, 13);
  sl_graph *branch = sl_graph_new(arena, model->graph, "branch");
  sl_value_id y = sl_graph_apply(branch, "Frobnicate", "inner", "", NULL, 0, 1);
  sl_graph_add_output(branch, y);
  sl_graph **list = SL_NEW(arena, sl_graph *);
  *list = branch;
  sl_attribute attribute = {.kind = SL_ATTRIBUTE_GRAPH, .count = 1, .graphs = list};
  attribute.name = "then_branch";
  sl_graph_set_attribute(model->graph, 1, &attribute);
  attribute.name = "else_branch";
  sl_graph_set_attribute(model->graph, 1, &attribute);
  expect(model, "node \"inner\" (Frobnicate): ai.onnx has no such operator");
}

static void leaves_other_domains_alone(void **state) {
  sl_arena *arena = *state;
  sl_graph_model *model = model_of(arena, "Konv", 2, 13);
  sl_graph_set_node_type(model->graph, 1, "com.example", "Konv");
  expect(model, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_the_row_of_an_operator_set),
      cmocka_unit_test_setup_teardown(knows_defaults, make, drop),
      cmocka_unit_test_setup_teardown(prefers_the_attribute, make, drop),
      cmocka_unit_test_setup_teardown(names_the_node_and_the_operator, make, drop),
      cmocka_unit_test_setup_teardown(suggests_the_attribute_that_was_meant, make, drop),
      cmocka_unit_test_setup_teardown(looks_into_branches, make, drop),
      cmocka_unit_test_setup_teardown(leaves_other_domains_alone, make, drop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
