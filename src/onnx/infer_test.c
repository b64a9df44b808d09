// SPDX-License-Identifier: Apache-2.0
// Tests of inference: rules on graphs built here, and whole models against onnx and ONNX Runtime.
//
// What is expected is written as sl_type_text() prints it, with the numbers of the ONNX operator
// documents; tests/goldens/make_infer_goldens.py makes the models.
#include "onnx/infer.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "onnx/model_file.h"

#define N ((sl_dim){.per_batch = 1})
#define OPEN SL_DIM(SL_DIM_UNKNOWN)
#define DIMS(...) \
  (sl_dim[]){__VA_ARGS__}, (int32_t)(sizeof((sl_dim[]){__VA_ARGS__}) / sizeof(sl_dim))
#define INTS(...) \
  (int64_t[]){__VA_ARGS__}, (int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define VALUES(...)             \
  (sl_value_id[]){__VA_ARGS__}, \
      (int32_t)(sizeof((sl_value_id[]){__VA_ARGS__}) / sizeof(sl_value_id))

static int make(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int drop(void **state) {
  sl_arena_free(*state);
  return 0;
}

// ---- graphs -------------------------------------------------------------------------------------

static sl_graph_model *new_model(sl_arena *arena, int64_t opset) {
  sl_graph_model *model = sl_graph_model_new(arena);
  model->graph = sl_graph_new(arena, NULL, "g");
  sl_graph_set_opset(model, "", opset);
  return model;
}

static sl_value_id image(sl_graph *graph, const sl_dim *dims, int32_t rank) {
  return sl_graph_add_input(graph, "x", SL_ELEMENT_F32, rank, dims);
}

static sl_value_id apply(sl_graph *graph, const char *type, const sl_value_id *inputs,
                         int32_t count) {
  return sl_graph_apply(graph, type, "y", "", inputs, count, 1);
}

static void set_ints(sl_graph *graph, sl_value_id value, const char *name, const int64_t *ints,
                     int64_t count) {
  sl_graph_set_ints(graph, graph->values[value].maker, name, ints, count);
}

static void set_int(sl_graph *graph, sl_value_id value, const char *name, int64_t number) {
  sl_graph_set_int(graph, graph->values[value].maker, name, number);
}

static void infer(sl_graph_model *model) {
  sl_error err = {0};
  if (sl_onnx_infer(model, &err) != SL_OK) fail_msg("%s", sl_error_message(&err));
}

static void expect(sl_graph_model *model, sl_value_id value, const char *text) {
  infer(model);
  assert_string_equal(sl_type_text(model->arena, &model->graph->values[value].type), text);
}

static void expect_fault(sl_graph_model *model, const char *text) {
  sl_error err = {0};
  assert_int_equal(sl_onnx_infer(model, &err), SL_E_MODEL);
  if (strstr(sl_error_message(&err), text) == NULL)
    fail_msg("wanted \"%s\", got \"%s\"", text, sl_error_message(&err));
}

// ---- windows ------------------------------------------------------------------------------------

static void expect_pool(sl_arena *arena, const char *type, int64_t size, const int64_t *kernel,
                        int64_t stride, int64_t pad, int64_t dilation, int is_ceil,
                        const char *text) {
  sl_graph_model *model = new_model(arena, 19);
  sl_value_id x = image(model->graph, DIMS(N, SL_DIM(3), SL_DIM(size)));
  sl_value_id y = apply(model->graph, type, &x, 1);
  set_ints(model->graph, y, "kernel_shape", kernel, 1);
  set_ints(model->graph, y, "strides", &stride, 1);
  set_ints(model->graph, y, "pads", INTS(pad, pad));
  set_ints(model->graph, y, "dilations", &dilation, 1);
  set_int(model->graph, y, "ceil_mode", is_ceil);
  expect(model, y, text);
}

static void slides_windows(void **state) {
  int64_t k3 = 3, k2 = 2;
  expect_pool(*state, "MaxPool", 224, &k3, 2, 1, 1, 0, "float[N,3,112]");
  expect_pool(*state, "MaxPool", 32, &k2, 2, 0, 1, 1, "float[N,3,16]");
  expect_pool(*state, "MaxPool", 112, &k3, 2, 0, 1, 1, "float[N,3,56]");
  // A last window that would start in the padding is left out.
  expect_pool(*state, "AveragePool", 3, &k2, 2, 1, 1, 1, "float[N,3,2]");
  expect_pool(*state, "AveragePool", 2, &k2, 3, 1, 1, 1, "float[N,3,1]");
  expect_pool(*state, "AveragePool", 9, &k3, 1, 0, 2, 0, "float[N,3,5]");
}

static sl_value_id conv(sl_graph *graph, sl_value_id x, const sl_dim *weights, int32_t rank) {
  sl_value_id w = sl_graph_add_input(graph, "w", SL_ELEMENT_F32, rank, weights);
  return apply(graph, "Conv", VALUES(x, w));
}

static void convolves(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(4), SL_DIM(15), SL_DIM(10)));
  sl_value_id y = conv(g, x, DIMS(SL_DIM(8), SL_DIM(2), SL_DIM(3), SL_DIM(5)));
  set_int(g, y, "group", 2);
  set_ints(g, y, "strides", INTS(2, 1));
  set_ints(g, y, "pads", INTS(1, 0, 0, 3));
  expect(model, y, "float[N,8,7,9]");
  sl_graph_unset(g, g->values[y].maker, "pads");
  sl_graph_set_string(g, g->values[y].maker, "auto_pad", "SAME_UPPER");
  expect(model, y, "float[N,8,8,10]");
  set_int(g, y, "group", 1);
  expect_fault(model, "(Conv): channels: sizes 4 and 2 do not fit");
}

