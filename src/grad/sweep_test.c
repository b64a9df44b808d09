// SPDX-License-Identifier: Apache-2.0
// What the sweep does with a graph: which nodes get a gradient, sums, refusals, notes, overrides.
// Numbers are checked in tests/unit/grad_test.c.
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "grad/rule.h"

typedef struct bench {
  sl_arena *arena;
  sl_graph_model *model;
  sl_graph *graph;
  sl_value_id x;
} bench;

static const sl_dim dims[2] = {{.per_batch = 1}, {.fixed = 3}};

static bench make(void) {
  bench b = {.arena = sl_arena_new(NULL, "test")};
  b.model = sl_graph_model_new(b.arena);
  sl_graph_set_opset(b.model, "", 17);
  b.graph = b.model->graph = sl_graph_new(b.arena, NULL, "g");
  b.x = sl_graph_add_input(b.graph, "x", SL_ELEMENT_F32, 2, dims);
  return b;
}

static sl_value_id apply(bench *b, const char *type, const char *name, sl_value_id x,
                         sl_value_id y) {
  sl_value_id inputs[] = {x, y};
  sl_value_id value = sl_graph_apply(b->graph, type, name, name, inputs, y != 0 ? 2 : 1, 1);
  sl_graph_set_type(b->graph, value, SL_ELEMENT_F32, 2, dims);
  return value;
}

static sl_status append(bench *b, sl_value_id target, sl_value_id wrt, sl_grad_result *result,
                        sl_error *err) {
  return sl_grad_append(
      b->model,
      &(sl_grad_options){.targets = &target, .target_count = 1, .wrt = &wrt, .wrt_count = 1},
      result, err);
}

static int count(const bench *b, const char *type) {
  int found = 0;
  for (sl_node_id n = 1; n < b->graph->node_count; n++)
    found += sl_node_is(&b->graph->nodes[n], type);
  return found;
}

static void seeds_and_gradients_belong_to_the_graph(void **state) {
  (void)state;
  bench b = make();
  sl_value_id y = apply(&b, "Exp", "y", b.x, 0);
  sl_graph_add_output(b.graph, y);
  sl_grad_result result;
  assert_int_equal(append(&b, y, b.x, &result, NULL), SL_OK);
  assert_string_equal(b.graph->values[result.seeds[0]].name, "seed_y");
  assert_string_equal(b.graph->values[result.gradients[0]].name, "grad_x");
  assert_true(b.graph->values[result.seeds[0]].is_input);
  assert_true(b.graph->values[result.gradients[0]].is_output);
  assert_int_equal(b.graph->output_count, 2);
  const sl_type *type = &b.graph->values[result.gradients[0]].type;
  assert_true(type->rank == 2 && sl_dim_equal(type->dims[0], dims[0]));
  assert_int_equal(sl_graph_verify(b.graph, NULL), SL_OK);
  sl_arena_free(b.arena);
}

static void only_the_way_is_swept(void **state) {
  (void)state;
  bench b = make();
  sl_value_id before = apply(&b, "Sin", "before", b.x, 0);
  sl_value_id layer = apply(&b, "Exp", "layer", before, 0);
  sl_value_id aside = apply(&b, "Tanh", "aside", b.x, 0);
  sl_value_id y = apply(&b, "Mul", "y", layer, aside);
  int nodes = b.graph->node_count;
  sl_grad_result result;
  assert_int_equal(append(&b, y, layer, &result, NULL), SL_OK);
  // dy/dlayer is seed * aside: nothing of Sin, Exp or Tanh.
  assert_int_equal(b.graph->node_count, nodes + 1);
  assert_int_equal(count(&b, "Mul"), 2);
  sl_arena_free(b.arena);
}

static void many_readers_are_summed_at_once(void **state) {
  (void)state;
  bench b = make();
  sl_value_id p = apply(&b, "Exp", "p", b.x, 0), q = apply(&b, "Sin", "q", b.x, 0);
  sl_value_id r = apply(&b, "Add", "r", p, q), y = apply(&b, "Add", "y", r, b.x);
  sl_grad_result result;
  assert_int_equal(append(&b, y, b.x, &result, NULL), SL_OK);
  assert_int_equal(count(&b, "Sum"), 1);
  assert_int_equal(count(&b, "Add"), 2);
  sl_arena_free(b.arena);
}

static void what_nothing_depends_on_has_no_gradient(void **state) {
  (void)state;
  bench b = make();
  sl_value_id other = sl_graph_add_input(b.graph, "other", SL_ELEMENT_F32, 2, dims);
  sl_value_id y = apply(&b, "Exp", "y", b.x, 0);
  sl_grad_result result;
  assert_int_equal(append(&b, y, other, &result, NULL), SL_OK);
  assert_int_equal(result.gradients[0], 0);
  sl_arena_free(b.arena);
}

