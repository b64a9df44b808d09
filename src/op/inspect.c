// SPDX-License-Identifier: Apache-2.0
// Operation "inspect": a model as people see it: blocks, layers worth looking at, nodes, costs.
#include <string.h>

#include "attrib/node_time.h"
#include "op/choices.h"
#include "op/lookup.h"
#include "op/opened.h"
#include "pass/cost.h"
#include "pass/outline.h"

typedef struct inspect_params {
  sl_case_params which;
  bool nodes, time;
} inspect_params;

#define P inspect_params
static const sl_row params[] = {SL_ROWS_CASE(P, which), SL_P_BOOL(P, nodes, 0, "List every node."),
                                SL_P_BOOL(P, time, 0, "Run the model and say where its time goes."),
                                SL_ROW_END};
#undef P

typedef struct port_record {
  const char *name, *type;
} port_record;

#define R port_record
static const sl_row port_rows[] = {
    SL_R_TEXT(R, name, "Its name."),
    SL_R_TEXT(R, type, "Element type and sizes; N is the batch, 2N twice of it."), SL_ROW_END};
#undef R

static const sl_choice layer_kinds[] = {{"map", "features on a grid"},
                                        {"tokens", "a token per patch"},
                                        {"attention", "attention probabilities"},
                                        {"scores", "scores of classes"},
                                        {0}};

typedef struct inspect_layer {
  const char *value, *title, *type;
  int32_t kind;
  int64_t block, node, channels, height, width, extra_tokens, heads, windows;
  bool stage_end, is_target;
} inspect_layer;

#define R inspect_layer
static const sl_row layer_rows[] = {
    SL_R_TEXT(R, value, "Name of the value."),
    SL_R_TEXT(R, title, "What to call it."),
    SL_R_TEXT(R, type, "Element type and sizes."),
    SL_R_ENUM(R, kind, layer_kinds, "What it holds."),
    SL_R_INT(R, block, NULL, "Block it belongs to; -1 for none."),
    SL_R_INT(R, node, NULL, "Node that makes it."),
    SL_R_INT(R, channels, NULL, "Channels, width of tokens, or scores."),
    SL_R_INT(R, height, NULL, "Rows of the grid; 0 without one."),
    SL_R_INT(R, width, NULL, "Columns of the grid; 0 without one."),
    SL_R_INT(R, extra_tokens, NULL, "Class and register tokens before the grid."),
    SL_R_INT(R, heads, NULL, "Attention heads of a sample."),
    SL_R_INT(R, windows, NULL, "Attention windows of a sample; 1: global."),
    SL_R_BOOL(R, stage_end, "The grid changes after it."),
    SL_R_BOOL(R, is_target, "The layer that class activation maps look at by default."),
    SL_ROW_END};
#undef R

typedef struct inspect_block {
  int64_t index, parent, depth, nodes, parameters, flops;
  const char *title, *output;
  double time_us;
} inspect_block;

#define R inspect_block
static const sl_row block_rows[] = {
    SL_R_INT(R, index, NULL, "Number of the block."),
    SL_R_TEXT(R, title, "What to call it."),
    SL_R_INT(R, parent, NULL, "Block around it; -1 for none."),
    SL_R_INT(R, depth, NULL, "0 for the outermost."),
    SL_R_INT(R, nodes, NULL, "Nodes inside."),
    SL_R_INT(R, parameters, NULL, "Parameters inside."),
    SL_R_INT(R, flops, NULL, "Floating-point operations for one sample."),
    SL_R_REAL(R, time_us, "us", "Time of its nodes for one sample; null when not measured."),
    SL_R_TEXT(R, output, "Value the rest of the model reads last of it."),
    SL_ROW_END};
#undef R

typedef struct inspect_node {
  int64_t index, block, parameters, flops;
  const char *name, *type, *shape;
  sl_texts inputs, outputs;
  double time_us;
} inspect_node;

#define R inspect_node
static const sl_row node_rows[] = {
    SL_R_INT(R, index, NULL, "Number of the node, in the order of computation."),
    SL_R_TEXT(R, name, "Its name in the file; empty when it has none."),
    SL_R_TEXT(R, type, "Operator."),
    SL_R_INT(R, block, NULL, "Innermost block it is in; -1 for none."),
    SL_R_TEXTS(R, inputs, "Values it reads, without constants."),
    SL_R_TEXTS(R, outputs, "Values it makes."),
    SL_R_TEXT(R, shape, "Element type and sizes of the first output."),
    SL_R_INT(R, parameters, NULL, "Parameters it reads."),
    SL_R_INT(R, flops, NULL, "Floating-point operations for one sample."),
    SL_R_REAL(R, time_us, "us", "Time for one sample; null when not measured."),
    SL_ROW_END};
