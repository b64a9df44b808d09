// SPDX-License-Identifier: Apache-2.0
// Receptive fields, from the input to a layer.
//
// Invariant: a value is a window only if each of its elements depends on no more than its window
// (gates aside). Axes are counted from the end, so that broadcasting leaves them alone. Start at
// sl_receptive_field_of().
#include "attrib/receptive_field.h"

#include <math.h>
#include <string.h>

// Of one value.
typedef struct window {
  bool is_known, has_gates;
  int32_t axis[2];  // rows and columns, counted from the end: -2 and -1 for [N, C, H, W]
  double step[2], low[2], high[2];
} window;

typedef struct walk {
  const sl_graph *graph;
  sl_arena *scratch;
  window *of;  // [value_count]
} walk;

static int64_t size_at(const sl_graph *graph, sl_value_id value, int32_t from_end) {
  const sl_type *type = &graph->values[value].type;
  int32_t d = type->rank + from_end;
  return type->rank < 0 || d < 0 || type->dims[d].per_batch != 0 ? -1 : type->dims[d].fixed;
}

static int is_constant(const sl_graph *graph, sl_value_id value) {
  return value == 0 || graph->values[value].origin == SL_ORIGIN_CONSTANT;
}

// ---- windows that slide -------------------------------------------------------------------------

typedef struct slide {
  int64_t kernel[2], stride[2], dilation[2], pad[2];  // pad: at the begin
} slide;

static void read_pair(const sl_node *node, const char *name, int64_t missing, int64_t out[2]) {
  int64_t count;
  const int64_t *ints = sl_node_ints(node, name, &count);
  for (int a = 0; a < 2; a++) out[a] = count >= 2 ? ints[a] : missing;
}

static int read_kernel(const walk *w, const sl_node *node, slide *out) {
  read_pair(node, "kernel_shape", 0, out->kernel);
  if (out->kernel[0] > 0) return 1;
  sl_value_id weight = sl_node_input(node, strstr(node->type, "QLinear") != NULL ? 3 : 1);
  if (weight == 0 || w->graph->values[weight].type.rank != 4) return 0;
  for (int a = 0; a < 2; a++) out->kernel[a] = size_at(w->graph, weight, a - 2);
  return out->kernel[0] > 0 && out->kernel[1] > 0;
}

// What auto_pad puts before the input.
static int64_t same_pad(const walk *w, const sl_node *node, const slide *s, int a, int is_lower) {
  int64_t size = size_at(w->graph, sl_node_input(node, 0), a - 2);
  int64_t reach = (s->kernel[a] - 1) * s->dilation[a] + 1;
  int64_t places = (size + s->stride[a] - 1) / s->stride[a];
  int64_t total = (places - 1) * s->stride[a] + reach - size;
  return total <= 0 ? 0 : is_lower ? (total + 1) / 2 : total / 2;
}

static int read_slide(const walk *w, const sl_node *node, slide *out) {
  if (!read_kernel(w, node, out)) return 0;
  read_pair(node, "strides", 1, out->stride);
  read_pair(node, "dilations", 1, out->dilation);
  read_pair(node, "pads", 0, out->pad);
  const char *mode = sl_node_string(w->scratch, node, "auto_pad", "NOTSET");
  for (int a = 0; a < 2 && strncmp(mode, "SAME", 4) == 0; a++)
    out->pad[a] = same_pad(w, node, out, a, strcmp(mode, "SAME_LOWER") == 0);
  return out->stride[0] > 0 && out->stride[1] > 0;
}

static int is_plain(const window *in) { return in->axis[0] == -2 && in->axis[1] == -1; }

static void slide_over(const walk *w, const sl_node *node, const window *in, window *out) {
  slide s;
  if (!is_plain(in) || !read_slide(w, node, &s)) return;
  *out = *in;
  for (int a = 0; a < 2; a++) {
    double first = -(double)s.pad[a], last = first + (double)((s.kernel[a] - 1) * s.dilation[a]);
    out->low[a] = in->low[a] + in->step[a] * first;
    out->high[a] = in->high[a] + in->step[a] * last;
    out->step[a] = in->step[a] * (double)s.stride[a];
  }
}

