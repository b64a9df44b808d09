// SPDX-License-Identifier: Apache-2.0
// Receptive fields against gradients: where the gradient of a place is not zero is what it sees.
#include "attrib/receptive_field.h"

#include <cmocka.h>
#include <math.h>

#include "base/hash.h"
#include "pass/outline.h"

static void ok(sl_status status, const sl_error *err) {
  if (status != SL_OK) fail_msg("%s", sl_error_message(err));
}

static sl_tensor new_tensor(const sl_shape *shape) {
  sl_error err = {0};
  sl_tensor tensor;
  ok(sl_tensor_new(SL_DTYPE_F32, shape, &tensor, &err), &err);
  return tensor;
}

static void add_to_box(const float *gradient, int64_t height, int64_t width, sl_pixel_box *box) {
  for (int64_t i = 0; i < height * width; i++) {
    if (gradient[i] == 0) continue;
    int64_t y = i / width, x = i % width;
    box->x0 = x < box->x0 ? x : box->x0;
    box->y0 = y < box->y0 ? y : box->y0;
    box->x1 = x >= box->x1 ? x + 1 : box->x1;
    box->y1 = y >= box->y1 ? y + 1 : box->y1;
  }
}

// The box around all pixels of [1, channels, height, width] that the place (row, column) depends
// on for a picture of noise.
static sl_pixel_box seen(sl_white_box *box, const sl_feature_layer *layer, const sl_shape *input,
                         int64_t row, int64_t column) {
  sl_error err = {0};
  sl_value_id wrt = sl_white_box_input(box);
  sl_gradient_ask ask = {.targets = &layer->value, .target_count = 1, .wrt = &wrt, .wrt_count = 1};
  const sl_piece *piece;
  ok(sl_white_box_gradient(box, &ask, &piece, NULL, NULL, &err), &err);
  sl_shape shape = {.rank = 4, .dims = {1, layer->channels, layer->height, layer->width}};
  sl_tensor inputs[2] = {new_tensor(input), new_tensor(&shape)}, gradient;
  sl_random random = {3};
  float *x = inputs[0].data, *seed = inputs[1].data;
  for (int64_t i = 0; i < sl_shape_count(input); i++) x[i] = (float)sl_random_unit(&random) - 0.5f;
  for (int64_t i = 0; i < layer->elements; i++) {
    int64_t place = i % (layer->height * layer->width);
    seed[i] = place == row * layer->width + column ? (float)sl_random_unit(&random) : 0;
  }
  ok(sl_piece_run(piece, inputs, &gradient, &err), &err);
  sl_pixel_box found = {.x0 = input->dims[3], .y0 = input->dims[2]};
  for (int64_t c = 0; c < input->dims[1]; c++)
    add_to_box((const float *)gradient.data + c * input->dims[2] * input->dims[3], input->dims[2],
               input->dims[3], &found);
  sl_tensor_release(&inputs[0]);
  sl_tensor_release(&inputs[1]);
  sl_tensor_release(&gradient);
  return found;
}

static void check_place(sl_white_box *box, const sl_feature_layer *layer, const sl_shape *input,
                        int64_t row, int64_t column) {
  sl_error err = {0};
  sl_receptive_field field;
  ok(sl_receptive_field_of(box, layer, &field, &err), &err);
  assert_true(field.is_window);
  sl_pixel_box got = sl_receptive_field_box(&field, row, column);
  sl_pixel_box wanted = seen(box, layer, input, row, column);
  if (got.x0 != wanted.x0 || got.y0 != wanted.y0 || got.x1 != wanted.x1 || got.y1 != wanted.y1)
    fail_msg(
        "%s at %lld, %lld: [%lld, %lld) x [%lld, %lld), by gradient [%lld, %lld) x [%lld, "
        "%lld)",
        sl_white_box_model(box)->graph->values[layer->value].name, (long long)row,
        (long long)column, (long long)got.x0, (long long)got.x1, (long long)got.y0,
        (long long)got.y1, (long long)wanted.x0, (long long)wanted.x1, (long long)wanted.y0,
        (long long)wanted.y1);
}

// Every feature layer that is a map, at a corner, inside and at the other corner.
static void check_model(const char *path, const sl_shape *input, int32_t layers_wanted) {
  sl_arena *arena = sl_arena_new(NULL, "test");
  sl_error err = {0};
  sl_white_box *box;
  sl_white_box_options options = {.threads = 1, .input_shape = input};
  ok(sl_white_box_open(arena, path, &options, &box, &err), &err);
  const sl_outline *outline = sl_outline_make(arena, sl_white_box_model(box)->graph);
  int32_t layers = 0;
  for (int32_t i = 0; i < outline->layer_count; i++) {
    sl_feature_layer layer;
    if (sl_feature_layer_of(box, outline->layers[i].value, &layer, NULL) != SL_OK) continue;
    check_place(box, &layer, input, 0, 0);
    check_place(box, &layer, input, layer.height / 2, layer.width / 3);
    check_place(box, &layer, input, layer.height - 1, layer.width - 1);
    layers++;
  }
  assert_true(layers >= layers_wanted);
  sl_arena_free(arena);
}

static void test_residual_network(void **state) {
  (void)state;
  sl_shape input = {.rank = 4, .dims = {1, 1, 28, 28}};
  check_model(SL_SOURCE_DIR "/examples/fashion/v2.onnx", &input, 4);
}

static void test_plain_network(void **state) {
  (void)state;
  sl_shape input = {.rank = 4, .dims = {1, 1, 28, 28}};
  check_model(SL_SOURCE_DIR "/examples/fashion/v1.onnx", &input, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_residual_network),
                                     cmocka_unit_test(test_plain_network)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