#undef R

typedef struct inspect_result {
  const char *name, *run;
  int64_t opset, node_count, parameters, flops;
  double time_us, other_us;
  bool names_used;
  sl_records inputs, outputs, layers, blocks, nodes;
} inspect_result;

#define R inspect_result
static const sl_row result[] = {
    SL_R_TEXT(R, name, "The model's file."),
    SL_R_ID(R, run, "run", "Run whose model it is; null for a file."),
    SL_R_INT(R, opset, NULL, "Operator set the graph is shown in."),
    SL_R_INT(R, node_count, "nodes", "Nodes after constants were folded."),
    SL_R_INT(R, parameters, NULL, "Parameters."),
    SL_R_INT(R, flops, NULL, "Floating-point operations for one sample; a multiply-add is two."),
    SL_R_REAL(R, time_us, "us", "Time of one sample; null when not measured."),
    SL_R_REAL(R, other_us, "us", "Of it: layout changes and what belongs to no node."),
    SL_R_BOOL(R, names_used, "Blocks come from names; else from the sizes of feature maps."),
    SL_R_RECORDS(R, inputs, port_record, port_rows, "What the model takes."),
    SL_R_RECORDS(R, outputs, port_record, port_rows, "What it gives."),
    SL_R_RECORDS(R, layers, inspect_layer, layer_rows,
                 "Layers worth looking at, from input to output."),
    SL_R_RECORDS(R, blocks, inspect_block, block_rows, "Blocks, outer before inner."),
    SL_R_RECORDS(R, nodes, inspect_node, node_rows, "Every node, when asked for."),
    SL_ROW_END};
#undef R

typedef struct inspect_work {
  sl_op_call *call;
  const inspect_params *in;
  sl_opened opened;
  const sl_graph *graph;
  const sl_outline *outline;
  sl_node_times times;
  sl_node_cost *costs;  // per node
} inspect_work;

static double time_of(const inspect_work *w, sl_node_id node) {
  return w->times.node_us != NULL ? w->times.node_us[node] : 0.0 / 0.0;
}

static const char *name_of(const inspect_work *w, sl_value_id value) {
  return value != 0 ? sl_arena_copy(w->call->arena, w->graph->values[value].name) : NULL;
}

static const char *text(const inspect_work *w, const char *borrowed) {
  return sl_arena_copy(w->call->arena, borrowed);
}

static sl_records list_ports(const inspect_work *w, const sl_value_id *values, int32_t count) {
  port_record *list = SL_NEW_ARRAY(w->call->arena, port_record, count + 1);
  for (int32_t i = 0; i < count; i++)
    list[i] = (port_record){name_of(w, values[i]),
                            sl_type_text(w->call->arena, &w->graph->values[values[i]].type)};
  return (sl_records){list, count};
}

static int64_t channels_of(const sl_type *type, const sl_layer *layer) {
  int32_t axis = layer->channel_axis >= 0 ? layer->channel_axis : type->rank - 1;
  int64_t size = axis >= 0 && axis < type->rank ? type->dims[axis].fixed : 0;
  return size > 0 ? size : 0;
}

static sl_records list_layers(const inspect_work *w) {
  const sl_outline *o = w->outline;
  inspect_layer *list = SL_NEW_ARRAY(w->call->arena, inspect_layer, o->layer_count + 1);
  for (int32_t i = 0; i < o->layer_count; i++) {
    const sl_layer *layer = &o->layers[i];
    const sl_value *value = &w->graph->values[layer->value];
    list[i] = (inspect_layer){.value = name_of(w, layer->value),
                              .title = text(w, layer->title),
                              .type = sl_type_text(w->call->arena, &value->type),
                              .kind = (int32_t)layer->kind,
                              .block = layer->block,
                              .node = value->maker,
                              .channels = channels_of(&value->type, layer),
                              .height = layer->grid_h,
                              .width = layer->grid_w,
                              .extra_tokens = layer->extra_tokens,
                              .heads = layer->heads,
                              .windows = layer->windows,
                              .stage_end = layer->is_stage_end != 0,
                              .is_target = i == o->target};
  }
  return (sl_records){list, o->layer_count};
}