// Place j of a transposed convolution reads places (j + pad - k * dilation) / stride.
static void spread_over(const walk *w, const sl_node *node, const window *in, window *out) {
  slide s;
  if (!is_plain(in) || !read_slide(w, node, &s)) return;
  *out = *in;
  for (int a = 0; a < 2; a++) {
    double stride = (double)s.stride[a], reach = (double)((s.kernel[a] - 1) * s.dilation[a]);
    out->low[a] = in->low[a] + in->step[a] * ((double)s.pad[a] - reach) / stride;
    out->high[a] = in->high[a] + in->step[a] * (double)s.pad[a] / stride;
    out->step[a] = in->step[a] / stride;
  }
}

// ---- other movements ----------------------------------------------------------------------------

// Resize and Upsample: linear kinds read a neighbour on each side, cubic ones two.
static void resize(const walk *w, const sl_node *node, const window *in, window *out) {
  sl_value_id from = sl_node_input(node, 0), to = sl_node_output(node, 0);
  const char *mode = sl_node_string(w->scratch, node, "mode", "nearest");
  double reach = strcmp(mode, "nearest") == 0 ? 0 : strcmp(mode, "cubic") == 0 ? 2 : 1;
  *out = *in;
  for (int a = 0; a < 2; a++) {
    int64_t was = size_at(w->graph, from, in->axis[a]), is = size_at(w->graph, to, in->axis[a]);
    out->is_known = out->is_known && was > 0 && is > 0;
    double scale = out->is_known ? (double)was / (double)is : 1;
    out->step[a] = in->step[a] * scale;
    out->low[a] = in->low[a] - in->step[a] * reach;
    out->high[a] = in->high[a] + in->step[a] * reach;
  }
}

static void blocks(const sl_node *node, const window *in, window *out) {
  double size = (double)sl_node_int(node, "blocksize", 1);
  int is_deep = sl_node_is(node, "SpaceToDepth");
  if (!is_plain(in)) return;
  *out = *in;
  for (int a = 0; a < 2; a++) {
    out->step[a] = is_deep ? in->step[a] * size : in->step[a] / size;
    if (is_deep) out->high[a] = in->high[a] + in->step[a] * (size - 1);
    if (!is_deep) out->low[a] = in->low[a] - in->step[a] * (size - 1) / size;
  }
}

static void transpose(const walk *w, const sl_node *node, const window *in, window *out) {
  int64_t rank;
  const int64_t *perm = sl_node_ints(node, "perm", &rank);
  *out = *in;
  out->is_known = rank == w->graph->values[sl_node_input(node, 0)].type.rank;
  for (int a = 0; a < 2 && out->is_known; a++)
    for (int64_t d = 0; d < rank; d++)
      if (perm[d] == rank + in->axis[a]) out->axis[a] = (int32_t)(d - rank);
}

// Only reshapes that leave the two last axes alone (channel shuffle) keep places apart.
static void reshape(const walk *w, const sl_node *node, const window *in, window *out) {
  sl_value_id from = sl_node_input(node, 0), to = sl_node_output(node, 0);
  *out = *in;
  out->is_known = is_plain(in);
  for (int32_t d = -2; d < 0; d++) {
    int64_t was = size_at(w->graph, from, d);
    if (was <= 0 || was != size_at(w->graph, to, d)) out->is_known = false;
  }
}

