// SPDX-License-Identifier: Apache-2.0
// Every operator that was spelled differently before operator set 17: the old model and the raised
// one give the same numbers in ONNX Runtime, which still knows both.
#include "pass_testing.h"

static sl_value_id x_of(net *n) { return net_input(n, "x", 3, DIMS(2, 3, 4)); }
static sl_value_id image_of(net *n) { return net_input(n, "x", 4, DIMS(1, 2, 4, 4)); }

static void set_float(net *n, sl_value_id value, const char *name, double number) {
  sl_graph_set_float(n->graph, net_maker(n, value), name, number);
}
static void set_string(net *n, sl_value_id value, const char *name, const char *text) {
  sl_graph_set_string(n->graph, net_maker(n, value), name, text);
}

static sl_value_id make_squeeze(net *n) {
  return net_with_ints(n, APPLY(n, "Squeeze", "y", net_input(n, "x", 3, DIMS(2, 1, 4))), "axes",
                       DIMS(1), 1);
}
static sl_value_id make_unsqueeze(net *n) {
  return net_with_ints(n, APPLY(n, "Unsqueeze", "y", x_of(n)), "axes", DIMS(0, 4), 2);
}
static sl_value_id make_reduce_sum(net *n) {
  return net_with_ints(n, APPLY(n, "ReduceSum", "y", x_of(n)), "axes", DIMS(1), 1);
}
static sl_value_id make_split(net *n) {
  sl_value_id x = x_of(n), first = sl_graph_apply(n->graph, "Split", "part", "", &x, 1, 2);
  net_with_int(n, first, "axis", 1);
  net_with_ints(n, first, "split", DIMS(1, 2), 2);
  return APPLY(n, "Add", "y", first, first + 1);
}
static sl_value_id make_softmax(net *n) { return APPLY(n, "Softmax", "y", x_of(n)); }
static sl_value_id make_softmax_last(net *n) {
  return net_with_int(n, APPLY(n, "Softmax", "y", x_of(n)), "axis", 2);
}
static sl_value_id make_log_softmax(net *n) {
  return net_with_int(n, APPLY(n, "LogSoftmax", "y", x_of(n)), "axis", 0);
}
static sl_value_id make_hardmax(net *n) { return APPLY(n, "Hardmax", "y", x_of(n)); }
static sl_value_id make_pad(net *n) {
  sl_value_id y =
      net_with_ints(n, APPLY(n, "Pad", "y", x_of(n)), "pads", DIMS(0, 1, 0, 0, 0, 2), 6);
  set_float(n, y, "value", 2.5);
  return y;
}
static sl_value_id make_slice(net *n) {
  sl_value_id y = APPLY(n, "Slice", "y", x_of(n));
  net_with_ints(n, y, "starts", DIMS(1, -3), 2);
  net_with_ints(n, y, "ends", DIMS(3, 1000), 2);
  return net_with_ints(n, y, "axes", DIMS(1, 2), 2);
}
static sl_value_id make_clip(net *n) {
  sl_value_id y = APPLY(n, "Clip", "y", x_of(n));
  set_float(n, y, "min", -0.25);
  set_float(n, y, "max", 0.5);
  return y;
}
static sl_value_id make_clip_below(net *n) {
  sl_value_id y = APPLY(n, "Clip", "y", x_of(n));
  set_float(n, y, "max", 0.125);
  return y;
}
static sl_value_id make_top_k(net *n) {
  sl_value_id x = x_of(n), y = sl_graph_apply(n->graph, "TopK", "y", "", &x, 1, 2);
  return net_with_int(n, y, "k", 2);
}
static sl_value_id make_dropout(net *n) {
  sl_value_id y = APPLY(n, "Dropout", "y", x_of(n));
  set_float(n, y, "ratio", 0.9);
  return y;
}
static sl_value_id make_upsample(net *n) {
  sl_value_id y = APPLY(n, "Upsample", "y", image_of(n));
  static const float scales[4] = {1, 1, 2, 3};
  sl_graph_set_attribute(
      n->graph, net_maker(n, y),
      &(sl_attribute){.name = "scales", .kind = SL_ATTRIBUTE_FLOATS, .count = 4, .floats = scales});
  set_string(n, y, "mode", "nearest");
  return y;
}
static sl_value_id scales_of(net *n, float h, float w) {
  return sl_graph_add_constant(n->graph, "scales", SL_ELEMENT_F32, 1, DIMS(4),
                               (const float[]){1, 1, h, w});
}
static sl_value_id make_upsample_linear(net *n) {
  sl_value_id y = APPLY(n, "Upsample", "y", image_of(n), scales_of(n, 2, 2));
  set_string(n, y, "mode", "linear");
  return y;
}
static sl_value_id make_resize(net *n) {
  sl_value_id y = APPLY(n, "Resize", "y", image_of(n), scales_of(n, 1.5f, 2));
  set_string(n, y, "mode", "nearest");
  return y;
}
static sl_value_id make_resize_linear(net *n) {
  sl_value_id y = APPLY(n, "Resize", "y", image_of(n), scales_of(n, 0.5f, 1.75f));
  set_string(n, y, "mode", "linear");
  return y;
}
static sl_value_id make_batch_norm(net *n) {
  sl_value_id y =
      APPLY(n, "BatchNormalization", "y", image_of(n), net_weight(n, "scale", 1, DIMS(2), 0.5, 2),
            net_weight(n, "bias", 1, DIMS(2), -1, 1), net_weight(n, "mean", 1, DIMS(2), -1, 1),
            net_weight(n, "var", 1, DIMS(2), 0.5, 2));
  return net_with_int(n, y, "spatial", 1);
}
static sl_value_id make_scatter(net *n) {
  sl_value_id index =
      sl_graph_add_constant(n->graph, "index", SL_ELEMENT_I64, 2, DIMS(1, 2), DIMS(2, 0));
  return net_with_int(n,
                      APPLY(n, "Scatter", "y", net_input(n, "x", 2, DIMS(1, 3)), index,
                            net_weight(n, "update", 2, DIMS(1, 2), -1, 1)),
                      "axis", 1);
}
static sl_value_id make_roi_align(net *n) {
  sl_value_id rois = sl_graph_add_constant(n->graph, "rois", SL_ELEMENT_F32, 2, DIMS(1, 4),
                                           (const float[]){0.25f, 0.5f, 2.75f, 3.5f});
  sl_value_id image = sl_graph_add_constant(n->graph, "image", SL_ELEMENT_I64, 1, DIMS(1), DIMS(0));
  sl_value_id y = APPLY(n, "RoiAlign", "y", image_of(n), rois, image);
  net_with_int(n, y, "output_height", 2);
  return net_with_int(n, y, "output_width", 2);
}

