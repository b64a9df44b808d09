// SPDX-License-Identifier: Apache-2.0
// Two models side by side.
//
// Invariant: a node is matched at most once. Start at sl_model_diff_make().
#include "pass/model_diff.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

typedef struct differ {
  sl_arena *arena, *scratch;
  const sl_graph_model *model_a, *model_b;
  const sl_graph *a, *b;
  sl_node_id *to_b, *to_a;  // matches; 0 for none
  sl_change *changes;
  int32_t count, capacity;
} differ;

static sl_change *add_change(differ *d, sl_change_kind kind, const char *what) {
  if (d->count == d->capacity) {
    d->capacity = d->capacity * 2 + 32;
    sl_change *grown = SL_NEW_ARRAY(d->arena, sl_change, d->capacity);
    if (d->count > 0) memcpy(grown, d->changes, (size_t)d->count * sizeof *grown);
    d->changes = grown;
  }
  d->changes[d->count] = (sl_change){.kind = kind,
                                     .node = "",
                                     .what = sl_arena_copy(d->arena, what),
                                     .before = "",
                                     .after = "",
                                     .max_delta = NAN,
                                     .max_before = NAN};
  return &d->changes[d->count++];
}

static sl_change *add_node_change(differ *d, sl_change_kind kind, const char *what, sl_node_id a,
                                  sl_node_id b) {
  sl_change *change = add_change(d, kind, what);
  change->node_a = a;
  change->node_b = b;
  change->node = a != 0 ? sl_node_title(d->arena, d->a, a) : sl_node_title(d->arena, d->b, b);
  return change;
}

// ---- matching -----------------------------------------------------------------------------------

static void match(differ *d, sl_node_id a, sl_node_id b) {
  d->to_b[a] = b;
  d->to_a[b] = a;
}

static int same_operator(const sl_node *a, const sl_node *b) {
  return strcmp(a->type, b->type) == 0 && strcmp(a->domain, b->domain) == 0;
}

// -1 for names that occur twice.
static sl_map *names_of(differ *d, const sl_graph *graph) {
  sl_map *names = sl_map_new(d->scratch);
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    if (node->is_removed || node->name[0] == '\0') continue;
    sl_map_set_text(names, node->name, sl_map_get_text(names, node->name, 0) == 0 ? n : -1);
  }
  return names;
}

static void match_names(differ *d, int any_operator) {
  sl_map *in_a = names_of(d, d->a), *in_b = names_of(d, d->b);
  for (sl_node_id n = 1; n < d->a->node_count; n++) {
    const sl_node *node = &d->a->nodes[n];
    if (node->is_removed || node->name[0] == '\0') continue;
    int64_t here = sl_map_get_text(in_a, node->name, -1), b = sl_map_get_text(in_b, node->name, -1);
    if (here != n || b <= 0 || d->to_b[n] != 0 || d->to_a[b] != 0) continue;
    if (any_operator || same_operator(node, &d->b->nodes[b])) match(d, n, (sl_node_id)b);
  }
}

static void match_outputs(differ *d) {
  for (sl_node_id n = 1; n < d->a->node_count; n++) {
    const sl_node *node = &d->a->nodes[n];
    sl_value_id output = sl_node_output(node, 0);
    if (node->is_removed || d->to_b[n] != 0 || output == 0) continue;
    sl_value_id other = sl_graph_find(d->b, d->a->values[output].name);
    sl_node_id b = other != 0 ? d->b->values[other].maker : 0;
    if (b != 0 && d->to_a[b] == 0 && same_operator(node, &d->b->nodes[b])) match(d, n, b);
  }
}

// ---- structure ----------------------------------------------------------------------------------

static uint64_t mix(uint64_t hash, const void *bytes, size_t size) {
  const uint8_t *at = bytes;
  for (size_t i = 0; i < size; i++) hash = (hash ^ at[i]) * 0x100000001b3u;
  return hash;
}

static uint64_t mix_number(uint64_t hash, uint64_t number) {
  return mix(hash, &number, sizeof number);
}

static uint64_t attributes_hash(const sl_node *node) {
  uint64_t sum = 0;  // in any order
  for (int32_t i = 0; i < node->attribute_count; i++) {
    const sl_attribute *a = &node->attributes[i];
    uint64_t hash = mix(1469598103934665603u, a->name, strlen(a->name));
    hash = mix_number(mix_number(hash, (uint64_t)a->kind), (uint64_t)a->count);
    if (a->ints != NULL) hash = mix(hash, a->ints, (size_t)a->count * sizeof *a->ints);
    if (a->floats != NULL) hash = mix(hash, a->floats, (size_t)a->count * sizeof *a->floats);
    for (int64_t s = 0; a->strings != NULL && s < a->count; s++)
      hash = mix(hash, a->strings[s].at, a->strings[s].size);
    sum += hash;
  }
  return sum;
}