static void pad(const walk *w, const sl_node *node, const window *in, window *out) {
  int64_t pads[2 * SL_RANK_MAX], count;
  int32_t rank = w->graph->values[sl_node_input(node, 0)].type.rank;
  const int64_t *ints = sl_node_ints(node, "pads", &count);
  if (ints == NULL)
    count = sl_graph_constant_ints(w->graph, sl_node_input(node, 1), pads, 2 * SL_RANK_MAX);
  if (count != 2 * rank || sl_node_input(node, 3) != 0) return;
  if (ints == NULL) ints = pads;
  *out = *in;
  for (int a = 0; a < 2; a++) {
    double before = (double)ints[rank + in->axis[a]];
    out->low[a] = in->low[a] - in->step[a] * before;
    out->high[a] = in->high[a] - in->step[a] * before;
  }
}

static void slice(const walk *w, const sl_node *node, const window *in, window *out) {
  int64_t start[SL_RANK_MAX], axes[SL_RANK_MAX], steps[SL_RANK_MAX], count, given;
  int32_t rank = w->graph->values[sl_node_input(node, 0)].type.rank;
  count = sl_graph_constant_ints(w->graph, sl_node_input(node, 1), start, SL_RANK_MAX);
  given = sl_graph_constant_ints(w->graph, sl_node_input(node, 3), axes, SL_RANK_MAX);
  if (count < 0 || given != count) return;
  given = sl_node_input(node, 4) != 0
              ? sl_graph_constant_ints(w->graph, sl_node_input(node, 4), steps, SL_RANK_MAX)
              : 0;
  if (given < 0) return;
  *out = *in;
  for (int64_t i = 0; i < 2 * count; i++) {
    int64_t k = i / 2, a = i % 2, axis = axes[k] < 0 ? axes[k] : axes[k] - rank;
    if (axis != in->axis[a]) continue;
    int64_t size = size_at(w->graph, sl_node_input(node, 0), in->axis[a]);
    double first = (double)(start[k] < 0 ? start[k] + size : start[k] > size ? size : start[k]);
    out->low[a] = in->low[a] + in->step[a] * first;
    out->high[a] = in->high[a] + in->step[a] * first;
    out->step[a] = in->step[a] * (double)(given > k ? steps[k] : 1);
  }
}

// ---- element by element -------------------------------------------------------------------------

static int same_grid(const window *a, const window *b) {
  return a->axis[0] == b->axis[0] && a->axis[1] == b->axis[1] &&
         fabs(a->step[0] - b->step[0]) < 1e-9 * a->step[0] &&
         fabs(a->step[1] - b->step[1]) < 1e-9 * a->step[1];
}

static void unite(window *out, const window *in) {
  for (int a = 0; a < 2; a++) {
    out->low[a] = fmin(out->low[a], in->low[a]);
    out->high[a] = fmax(out->high[a], in->high[a]);
  }
  out->has_gates = out->has_gates || in->has_gates;
}

// A value that is the same at every place.
static int is_gate(const walk *w, sl_value_id value, const window *grid) {
  for (int a = 0; a < 2; a++) {
    int64_t size = size_at(w->graph, value, grid->axis[a]);
    int is_short = w->graph->values[value].type.rank + grid->axis[a] < 0;
    if (size != 1 && !is_short) return 0;
  }
  return 1;
}

static void join(const walk *w, const sl_node *node, window *out) {
  const window *first = NULL;
  for (int32_t i = 0; i < node->input_count && first == NULL; i++)
    if (w->of[node->inputs[i]].is_known) first = &w->of[node->inputs[i]];
  if (first == NULL) return;
  *out = *first;
  for (int32_t i = 0; i < node->input_count; i++) {
    sl_value_id value = node->inputs[i];
    const window *in = &w->of[value];
    if (is_constant(w->graph, value) || in == first) continue;
    if (in->is_known && same_grid(first, in))
      unite(out, in);
    else if (!in->is_known && is_gate(w, value, first))
      out->has_gates = true;
    else
      out->is_known = false;
  }
}

static int is_spatial(const walk *w, const sl_node *node, const window *in, int64_t axis) {
  int32_t rank = w->graph->values[sl_node_input(node, 0)].type.rank;
  if (axis >= 0) axis -= rank;
  return axis == in->axis[0] || axis == in->axis[1];
}

