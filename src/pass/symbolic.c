// SPDX-License-Identifier: Apache-2.0
// Shape arithmetic that carries the batch along. Start at `followers`.
#include "pass/symbolic.h"

#include <string.h>

enum { COUNT_MAX = 64 };

typedef struct follower {
  sl_symbolics *all;
  const sl_node *node;
  const sl_symbolic *x, *y;  // inputs 0 and 1, NULL where unknown
} follower;

static const sl_dim unknown = {.fixed = SL_SYMBOLIC_UNKNOWN};

static int is_known(sl_dim dim) { return dim.fixed != SL_SYMBOLIC_UNKNOWN; }
static int is_fixed(sl_dim dim) { return is_known(dim) && dim.per_batch == 0; }

static sl_dim plain(sl_dim dim) {
  return dim.fixed == SL_DIM_UNKNOWN ? unknown
                                     : (sl_dim){.fixed = dim.fixed, .per_batch = dim.per_batch};
}

sl_symbolics sl_symbolics_new(sl_arena *arena, const sl_graph *graph) {
  sl_symbolics made = {.arena = arena, .graph = graph, .capacity = graph->value_count};
  made.of = SL_NEW_ARRAY(arena, const sl_symbolic *, made.capacity + 1);
  return made;
}

static const sl_symbolic *of_constant(sl_symbolics *s, const sl_constant *c) {
  int is_integer =
      c->element == SL_ELEMENT_I64 || c->element == SL_ELEMENT_I32 || c->element == SL_ELEMENT_BOOL;
  if (!is_integer || c->rank > 1 || c->count > COUNT_MAX || c->data.at == NULL) return NULL;
  sl_dim *at = SL_NEW_ARRAY(s->arena, sl_dim, c->count + 1);
  for (int64_t i = 0; i < c->count; i++) at[i] = SL_DIM(sl_constant_int(c, i));
  sl_symbolic *made = SL_NEW(s->arena, sl_symbolic);
  *made = (sl_symbolic){c->element, c->rank, c->count, at};
  return made;
}

const sl_symbolic *sl_symbolic_of(sl_symbolics *s, sl_value_id value) {
  if (value == 0) return NULL;
  if (value < s->capacity && s->of[value] != NULL) return s->of[value];
  const sl_constant *constant = sl_graph_constant(s->graph, value);
  return constant != NULL ? of_constant(s, constant) : NULL;
}

int sl_symbolic_is_fixed(const sl_symbolic *symbolic) {
  for (int64_t i = 0; i < symbolic->count; i++)
    if (!is_fixed(symbolic->at[i])) return 0;
  return 1;
}

static void put(follower *f, int32_t slot, int32_t element, int32_t rank, int64_t count,
                const sl_dim *at) {
  sl_value_id value = sl_node_output(f->node, slot);
  if (value == 0 || value >= f->all->capacity || count > COUNT_MAX || rank > 1) return;
  sl_dim *own = SL_NEW_ARRAY(f->all->arena, sl_dim, count + 1);
  if (count > 0) memcpy(own, at, (size_t)count * sizeof *own);
  sl_symbolic *made = SL_NEW(f->all->arena, sl_symbolic);
  *made = (sl_symbolic){element, rank, count, own};
  f->all->of[value] = made;
}

static const sl_type *type_of(const follower *f, sl_value_id value) {
  const sl_graph *graph = f->all->graph;
  const sl_value *v = &graph->values[value];
  while (v->origin == SL_ORIGIN_OUTER && graph->outer != NULL) {
    graph = graph->outer;
    v = &graph->values[sl_graph_find(graph, v->name)];
  }
  return &v->type;
}

// ---- sizes --------------------------------------------------------------------------------------

static int64_t clamp(int64_t value, int64_t size) {
  if (value < 0) value += size;
  return value < 0 ? 0 : value > size ? size : value;
}

static void follow_shape(follower *f) {
  const sl_type *type = type_of(f, sl_node_input(f->node, 0));
  if (type->rank < 0 || type->rank > COUNT_MAX) return;
  sl_dim at[COUNT_MAX];
  int64_t start = clamp(sl_node_int(f->node, "start", 0), type->rank);
  int64_t end = clamp(sl_node_int(f->node, "end", type->rank), type->rank), count = 0;
  for (int64_t i = start; i < end; i++) at[count++] = plain(type->dims[i]);
  put(f, 0, SL_ELEMENT_I64, 1, count, at);
}

static void follow_size(follower *f) {
  sl_dim total = plain(sl_type_elements(type_of(f, sl_node_input(f->node, 0))));
  put(f, 0, SL_ELEMENT_I64, 0, 1, &total);
}