static void convolves_backwards(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(6), SL_DIM(5)));
  sl_value_id w = image(g, DIMS(SL_DIM(6), SL_DIM(4), SL_DIM(3)));
  sl_value_id y = apply(g, "ConvTranspose", VALUES(x, w));
  set_ints(g, y, "strides", INTS(2));
  set_ints(g, y, "pads", INTS(1, 1));
  set_ints(g, y, "output_padding", INTS(1));
  set_int(g, y, "group", 3);
  expect(model, y, "float[N,12,10]");
  set_ints(g, y, "output_shape", INTS(9));
  expect(model, y, "float[N,12,9]");
}

static void refuses_windows_that_do_not_fit(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(3), SL_DIM(4), SL_DIM(4)));
  sl_value_id y = conv(g, x, DIMS(SL_DIM(8), SL_DIM(3), SL_DIM(5), SL_DIM(5)));
  expect_fault(model, "node \"y\" (Conv): a window of 5 does not fit into 4");
  set_ints(g, y, "strides", INTS(2));
  expect_fault(model, "attribute \"strides\" has 1 number, not 2");
}

// ---- products -----------------------------------------------------------------------------------

static void multiplies(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id a = image(g, DIMS(N, SL_DIM(1), SL_DIM(5), SL_DIM(7)));
  sl_value_id b = image(g, DIMS(SL_DIM(4), SL_DIM(7), SL_DIM(2))), v = image(g, DIMS(SL_DIM(7)));
  sl_value_id ab = apply(g, "MatMul", VALUES(a, b)), av = apply(g, "MatMul", VALUES(a, v)),
              vb = apply(g, "MatMul", VALUES(v, b)), vv = apply(g, "MatMul", VALUES(v, v));
  sl_value_id e = apply(g, "Einsum", VALUES(a, b));
  sl_graph_set_string(g, g->values[e].maker, "equation", "...ij, ...jk -> ...ki");
  expect(model, ab, "float[N,4,5,2]");
  expect(model, av, "float[N,1,5]");
  expect(model, vb, "float[4,2]");
  expect(model, vv, "float[]");
  expect(model, e, "float[N,4,2,5]");
  sl_graph_set_string(g, g->values[e].maker, "equation",
                      "nhij,cjk");  // k and n, h, i, c occur once
  expect(model, e, "float[4,1,5,2,N]");
}

static void broadcasts(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id a = image(g, DIMS(N, SL_DIM(1), SL_DIM(5))), b = image(g, DIMS(SL_DIM(3), SL_DIM(1)));
  sl_value_id open = image(g, DIMS(OPEN, OPEN)), y = apply(g, "Greater", VALUES(a, b));
  sl_value_id z = apply(g, "Sum", VALUES(a, b, open));
  expect(model, y, "bool[N,3,5]");
  expect(model, z, "float[N,3,5]");
  apply(g, "Add", VALUES(y, image(g, DIMS(SL_DIM(4)))));
  expect_fault(model, "(Add): shapes [N,3,5] and [4] do not broadcast");
}