static void a_target_is_its_own_gradient(void **state) {
  (void)state;
  bench b = make();
  sl_value_id y = apply(&b, "Exp", "y", b.x, 0);
  sl_value_id targets[] = {y}, wrt[] = {y, y, b.x};
  sl_grad_result result;
  sl_grad_options options = {.targets = targets, .target_count = 1, .wrt = wrt, .wrt_count = 3};
  assert_int_equal(sl_grad_append(b.model, &options, &result, NULL), SL_OK);
  assert_int_not_equal(result.gradients[0], result.gradients[1]);
  assert_int_not_equal(result.gradients[0], result.seeds[0]);
  assert_int_equal(sl_graph_verify(b.graph, NULL), SL_OK);
  sl_arena_free(b.arena);
}

static void a_refused_operator_is_named(void **state) {
  (void)state;
  bench b = make();
  sl_value_id y = apply(&b, "Hardmax", "choice", b.x, 0);
  sl_value_id z = apply(&b, "Exp", "z", b.x, 0);
  sl_grad_result result;
  sl_error err = {0};
  assert_int_equal(append(&b, y, b.x, &result, &err), SL_E_UNSUPPORTED);
  assert_non_null(strstr(sl_error_message(&err), "node \"choice\" (Hardmax)"));
  assert_true(strlen(sl_error_hint(&err)) > 0);
  // Beside the way it does not matter.
  assert_int_equal(append(&b, z, b.x, &result, &err), SL_OK);
  sl_arena_free(b.arena);
}

static void an_operator_of_a_vendor_is_refused(void **state) {
  (void)state;
  bench b = make();
  sl_value_id y = apply(&b, "Exp", "y", b.x, 0);
  sl_graph_set_node_type(b.graph, b.graph->values[y].maker, "com.microsoft", "Exp");
  sl_grad_result result;
  sl_error err = {0};
  assert_int_equal(append(&b, y, b.x, &result, &err), SL_E_UNSUPPORTED);
  assert_non_null(strstr(sl_error_message(&err), "com.microsoft"));
  sl_arena_free(b.arena);
}

static void a_constant_operator_is_noted_once(void **state) {
  (void)state;
  bench b = make();
  sl_value_id p = apply(&b, "Floor", "p", b.x, 0), q = apply(&b, "Floor", "q", b.x, 0);
  sl_value_id r = apply(&b, "Add", "r", p, q), y = apply(&b, "Add", "y", r, b.x);
  sl_grad_result result;
  assert_int_equal(append(&b, y, b.x, &result, NULL), SL_OK);
  assert_int_equal(result.note_count, 1);
  assert_non_null(strstr(result.notes[0], "Floor"));
  assert_int_not_equal(result.gradients[0], 0);
  sl_arena_free(b.arena);
}

static void a_target_must_be_real(void **state) {
  (void)state;
  bench b = make();
  sl_value_id n = sl_graph_add_input(b.graph, "n", SL_ELEMENT_I64, 2, dims);
  sl_grad_result result;
  sl_error err = {0};
  assert_int_equal(append(&b, n, b.x, &result, &err), SL_E_UNSUPPORTED);
  assert_non_null(strstr(sl_error_message(&err), "\"n\""));
  sl_arena_free(b.arena);
}

static void an_unknown_shape_is_named(void **state) {
  (void)state;
  bench b = make();
  sl_value_id p = apply(&b, "Exp", "p", b.x, 0), y = apply(&b, "Exp", "y", p, 0);
  sl_graph_set_type(b.graph, p, SL_ELEMENT_F32, -1, NULL);
  sl_grad_result result;
  sl_error err = {0};
  assert_int_equal(append(&b, y, b.x, &result, &err), SL_E_UNSUPPORTED);
  assert_non_null(strstr(sl_error_message(&err), "shape of \"p\""));
  sl_arena_free(b.arena);
}

static sl_status doubled(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  const sl_node *n = sl_graph_node(sweep->graph, node);
  double factor = *(const double *)sl_sweep_context(sweep);
  sl_value_id x = n->inputs[0], g = sl_sweep_grad(sweep, n->outputs[0]);
  sl_sweep_add(sweep, x, sl_emit_scale(sweep, g, factor));
  return SL_OK;
}

static void an_override_takes_the_place_of_a_rule(void **state) {
  (void)state;
  bench b = make();
  sl_value_id y = apply(&b, "Exp", "y", b.x, 0);
  sl_grad_override override = {"Exp", doubled};
  double factor = 2;
  sl_grad_options options = {.targets = &y,
                             .target_count = 1,
                             .wrt = &b.x,
                             .wrt_count = 1,
                             .overrides = &override,
                             .override_count = 1,
                             .context = &factor};
  sl_grad_result result;
  assert_int_equal(sl_grad_append(b.model, &options, &result, NULL), SL_OK);
  const sl_node *node = &b.graph->nodes[b.graph->values[result.gradients[0]].maker];
  assert_string_equal(node->type, "Mul");
  assert_int_equal(node->inputs[0], result.seeds[0]);
  assert_true(sl_constant_number(sl_graph_constant(b.graph, node->inputs[1]), 0) == 2);
  sl_arena_free(b.arena);
}

