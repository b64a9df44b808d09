// SPDX-License-Identifier: Apache-2.0
// FullGrad: input times gradient, and every bias times the gradient at its place.
//
// Biases are those of convolutions in the prepared graph, where batch normalisation is part of the
// convolution before it. Each channel's map is stretched to [0, 1] and to the input, then all are
// added, as pytorch-grad-cam does it.
//
// Invariant: one run for each sample gives all gradients. Start at run_full_grad().
#include <math.h>
#include <string.h>

#include "attrib/attrib_case.h"
#include "attrib/grid_resize.h"
#include "attrib/row_run.h"

typedef struct full {
  sl_attrib_case *work;
  const sl_piece *piece;
  sl_value_id *outputs;  // of convolutions with biases
  const sl_constant **biases;
  int32_t count;
  int64_t height, width;
  float *small, *large;
  double *map;
} full;

static void find_biases(full *f) {
  const sl_graph *graph = sl_white_box_model(f->work->call->box)->graph;
  sl_arena *arena = f->work->call->arena;
  f->outputs = SL_NEW_ARRAY(arena, sl_value_id, graph->node_count + 1);
  f->biases = SL_NEW_ARRAY(arena, const sl_constant *, graph->node_count + 1);
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    if (node->is_removed || !sl_node_is(node, "Conv") || node->input_count < 3) continue;
    const sl_constant *bias = sl_graph_constant(graph, node->inputs[2]);
    if (bias == NULL || graph->values[node->outputs[0]].type.rank != 4) continue;
    f->outputs[f->count] = node->outputs[0];
    f->biases[f->count++] = bias;
  }
}

static sl_status open_piece(full *f, sl_error *err) {
  const sl_attrib_call *call = f->work->call;
  f->outputs[f->count] = sl_white_box_input(call->box);
  sl_gradient_ask ask = {.targets = &call->target->value,
                         .target_count = 1,
                         .wrt = f->outputs,
                         .wrt_count = f->count + 1,
                         .flavour = "full_grad"};
  SL_TRY(sl_white_box_gradient(call->box, &ask, &f->piece, &f->work->out->notes,
                               &f->work->out->note_count, err));
  if (f->piece->input_count == 2) return SL_OK;
  return sl_fail(err, SL_E_UNSUPPORTED, "full_grad needs a model with one input");
}

// Adds |values * weight| of a grid, stretched to [0, 1] and to the input.
static void add_stretched(full *f, const float *values, const float *factors, double weight,
                          int64_t height, int64_t width) {
  float low = INFINITY, high = 0;
  for (int64_t i = 0; i < height * width; i++) {
    double factor = factors != NULL ? (double)factors[i] : 1;
    f->small[i] = (float)fabs((double)values[i] * factor * weight);
    low = fminf(low, f->small[i]);
  }
  for (int64_t i = 0; i < height * width; i++) high = fmaxf(high, f->small[i] -= low);
  for (int64_t i = 0; i < height * width; i++) f->small[i] /= 1e-7f + high;
  sl_grid_resize(f->small, height, width, SL_GRID_BILINEAR, f->height, f->width, f->large);
  for (int64_t i = 0; i < f->height * f->width; i++) f->map[i] += (double)f->large[i];
}

static void add_biases(full *f, const sl_tensor *gradients) {
  for (int32_t i = 0; i < f->count; i++) {
    const sl_shape *shape = &gradients[i].shape;
    int64_t height = shape->dims[2], width = shape->dims[3];
    for (int64_t c = 0; c < shape->dims[1]; c++)
      add_stretched(f, (const float *)gradients[i].data + c * height * width, NULL,
                    sl_constant_number(f->biases[i], c), height, width);
  }
}

static void add_input(full *f, int64_t sample, const sl_tensor *gradient) {
  int64_t places = f->height * f->width;
  for (int64_t c = 0; c < f->work->elements / places; c++)
    add_stretched(f, (const float *)gradient->data + c * places,
                  f->work->x + sample * f->work->elements + c * places, 1, f->height, f->width);
}