static void reduces(void **state) {
  sl_graph_model *model = new_model(*state, 18);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(3), SL_DIM(5))),
              axes = sl_graph_add_ints(g, "axes", INTS(-1, 1));
  sl_value_id kept = apply(g, "ReduceMean", VALUES(x, axes)), all = apply(g, "ReduceMax", &x, 1);
  sl_value_id gone = apply(g, "ReduceSum", VALUES(x, axes)), most = apply(g, "ArgMax", &x, 1);
  set_int(g, gone, "keepdims", 0);
  set_int(g, most, "axis", -2);
  expect(model, kept, "float[N,1,1]");
  expect(model, all, "float[1,1,1]");
  expect(model, gone, "float[N]");
  expect(model, most, "int64[N,1,5]");
  set_int(g, most, "axis", 3);
  expect_fault(model, "(ArgMax): axis 3 is not among the 3 of its input");
}

// ---- arrangement --------------------------------------------------------------------------------

static void expect_reshape(sl_arena *arena, const sl_dim *dims, int32_t rank, const int64_t *target,
                           int64_t count, const char *text) {
  sl_graph_model *model = new_model(arena, 17);
  sl_value_id x = image(model->graph, dims, rank);
  sl_value_id shape = sl_graph_add_ints(model->graph, "shape", target, count);
  sl_value_id y = apply(model->graph, "Reshape", VALUES(x, shape));
  if (text[0] == '!')
    expect_fault(model, text + 1);
  else
    expect(model, y, text);
}

static void reshapes(void **state) {
  expect_reshape(*state, DIMS(N, SL_DIM(512), SL_DIM(1), SL_DIM(1)), INTS(-1, 512), "float[N,512]");
  expect_reshape(*state, DIMS(N, SL_DIM(12), SL_DIM(7)), INTS(0, -1), "float[N,84]");
  expect_reshape(*state, DIMS(N, SL_DIM(12), SL_DIM(7)), INTS(-1, 7), "float[12N,7]");
  expect_reshape(*state, DIMS(N, SL_DIM(12), SL_DIM(7)), INTS(4, -1, 7), "float[4,3N,7]");
  expect_reshape(*state, DIMS(N, OPEN, SL_DIM(8)), INTS(0, 0, 2, -1), "float[N,?,2,4]");
  expect_reshape(*state, DIMS(SL_DIM(3), SL_DIM(4)), INTS(5, -1), "![3,4] cannot become [5,?]");
  expect_reshape(*state, DIMS(N, SL_DIM(4)), INTS(1, 4), "![N,4] cannot become [1,4]");
  expect_reshape(*state, DIMS(SL_DIM(3)), INTS(3, 0), "!copies size 1 of an input with 1");
}

static void takes_parts(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(10), SL_DIM(6)));
  sl_value_id start = sl_graph_add_ints(g, "a", INTS(-7, 100, 0)),
              end = sl_graph_add_ints(g, "b", INTS(-1, INT64_MIN, INT64_MAX)),
              axes = sl_graph_add_ints(g, "c", INTS(1, 2, 0)),
              steps = sl_graph_add_ints(g, "d", INTS(2, -4, 1));
  sl_value_id y = apply(g, "Slice", VALUES(x, start, end, axes, steps));
  expect(model, y, "float[N,3,2]");
  sl_value_id one = sl_graph_add_ints(g, "one", INTS(-1)),
              max = sl_graph_add_ints(g, "max", INTS(INT32_MAX)),
              first = sl_graph_add_ints(g, "first", INTS(0));
  sl_value_id last = apply(g, "Slice", VALUES(x, one, max, first));
  expect(model, last, "float[1,10,6]");
  sl_value_id parts = sl_graph_apply(g, "Split", "part", "", &x, 1, 4);
  set_int(g, parts, "axis", 1);
  set_int(g, parts, "num_outputs", 4);
  sl_graph_set_opset(model, "", 18);
  expect(model, parts, "float[N,3,6]");
  expect(model, parts + 3, "float[N,1,6]");
}