static void follow_constant_of_shape(follower *f) {
  const sl_attribute *value = sl_node_attribute(f->node, "value");
  int is_list = f->x != NULL && f->x->count == 1 && is_fixed(f->x->at[0]) &&
                f->x->at[0].fixed >= 0 && f->x->at[0].fixed <= COUNT_MAX;
  if (!is_list || value == NULL || value->kind != SL_ATTRIBUTE_TENSOR) return;
  const sl_symbolic *fill = of_constant(f->all, value->tensors);
  if (fill == NULL || fill->count != 1) return;
  sl_dim at[COUNT_MAX];
  for (int64_t i = 0; i < f->x->at[0].fixed; i++) at[i] = fill->at[0];
  put(f, 0, fill->element, 1, f->x->at[0].fixed, at);
}

// ---- the same numbers ---------------------------------------------------------------------------

static void follow_same(follower *f) {
  if (f->x != NULL) put(f, 0, f->x->element, f->x->rank, f->x->count, f->x->at);
}

static void follow_cast(follower *f) {
  int64_t to = sl_node_int(f->node, "to", 0);
  int is_integer = to == SL_ELEMENT_I64 || to == SL_ELEMENT_I32;
  if (f->x != NULL && is_integer) put(f, 0, (int32_t)to, f->x->rank, f->x->count, f->x->at);
}

static void follow_squeeze(follower *f) {
  if (f->x != NULL && f->x->count == 1) put(f, 0, f->x->element, 0, 1, f->x->at);
}

static void follow_unsqueeze(follower *f) {
  if (f->x != NULL && f->x->rank == 0 && f->y != NULL && f->y->count == 1)
    put(f, 0, f->x->element, 1, 1, f->x->at);
}

static void follow_reshape(follower *f) {
  if (f->x != NULL && f->y != NULL && f->y->count <= 1)
    put(f, 0, f->x->element, (int32_t)f->y->count, f->x->count, f->x->at);
}

// ---- parts --------------------------------------------------------------------------------------

static void follow_gather(follower *f) {
  if (f->x == NULL || f->y == NULL || f->x->rank != 1 || !sl_symbolic_is_fixed(f->y)) return;
  if (sl_node_int(f->node, "axis", 0) > 0) return;
  sl_dim at[COUNT_MAX];
  for (int64_t i = 0; i < f->y->count; i++) {
    int64_t index = f->y->at[i].fixed;
    if (index < 0) index += f->x->count;
    if (index < 0 || index >= f->x->count) return;
    at[i] = f->x->at[index];
  }
  put(f, 0, f->x->element, f->y->rank, f->y->count, at);
}

static int one_fixed(follower *f, int32_t slot, int64_t missing, int64_t *out) {
  sl_value_id value = sl_node_input(f->node, slot);
  *out = missing;
  if (value == 0) return 1;
  const sl_symbolic *found = sl_symbolic_of(f->all, value);
  if (found == NULL || found->count != 1 || !is_fixed(found->at[0])) return 0;
  *out = found->at[0].fixed;
  return 1;
}

static void follow_slice(follower *f) {
  int64_t start, end, axis, step, count = 0;
  if (f->x == NULL || f->x->rank != 1 || !one_fixed(f, 1, 0, &start) || !one_fixed(f, 2, 0, &end))
    return;
  if (!one_fixed(f, 3, 0, &axis) || !one_fixed(f, 4, 1, &step) || step < 1) return;
  sl_dim at[COUNT_MAX];
  end = clamp(end < -f->x->count ? -f->x->count : end, f->x->count);
  start = clamp(start < -f->x->count ? -f->x->count : start, f->x->count);
  for (int64_t i = start; i < end; i += step < COUNT_MAX ? step : COUNT_MAX)
    at[count++] = f->x->at[i];
  put(f, 0, f->x->element, 1, count, at);
}

static void follow_concat(follower *f) {
  sl_dim at[COUNT_MAX];
  int64_t count = 0;
  int32_t element = SL_ELEMENT_NONE, is_followed = 0;
  for (int32_t i = 0; i < f->node->input_count; i++) {
    const sl_symbolic *part = sl_symbolic_of(f->all, f->node->inputs[i]);
    const sl_type *type = type_of(f, f->node->inputs[i]);
    // A part of known length and unknown contents leaves the others known.
    int64_t length = part != NULL                                      ? part->count
                     : type->rank == 1 && type->dims[0].per_batch == 0 ? type->dims[0].fixed
                                                                       : -1;
    if (length < 0 || count + length > COUNT_MAX || (part != NULL && part->rank != 1)) return;
    for (int64_t k = 0; k < length; k++) at[count++] = part != NULL ? part->at[k] : unknown;
    element = part != NULL ? part->element : type->element;
    is_followed |= part != NULL;
  }
  if (is_followed) put(f, 0, element, 1, count, at);
}