static sl_records list_blocks(const inspect_work *w) {
  const sl_outline *o = w->outline;
  inspect_block *list = SL_NEW_ARRAY(w->call->arena, inspect_block, o->block_count + 1);
  for (int32_t b = 0; b < o->block_count; b++)
    list[b] = (inspect_block){.index = b,
                              .title = text(w, o->blocks[b].title),
                              .parent = o->blocks[b].parent,
                              .depth = o->blocks[b].depth,
                              .nodes = o->blocks[b].node_count,
                              .output = name_of(w, o->blocks[b].output),
                              .time_us = time_of(w, 0)};
  for (sl_node_id n = 1; n < w->graph->node_count; n++)
    for (int32_t b = o->block_of[n]; b >= 0; b = o->blocks[b].parent) {
      list[b].parameters += w->costs[n].parameters;
      list[b].flops += w->costs[n].flops;
      list[b].time_us += time_of(w, n);
    }
  return (sl_records){list, o->block_count};
}

static sl_texts list_values(const inspect_work *w, const sl_value_id *values, int32_t count) {
  const char **list = SL_NEW_ARRAY(w->call->arena, const char *, count + 1);
  int64_t found = 0;
  for (int32_t i = 0; i < count; i++)
    if (values[i] != 0 && w->graph->values[values[i]].origin != SL_ORIGIN_CONSTANT)
      list[found++] = name_of(w, values[i]);
  return (sl_texts){list, found};
}

static sl_records list_nodes(const inspect_work *w) {
  inspect_node *list = SL_NEW_ARRAY(w->call->arena, inspect_node, w->graph->node_count);
  int64_t count = 0;
  for (sl_node_id n = 1; w->in->nodes && n < w->graph->node_count; n++) {
    const sl_node *node = &w->graph->nodes[n];
    if (node->is_removed) continue;
    sl_value_id first = sl_node_output(node, 0);
    list[count++] =
        (inspect_node){.index = n,
                       .block = w->outline->block_of[n],
                       .name = text(w, node->name),
                       .type = text(w, node->type),
                       .inputs = list_values(w, node->inputs, node->input_count),
                       .outputs = list_values(w, node->outputs, node->output_count),
                       .shape = sl_type_text(w->call->arena, &w->graph->values[first].type),
                       .parameters = w->costs[n].parameters,
                       .flops = w->costs[n].flops,
                       .time_us = time_of(w, n)};
  }
  return (sl_records){list, count};
}

static void add_costs(inspect_work *w, inspect_result *out) {
  w->costs = SL_NEW_ARRAY(w->call->arena, sl_node_cost, w->graph->node_count);
  for (sl_node_id n = 1; n < w->graph->node_count; n++) {
    if (w->graph->nodes[n].is_removed) continue;
    w->costs[n] = sl_node_cost_of(w->graph, n);
    out->node_count++;
    out->parameters += w->costs[n].parameters;
    out->flops += w->costs[n].flops;
  }
}

static sl_status inspect(inspect_work *w, inspect_result *out, sl_error *err) {
  SL_TRY(sl_opened_open(w->call, &w->in->which, NULL, 0, &w->opened, err));
  const sl_graph_model *model = sl_white_box_model(w->opened.box);
  w->graph = model->graph;
  w->outline = sl_outline_make(w->call->arena, w->graph);
  if (w->in->time) SL_TRY(sl_node_times_measure(w->call->arena, w->opened.box, 5, &w->times, err));
  add_costs(w, out);
  out->name = text(w, sl_white_box_name(w->opened.box));
  out->run = w->opened.run;
  out->opset = sl_graph_opset(model, "");
  out->time_us = w->in->time ? w->times.total_us : 0.0 / 0.0;
  out->other_us = w->in->time ? w->times.other_us : 0.0 / 0.0;
  out->names_used = w->outline->names_are_used != 0;
  out->inputs = list_ports(w, w->graph->inputs, w->graph->input_count);
  out->outputs = list_ports(w, w->graph->outputs, w->graph->output_count);
  out->layers = list_layers(w);
  out->blocks = list_blocks(w);
  out->nodes = list_nodes(w);
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  inspect_work w = {.call = call, .in = params_in};
  sl_status status = inspect(&w, result_out, err);
  sl_opened_close(call, &w.opened);
  return status;
}

const sl_op sl_op_inspect = {
    .info = {.name = "inspect",
             .title = "Inspect a model",
             .help = "Blocks, layers worth looking at, nodes, parameters, operations and time.",
             .example = "slitlamp inspect model.onnx --time",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(inspect_params),
             .result = result,
             .result_size = sizeof(inspect_result)},
    .run = run};