static void joins_and_turns(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(4), SL_DIM(6)));
  sl_value_id turned = apply(g, "Transpose", &x, 1), joined = apply(g, "Concat", VALUES(x, x, x));
  set_int(g, joined, "axis", 0);
  set_ints(g, turned, "perm", INTS(2, 0, 1));
  expect(model, turned, "float[6,N,4]");
  expect(model, joined, "float[3N,4,6]");
  sl_value_id odd = image(g, DIMS(N, SL_DIM(5), SL_DIM(5)));
  sl_value_id wrong = apply(g, "Concat", VALUES(x, odd));
  set_int(g, wrong, "axis", 1);
  expect_fault(model, "(Concat): another axis than that of Concat: sizes 6 and 5 do not fit");
}

static void resizes(void **state) {
  sl_graph_model *model = new_model(*state, 18);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(4), SL_DIM(7), SL_DIM(9)));
  int64_t four = 4;
  sl_value_id scales =
      sl_graph_add_constant(g, "s", SL_ELEMENT_F32, 1, &four, (float[]){1.0F, 1.0F, 2.0F, 0.6F});
  sl_value_id sizes = sl_graph_add_ints(g, "t", INTS(14, 27));
  sl_value_id scaled = apply(g, "Resize", VALUES(x, 0, scales));
  sl_value_id sized = apply(g, "Resize", VALUES(x, 0, 0, sizes));
  set_ints(g, sized, "axes", INTS(2, 3));
  expect(model, scaled, "float[N,4,14,5]");
  expect(model, sized, "float[N,4,14,27]");
  sl_graph_set_string(g, g->values[sized].maker, "keep_aspect_ratio_policy", "not_larger");
  expect(model, sized, "float[N,4,14,18]");
}

// ---- contents -----------------------------------------------------------------------------------

// What exporters write for x.view(x.size(0) * 2, -1).
static void follows_shape_arithmetic(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_arena *arena = *state;
  sl_value_id x = image(g, DIMS(N, SL_DIM(6), SL_DIM(4)));
  sl_value_id zero = sl_graph_add_constant(g, "zero", SL_ELEMENT_I64, 0, NULL, (int64_t[]){0});
  sl_value_id two = sl_graph_add_ints(g, "two", INTS(2)),
              rest = sl_graph_add_ints(g, "rest", INTS(-1));
  sl_value_id axes = sl_graph_add_ints(g, "axes", INTS(0));
  sl_value_id size = apply(g, "Gather", VALUES(apply(g, "Shape", &x, 1), zero));
  sl_value_id listed = apply(g, "Unsqueeze", VALUES(size, axes));
  sl_value_id target = apply(g, "Concat", VALUES(apply(g, "Mul", VALUES(listed, two)), rest));
  set_int(g, target, "axis", 0);
  sl_value_id y = apply(g, "Reshape", VALUES(x, target));
  sl_value_id ramp =
      apply(g, "Range",
            VALUES(zero, size,
                   sl_graph_add_constant(g, "step", SL_ELEMENT_I64, 0, NULL, (int64_t[]){1})));
  expect(model, y, "float[2N,12]");
  expect(model, ramp, "int64[N]");
  const sl_onnx_contents *contents;
  int64_t count;
  assert_int_equal(sl_onnx_infer_contents(model, arena, &contents, NULL), SL_OK);
  const sl_onnx_number *numbers = sl_onnx_content(contents, g, target, &count);
  assert_int_equal(count, 2);
  assert_true(numbers[0].is_known && numbers[0].fixed == 0 && numbers[0].per_batch == 2);
  assert_true(numbers[1].is_known && numbers[1].fixed == -1 && numbers[1].per_batch == 0);
  assert_null(sl_onnx_content(contents, g, y, &count));
}

static void counts_from_the_end(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(6), SL_DIM(4)));
  sl_value_id last = sl_graph_add_ints(g, "last", INTS(-1, -3));
  sl_value_id picked = apply(g, "Gather", VALUES(apply(g, "Shape", &x, 1), last));
  expect(model, apply(g, "ConstantOfShape", &picked, 1), "float[4,N]");
}

static void forgets_what_was_found_before(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(6)));
  sl_value_id y = apply(g, "Reshape", VALUES(x, sl_graph_add_ints(g, "shape", INTS(0, 3, 2))));
  sl_value_id z = apply(g, "SequenceAt", &y, 1);
  expect(model, y, "float[N,3,2]");
  sl_graph_set_type(g, z, SL_ELEMENT_F32, 0, NULL);
  sl_dim two = SL_DIM(2);
  sl_graph_set_input(g, g->values[y].maker, 1,
                     sl_graph_add_input(g, "open", SL_ELEMENT_I64, 1, &two));
  expect(model, y, "float[?,?]");
  expect(model, z, "none[...]");
}

