// SPDX-License-Identifier: Apache-2.0
// Nodes with inner graphs: If, Loop, Scan.
//
// A node gets turns: each asks for one inner graph to be inferred, the last one sets the outputs.
// A loop's carried values start with the types that come in; where a turn of the body gives other
// sizes they are left open and the body goes again, until nothing changes. Invariant: every turn
// leaves more open than the one before, so turns end. Start at sl_infer_control().
#include <string.h>

#include "onnx/infer_state.h"

enum {
  TURNS_MAX = 8,     // of one loop; then carried values of changing type are left open at once
  PASSES_MAX = 1000  // over bodies in all; then no loop gets another turn
};

static sl_graph *graph_of(const sl_inference *i, const char *name) {
  const sl_attribute *found = sl_node_attribute(i->node, name);
  int is_graph = found != NULL && found->kind == SL_ATTRIBUTE_GRAPH && found->count == 1;
  return is_graph ? found->graphs[0] : NULL;
}

// ---- types --------------------------------------------------------------------------------------

// What is true of both; the dims are in the scratch memory.
static sl_type common_type(sl_inference *i, const sl_type *a, const sl_type *b) {
  sl_type both = {.element = a->element == b->element ? a->element : SL_ELEMENT_NONE, .rank = -1};
  if (a->rank < 0 || a->rank != b->rank) return both;
  sl_dim *dims = sl_infer_dims(i, a->rank, a);
  for (int32_t d = 0; d < a->rank; d++)
    if (!sl_dim_equal(a->dims[d], b->dims[d])) dims[d] = SL_DIM_OPEN;
  both.rank = a->rank;
  both.dims = dims;
  return both;
}

static int is_same_type(const sl_type *a, const sl_type *b) {
  if (a->element != b->element || a->rank != b->rank) return 0;
  for (int32_t d = 0; d < a->rank; d++)
    if (sl_dim_is_known(a->dims[d]) != sl_dim_is_known(b->dims[d]) ||
        sl_dim_differs(a->dims[d], b->dims[d]))
      return 0;
  return 1;
}

// What comes in, and what the body declares where that is not known.
static void set_input(sl_graph *body, int32_t index, const sl_type *type) {
  if (index >= body->input_count) return;
  sl_value *value = &body->values[body->inputs[index]];
  sl_dim dims[SL_INFER_RANK_MAX];
  if (value->type.raw.size > 0 || value->origin != SL_ORIGIN_INPUT) return;
  const sl_type *declared = &value->type;
  int32_t element = type->element != SL_ELEMENT_NONE ? type->element : declared->element;
  int32_t rank = type->rank >= 0 ? type->rank : declared->rank;
  if (rank > SL_INFER_RANK_MAX) rank = -1;
  for (int32_t d = 0; d < rank; d++) {
    dims[d] = type->rank >= 0 ? type->dims[d] : declared->dims[d];
    if (!sl_dim_is_known(dims[d]) && declared->rank == rank) dims[d] = declared->dims[d];
  }
  sl_graph_set_type(body, body->inputs[index], element, rank, dims);
}

// What comes in and no more.
static void open_input(sl_graph *body, int32_t index, const sl_type *type) {
  const sl_value *value = &body->values[body->inputs[index]];
  if (value->type.raw.size > 0 || value->origin != SL_ORIGIN_INPUT) return;
  sl_graph_set_type(body, body->inputs[index], type->element, type->rank, type->dims);
}

static const sl_type *output_of(const sl_graph *body, int32_t index) {
  static const sl_type unknown = {.rank = -1};
  return index < body->output_count ? &body->values[body->outputs[index]].type : &unknown;
}

static sl_status set_output(sl_inference *i, int32_t slot, const sl_type *type) {
  return sl_infer_set(i, slot, type->element, type->rank, type->dims);
}

// A type with one more dim in front of `axis`.
static sl_status set_stacked(sl_inference *i, int32_t slot, const sl_type *each, int64_t axis,
                             sl_dim size) {
  if (each->rank < 0 || each->rank >= SL_INFER_RANK_MAX)
    return sl_infer_set(i, slot, each->element, -1, NULL);
  int32_t at;
  SL_TRY(sl_infer_axis(i, axis, each->rank + 1, &at));
  sl_dim *dims = sl_infer_dims(i, each->rank + 1, NULL);
  for (int32_t d = 0; d < each->rank; d++) dims[d + (d >= at)] = each->dims[d];
  dims[at] = size;
  return sl_infer_set(i, slot, each->element, each->rank + 1, dims);
}

// ---- If -----------------------------------------------------------------------------------------