// Operators with an axis keep places apart unless it is one of theirs.
static void along_axis(const walk *w, const sl_node *node, int64_t missing, window *out) {
  join(w, node, out);
  if (out->is_known && is_spatial(w, node, out, sl_node_int(node, "axis", missing)))
    out->is_known = false;
}

static void reduce(const walk *w, const sl_node *node, const window *in, window *out) {
  int64_t axes[SL_RANK_MAX], count;
  const int64_t *ints = sl_node_ints(node, "axes", &count);
  if (ints == NULL)
    count = sl_graph_constant_ints(w->graph, sl_node_input(node, 1), axes, SL_RANK_MAX);
  if (count <= 0 || sl_node_int(node, "keepdims", 1) == 0) return;
  *out = *in;
  for (int64_t i = 0; i < count; i++)
    if (is_spatial(w, node, in, ints != NULL ? ints[i] : axes[i])) out->is_known = false;
}

// ---- the walk -----------------------------------------------------------------------------------

static int is_among(const char *type, const char *const *names) {
  for (; *names != NULL; names++)
    if (strcmp(type, *names) == 0) return 1;
  return 0;
}

static const char *const sliding[] = {"Conv",        "MaxPool",     "AveragePool",        "LpPool",
                                      "QLinearConv", "ConvInteger", "QLinearAveragePool", NULL};
static const char *const elementwise[] = {"Abs",
                                          "Add",
                                          "BatchNormalization",
                                          "Cast",
                                          "Ceil",
                                          "Celu",
                                          "Clip",
                                          "Div",
                                          "DequantizeLinear",
                                          "Dropout",
                                          "DynamicQuantizeLinear",
                                          "Elu",
                                          "Erf",
                                          "Exp",
                                          "Floor",
                                          "Gelu",
                                          "HardSigmoid",
                                          "HardSwish",
                                          "Identity",
                                          "LRN",
                                          "LeakyRelu",
                                          "Log",
                                          "Max",
                                          "Min",
                                          "Mish",
                                          "Mul",
                                          "Neg",
                                          "PRelu",
                                          "Pow",
                                          "QuantizeLinear",
                                          "Reciprocal",
                                          "Relu",
                                          "Round",
                                          "Selu",
                                          "Sigmoid",
                                          "Softplus",
                                          "Softsign",
                                          "Sqrt",
                                          "Sub",
                                          "Sum",
                                          "Swish",
                                          "Tanh",
                                          "ThresholdedRelu",
                                          "Where",
                                          "QLinearAdd",
                                          "QLinearMul",
                                          "QLinearLeakyRelu",
                                          "QLinearSigmoid",
                                          NULL};
static const char *const reducing[] = {"ReduceMean", "ReduceSum", "ReduceMax",  "ReduceMin",
                                       "ReduceL1",   "ReduceL2",  "ReduceProd", NULL};

static void follow_move(const walk *w, const sl_node *node, const window *in, window *out) {
  if (is_among(node->type, sliding))
    slide_over(w, node, in, out);
  else if (sl_node_is(node, "ConvTranspose"))
    spread_over(w, node, in, out);
  else if (sl_node_is(node, "Resize") || sl_node_is(node, "Upsample"))
    resize(w, node, in, out);
  else if (sl_node_is(node, "DepthToSpace") || sl_node_is(node, "SpaceToDepth"))
    blocks(node, in, out);
  else if (sl_node_is(node, "Transpose"))
    transpose(w, node, in, out);
  else if (sl_node_is(node, "Reshape"))
    reshape(w, node, in, out);
  else if (sl_node_is(node, "Pad"))
    pad(w, node, in, out);
  else if (sl_node_is(node, "Slice"))
    slice(w, node, in, out);
  else if (is_among(node->type, reducing))
    reduce(w, node, in, out);
}