static void follows_floats_into_sizes(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(7), SL_DIM(9)));
  sl_value_id half = sl_graph_add_constant(g, "half", SL_ELEMENT_F32, 0, NULL, (float[]){1.5F});
  sl_value_id sizes = apply(g, "Cast", VALUES(apply(g, "Shape", &x, 1)));
  set_int(g, sizes, "to", SL_ELEMENT_F32);
  sl_value_id part = apply(
      g, "Slice",
      VALUES(sizes, sl_graph_add_ints(g, "one", INTS(1)), sl_graph_add_ints(g, "end", INTS(3))));
  sl_value_id scaled =
      apply(g, "Cast", VALUES(apply(g, "Floor", VALUES(apply(g, "Mul", VALUES(part, half))))));
  set_int(g, scaled, "to", SL_ELEMENT_I64);
  sl_value_id y = apply(g, "ConstantOfShape", &scaled, 1);
  expect(model, y, "float[10,13]");
}

// ---- inner graphs -------------------------------------------------------------------------------

static void set_graph(sl_graph *g, sl_value_id value, const char *name, sl_graph *inner) {
  sl_graph **list = SL_NEW(g->arena, sl_graph *);
  *list = inner;
  sl_graph_set_attribute(
      g, g->values[value].maker,
      &(sl_attribute){.name = name, .kind = SL_ATTRIBUTE_GRAPH, .count = 1, .graphs = list});
}

// A branch that gives `type` of the outer value x.
static sl_graph *branch_of(sl_graph *g, const char *type) {
  sl_graph *branch = sl_graph_new(g->arena, g, type);
  sl_value_id x = sl_graph_add_value(branch, "x", SL_ORIGIN_OUTER);
  sl_graph_add_output(branch, apply(branch, type, &x, 1));
  return branch;
}

static sl_graph *wrong_branch(sl_graph *g) {
  sl_graph *branch = branch_of(g, "MaxPool");
  set_ints(branch, branch->outputs[0], "kernel_shape", INTS(1, 2, 3, 4, 5, 6, 7));
  return branch;
}

static void merges_branches(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  image(g, DIMS(N, SL_DIM(1), SL_DIM(6)));
  sl_value_id when = sl_graph_add_input(g, "when", SL_ELEMENT_BOOL, 0, NULL);
  sl_value_id y = apply(g, "If", &when, 1);
  set_graph(g, y, "then_branch", branch_of(g, "Relu"));
  set_graph(g, y, "else_branch", branch_of(g, "GlobalMaxPool"));
  expect(model, y, "float[N,1,?]");
  // A branch that cannot run is no fault of the model, unless it is the one that runs.
  set_graph(g, y, "else_branch", branch_of(g, "Det"));
  expect(model, y, "float[...]");
  sl_value_id no = sl_graph_add_constant(g, "no", SL_ELEMENT_BOOL, 0, NULL, (uint8_t[]){0});
  sl_graph_set_input(g, g->values[y].maker, 0, no);
  set_graph(g, y, "else_branch", wrong_branch(g));
  expect_fault(model, "(MaxPool): attribute \"kernel_shape\" has 7 numbers, not 1");
  sl_value_id yes = sl_graph_add_constant(g, "yes", SL_ELEMENT_BOOL, 0, NULL, (uint8_t[]){1});
  sl_graph_set_input(g, g->values[y].maker, 0, yes);
  expect(model, y, "float[N,1,6]");
}

// A loop that runs `body_type` on what it carries, and stacks it.
static sl_value_id loop_of(sl_graph *g, const char *body_type, sl_value_id runs, sl_value_id x) {
  sl_graph *body = sl_graph_new(g->arena, g, "body");
  sl_graph_add_input(body, "i", SL_ELEMENT_I64, 0, NULL);
  sl_value_id on = sl_graph_add_input(body, "on", SL_ELEMENT_BOOL, 0, NULL);
  sl_value_id v = sl_graph_add_input(body, "v", SL_ELEMENT_NONE, -1, NULL);
  sl_value_id next = strcmp(body_type, "Concat") == 0 ? apply(body, "Concat", VALUES(v, v))
                                                      : apply(body, body_type, &v, 1);
  if (strcmp(body_type, "Concat") == 0) set_int(body, next, "axis", 1);
  sl_graph_add_output(body, apply(body, "Identity", &on, 1));
  sl_graph_add_output(body, next);
  sl_graph_add_output(body, apply(body, "Relu", &next, 1));
  sl_value_id y = sl_graph_apply(g, "Loop", "loop", "", VALUES(runs, 0, x), 2);
  set_graph(g, y, "body", body);
  return y;
}