static sl_status merge_branches(sl_inference *i, const sl_graph *yes, const sl_graph *no,
                                sl_onnx_number condition) {
  for (int32_t slot = 0; slot < i->node->output_count; slot++) {
    const sl_type *a = output_of(yes, slot), *b = output_of(no, slot);
    sl_type type = condition.is_known ? (condition.fixed != 0 ? *a : *b) : common_type(i, a, b);
    SL_TRY(set_output(i, slot, &type));
    const sl_graph *taken = condition.fixed != 0 ? yes : no;
    if (!condition.is_known || slot >= taken->output_count) continue;
    int64_t count;
    const sl_onnx_number *numbers =
        sl_onnx_content(i->contents, taken, taken->outputs[slot], &count);
    sl_contents_set(i->contents, i->graph, sl_node_output(i->node, slot), numbers, count);
  }
  return SL_OK;
}

static sl_status infer_if(sl_inference *i, sl_infer_turns *turns, sl_graph **next) {
  sl_graph *yes = graph_of(i, "then_branch"), *no = graph_of(i, "else_branch");
  sl_onnx_number condition = sl_infer_scalar(i, 0);
  if (yes == NULL || no == NULL) return sl_infer_fail(i, "a branch is missing");
  if (turns->stage == 2) return merge_branches(i, yes, no, condition);
  int is_taken = condition.is_known && (condition.fixed != 0) == (turns->stage == 0);
  *next = turns->stage == 0 ? yes : no;
  turns->is_tolerant = !is_taken;
  turns->stage++;
  sl_contents_enter(i->contents, *next);
  return SL_OK;
}

// ---- Loop ---------------------------------------------------------------------------------------

// Runs of the body, when the condition never ends it early.
static sl_onnx_number count_runs(sl_inference *i, const sl_graph *body) {
  int64_t count;
  const sl_onnx_number *goes_on = NULL;
  if (body->output_count > 0)
    goes_on = sl_onnx_content(i->contents, body, body->outputs[0], &count);
  if (sl_infer_has(i, 1) && !sl_number_is(sl_infer_scalar(i, 1), 1)) return sl_number_unknown();
  if (goes_on == NULL || count != 1 || !sl_number_is(goes_on[0], 1)) return sl_number_unknown();
  return sl_infer_has(i, 0) ? sl_infer_scalar(i, 0) : sl_number_unknown();
}

static sl_status finish_loop(sl_inference *i, const sl_graph *body) {
  int32_t carried = i->node->input_count - 2;
  sl_onnx_number runs = count_runs(i, body);
  int is_run = runs.is_known && sl_number_at_least(runs, sl_number_of(1));
  for (int32_t slot = 0; slot < i->node->output_count; slot++) {
    const sl_type *made = output_of(body, slot + 1);
    if (slot >= carried) {
      SL_TRY(set_stacked(i, slot, made, 0, sl_number_to_dim(runs)));
      continue;
    }
    sl_type type = is_run ? *made : common_type(i, sl_infer_type(i, slot + 2), made);
    SL_TRY(set_output(i, slot, &type));
  }
  return SL_OK;
}

static void enter_loop(sl_inference *i, sl_graph *body) {
  sl_contents_enter(i->contents, body);
  set_input(body, 0, &(sl_type){.element = SL_ELEMENT_I64});
  set_input(body, 1, &(sl_type){.element = SL_ELEMENT_BOOL});
  // The body runs only when this is so.
  sl_onnx_number yes = sl_number_of(1);
  if (body->input_count > 1) sl_contents_set(i->contents, body, body->inputs[1], &yes, 1);
}

// Carried values as the next turn must see them; 0 when the last turn saw them so already.
static int widen(sl_inference *i, const sl_graph *body, int32_t first_input, int32_t first_output,
                 int32_t carried, int is_last, sl_type *next) {
  int is_changed = 0;
  for (int32_t c = 0; c < carried && c + first_input < body->input_count; c++) {
    const sl_type *before = &body->values[body->inputs[c + first_input]].type;
    next[c] = common_type(i, before, output_of(body, c + first_output));
    int is_same = is_same_type(before, &next[c]);
    if (!is_same && is_last) next[c].rank = -1;
    is_changed |= !is_same;
  }
  return is_changed;
}

static sl_status infer_loop(sl_inference *i, sl_infer_turns *turns, sl_graph **next) {
  sl_graph *body = graph_of(i, "body");
  int32_t carried = i->node->input_count - 2;
  if (body == NULL) return sl_infer_fail(i, "its body is missing");
  if (carried < 0 || body->input_count < carried + 2)
    return sl_infer_fail(i, "its body has %d inputs for %d values", body->input_count, carried);
  if (turns->stage == 0) {
    enter_loop(i, body);
    int is_short = ++i->passes > PASSES_MAX;
    for (int32_t c = 0; c < carried; c++) {
      if (is_short)
        open_input(body, c + 2, &(sl_type){.rank = -1});
      else
        set_input(body, c + 2, sl_infer_type(i, c + 2));
    }
    turns->stage = is_short ? TURNS_MAX : 1;
    *next = body;
    return SL_OK;
  }
  sl_type *wider = SL_NEW_ARRAY(i->scratch, sl_type, carried + 1);
  int is_last = turns->stage == TURNS_MAX - 1;
  if (turns->stage >= TURNS_MAX || !widen(i, body, 2, 1, carried, is_last, wider))
    return finish_loop(i, body);
  enter_loop(i, body);
  i->passes++;
  for (int32_t c = 0; c < carried; c++) open_input(body, c + 2, &wider[c]);
  turns->stage++;
  *next = body;
  return SL_OK;
}