static void follow(walk *w, const sl_node *node) {
  window out = {0};
  const window *in = &w->of[sl_node_input(node, 0)];
  if (is_among(node->type, elementwise)) {
    join(w, node, &out);
  } else if (sl_node_is(node, "InstanceNormalization") || sl_node_is(node, "GroupNormalization")) {
    join(w, node, &out);
    out.has_gates = out.is_known;
  } else if (sl_node_is(node, "Softmax") || sl_node_is(node, "LayerNormalization")) {
    along_axis(w, node, -1, &out);
  } else if (sl_node_is(node, "Concat") || sl_node_is(node, "Split")) {
    along_axis(w, node, 0, &out);
  } else if (in->is_known) {
    follow_move(w, node, in, &out);
  }
  for (int32_t i = 0; i < node->output_count; i++)
    if (node->outputs[i] != 0) w->of[node->outputs[i]] = out;
}

static sl_status start(walk *w, sl_value_id input, sl_receptive_field *out, sl_error *err) {
  const sl_value *value = &w->graph->values[input];
  window *first = &w->of[input];
  int last = value->type.rank == 4 && sl_dim_is(value->type.dims[3], 1);
  if (value->type.rank == 4 && sl_dim_is(value->type.dims[3], 3)) last = 1;
  *first = (window){.is_known = true, .axis = {last ? -3 : -2, last ? -2 : -1}, .step = {1, 1}};
  for (int a = 0; a < 2; a++) out->size[a] = size_at(w->graph, input, first->axis[a]);
  if (value->type.rank == 4 && out->size[0] > 0 && out->size[1] > 0) return SL_OK;
  return sl_fail(err, SL_E_UNSUPPORTED, "input \"%s\" is %s: no picture of known size", value->name,
                 sl_type_text(w->scratch, &value->type));
}

static void fill_window(const window *found, const sl_feature_layer *layer,
                        sl_receptive_field *out) {
  int64_t grid[2] = {layer->height, layer->width};
  out->is_window = found->is_known;
  out->has_gates = found->has_gates;
  for (int a = 0; a < 2; a++) {
    double cell = (double)out->size[a] / (double)grid[a];
    out->step[a] = found->is_known ? found->step[a] : cell;
    out->low[a] = found->is_known ? found->low[a] : 0;
    out->high[a] = found->is_known ? found->high[a] : cell - 1;
  }
}

sl_status sl_receptive_field_of(const sl_white_box *box, const sl_feature_layer *layer,
                                sl_receptive_field *out, sl_error *err) {
  const sl_graph *graph = sl_white_box_model(box)->graph;
  sl_arena *scratch = sl_arena_new(NULL, "receptive field");
  walk w = {.graph = graph,
            .scratch = scratch,
            .of = SL_NEW_ARRAY(scratch, window, graph->value_count + 1)};
  *out = (sl_receptive_field){0};
  sl_status status = start(&w, sl_white_box_input(box), out, err);
  for (sl_node_id n = 1; status == SL_OK && n < graph->node_count; n++)
    if (!graph->nodes[n].is_removed) follow(&w, &graph->nodes[n]);
  if (status == SL_OK) fill_window(&w.of[layer->value], layer, out);
  sl_arena_free(scratch);
  return status;
}

static int64_t clip(double value, int64_t low, int64_t high) {
  return value < (double)low ? low : value > (double)high ? high : (int64_t)value;
}

sl_pixel_box sl_receptive_field_box(const sl_receptive_field *field, int64_t row, int64_t column) {
  int64_t place[2] = {row, column}, first[2], end[2];
  for (int a = 0; a < 2; a++) {
    double at = field->step[a] * (double)place[a];
    first[a] = clip(floor(at + field->low[a] + 1e-6), 0, field->size[a] - 1);
    end[a] = clip(ceil(at + field->high[a] - 1e-6) + 1, first[a] + 1, field->size[a]);
  }
  return (sl_pixel_box){.x0 = first[1], .y0 = first[0], .x1 = end[1], .y1 = end[0]};
}
