// SPDX-License-Identifier: Apache-2.0
// Which layers are grids, and how their elements lie.
#include "attrib/feature_layer.h"

#include <math.h>
#include <string.h>

#include "pass/outline.h"

// A grid of tokens behind at most so many others: class, distillation, register tokens.
enum { SKIPPED_MAX = 8 };

static int fixed_row(const sl_type *type) {
  for (int32_t d = 1; d < type->rank; d++)
    if (type->dims[d].fixed <= 0 || type->dims[d].per_batch != 0) return 0;
  return type->rank > 1 && sl_element_is_float(type->element);
}

static int square_side(int64_t count) {
  int64_t side = (int64_t)llround(sqrt((double)count));
  return side > 1 && side * side == count ? (int)side : 0;
}

// Input height by width, to recognise grids that are not square.
static double input_aspect(const sl_white_box *box) {
  const sl_type *type = &sl_white_box_model(box)->graph->values[sl_white_box_input(box)].type;
  if (type->rank != 4 || type->dims[2].fixed <= 0 || type->dims[3].fixed <= 0) return 1;
  int last = type->dims[3].fixed <= 4 && type->dims[1].fixed > 4;
  double height = (double)type->dims[last ? 1 : 2].fixed;
  return height / (double)type->dims[last ? 2 : 3].fixed;
}

static int read_tokens(const sl_white_box *box, const sl_type *type, sl_feature_layer *out) {
  int64_t tokens = type->dims[1].fixed;
  double aspect = input_aspect(box);
  for (int64_t skipped = 0; skipped <= SKIPPED_MAX && tokens - skipped > 1; skipped++) {
    int64_t count = tokens - skipped;
    int64_t height = (int64_t)llround(sqrt((double)count * aspect));
    if (height < 2 || count % height != 0) continue;
    double ratio = (double)height / (double)(count / height);
    if (fabs(ratio - aspect) > 0.01 * aspect && square_side(count) == 0) continue;
    *out = (sl_feature_layer){.channels = type->dims[2].fixed,
                              .height = height,
                              .width = count / height,
                              .skipped = skipped,
                              .channels_last = true};
    return 1;
  }
  return 0;
}

static int read_layer(const sl_white_box *box, sl_value_id value, sl_feature_layer *out) {
  const sl_type *type = &sl_white_box_model(box)->graph->values[value].type;
  *out = (sl_feature_layer){0};
  if (!fixed_row(type)) return 0;
  const sl_dim *d = type->dims;
  if (type->rank == 4) {
    // Maps of Swin and ConvNeXt exports lie [H, W, C]: the two equal axes are the places.
    int last = d[1].fixed == d[2].fixed && d[2].fixed != d[3].fixed;
    *out = (sl_feature_layer){.channels = d[last ? 3 : 1].fixed,
                              .height = d[last ? 1 : 2].fixed,
                              .width = d[last ? 2 : 3].fixed,
                              .channels_last = last};
  } else if (type->rank != 3 || !read_tokens(box, type, out)) {
    return 0;
  }
  out->value = value;
  out->elements = out->channels * (out->height * out->width + out->skipped);
  return out->height * out->width > 1;
}

sl_status sl_feature_layer_of(const sl_white_box *box, sl_value_id value, sl_feature_layer *out,
                              sl_error *err) {
  if (read_layer(box, value, out)) return SL_OK;
  const sl_value *v = &sl_white_box_model(box)->graph->values[value];
  sl_arena *scratch = sl_arena_new(NULL, "layer");
  sl_fail(err, SL_E_UNSUPPORTED, "layer \"%s\" is %s: no grid of places", v->name,
          sl_type_text(scratch, &v->type));
  sl_arena_free(scratch);
  return sl_hint(err, SL_E_UNSUPPORTED,
                 "Choose a layer of maps [N, C, H, W] or tokens [N, T, C] before the pooling.");
}

// ---- the last one -------------------------------------------------------------------------------

// Which values the target is computed from.
static uint8_t *ancestors(const sl_graph *graph, sl_value_id target, sl_arena *scratch) {
  uint8_t *wanted = SL_NEW_ARRAY(scratch, uint8_t, graph->value_count + 1);
  wanted[target] = 1;
  for (sl_node_id n = graph->node_count - 1; n > 0; n--) {
    const sl_node *node = &graph->nodes[n];
    int needed = 0;
    for (int32_t i = 0; i < node->output_count; i++) needed |= wanted[node->outputs[i]];
    for (int32_t i = 0; needed && !node->is_removed && i < node->input_count; i++)
      wanted[node->inputs[i]] = 1;
    wanted[0] = 0;
  }
  return wanted;
}