static void settles_loops(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(6)));
  sl_value_id runs = sl_graph_add_constant(g, "runs", SL_ELEMENT_I64, 0, NULL, (int64_t[]){3});
  sl_value_id kept = loop_of(g, "Relu", runs, x), grown = loop_of(g, "Concat", runs, x);
  expect(model, kept, "float[N,6]");
  expect(model, kept + 1, "float[3,N,6]");
  expect(model, grown, "float[N,?]");
  expect(model, grown + 1, "float[3,N,?]");
}

// ---- binding ------------------------------------------------------------------------------------

static sl_graph_model *free_model(sl_arena *arena) {
  sl_graph_model *model = new_model(arena, 17);
  sl_dim batch = OPEN, height = OPEN;
  batch.symbol = "batch";
  height.symbol = "h";
  sl_graph_add_input(model->graph, "early", SL_ELEMENT_F32, 1, &height);
  image(model->graph, (sl_dim[]){batch, SL_DIM(3), height, height}, 4);
  sl_graph_add_input(model->graph, "mask", SL_ELEMENT_F32, 1, &height);
  sl_graph_add_input(model->graph, "count", SL_ELEMENT_I64, 1, &batch);
  sl_graph_add_input(model->graph, "boxes", SL_ELEMENT_F32, 2, (sl_dim[]){OPEN, SL_DIM(4)});
  return model;
}

static const char *input_text(sl_graph_model *model, int32_t index) {
  return sl_type_text(model->arena, &model->graph->values[model->graph->inputs[index]].type);
}

static void binds_inputs(void **state) {
  sl_graph_model *model = free_model(*state);
  sl_onnx_bound bound = {.input = "x", .rank = 4, .dims = (int64_t[]){-1, 3, 32, -1}};
  assert_int_equal(sl_onnx_bind(model, &bound, 1, NULL), SL_OK);
  assert_string_equal(input_text(model, 0), "float[32]");
  assert_string_equal(input_text(model, 1), "float[N,3,32,32]");
  assert_string_equal(input_text(model, 2), "float[32]");
  assert_string_equal(input_text(model, 3), "int64[N]");
  assert_string_equal(input_text(model, 4), "float[N,4]");
  model = free_model(*state);
  assert_int_equal(sl_onnx_bind(model, NULL, 0, NULL), SL_OK);
  assert_string_equal(input_text(model, 1), "float[N,3,h,h]");
  model = free_model(*state);
  bound.dims = (int64_t[]){2, -1, -1, -1};
  assert_int_equal(sl_onnx_bind(model, &bound, 1, NULL), SL_OK);
  assert_string_equal(input_text(model, 3), "int64[2]");
}

static void refuses_bounds_that_do_not_fit(void **state) {
  sl_graph_model *model = free_model(*state);
  sl_error err = {0};
  sl_onnx_bound bound = {.input = "masc", .rank = 1, .dims = (int64_t[]){4}};
  assert_int_equal(sl_onnx_bind(model, &bound, 1, &err), SL_E_NOT_FOUND);
  assert_string_equal(sl_error_message(&err),
                      "the model has no input \"masc\"; did you mean \"mask\"?");
  bound.input = "x";
  assert_int_equal(sl_onnx_bind(model, &bound, 1, &err), SL_E_ARG);
  bound = (sl_onnx_bound){.input = "x", .rank = 4, .dims = (int64_t[]){1, 4, 32, 32}};
  assert_int_equal(sl_onnx_bind(model, &bound, 1, &err), SL_E_ARG);
  assert_string_equal(sl_error_message(&err),
                      "input \"x\" is float[batch,3,h,h], so size 1 cannot be 4");
}

// ---- declared types -----------------------------------------------------------------------------