static sl_status of_wrong_shape(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  const sl_node *n = sl_graph_node(sweep->graph, node);
  sl_value_id x = n->inputs[0], g = sl_sweep_grad(sweep, n->outputs[0]);
  sl_sweep_add(sweep, x, sl_emit_reduce_sum(sweep, g, (int64_t[]){1}, 1, 1));
  return SL_OK;
}

static void a_gradient_of_the_wrong_shape_is_our_bug(void **state) {
  (void)state;
  bench b = make();
  sl_value_id y = apply(&b, "Exp", "y", b.x, 0);
  sl_grad_override override = {"Exp", of_wrong_shape};
  sl_grad_options options = {.targets = &y,
                             .target_count = 1,
                             .wrt = &b.x,
                             .wrt_count = 1,
                             .overrides = &override,
                             .override_count = 1};
  sl_grad_result result;
  assert_int_equal(sl_grad_append(b.model, &options, &result, NULL), SL_E_BUG);
  sl_arena_free(b.arena);
}

// The runtime keeps a Mul in its blocked layout only when the sizes of both sides have one name.
static void what_is_emitted_has_the_name_of_the_batch(void **state) {
  (void)state;
  bench b = make();
  sl_dim named[2] = {{.per_batch = 1, .symbol = "images"}, {.fixed = 3}};
  sl_value_id x = b.graph->inputs[0];
  sl_graph_set_type(b.graph, x, SL_ELEMENT_F32, 2, named);
  sl_value_id p = apply(&b, "Relu", "p", x, 0), y = apply(&b, "Relu", "y", p, 0);
  sl_value_id forward = b.graph->value_count;
  sl_grad_result result;
  assert_int_equal(append(&b, y, x, &result, NULL), SL_OK);
  assert_false(b.graph->values[p].is_declared);
  int declared = 0;
  for (sl_value_id v = forward; v < b.graph->value_count; v++) {
    const sl_value *value = &b.graph->values[v];
    if (value->origin != SL_ORIGIN_NODE) continue;
    assert_true(value->is_declared);
    assert_string_equal(value->type.dims[0].symbol, "images");
    declared++;
  }
  assert_int_equal(declared, 4);
  sl_arena_free(b.arena);
}

static void the_table_says_what_it_knows(void **state) {
  (void)state;
  const char *why;
  assert_int_equal(sl_grad_state_of("Conv", &why), SL_GRAD_RULE);
  assert_int_equal(sl_grad_state_of("Hardmax", &why), SL_GRAD_REFUSED);
  assert_non_null(why);
  assert_int_equal(sl_grad_state_of("Floor", &why), SL_GRAD_ZERO);
  assert_int_equal(sl_grad_state_of("Convolve", NULL), SL_GRAD_UNKNOWN);
}

static void arithmetic_on_constants_is_done_here(void **state) {
  (void)state;
  bench b = make();
  sl_sweep sweep = {
      .model = b.model, .graph = b.graph, .scratch = b.arena, .opset = 17, .origin = "o"};
  sl_value_id two = sl_emit_number(&sweep, b.x, 2), three = sl_emit_number(&sweep, b.x, 3);
  sl_value_id six = sl_emit_mul(&sweep, two, three);
  assert_true(sl_constant_number(sl_graph_constant(b.graph, six), 0) == 6);
  assert_int_equal(sl_emit_scale(&sweep, b.x, 1), b.x);
  assert_int_equal(sl_emit_add(&sweep, b.x, sl_emit_number(&sweep, b.x, 0)), b.x);
  assert_int_equal(sl_emit_reduce_sum(&sweep, b.x, NULL, 0, 1), b.x);
  assert_int_equal(sl_emit_reshape(&sweep, b.x, dims, 2), b.x);
  assert_int_equal(b.graph->node_count, 1);
  sl_arena_free(b.arena);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(seeds_and_gradients_belong_to_the_graph),
      cmocka_unit_test(only_the_way_is_swept),
      cmocka_unit_test(many_readers_are_summed_at_once),
      cmocka_unit_test(what_nothing_depends_on_has_no_gradient),
      cmocka_unit_test(a_target_is_its_own_gradient),
      cmocka_unit_test(a_refused_operator_is_named),
      cmocka_unit_test(an_operator_of_a_vendor_is_refused),
      cmocka_unit_test(a_constant_operator_is_noted_once),
      cmocka_unit_test(a_target_must_be_real),
      cmocka_unit_test(an_unknown_shape_is_named),
      cmocka_unit_test(an_override_takes_the_place_of_a_rule),
      cmocka_unit_test(a_gradient_of_the_wrong_shape_is_our_bug),
      cmocka_unit_test(what_is_emitted_has_the_name_of_the_batch),
      cmocka_unit_test(the_table_says_what_it_knows),
      cmocka_unit_test(arithmetic_on_constants_is_done_here),
  };
  return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