static void follow_split(follower *f) {
  if (f->x == NULL || f->x->rank != 1 || f->node->output_count < 1) return;
  int64_t each = (f->x->count + f->node->output_count - 1) / f->node->output_count, done = 0;
  if (sl_node_input(f->node, 1) != 0 &&
      (f->y == NULL || f->y->count != f->node->output_count || !sl_symbolic_is_fixed(f->y)))
    return;
  for (int32_t i = 0; i < f->node->output_count; i++) {
    int64_t left = f->x->count - done, length = f->y != NULL ? f->y->at[i].fixed : each;
    if (length > left) length = left;
    if (length < 0) return;
    put(f, i, f->x->element, 1, length, f->x->at + done);
    done += length;
  }
}

// ---- arithmetic ---------------------------------------------------------------------------------

static sl_dim add_two(sl_dim x, sl_dim y) {
  return (sl_dim){.fixed = x.fixed + y.fixed, .per_batch = x.per_batch + y.per_batch};
}

static sl_dim sub_two(sl_dim x, sl_dim y) {
  return (sl_dim){.fixed = x.fixed - y.fixed, .per_batch = x.per_batch - y.per_batch};
}

static sl_dim mul_two(sl_dim x, sl_dim y) {
  if (x.per_batch != 0 && y.per_batch != 0) return unknown;
  return (sl_dim){.fixed = x.fixed * y.fixed,
                  .per_batch = x.per_batch * y.fixed + x.fixed * y.per_batch};
}

// Integer division, where it is the same for every batch.
static sl_dim div_two(sl_dim x, sl_dim y) {
  if (y.per_batch != 0 && x.fixed == 0 && y.fixed == 0 && x.per_batch % y.per_batch == 0)
    return SL_DIM(x.per_batch / y.per_batch);
  if (y.per_batch != 0 || y.fixed == 0) return unknown;
  if (x.per_batch == 0) return SL_DIM(x.fixed / y.fixed);
  if (x.per_batch % y.fixed != 0 || x.fixed % y.fixed != 0) return unknown;
  return (sl_dim){.fixed = x.fixed / y.fixed, .per_batch = x.per_batch / y.fixed};
}

static sl_dim mod_two(sl_dim x, sl_dim y) {
  if (y.per_batch != 0 || y.fixed <= 0 || x.per_batch % y.fixed != 0 || x.fixed < 0) return unknown;
  return SL_DIM(x.fixed % y.fixed);
}

// A size that grows is at least its value for one sample.
static int64_t least(sl_dim dim) { return dim.fixed + dim.per_batch; }

static sl_dim max_two(sl_dim x, sl_dim y) {
  sl_dim gap = sub_two(x, y);
  if (gap.per_batch >= 0 && least(gap) >= 0) return x;
  return gap.per_batch <= 0 && least(gap) <= 0 ? y : unknown;
}

static sl_dim min_two(sl_dim x, sl_dim y) {
  sl_dim gap = sub_two(x, y);
  if (gap.per_batch >= 0 && least(gap) >= 0) return y;
  return gap.per_batch <= 0 && least(gap) <= 0 ? x : unknown;
}

static sl_dim equal_two(sl_dim x, sl_dim y) {
  sl_dim gap = sub_two(x, y);
  if (gap.per_batch == 0) return SL_DIM(gap.fixed == 0);
  int is_never = gap.per_batch > 0 ? least(gap) > 0 : least(gap) < 0;
  return is_never ? SL_DIM(0) : unknown;
}

static sl_dim greater_two(sl_dim x, sl_dim y) {
  sl_dim gap = sub_two(x, y);
  if (gap.per_batch >= 0 && least(gap) > 0) return SL_DIM(1);
  return gap.per_batch <= 0 && least(gap) <= 0 ? SL_DIM(0) : unknown;
}

static sl_dim less_two(sl_dim x, sl_dim y) { return greater_two(y, x); }

