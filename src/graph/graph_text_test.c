// SPDX-License-Identifier: Apache-2.0
// Tests of the text form: what is printed, that it reads back the same, and what is said of
// mistakes.
#include "graph/graph_text.h"

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int drop(void **state) {
  sl_arena_free(*state);
  return 0;
}

static sl_graph_model *parse(sl_arena *arena, const char *text) {
  sl_graph_model *model;
  sl_error err = {0};
  if (sl_graph_parse_text(arena, text, &model, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  return model;
}

// Lines of a main graph with one input.
static char *graph_of(sl_arena *arena, const char *lines) {
  return sl_arena_printf(arena, "ir 8\ngraph \"g\" {\n  input %%x : float[batch,4]\n%s}\n", lines);
}

static void expect_same(sl_arena *arena, const char *text) {
  assert_string_equal(sl_graph_text(arena, parse(arena, text)), text);
}

static void expect_error(sl_arena *arena, const char *text, sl_status wanted, const char *message) {
  sl_graph_model *model;
  sl_error err = {0};
  sl_status status = sl_graph_parse_text(arena, text, &model, &err);
  if (status != wanted || strstr(sl_error_message(&err), message) == NULL)
    fail_msg("wanted %s \"%s\", got %s \"%s\"", sl_status_name(wanted), message,
             sl_status_name(status), sl_error_message(&err));
  assert_null(model);
}

// ---- what is printed reads the same -------------------------------------------------------------

static void a_whole_model_reads_the_same(void **state) {
  expect_same(*state,
              "ir 10\n"
              "version 7\n"
              "producer \"a tool\"\n"
              "producer_version \"1.2\"\n"
              "domain \"net.example\"\n"
              "doc \"two lines\\nand \\\"quotes\\\"\"\n"
              "opset ai.onnx 17\n"
              "opset local.ops 1\n"
              "metadata \"classes\" \"a,b\"\n"
              "extra !a2060161\n"
              "graph \"main\" {\n"
              "  input %x : float[N@DATA_BATCH,3,224,224]@IMAGE\n"
              "  input %w : float[8]\n"
              "  constant %w = float[8] {1, 0.5, -0, 1e-30, 3.4028235e+38, 0.1, inf, -inf}\n"
              "  constant %\"odd name\" = string[2] {\"a\\x00b\", \"\"} : string[2] +!1a0161\n"
              "  %h, _, %mask = local.ops::Thing \"first\" (%x, _, %w) {alpha=0.5, beta=2} : "
              "~float[2N+1:batch,?], _, bool[...] extra !320161  # of another\n"
              "  %y = Relu(%h) {\"name with\"=1}\n"
              "  return %y, %x\n"
              "  extra !520161\n"
              "}\n"
              "function local.ops::Thing \"v2\" {\n"
              "  opset ai.onnx 17\n"
              "  attribute alpha\n"
              "  input %a\n"
              "  defaults {beta=1}\n"
              "  %b = Elu(%a) {alpha=$alpha:float}\n"
              "  return %b\n"
              "}\n");
}

static void inner_graphs_read_the_same(void **state) {
  const char *text = graph_of(*state,
                              "  %y = If(%x) {else_branch=graph \"e\" {\n"
                              "    return %x\n"
                              "  }, then_branch=graph \"t\" {\n"
                              "    outer %x : float[1,4]\n"
                              "    %z = Many(%x) {graphs=[graph \"a\" {\n"
                              "      %p = Neg(%x)\n"
                              "      return %p\n"
                              "    }, graph \"b\" {\n"
                              "    }], k=1}\n"
                              "    return %z\n"
                              "  }}\n"
                              "  return %y\n");
  sl_graph_model *model = parse(*state, text);
  const sl_attribute *branch = sl_node_attribute(&model->graph->nodes[1], "then_branch");
  const sl_graph *then = branch->graphs[0];
  const sl_attribute *graphs = sl_node_attribute(&then->nodes[1], "graphs");
  assert_int_equal(graphs->count, 2);
  assert_ptr_equal(graphs->graphs[0]->outer, then);
  assert_int_equal(graphs->graphs[0]->values[2].origin, SL_ORIGIN_OUTER);
  assert_int_equal(then->values[1].type.dims[0].fixed, 1);
}

static void attributes_keep_their_kind(void **state) {
  const char *text = graph_of(
      *state,
      "  %y = A(%x) {f=1.0, i=1, s=\"1\", t=tensor int64[1] {1}, fs=[1.0, nan, -0.0], is=[-1, 2], "
      "ss=[\"a\", \"\\\\\"], ts=[tensor float[] {2}, tensor uint4[3] !2101], nf=floats[], "
      "ni=ints[], ns=strings[], nt=tensors[], ng=graphs[], ty=type !0a01, sp=sparse_tensors !22}\n"
      "  return %y\n");
  const sl_node *node = &parse(*state, text)->graph->nodes[1];
  static const struct {
    const char *name;
    sl_attribute_kind kind;
    int64_t count;
  } cases[] = {{"f", SL_ATTRIBUTE_FLOAT, 1},          {"i", SL_ATTRIBUTE_INT, 1},
               {"s", SL_ATTRIBUTE_STRING, 1},         {"t", SL_ATTRIBUTE_TENSOR, 1},
               {"fs", SL_ATTRIBUTE_FLOATS, 3},        {"is", SL_ATTRIBUTE_INTS, 2},
               {"ss", SL_ATTRIBUTE_STRINGS, 2},       {"ts", SL_ATTRIBUTE_TENSORS, 2},
               {"nf", SL_ATTRIBUTE_FLOATS, 0},        {"ni", SL_ATTRIBUTE_INTS, 0},
               {"ns", SL_ATTRIBUTE_STRINGS, 0},       {"nt", SL_ATTRIBUTE_TENSORS, 0},
               {"ng", SL_ATTRIBUTE_GRAPHS, 0},        {"ty", SL_ATTRIBUTE_TYPE, 1},
               {"sp", SL_ATTRIBUTE_SPARSE_TENSORS, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const sl_attribute *found = sl_node_attribute(node, cases[i].name);
    assert_non_null(found);
    if (found->kind != cases[i].kind || found->count != cases[i].count)
      fail_msg("%s: kind %d, count %lld", cases[i].name, found->kind, (long long)found->count);
  }
  expect_same(*state, text);
}

static void numbers_are_exact(void **state) {
  const char *text =
      graph_of(*state,
               "  constant %i8 = int8[2] {-128, 127}\n"
               "  constant %u8 = uint8[1] {255}\n"
               "  constant %i64 = int64[2] {-9223372036854775808, 9223372036854775807}\n"
               "  constant %u64 = uint64[1] {18446744073709551615}\n"
               "  constant %f64 = double[2] {0.1, 1e-300}\n"
               "  constant %f16 = float16[3] {65504, 5.9604645e-08, 0.33325195}\n"
               "  constant %bf = bfloat16[2] {1, -3.015625}\n"
               "  constant %b = bool[2] {0, 1}\n"
               "  constant %f8 = float8e5m2[2] !3c7f\n"
               "  constant %nan = float[1] !0100c07f\n"
               "  constant %none = float[0,3] {}\n"
               "  constant %far = float[2] external \"w.bin\" 64\n"
               "  constant %sparse = sparse float[4] !0a00\n"
               "  return %x\n");
  const sl_graph *graph = parse(*state, text)->graph;
  double tenth = sl_constant_number(graph->values[sl_graph_find(graph, "f64")].constant, 0);
  assert_true(tenth == 0.1);
  assert_true(isnan(sl_constant_number(graph->values[sl_graph_find(graph, "nan")].constant, 0)));
  expect_same(*state, text);
}

static void floats_read_back_bit_for_bit(void **state) {
  enum { COUNT = 4000 };
  sl_graph_model *model = sl_graph_model_new(*state);
  model->graph = sl_graph_new(*state, NULL, "g");
  uint32_t *bits = SL_NEW_ARRAY(*state, uint32_t, COUNT);
  uint32_t random = 1;
  for (int i = 0; i < COUNT; i++) {
    random = random * 1664525 + 1013904223;
    bits[i] = (random & 0x7f800000) == 0x7f800000 ? random & 0x7fffff : random;
  }
  static const int64_t dims[] = {COUNT};
  sl_graph_add_constant(model->graph, "w", SL_ELEMENT_F32, 1, dims, bits);
  const sl_graph *back = parse(*state, sl_graph_text(*state, model))->graph;
  assert_memory_equal(back->values[1].constant->data.at, bits, COUNT * sizeof *bits);
}

static void nodes_may_stand_in_any_order(void **state) {
  const char *text = graph_of(*state,
                              "  %y = Relu(%h)  # a comment that is an origin\n"
                              "  # a line of its own\n"
                              "  %h = Neg(%x)\n"
                              "  return %y\n");
  const sl_graph *graph = parse(*state, text)->graph;
  assert_string_equal(graph->nodes[1].type, "Neg");
  assert_string_equal(graph->nodes[1].origin, "h");
  assert_string_equal(graph->nodes[2].origin, "a comment that is an origin");
}

static void sizes_that_grow_with_the_batch(void **state) {
  const char *text = graph_of(*state,
                              "  %y = A(%x) : float[N,2N-2,3N+2,\"N\",\"2N\",\"a b\",a.b,7,?]\n"
                              "  return %y\n");
  const sl_graph *graph = parse(*state, text)->graph;
  const sl_dim *dims = graph->values[sl_graph_find(graph, "y")].type.dims;
  assert_int_equal(dims[0].per_batch, 1);
  assert_int_equal(dims[0].fixed, 0);
  assert_int_equal(dims[1].per_batch, 2);
  assert_int_equal(dims[2].per_batch, 3);
  assert_int_equal(dims[2].fixed, 2);
  assert_string_equal(dims[3].symbol, "N");
  assert_int_equal(dims[3].fixed, SL_DIM_UNKNOWN);
  assert_string_equal(dims[5].symbol, "a b");
  assert_int_equal(dims[7].fixed, 7);
}

static void long_constants_are_abbreviated_when_asked(void **state) {
  sl_graph_model *model = parse(*state, graph_of(*state,
                                                 "  constant %w = int64[5] {1, 2, 3, 4, 5}\n"
                                                 "  return %x\n"
                                                 "  extra !520161\n"));
  sl_graph_text_options options = {.elements_max = 3, .hide_extra = true};
  const char *text = sl_graph_text_with(*state, model, &options);
  assert_non_null(strstr(text, "int64[5] {1, 2, 3, ...}"));
  assert_null(strstr(text, "extra"));
  expect_error(*state, text, SL_E_FORMAT, "expected a whole number");
}

// ---- mistakes -----------------------------------------------------------------------------------

static void mistakes_are_placed(void **state) {
  static const struct {
    const char *lines, *message;
  } cases[] = {
      {"  %y = Relu(%x\n", "line 5, column 1: expected ')'"},
      {"  %y = (%x)\n", "line 4, column 8: expected a name"},
      {"  %x = Relu(%x)\n", "a value of this name is there already"},
      {"  input %x\n", "a value of this name is there already"},
      {"  constant %c = float[3] {1, 2}\n", "has not as many elements"},
      {"  constant %c = uint8[1] {256}\n", "line 4, column 27: a number does not fit its type"},
      {"  constant %c = int4[2] {1, 2}\n", "written as bytes"},
      {"  constant %c = float[1] !0000\n", "not as many bytes"},
      {"  constant %c = float[4611686018427387904] {1}\n", "sizes of whole numbers"},
      {"  constant %c = float[?] {1}\n", "sizes of whole numbers"},
      {"  constant %c = string[1] {\"a}\n", "a string is not closed"},
      {"  constant %c = quux[1] {1}\n", "line 4, column 17: expected an element type"},
      {"  %y = A(%x) {a=1, a=2}\n", "an attribute is there twice"},
      {"  %y = A(%x) {a=what}\n", "expected a whole number"},
      {"  %y = A(%x) {a=[1, 2.5]}\n", "expected a whole number"},
      {"  %y = A(%x) : float[99999999999999999999]\n", "a number is too large"},
      {"  what\n", "line 4, column 3: expected '='"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    expect_error(*state, graph_of(*state, cases[i].lines), SL_E_FORMAT, cases[i].message);
  expect_error(*state, "", SL_E_FORMAT, "there is no graph");
  expect_error(*state, "graph \"g\" {}\ngraph \"h\" {}", SL_E_FORMAT, "second main graph");
  expect_error(*state, graph_of(*state, "  %y = Relu(%nobody)\n"), SL_E_MODEL,
               "reads \"nobody\", which nothing makes");
  expect_error(*state, graph_of(*state, "  return %nobody\n"), SL_E_MODEL, "nothing makes");
  expect_error(*state, graph_of(*state, "  %a = A(%b)\n  %b = B(%a)\n"), SL_E_MODEL,
               "depends on its own output");
}

static void deep_text_is_refused(void **state) {
  sl_text text = {0};
  sl_text_puts(&text, "graph \"g\" {\n");
  for (int i = 0; i < 20000; i++) sl_text_puts(&text, "= If() {then_branch=graph \"t\" {\n");
  expect_error(*state, sl_text_take(&text, *state), SL_E_LIMIT, "more than 64 levels");
}

static void every_cut_is_an_error(void **state) {
  const char *text = graph_of(*state,
                              "  constant %w = float[2] {1, 2}\n"
                              "  %y = If(%w) {t=graph \"t\" {\n"
                              "    return %x\n"
                              "  }, k=[1, 2]} : float[?,2]\n"
                              "  return %y\n");
  sl_arena *scratch = sl_arena_new(*state, "scratch");
  size_t size = strlen(text);
  for (size_t cut = 0; cut + 2 < size; cut++) {
    sl_graph_model *model;
    sl_error err = {0};
    char *part = sl_arena_copy_bytes(scratch, text, cut);
    if (sl_graph_parse_text(scratch, part, &model, &err) == SL_OK)
      fail_msg("cut at %zu reads", cut);
    assert_true(sl_error_message(&err)[0] != '\0');
    sl_arena_reset(scratch);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
  const struct CMUnitTest tests[] = {
      TEST(a_whole_model_reads_the_same),
      TEST(inner_graphs_read_the_same),
      TEST(attributes_keep_their_kind),
      TEST(numbers_are_exact),
      TEST(floats_read_back_bit_for_bit),
      TEST(nodes_may_stand_in_any_order),
      TEST(sizes_that_grow_with_the_batch),
      TEST(long_constants_are_abbreviated_when_asked),
      TEST(mistakes_are_placed),
      TEST(deep_text_is_refused),
      TEST(every_cut_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