// ---- Scan ---------------------------------------------------------------------------------------

static int64_t axis_of(const sl_inference *i, const char *name, int32_t index) {
  int64_t count;
  const int64_t *axes = sl_infer_list(i, name, &count);
  return index < count ? axes[index] : 0;
}

// The type of one slice of a scanned input, and its number of slices.
static sl_status slice_type(sl_inference *i, int32_t slot, int64_t axis, sl_type *out,
                            sl_dim *length) {
  const sl_type *x = sl_infer_type(i, slot);
  *out = (sl_type){.element = x->element, .rank = -1};
  *length = SL_DIM_OPEN;
  if (x->rank < 0) return SL_OK;
  int32_t at;
  SL_TRY(sl_infer_axis(i, axis, x->rank, &at));
  sl_dim *dims = sl_infer_dims(i, x->rank, NULL);
  for (int32_t d = 0, to = 0; d < x->rank; d++)
    if (d != at) dims[to++] = x->dims[d];
  *length = x->dims[at];
  out->rank = x->rank - 1;
  out->dims = dims;
  return SL_OK;
}

static sl_status enter_scan(sl_inference *i, sl_graph *body, int32_t states, sl_dim *length) {
  sl_dim here;
  sl_type type;
  *length = SL_DIM_OPEN;
  for (int32_t slot = states; slot < i->node->input_count; slot++) {
    SL_TRY(slice_type(i, slot, axis_of(i, "scan_input_axes", slot - states), &type, &here));
    SL_TRY(sl_infer_same_dim(i, *length, here, "numbers of slices", length));
    set_input(body, slot, &type);
  }
  return SL_OK;
}

static sl_status infer_scan(sl_inference *i, sl_infer_turns *turns, sl_graph **next) {
  sl_graph *body = graph_of(i, "body");
  int64_t scanned = sl_infer_int(i, "num_scan_inputs", 0);
  int32_t states = i->node->input_count - (int32_t)scanned;
  if (body == NULL) return sl_infer_fail(i, "its body is missing");
  if (scanned < 0 || scanned > i->node->input_count)
    return sl_infer_fail(i, "scans %lld of %d inputs", (long long)scanned, i->node->input_count);
  int is_old = i->opset < 9;  // with a batch of sequences in front
  sl_dim length = SL_DIM_OPEN;
  if (turns->stage == 0) {
    sl_contents_enter(i->contents, body);
    for (int32_t s = 0; s < states && !is_old; s++) set_input(body, s, sl_infer_type(i, s));
    if (!is_old) SL_TRY(enter_scan(i, body, states, &length));
    turns->stage = 1;
    *next = body;
    return SL_OK;
  }
  if (is_old) return SL_OK;
  SL_TRY(enter_scan(i, body, states, &length));
  for (int32_t slot = 0; slot < i->node->output_count; slot++) {
    const sl_type *made = output_of(body, slot);
    SL_TRY(slot < states
               ? set_output(i, slot, made)
               : set_stacked(i, slot, made, axis_of(i, "scan_output_axes", slot - states), length));
  }
  return SL_OK;
}

// ---- any other ----------------------------------------------------------------------------------

static sl_status infer_other(sl_inference *i, sl_infer_turns *turns, sl_graph **next) {
  int32_t index = 0;
  for (int32_t a = 0; a < i->node->attribute_count; a++) {
    const sl_attribute *attribute = &i->node->attributes[a];
    int64_t count = attribute->graphs != NULL ? attribute->count : 0;
    if (turns->stage < index + count) *next = attribute->graphs[turns->stage - index];
    if (*next != NULL) break;
    index += (int32_t)count;
  }
  turns->is_tolerant = true;  // what comes in is not known
  turns->stage++;
  if (*next != NULL) sl_contents_enter(i->contents, *next);
  return SL_OK;
}

sl_status sl_infer_control(sl_inference *i, sl_infer_turns *turns, sl_graph **next) {
  *next = NULL;
  if (sl_node_is(i->node, "If")) return infer_if(i, turns, next);
  if (sl_node_is(i->node, "Loop")) return infer_loop(i, turns, next);
  if (sl_node_is(i->node, "Scan")) return infer_scan(i, turns, next);
  return infer_other(i, turns, next);
}