// Weights count by their sizes, not by their contents.
static uint64_t value_hash(const sl_graph *graph, sl_value_id value, const uint64_t *of_node) {
  const sl_value *v = &graph->values[value];
  if (value == 0) return 1;
  if (v->origin == SL_ORIGIN_NODE) return mix_number(of_node[v->maker], (uint64_t)v->maker_slot);
  if (v->origin != SL_ORIGIN_CONSTANT) return mix(2, v->name, strlen(v->name));
  uint64_t hash = mix_number(3, (uint64_t)v->constant->element);
  return mix(hash, v->constant->dims, (size_t)v->constant->rank * sizeof *v->constant->dims);
}

static uint64_t *hashes_of(differ *d, const sl_graph *graph) {
  uint64_t *of_node = SL_NEW_ARRAY(d->scratch, uint64_t, graph->node_count);
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    uint64_t hash = mix(5, node->type, strlen(node->type));
    hash = mix_number(hash, attributes_hash(node));
    for (int32_t i = 0; i < node->input_count; i++)
      hash = mix_number(hash, value_hash(graph, node->inputs[i], of_node));
    of_node[n] = hash;
  }
  return of_node;
}

// The first free node of b with the same hash, in the order of the model.
static void match_structure(differ *d) {
  const uint64_t *of_a = hashes_of(d, d->a), *of_b = hashes_of(d, d->b);
  sl_map *first = sl_map_new(d->scratch);
  sl_node_id *next = SL_NEW_ARRAY(d->scratch, sl_node_id, d->b->node_count);
  for (sl_node_id n = d->b->node_count - 1; n > 0; n--) {
    if (d->b->nodes[n].is_removed || d->to_a[n] != 0) continue;
    next[n] = (sl_node_id)sl_map_get(first, &of_b[n], sizeof of_b[n], 0);
    sl_map_set(first, &of_b[n], sizeof of_b[n], n);
  }
  for (sl_node_id n = 1; n < d->a->node_count; n++) {
    if (d->a->nodes[n].is_removed || d->to_b[n] != 0) continue;
    sl_node_id b = (sl_node_id)sl_map_get(first, &of_a[n], sizeof of_a[n], 0);
    if (b == 0 || !same_operator(&d->a->nodes[n], &d->b->nodes[b])) continue;
    sl_map_set(first, &of_a[n], sizeof of_a[n], next[b]);
    match(d, n, b);
  }
}

static sl_node_id maker_of_input(const sl_graph *graph, const sl_node *node, int32_t slot) {
  sl_value_id value = sl_node_input(node, slot);
  return value != 0 ? graph->values[value].maker : 0;
}

// What stands behind matched nodes: readers of the same operator, in order.
static void match_readers(differ *d) {
  sl_uses uses = sl_graph_uses(d->b, d->scratch);
  for (sl_node_id n = 1; n < d->a->node_count; n++) {
    const sl_node *node = &d->a->nodes[n];
    for (int32_t i = 0; !node->is_removed && d->to_b[n] == 0 && i < node->input_count; i++) {
      sl_node_id before = maker_of_input(d->a, node, i);
      if (before == 0 || d->to_b[before] == 0) continue;
      sl_value_id value = sl_node_output(&d->b->nodes[d->to_b[before]], 0);
      for (int32_t u = uses.first[value]; value != 0 && u < uses.first[value + 1]; u++) {
        sl_node_id b = uses.at[u].node;
        if (d->to_a[b] != 0 || !same_operator(node, &d->b->nodes[b])) continue;
        match(d, n, b);
        break;
      }
    }
  }
}

// ---- comparing ----------------------------------------------------------------------------------

static const char *attribute_text(sl_arena *arena, const sl_attribute *a) {
  sl_text text = {0};
  if (a == NULL) return "";
  for (int64_t i = 0; i < a->count && i < 16; i++) {
    if (i > 0) sl_text_puts(&text, ", ");
    if (a->ints != NULL)
      sl_text_printf(&text, "%lld", (long long)a->ints[i]);
    else if (a->floats != NULL)
      sl_text_printf(&text, "%.9g", (double)a->floats[i]);
    else if (a->strings != NULL)
      sl_text_puts(&text, sl_display(arena, (const char *)a->strings[i].at, a->strings[i].size));
    else
      sl_text_puts(&text, a->tensors != NULL ? "tensor" : a->graphs != NULL ? "graph" : "...");
  }
  if (a->count > 16) sl_text_puts(&text, ", ...");
  return sl_text_take(&text, arena);
}

