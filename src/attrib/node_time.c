// SPDX-License-Identifier: Apache-2.0
// Node times from ONNX Runtime's profile.
//
// Invariant: nodes and what they make are renamed "sl<number>_" in a copy, so that a fused or
// rewritten node still shows which it came from. Start at sl_node_times_measure().
#include "attrib/node_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "model/graph_session.h"

enum { PROFILE_MAX = 256 << 20 };

static sl_status run_times(sl_session *session, const sl_graph *graph, int32_t runs,
                           sl_arena *scratch, sl_error *err) {
  sl_tensor *inputs = SL_NEW_ARRAY(scratch, sl_tensor, graph->input_count + 1);
  sl_tensor *outputs = SL_NEW_ARRAY(scratch, sl_tensor, graph->output_count + 1);
  sl_status status = SL_OK;
  for (int32_t i = 0; status == SL_OK && i < graph->input_count; i++)
    status = sl_graph_zero_input(graph, graph->inputs[i], 1, &inputs[i], err);
  for (int32_t run = 0; status == SL_OK && run <= runs; run++) {
    status = sl_session_run(session, inputs, outputs, err);
    for (int32_t i = 0; i < graph->output_count; i++) sl_tensor_release(&outputs[i]);
  }
  for (int32_t i = 0; i < graph->input_count; i++) sl_tensor_release(&inputs[i]);
  return status;
}

// The number behind the first "sl" of the text; 0 when there is none.
static sl_node_id node_of(const char *name) {
  for (const char *at = strstr(name, "sl"); at != NULL; at = strstr(at + 1, "sl")) {
    char *end;
    long number = strtol(at + 2, &end, 10);
    if (end != at + 2 && *end == '_') return (sl_node_id)number;
  }
  return 0;
}

static void add_event(const sl_json *event, int32_t node_count, int32_t runs, int32_t *seen,
                      sl_node_times *out) {
  const char *name = sl_json_text(sl_json_get(event, "name"), "");
  if (!sl_streq(sl_json_text(sl_json_get(event, "cat"), ""), "Node")) return;
  if (!sl_ends_with(name, "_kernel_time")) return;
  sl_node_id node = node_of(name);
  double us = sl_json_real(sl_json_get(event, "dur"), 0) / runs;
  int is_known = node > 0 && node < node_count;
  // The first event of a node is the warm-up.
  if (is_known && seen[node]++ > 0) out->node_us[node] += us;
  if (!is_known) out->other_us += us * runs / (runs + 1);
}

static sl_status read_profile(sl_arena *scratch, const char *path, int32_t node_count, int32_t runs,
                              sl_node_times *out, sl_error *err) {
  sl_bytes text;
  const sl_json *events;
  SL_TRY(sl_file_read(scratch, path, PROFILE_MAX, &text, err));
  SL_TRY(sl_json_parse(scratch, (const char *)text.at, text.size, "profile", &events, err));
  int32_t *seen = SL_NEW_ARRAY(scratch, int32_t, node_count);
  for (sl_json_iter it = sl_json_each(events); sl_json_next(&it);)
    add_event(it.value, node_count, runs, seen, out);
  out->total_us = out->other_us;
  for (sl_node_id n = 1; n < node_count; n++) out->total_us += out->node_us[n];
  return SL_OK;
}

static sl_status measure(sl_arena *scratch, const sl_graph_model *model, const char *prefix,
                         int32_t runs, sl_node_times *out, sl_error *err) {
  sl_session_options options = {.provider = SL_PROVIDER_CPU, .profile_prefix = prefix};
  sl_session *session;
  SL_TRY(sl_graph_session(model, "profile", &options, &session, err));
  const char *path = NULL;
  sl_status status = run_times(session, model->graph, runs, scratch, err);
  if (status == SL_OK) status = sl_session_end_profile(session, scratch, &path, err);
  sl_session_close(session);
  SL_TRY(status);
  status = read_profile(scratch, path, model->graph->node_count, runs, out, err);
  unlink(path);
  return status;
}

// ONNX Runtime names rewritten nodes after what they make, others by their own name.
static void name_after_nodes(sl_arena *scratch, sl_graph *graph) {
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    sl_node *node = &graph->nodes[n];
    node->name = sl_arena_printf(scratch, "sl%d_", n);
    for (int32_t i = 0; !node->is_removed && i < node->output_count; i++)
      if (node->outputs[i] != 0)
        sl_graph_rename(graph, node->outputs[i], sl_arena_printf(scratch, "sl%d_%d", n, i));
  }
}

sl_status sl_node_times_measure(sl_arena *arena, sl_white_box *box, int32_t runs,
                                sl_node_times *out, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "node times");
  sl_graph_model *copy = sl_graph_model_copy(scratch, sl_white_box_model(box));
  name_after_nodes(scratch, copy->graph);
  *out = (sl_node_times){.node_us = SL_NEW_ARRAY(arena, double, copy->graph->node_count)};
  const char *folder = getenv("TMPDIR");
  const char *prefix = sl_arena_printf(scratch, "%s/slitlamp-profile-%ld",
                                       folder != NULL ? folder : "/tmp", (long)getpid());
  sl_status status = measure(scratch, copy, prefix, runs, out, err);
  sl_arena_free(scratch);
  return status;
}
