// SPDX-License-Identifier: Apache-2.0
// graph_pass IN.onnx OUT.onnx PASS...: runs passes on a model, for developers and scripts.
//
// PASS is a name of pass_list.h, or: prepare, infer, verify, free_batch, outline (prints it),
// tap=NAME, cut=NAME, only=NAME (makes it the only output), gate=KIND:NAME with KIND a digit of
// sl_gate_kind, diff=OTHER.onnx (prints it). OUT may be "-" for none. Start at main().
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "onnx/infer.h"
#include "onnx/model_file.h"
#include "pass/cut.h"
#include "pass/free_batch.h"
#include "pass/gate.h"
#include "pass/model_diff.h"
#include "pass/outline.h"
#include "pass/pass.h"
#include "pass/prepare.h"
#include "pass/taps.h"

static void print_outline(sl_arena *arena, const sl_graph *graph) {
  static const char *const kinds[] = {"map", "tokens", "attention", "scores"};
  const sl_outline *o = sl_outline_make(arena, graph);
  for (int32_t b = 0; b < o->block_count; b++)
    printf("block %*s%s  %d nodes, ends with \"%s\"\n", 2 * o->blocks[b].depth, "",
           o->blocks[b].title, o->blocks[b].node_count, graph->values[o->blocks[b].output].name);
  for (int32_t i = 0; i < o->layer_count; i++) {
    const sl_layer *l = &o->layers[i];
    const sl_value *value = &graph->values[l->value];
    printf("layer %c%c %s \"%s\" %s: \"%s\"", i == o->target ? '>' : ' ',
           l->is_stage_end ? '*' : ' ', kinds[l->kind], l->title, sl_type_text(arena, &value->type),
           value->name);
    if (l->grid_h > 0) printf(" grid %lldx%lld", (long long)l->grid_h, (long long)l->grid_w);
    if (l->extra_tokens > 0) printf(" +%lld", (long long)l->extra_tokens);
    if (l->heads > 0)
      printf(" heads %lld windows %lld", (long long)l->heads, (long long)l->windows);
    printf("\n");
  }
}

static sl_status print_diff(sl_arena *arena, sl_graph_model *model, const char *path,
                            sl_error *err) {
  static const char *const kinds[] = {"opset",    "port",      "added",  "removed",
                                      "operator", "attribute", "wiring", "weight"};
  sl_graph_model *other;
  SL_TRY(sl_onnx_load(arena, path, NULL, &other, err));
  const sl_model_diff *diff = sl_model_diff_make(arena, model, other);
  printf("%d matched, %d only here, %d only there\n", diff->matched, diff->only_a, diff->only_b);
  for (int32_t i = 0; i < diff->count; i++) {
    const sl_change *c = &diff->changes[i];
    printf("%s %s %s: %s -> %s  max %g\n", kinds[c->kind], c->node, c->what, c->before, c->after,
           c->max_delta);
  }
  return SL_OK;
}

static sl_status gate(sl_graph_model *model, const char *what, sl_error *err) {
  sl_gate made;
  sl_gate_options options = {.kind = (sl_gate_kind)(what[0] - '0')};
  SL_TRY(sl_tap_find(model->graph, NULL, what + 2, &options.value, err));
  return sl_pass_gate(model, &options, &made, err);
}

static sl_status run_named(sl_graph_model *model, const char *what, sl_error *err) {
  sl_value_id value;
  const char *name = strchr(what, '=') + 1;
  if (sl_starts_with(what, "gate=")) return gate(model, name, err);
  SL_TRY(sl_tap_find(model->graph, NULL, name, &value, err));
  if (sl_starts_with(what, "tap=")) {
    sl_pass_tap(model, &value, 1, NULL);
  } else if (sl_starts_with(what, "only=")) {
    sl_graph_set_outputs(model->graph, NULL, 0);
    sl_pass_tap(model, &value, 1, NULL);
    return sl_pass_dead(model, NULL, err);
  } else if (sl_starts_with(what, "cut=")) {
    return sl_pass_cut(model, &(sl_cut_options){.frontier = &value, .frontier_count = 1}, err);
  }
  return SL_OK;
}

static sl_status run(sl_arena *arena, sl_graph_model *model, const char *what, sl_error *err) {
  const sl_pass *pass = sl_pass_find(what);
  if (pass != NULL) return pass->run(model, NULL, err);
  if (strcmp(what, "prepare") == 0) return sl_pass_prepare(model, NULL, err);
  if (strcmp(what, "verify") == 0) return sl_graph_verify(model->graph, err);
  if (strcmp(what, "free_batch") == 0) return sl_pass_free_batch(model, err);
  if (sl_starts_with(what, "diff=")) return print_diff(arena, model, what + 5, err);
  if (strchr(what, '=') != NULL) return run_named(model, what, err);
  if (strcmp(what, "outline") == 0) {
    print_outline(arena, model->graph);
    return SL_OK;
  }
  if (strcmp(what, "infer") == 0) {
    SL_TRY(sl_onnx_bind(model, NULL, 0, err));
    return sl_onnx_infer(model, err);
  }
  return sl_fail(err, SL_E_ARG, "there is no pass \"%s\"", what);
}

static sl_status process(sl_arena *arena, int count, char **args, sl_error *err) {
  sl_graph_model *model;
  SL_TRY(sl_onnx_load(arena, args[1], NULL, &model, err));
  for (int i = 3; i < count; i++) {
    SL_TRY(run(arena, model, args[i], err));
    SL_TRY(sl_graph_verify(model->graph, err));
  }
  return strcmp(args[2], "-") == 0 ? SL_OK : sl_onnx_save(model, args[2], err);
}

int main(int count, char **args) {
  if (count < 3) {
    fprintf(stderr, "use: graph_pass IN.onnx OUT.onnx PASS...\n");
    return 2;
  }
  sl_arena *arena = sl_arena_new(NULL, "graph_pass");
  sl_error err = {0};
  sl_status status = process(arena, count, args, &err);
  if (status != SL_OK)
    fprintf(stderr, "%s: %s\n%s\n", args[1], sl_error_message(&err), sl_error_hint(&err));
  sl_arena_free(arena);
  return status != SL_OK;
}