static void compare_attributes(differ *d, sl_node_id a, sl_node_id b) {
  const sl_node *x = &d->a->nodes[a], *y = &d->b->nodes[b];
  for (int32_t side = 0; side < 2; side++) {
    const sl_node *from = side == 0 ? x : y;
    for (int32_t i = 0; i < from->attribute_count; i++) {
      const char *name = from->attributes[i].name;
      const sl_attribute *before = sl_node_attribute(x, name), *after = sl_node_attribute(y, name);
      if (side == 1 && before != NULL) continue;
      const char *was = attribute_text(d->arena, before), *is = attribute_text(d->arena, after);
      if (strcmp(was, is) == 0) continue;
      sl_change *change = add_node_change(d, SL_CHANGE_ATTRIBUTE, name, a, b);
      change->before = was;
      change->after = is;
    }
  }
}

static int same_dims(const sl_constant *x, const sl_constant *y) {
  return x->element == y->element && x->rank == y->rank &&
         (x->rank == 0 || memcmp(x->dims, y->dims, (size_t)x->rank * sizeof *x->dims) == 0);
}

static const char *shape_text(sl_arena *arena, const sl_constant *c) {
  sl_text text = {0};
  sl_text_printf(&text, "%s[", sl_element_name(c->element));
  for (int32_t i = 0; i < c->rank; i++)
    sl_text_printf(&text, i > 0 ? ",%lld" : "%lld", (long long)c->dims[i]);
  sl_text_putc(&text, ']');
  return sl_text_take(&text, arena);
}

// NaN against NaN is no difference; NaN against a number is an infinite one.
static double gap(double x, double y) {
  if (x != x || y != y) return x != x && y != y ? 0 : INFINITY;
  return x == y ? 0 : fabs(x - y);
}

static void compare_weight(differ *d, sl_node_id a, sl_node_id b, sl_value_id value,
                           const sl_constant *x, const sl_constant *y) {
  int is_equal = same_dims(x, y) && x->data.size == y->data.size && x->strings == NULL &&
                 (x->data.at == y->data.at ||
                  (x->data.size > 0 && memcmp(x->data.at, y->data.at, x->data.size) == 0));
  if (is_equal) return;
  sl_change found = {.count = x->count, .max_delta = NAN, .max_before = NAN};
  if (same_dims(x, y) && sl_element_dtype(x->element) != SL_DTYPE_NONE && !x->is_sparse) {
    found.max_delta = found.max_before = 0;
    for (int64_t i = 0; i < x->count; i++) {
      double u = sl_constant_number(x, i), delta = gap(u, sl_constant_number(y, i));
      found.differing += delta != 0;
      if (delta > found.max_delta) found.max_delta = delta;
      if (fabs(u) > found.max_before) found.max_before = fabs(u);
    }
    if (found.differing == 0) return;
  }
  sl_change *change = add_node_change(d, SL_CHANGE_WEIGHT, d->a->values[value].name, a, b);
  change->before = shape_text(d->arena, x);
  change->after = shape_text(d->arena, y);
  change->max_delta = found.max_delta;
  change->max_before = found.max_before;
  change->differing = found.differing;
  change->count = found.count;
}

static const char *source_text(differ *d, const sl_graph *graph, sl_value_id value) {
  return value != 0 ? sl_arena_copy(d->arena, graph->values[value].name) : "";
}

// The same output of matched nodes, the same input of the model, or both left out.
static int same_source(const differ *d, sl_value_id x, sl_value_id y) {
  if (x == 0 || y == 0) return x == y;
  const sl_value *u = &d->a->values[x], *v = &d->b->values[y];
  if (u->origin != v->origin) return 0;
  if (u->origin != SL_ORIGIN_NODE) return strcmp(u->name, v->name) == 0;
  return d->to_b[u->maker] == v->maker && u->maker_slot == v->maker_slot;
}

static void compare_inputs(differ *d, sl_node_id a, sl_node_id b) {
  const sl_node *x = &d->a->nodes[a], *y = &d->b->nodes[b];
  int32_t count = x->input_count > y->input_count ? x->input_count : y->input_count;
  for (int32_t i = 0; i < count; i++) {
    sl_value_id u = sl_node_input(x, i), v = sl_node_input(y, i);
    const sl_constant *before = u != 0 ? sl_graph_constant(d->a, u) : NULL;
    const sl_constant *after = v != 0 ? sl_graph_constant(d->b, v) : NULL;
    if (before != NULL && after != NULL) {
      compare_weight(d, a, b, u, before, after);
    } else if (!same_source(d, u, v)) {
      sl_change *change =
          add_node_change(d, SL_CHANGE_WIRING, sl_arena_printf(d->arena, "%d", i), a, b);
      change->before = source_text(d, d->a, u);
      change->after = source_text(d, d->b, v);
    }
  }
}