static const struct {
  const char *name;
  int64_t opset;
  sl_value_id (*make)(net *n);
} cases[] = {
    {"Squeeze", 11, make_squeeze},
    {"Unsqueeze", 11, make_unsqueeze},
    {"ReduceSum", 11, make_reduce_sum},
    {"Split", 11, make_split},
    {"Softmax", 11, make_softmax},
    {"Softmax over the last axis", 12, make_softmax_last},
    {"LogSoftmax", 7, make_log_softmax},
    {"Hardmax", 11, make_hardmax},
    {"Pad", 10, make_pad},
    {"Slice", 9, make_slice},
    {"Clip", 10, make_clip},
    {"Clip from above only", 8, make_clip_below},
    {"TopK", 9, make_top_k},
    {"Dropout", 9, make_dropout},
    {"Dropout", 10, make_dropout},
    {"Upsample", 7, make_upsample},
    {"Upsample, linear", 9, make_upsample_linear},
    {"Resize", 10, make_resize},
    {"Resize, linear", 10, make_resize_linear},
    {"BatchNormalization", 8, make_batch_norm},
    {"Scatter", 10, make_scatter},
    {"RoiAlign", 10, make_roi_align},
};

static void old_spellings_give_the_same_numbers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    net n = net_new(cases[i].opset);
    sl_graph_add_output(n.graph, cases[i].make(&n));
    print_message("%s of %lld\n", cases[i].name, (long long)cases[i].opset);
    check_pass(&n, "raise", NULL, 0);
    assert_int_equal(sl_graph_opset(n.model, ""), 17);
    assert_int_not_equal(sl_graph_find(n.graph, "y"), 0);
    sl_arena_free(n.arena);
  }
}

static void later_sets_stay(void **state) {
  (void)state;
  net n = net_new(20);
  sl_graph_add_output(n.graph, APPLY(&n, "Relu", "y", x_of(&n)));
  check_pass(&n, "raise", NULL, 0);
  assert_int_equal(sl_graph_opset(n.model, ""), 20);
  sl_arena_free(n.arena);
}

static void refused(int64_t opset, sl_value_id (*make)(net *n), const char *message) {
  net n = net_new(opset);
  sl_graph_add_output(n.graph, make(&n));
  sl_error err = {0};
  assert_int_equal(sl_pass_raise(n.model, NULL, &err), SL_E_UNSUPPORTED);
  assert_string_equal(sl_error_message(&err), message);
  assert_string_not_equal(sl_error_hint(&err), "");
  sl_arena_free(n.arena);
}

static sl_value_id make_norm_per_position(net *n) {
  return net_with_int(n, make_batch_norm(n), "spatial", 0);
}

static void what_cannot_be_raised_is_named(void **state) {
  (void)state;
  refused(7, make_norm_per_position,
          "node \"y (BatchNormalization)\" of operator set 7 cannot be raised to 17: spatial is 0 "
          "(statistics per position)");
  refused(5, make_softmax,
          "the model uses operator set 5 of ONNX; 6 is the oldest that can be opened up");
}

int main(void) {
  static const struct CMUnitTest tests[] = {cmocka_unit_test(old_spellings_give_the_same_numbers),
                                            cmocka_unit_test(later_sets_stay),
                                            cmocka_unit_test(what_cannot_be_raised_is_named)};
  return cmocka_run_group_tests_name("raise", tests, NULL, NULL);
}