static sl_graph_model *declared(sl_arena *arena, const sl_dim *dims, int32_t rank, int32_t element,
                                sl_value_id *y) {
  sl_graph_model *model = new_model(arena, 17);
  sl_value_id x = image(model->graph, DIMS(N, SL_DIM(3), SL_DIM(8)));
  *y = apply(model->graph, "GlobalMaxPool", &x, 1);
  sl_graph_set_type(model->graph, *y, element, rank, dims);
  model->graph->values[*y].is_declared = true;
  return model;
}

static void keeps_to_what_the_file_declares(void **state) {
  sl_value_id y;
  sl_graph_model *model = declared(*state, DIMS(OPEN, OPEN, OPEN), SL_ELEMENT_F32, &y);
  expect(model, y, "float[N,3,1]");
  model = declared(*state, DIMS(SL_DIM(1), SL_DIM(3), SL_DIM(1)), SL_ELEMENT_F32, &y);
  expect(model, y, "float[N,3,1]");  // written for one batch size
  model = declared(*state, DIMS(SL_DIM(1), SL_DIM(3), SL_DIM(2)), SL_ELEMENT_F32, &y);
  expect_fault(model,
               "(GlobalMaxPool): makes \"y\" as float[N,3,1], but the file declares "
               "float[1,3,2]");
  model = declared(*state, DIMS(SL_DIM(1), SL_DIM(3)), SL_ELEMENT_F32, &y);
  expect_fault(model, "but the file declares float[1,3]");
  model = declared(*state, DIMS(OPEN, OPEN, OPEN), SL_ELEMENT_F16, &y);
  expect_fault(model, "but the file declares float16");
}

static void helps_where_inference_ends(void **state) {
  sl_graph_model *model = new_model(*state, 17);
  sl_graph *g = model->graph;
  sl_value_id x = image(g, DIMS(N, SL_DIM(4)));
  sl_value_id found = apply(g, "NonZero", &x, 1);
  expect(model, found, "int64[2,?]");
  sl_graph_set_type(g, found, SL_ELEMENT_I64, 2, (sl_dim[]){OPEN, SL_DIM(9)});
  g->values[found].is_declared = true;
  expect(model, found, "int64[2,9]");
}

// ---- whole models -------------------------------------------------------------------------------

static sl_graph_model *load(sl_arena *arena, const char *name) {
  sl_error err = {0};
  sl_graph_model *model;
  const char *path = sl_arena_printf(arena, SL_TEST_DATA "/onnx/types/%s.onnx", name);
  if (sl_onnx_load(arena, path, NULL, &model, &err) != SL_OK ||
      sl_onnx_bind(model, NULL, 0, &err) != SL_OK || sl_onnx_infer(model, &err) != SL_OK)
    fail_msg("%s: %s", name, sl_error_message(&err));
  return model;
}

static void agrees_with_onnx_and_its_runtime(void **state) {
  sl_arena *arena = *state;
  sl_bytes text;
  assert_int_equal(sl_file_read(arena, SL_TEST_DATA "/onnx/types/types.txt", 1 << 20, &text, NULL),
                   SL_OK);
  sl_graph_model *model = NULL;
  const char *loaded = "";
  int lines = 0;
  char *rest = sl_arena_copy_bytes(arena, text.at, text.size), *line;
  while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
    const char *name = strsep(&line, "\t"), *value = strsep(&line, "\t");
    if (strcmp(name, loaded) != 0) model = load(arena, loaded = name);
    sl_value_id id = sl_graph_find(model->graph, value);
    const char *found = sl_type_text(arena, &model->graph->values[id].type);
    if (id == 0 || strcmp(found, line) != 0)
      fail_msg("%s: %s is %s, not %s", name, value, line, found);
    lines++;
  }
  assert_true(lines > 500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(slides_windows),
      TEST(convolves),
      TEST(convolves_backwards),
      TEST(refuses_windows_that_do_not_fit),
      TEST(multiplies),
      TEST(broadcasts),
      TEST(reduces),
      TEST(reshapes),
      TEST(takes_parts),
      TEST(joins_and_turns),
      TEST(resizes),
      TEST(follows_shape_arithmetic),
      TEST(counts_from_the_end),
      TEST(forgets_what_was_found_before),
      TEST(follows_floats_into_sizes),
      TEST(merges_branches),
      TEST(settles_loops),
      TEST(binds_inputs),
      TEST(refuses_bounds_that_do_not_fit),
      TEST(keeps_to_what_the_file_declares),
      TEST(helps_where_inference_ends),
      TEST(agrees_with_onnx_and_its_runtime),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