// ---- the model around the nodes -----------------------------------------------------------------

static void compare_opsets(differ *d) {
  for (int side = 0; side < 2; side++) {
    const sl_graph_model *from = side == 0 ? d->model_a : d->model_b;
    for (size_t i = 0; i < from->opset_count; i++) {
      const char *domain = from->opsets[i].domain;
      int64_t was = sl_graph_opset(d->model_a, domain), is = sl_graph_opset(d->model_b, domain);
      if (was == is || (side == 1 && was != 0)) continue;
      sl_change *change = add_change(d, SL_CHANGE_OPSET, domain[0] != '\0' ? domain : "ai.onnx");
      if (was != 0) change->before = sl_arena_printf(d->arena, "%lld", (long long)was);
      if (is != 0) change->after = sl_arena_printf(d->arena, "%lld", (long long)is);
    }
  }
}

static const char *port_text(const differ *d, const sl_graph *graph, const char *name, int is_in) {
  sl_value_id value = sl_graph_find(graph, name);
  const sl_value *v = &graph->values[value];
  if (value == 0 || !(is_in ? v->is_input : v->is_output)) return "";
  return sl_type_text(d->arena, &v->type);
}

static void compare_ports(differ *d, int is_in) {
  for (int side = 0; side < 2; side++) {
    const sl_graph *from = side == 0 ? d->a : d->b;
    int32_t count = is_in ? from->input_count : from->output_count;
    for (int32_t i = 0; i < count; i++) {
      const char *name = from->values[is_in ? from->inputs[i] : from->outputs[i]].name;
      const char *was = port_text(d, d->a, name, is_in), *is = port_text(d, d->b, name, is_in);
      if (strcmp(was, is) == 0 || (side == 1 && was[0] != '\0')) continue;
      sl_change *change = add_change(d, SL_CHANGE_PORT, name);
      change->before = was;
      change->after = is;
    }
  }
}

static void compare_nodes(differ *d, sl_model_diff *out) {
  for (sl_node_id n = 1; n < d->a->node_count; n++) {
    if (d->a->nodes[n].is_removed) continue;
    sl_node_id b = d->to_b[n];
    out->matched += b != 0;
    out->only_a += b == 0;
    if (b == 0) {
      add_node_change(d, SL_CHANGE_REMOVED, d->a->nodes[n].type, n, 0);
      continue;
    }
    if (!same_operator(&d->a->nodes[n], &d->b->nodes[b])) {
      sl_change *change = add_node_change(d, SL_CHANGE_OPERATOR, "", n, b);
      change->before = sl_arena_copy(d->arena, d->a->nodes[n].type);
      change->after = sl_arena_copy(d->arena, d->b->nodes[b].type);
    }
    compare_attributes(d, n, b);
    compare_inputs(d, n, b);
  }
  for (sl_node_id n = 1; n < d->b->node_count; n++) {
    if (d->b->nodes[n].is_removed || d->to_a[n] != 0) continue;
    out->only_b++;
    add_node_change(d, SL_CHANGE_ADDED, d->b->nodes[n].type, 0, n);
  }
}

sl_model_diff *sl_model_diff_make(sl_arena *arena, const sl_graph_model *a,
                                  const sl_graph_model *b) {
  sl_arena *scratch = sl_arena_new(NULL, "diff");
  differ d = {.arena = arena,
              .scratch = scratch,
              .model_a = a,
              .model_b = b,
              .a = a->graph,
              .b = b->graph,
              .to_b = SL_NEW_ARRAY(arena, sl_node_id, a->graph->node_count),
              .to_a = SL_NEW_ARRAY(scratch, sl_node_id, b->graph->node_count)};
  match_names(&d, 0);
  match_outputs(&d);
  match_structure(&d);
  match_readers(&d);
  match_names(&d, 1);
  sl_model_diff *out = SL_NEW(arena, sl_model_diff);
  compare_opsets(&d);
  compare_ports(&d, 1);
  compare_ports(&d, 0);
  compare_nodes(&d, out);
  out->changes = d.changes;
  out->count = d.count;
  out->node_of = d.to_b;
  sl_arena_free(scratch);
  return out;
}