static sl_status run_row(full *f, int64_t sample, sl_tensor *outputs, sl_error *err) {
  sl_tensor inputs[2] = {sl_tensor_rows(f->work->call->input, sample, 1)};
  sl_tensor value = sl_tensor_rows(&f->work->start.value, sample, 1);
  sl_status status = sl_target_seed(&f->work->start.targets[sample], &value, &inputs[1], err);
  if (status == SL_OK) status = sl_piece_run(f->piece, inputs, outputs, err);
  sl_tensor_release(&inputs[0]);
  sl_tensor_release(&inputs[1]);
  sl_tensor_release(&value);
  return status;
}

static sl_status add_sample(full *f, int64_t sample, float *out, sl_error *err) {
  sl_tensor *outputs = SL_NEW_ARRAY(f->work->call->arena, sl_tensor, f->count + 1);
  memset(f->map, 0, (size_t)(f->height * f->width) * sizeof *f->map);
  SL_TRY(run_row(f, sample, outputs, err));
  add_biases(f, outputs);
  add_input(f, sample, &outputs[f->count]);
  for (int32_t i = 0; i <= f->count; i++) sl_tensor_release(&outputs[i]);
  for (int64_t i = 0; i < f->height * f->width; i++) out[i] = (float)f->map[i];
  f->work->out->runs++;
  return SL_OK;
}

static int64_t largest_grid(const full *f) {
  const sl_graph *graph = sl_white_box_model(f->work->call->box)->graph;
  int64_t most = f->height * f->width;
  for (int32_t i = 0; i < f->count; i++) {
    const sl_dim *dims = graph->values[f->outputs[i]].type.dims;
    if (dims[2].fixed * dims[3].fixed > most) most = dims[2].fixed * dims[3].fixed;
  }
  return most;
}

static sl_status add_all(full *f, sl_error *err) {
  sl_attrib_case *work = f->work;
  const sl_shape *shape = &work->input.shape;
  float *values;
  if (shape->rank != 4 || work->call->input->dtype != SL_DTYPE_F32)
    return sl_fail(err, SL_E_UNSUPPORTED, "full_grad needs an input float32[N, C, H, W]");
  f->height = shape->dims[2];
  f->width = shape->dims[3];
  find_biases(f);
  SL_TRY(open_piece(f, err));
  f->map = SL_NEW_ARRAY(work->call->arena, double, f->height * f->width);
  f->large = SL_NEW_ARRAY(work->call->arena, float, f->height * f->width);
  f->small = SL_NEW_ARRAY(work->call->arena, float, largest_grid(f));
  sl_shape map = {.rank = 4, .dims = {work->samples, 1, f->height, f->width}};
  SL_TRY(sl_attrib_case_values(work, &map, &values, err));
  work->out->batch = 1;
  for (int64_t n = 0; n < work->samples; n++)
    SL_TRY(add_sample(f, n, values + n * f->height * f->width, err));
  return SL_OK;
}

static sl_status run_full_grad(const sl_attrib_call *call, const void *params, sl_attribution *out,
                               sl_error *err) {
  (void)params;
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  full f = {.work = &work};
  sl_status status = add_all(&f, err);
  sl_attrib_case_close(&work);
  return status;
}

static const char *unfit(sl_arena *arena, const sl_white_box *box) {
  (void)arena;
  const sl_graph *graph = sl_white_box_model(box)->graph;
  if (sl_white_box_batch(box) > 1) return "its batch is fixed to more than one";
  for (sl_node_id n = 1; n < graph->node_count; n++)
    if (!graph->nodes[n].is_removed && sl_node_is(&graph->nodes[n], "Conv")) return NULL;
  return "it has no convolutions";
}

static const sl_row no_rows[] = {SL_ROW_END};

const sl_attrib_method sl_attrib_full_grad = {
    .item = {.name = "full_grad",
             .title = "FullGrad",
             .help = "Input times gradient together with every bias times the gradient at its "
                     "place, all layers in one map.",
             .since = "0.2.0",
             .params = no_rows},
    .family = SL_ATTRIB_CAM,
    .source = "Srinivas, Fleuret 2019, section 4; stretched as in pytorch-grad-cam",
    .unfit = unfit,
    .run = run_full_grad};