// Two scalars or lists, one of which may repeat.
static void follow_pair(follower *f, sl_dim (*op)(sl_dim, sl_dim), int32_t element) {
  if (f->x == NULL || f->y == NULL || f->node->input_count != 2) return;
  int64_t a = f->x->count, b = f->y->count, count = a == 1 ? b : a;
  if (a != b && a != 1 && b != 1) return;
  sl_dim at[COUNT_MAX];
  for (int64_t i = 0; i < count; i++) {
    sl_dim x = f->x->at[a == 1 ? 0 : i], y = f->y->at[b == 1 ? 0 : i];
    at[i] = is_known(x) && is_known(y) ? op(x, y) : unknown;
  }
  int32_t rank = f->x->rank > f->y->rank ? f->x->rank : f->y->rank;
  put(f, 0, element != SL_ELEMENT_NONE ? element : f->x->element, rank, count, at);
}

static void follow_add(follower *f) { follow_pair(f, add_two, SL_ELEMENT_NONE); }
static void follow_sub(follower *f) { follow_pair(f, sub_two, SL_ELEMENT_NONE); }
static void follow_mul(follower *f) { follow_pair(f, mul_two, SL_ELEMENT_NONE); }
static void follow_div(follower *f) { follow_pair(f, div_two, SL_ELEMENT_NONE); }
static void follow_mod(follower *f) { follow_pair(f, mod_two, SL_ELEMENT_NONE); }
static void follow_max(follower *f) { follow_pair(f, max_two, SL_ELEMENT_NONE); }
static void follow_min(follower *f) { follow_pair(f, min_two, SL_ELEMENT_NONE); }
static void follow_equal(follower *f) { follow_pair(f, equal_two, SL_ELEMENT_BOOL); }
static void follow_greater(follower *f) { follow_pair(f, greater_two, SL_ELEMENT_BOOL); }
static void follow_less(follower *f) { follow_pair(f, less_two, SL_ELEMENT_BOOL); }

static void follow_where(follower *f) {
  sl_value_id third = sl_node_input(f->node, 2);
  const sl_symbolic *z = third != 0 ? sl_symbolic_of(f->all, third) : NULL;
  if (f->x == NULL || f->y == NULL || z == NULL) return;
  const sl_symbolic *all[3] = {f->x, f->y, z};
  int64_t count = 1;
  int32_t rank = 0;
  for (int i = 0; i < 3; i++) {
    if (all[i]->count != 1) count = all[i]->count;
    if (all[i]->rank > rank) rank = all[i]->rank;
  }
  sl_dim at[COUNT_MAX];
  for (int64_t i = 0; i < count; i++) {
    sl_dim of[3];
    for (int k = 0; k < 3; k++) {
      if (all[k]->count != 1 && all[k]->count != count) return;
      of[k] = all[k]->at[all[k]->count == 1 ? 0 : i];
    }
    at[i] = is_fixed(of[0]) ? of[of[0].fixed != 0 ? 1 : 2] : unknown;
  }
  put(f, 0, f->y->element, rank, count, at);
}

static void follow_product(follower *f) {
  if (f->x == NULL || f->x->count < 1) return;
  sl_dim total = SL_DIM(1);
  for (int64_t i = 0; i < f->x->count; i++)
    total = is_known(total) && is_known(f->x->at[i]) ? mul_two(total, f->x->at[i]) : unknown;
  put(f, 0, f->x->element, sl_node_int(f->node, "keepdims", 1) != 0 ? f->x->rank : 0, 1, &total);
}

static const struct {
  const char *type;
  void (*run)(follower *f);
} followers[] = {
    {"Add", follow_add},
    {"Cast", follow_cast},
    {"Concat", follow_concat},
    {"ConstantOfShape", follow_constant_of_shape},
    {"Div", follow_div},
    {"Equal", follow_equal},
    {"Gather", follow_gather},
    {"Greater", follow_greater},
    {"Identity", follow_same},
    {"Less", follow_less},
    {"Max", follow_max},
    {"Min", follow_min},
    {"Mod", follow_mod},
    {"Mul", follow_mul},
    {"ReduceProd", follow_product},
    {"Reshape", follow_reshape},
    {"Shape", follow_shape},
    {"Size", follow_size},
    {"Slice", follow_slice},
    {"Split", follow_split},
    {"Squeeze", follow_squeeze},
    {"Sub", follow_sub},
    {"Unsqueeze", follow_unsqueeze},
    {"Where", follow_where},
};

void sl_symbolic_node(sl_symbolics *s, sl_node_id node) {
  const sl_node *n = &s->graph->nodes[node];
  if (n->domain[0] != '\0') return;
  for (size_t i = 0; i < sizeof followers / sizeof *followers; i++) {
    if (strcmp(followers[i].type, n->type) != 0) continue;
    follower f = {.all = s, .node = n};
    f.x = sl_symbolic_of(s, sl_node_input(n, 0));
    f.y = sl_symbolic_of(s, sl_node_input(n, 1));
    followers[i].run(&f);
    return;
  }
}