// Operators whose output is worth looking at: not those that only move or mix elements.
static int is_feature(const sl_node *node) {
  static const char *const moved[] = {"Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze",
                                      "Slice",   "Gather",    "Split",   "Softmax", "Expand",
                                      "Cast",    "Pad",       "Shape",   "Sigmoid"};
  for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++)
    if (sl_node_is(node, moved[i])) return 0;
  return 1;
}

// The layer that "inspect" names, so that both say the same; 0 when it is not on the way.
static sl_value_id outlined(const sl_white_box *box, const uint8_t *wanted, sl_arena *scratch) {
  const sl_outline *outline = sl_outline_make(scratch, sl_white_box_model(box)->graph);
  sl_feature_layer layer;
  if (outline->target < 0) return 0;
  sl_value_id value = outline->layers[outline->target].value;
  return wanted[value] && read_layer(box, value, &layer) ? value : 0;
}

sl_value_id sl_feature_layer_last(const sl_white_box *box, sl_value_id target) {
  const sl_graph *graph = sl_white_box_model(box)->graph;
  sl_arena *scratch = sl_arena_new(NULL, "last layer");
  uint8_t *wanted = ancestors(graph, target, scratch);
  sl_value_id found = outlined(box, wanted, scratch);
  for (sl_node_id n = graph->node_count - 1; n > 0 && found == 0; n--) {
    const sl_node *node = &graph->nodes[n];
    sl_value_id value = sl_node_output(node, 0);
    sl_feature_layer layer;
    if (node->is_removed || value == 0 || !wanted[value] || !is_feature(node)) continue;
    if (read_layer(box, value, &layer)) found = value;
  }
  sl_arena_free(scratch);
  return found;
}

int32_t sl_channel_axis(const sl_white_box *box, sl_value_id value, int32_t rank) {
  sl_feature_layer layer;
  if (read_layer(box, value, &layer)) return layer.channels_last ? rank - 1 : 1;
  return rank == 3 ? 2 : rank > 1 ? 1 : 0;
}

void sl_feature_mean(const sl_feature_layer *layer, const float *values, double *out) {
  int64_t places = layer->height * layer->width;
  for (int64_t c = 0; c < layer->channels; c++) {
    double sum = 0;
    for (int64_t i = 0; i < places; i++) sum += (double)values[sl_feature_at(layer, c, i)];
    out[c] = sum / (double)places;
  }
}

// ---- lists --------------------------------------------------------------------------------------

static sl_status add_wanted(sl_arena *arena, const sl_white_box *box, const sl_texts *wanted,
                            sl_feature_layers *out, sl_error *err) {
  for (int64_t i = 0; i < wanted->count; i++) {
    sl_value_id value;
    SL_TRY(sl_white_box_value(box, wanted->at[i], &value, err));
    SL_TRY(sl_feature_layer_of(box, value, &out->at[i], err));
    out->titles[i] = sl_arena_copy(arena, wanted->at[i]);
  }
  out->count = (int32_t)wanted->count;
  return SL_OK;
}

static void add_outline(sl_arena *arena, const sl_white_box *box, const sl_outline *outline,
                        sl_feature_layers *out) {
  for (int32_t i = 0; i < outline->layer_count; i++) {
    const sl_layer *layer = &outline->layers[i];
    int is_grid = layer->kind == SL_LAYER_MAP || layer->kind == SL_LAYER_TOKENS;
    if (!is_grid || !read_layer(box, layer->value, &out->at[out->count])) continue;
    out->titles[out->count++] = sl_arena_copy(arena, layer->title);
  }
}

sl_status sl_feature_layers_find(sl_arena *arena, const sl_white_box *box, const sl_texts *wanted,
                                 sl_feature_layers *out, sl_error *err) {
  const sl_outline *outline = sl_outline_make(arena, sl_white_box_model(box)->graph);
  size_t room = (size_t)(outline->layer_count + wanted->count + 1);
  *out = (sl_feature_layers){.at = SL_NEW_ARRAY(arena, sl_feature_layer, room),
                             .titles = SL_NEW_ARRAY(arena, const char *, room)};
  if (wanted->count > 0)
    SL_TRY(add_wanted(arena, box, wanted, out, err));
  else
    add_outline(arena, box, outline, out);
  if (out->count > 0) return SL_OK;
  return sl_fail(err, SL_E_UNSUPPORTED, "model \"%s\" has no layer that is a grid of places",
                 sl_white_box_name(box));
}
