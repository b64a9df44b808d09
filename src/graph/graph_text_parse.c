// SPDX-License-Identifier: Apache-2.0
// Reading the text form; it is described in graph_text.h.
//
// Names may be used before they are made, so inputs and outputs wait in a list until all is read.
// Invariant: no recursion; graphs inside attributes are frames on a stack of bounded depth. Start
// at step().
#include <string.h>

#include "base/text.h"
#include "graph/graph_lexer.h"
#include "graph/graph_text.h"
#include "graph/graph_words.h"

enum { DEPTH_MAX = 64 };

typedef enum state { STATEMENT = 0, ATTRIBUTE, AFTER_GRAPH, AFTER_ATTRIBUTE } state;

// A growable array in the arena.
typedef struct list {
  void *at;
  size_t count, capacity;
} list;

typedef struct frame {
  sl_graph *graph;
  sl_function *function;  // whose body it is, or NULL
  state state;
  int is_defaults;    // the attributes are those of the function
  sl_node_id node;    // whose attributes are read
  list attributes;    // sl_attribute
  sl_attribute item;  // the one that graphs belong to
  list graphs;        // sl_graph *, of it
} frame;

// Names that wait: inputs of a node, or outputs of the graph when node is 0.
typedef struct waiting {
  sl_graph *graph;
  sl_node_id node;
  const char *const *names;  // NULL where left out
  size_t count;
} waiting;

typedef struct parser {
  sl_lexer lexer;
  sl_arena *arena;
  sl_graph_model *model;
  frame frames[DEPTH_MAX];
  int32_t depth;
  list waiting, graphs, opsets, metadata, functions;
  list function_opsets, function_attributes;
} parser;

static void *push(parser *p, list *to, size_t size) {
  if (to->count == to->capacity) {
    size_t capacity = to->capacity * 2 + 4;
    void *grown = sl_arena_push(p->arena, capacity * size);
    if (to->count > 0) memcpy(grown, to->at, to->count * size);
    to->at = grown;
    to->capacity = capacity;
  }
  return (uint8_t *)to->at + size * to->count++;
}

static sl_status fail(const parser *p, sl_error *err, const char *what) {
  return sl_lexer_fail(&p->lexer, err, what);
}

static frame *top(parser *p) { return &p->frames[p->depth - 1]; }

// ---- names --------------------------------------------------------------------------------------

// *out is NULL for "_".
static sl_status read_name(parser *p, const char **out, sl_error *err) {
  *out = NULL;
  if (sl_lexer_accept(&p->lexer, '_')) return SL_OK;
  SL_TRY(sl_lexer_expect(&p->lexer, '%', err));
  SL_TRY(sl_lexer_word(&p->lexer, SL_WORD_NAME, out, err));
  return (*out)[0] != '\0' ? SL_OK : fail(p, err, "a value has an empty name");
}

// Names with commas between, up to the character that cannot begin one.
static sl_status read_names(parser *p, list *out, sl_error *err) {
  char c = sl_lexer_peek(&p->lexer);
  if (c != '%' && c != '_') return SL_OK;
  do {
    SL_TRY(read_name(p, push(p, out, sizeof(char *)), err));
  } while (sl_lexer_accept(&p->lexer, ','));
  return SL_OK;
}

static sl_status new_value(parser *p, const char *name, sl_origin origin, sl_value_id *out,
                           sl_error *err) {
  if (name == NULL) return fail(p, err, "expected the name of a value before this");
  *out = sl_graph_add_value(top(p)->graph, name, origin);
  return *out != 0 ? SL_OK : fail(p, err, "a value of this name is there already, before this");
}

static void wait_for(parser *p, sl_graph *graph, sl_node_id node, const list *names) {
  waiting *entry = push(p, &p->waiting, sizeof *entry);
  *entry = (waiting){.graph = graph, .node = node, .names = names->at, .count = names->count};
}

// ---- lines that are not nodes -------------------------------------------------------------------

static sl_status read_types(parser *p, const sl_value_id *values, size_t count, sl_error *err) {
  if (!sl_lexer_accept(&p->lexer, ':')) return SL_OK;
  for (size_t i = 0; i < count; i++) {
    sl_value ignored = {0};
    sl_value *value = values[i] != 0 ? &top(p)->graph->values[values[i]] : &ignored;
    if (i > 0) SL_TRY(sl_lexer_expect(&p->lexer, ',', err));
    SL_TRY(sl_lexer_type(&p->lexer, value, err));
  }
  return SL_OK;
}

static sl_status input_line(parser *p, list *inputs, sl_error *err) {
  const char *name;
  sl_value_id value;
  SL_TRY(read_name(p, &name, err));
  SL_TRY(new_value(p, name, SL_ORIGIN_INPUT, &value, err));
  top(p)->graph->values[value].is_input = true;
  *(sl_value_id *)push(p, inputs, sizeof value) = value;
  return read_types(p, &value, 1, err);
}

static sl_status outer_line(parser *p, sl_error *err) {
  const char *name;
  sl_value_id value;
  SL_TRY(read_name(p, &name, err));
  SL_TRY(new_value(p, name, SL_ORIGIN_OUTER, &value, err));
  return read_types(p, &value, 1, err);
}

static void set_constant_type(parser *p, sl_value *value) {
  const sl_constant *constant = value->constant;
  sl_dim *dims = SL_NEW_ARRAY(p->arena, sl_dim, constant->rank + 1);
  for (int32_t i = 0; i < constant->rank; i++) dims[i] = SL_DIM(constant->dims[i]);
  value->type = (sl_type){.element = constant->element, .rank = constant->rank, .dims = dims};
}

static sl_status constant_line(parser *p, sl_error *err) {
  const char *name;
  SL_TRY(read_name(p, &name, err));
  sl_graph *graph = top(p)->graph;
  sl_value_id id = name != NULL ? sl_graph_find(graph, name) : 0;
  int is_new = id == 0 || graph->values[id].origin != SL_ORIGIN_INPUT;
  if (is_new) SL_TRY(new_value(p, name, SL_ORIGIN_CONSTANT, &id, err));
  SL_TRY(sl_lexer_expect(&p->lexer, '=', err));
  sl_constant *constant = SL_NEW(p->arena, sl_constant);
  SL_TRY(sl_lexer_constant(&p->lexer, constant, err));
  sl_value *value = &graph->values[id];
  value->origin = SL_ORIGIN_CONSTANT;
  value->constant = constant;
  if (is_new) set_constant_type(p, value);
  return read_types(p, &id, 1, err);
}

static sl_status read_opset(parser *p, list *to, sl_error *err) {
  sl_opset *opset = push(p, to, sizeof *opset);
  SL_TRY(sl_lexer_word(&p->lexer, SL_WORD_PART, &opset->domain, err));
  if (strcmp(opset->domain, "ai.onnx") == 0) opset->domain = "";
  return sl_lexer_int(&p->lexer, &opset->version, err);
}

// ---- nodes --------------------------------------------------------------------------------------

static sl_status read_operator(parser *p, const char **domain, const char **type, sl_error *err) {
  *domain = "";
  SL_TRY(sl_lexer_word(&p->lexer, SL_WORD_PART, type, err));
  if (!sl_lexer_accept(&p->lexer, ':')) return SL_OK;
  SL_TRY(sl_lexer_expect(&p->lexer, ':', err));
  *domain = *type;
  return sl_lexer_word(&p->lexer, SL_WORD_PART, type, err);
}

static sl_status make_outputs(parser *p, const list *names, sl_value_id *out, sl_error *err) {
  const char *const *name = names->at;
  for (size_t i = 0; i < names->count; i++)
    if (name[i] != NULL) SL_TRY(new_value(p, name[i], SL_ORIGIN_NODE, &out[i], err));
  return SL_OK;
}

static void set_attributes(parser *p) {
  frame *f = top(p);
  if (f->is_defaults) {
    f->function->defaults = f->attributes.at;
    f->function->default_count = f->attributes.count;
    return;
  }
  f->graph->nodes[f->node].attributes = f->attributes.at;
  f->graph->nodes[f->node].attribute_count = (int32_t)f->attributes.count;
}

// What stands behind the attributes.
static sl_status end_node(parser *p, sl_error *err) {
  frame *f = top(p);
  set_attributes(p);
  f->state = STATEMENT;
  if (f->is_defaults) return SL_OK;
  sl_node *node = &f->graph->nodes[f->node];
  SL_TRY(read_types(p, node->outputs, (size_t)node->output_count, err));
  if (sl_lexer_accept_word(&p->lexer, "extra")) SL_TRY(sl_lexer_hex(&p->lexer, &node->extra, err));
  const char *origin;
  SL_TRY(sl_lexer_comment(&p->lexer, &origin, err));
  node->origin = origin != NULL ? origin : sl_word_default_origin(f->graph, node);
  return SL_OK;
}

static sl_status begin_attributes(parser *p, int is_defaults, sl_error *err) {
  frame *f = top(p);
  f->attributes = (list){0};
  f->is_defaults = is_defaults;
  if (!sl_lexer_accept(&p->lexer, '{')) return end_node(p, err);
  f->state = ATTRIBUTE;
  return SL_OK;
}

static sl_status node_line(parser *p, sl_error *err) {
  list outputs = {0}, inputs = {0};
  const char *domain, *type, *name = "";
  SL_TRY(read_names(p, &outputs, err));
  SL_TRY(sl_lexer_expect(&p->lexer, '=', err));
  SL_TRY(read_operator(p, &domain, &type, err));
  if (sl_lexer_peek(&p->lexer) == '"') SL_TRY(sl_lexer_word(&p->lexer, "", &name, err));
  SL_TRY(sl_lexer_expect(&p->lexer, '(', err));
  SL_TRY(read_names(p, &inputs, err));
  SL_TRY(sl_lexer_expect(&p->lexer, ')', err));
  frame *f = top(p);
  sl_value_id *made = SL_NEW_ARRAY(p->arena, sl_value_id, outputs.count + 1);
  SL_TRY(make_outputs(p, &outputs, made, err));
  f->node = sl_graph_add_node(f->graph, domain, type, name, NULL, 0, made, (int32_t)outputs.count);
  wait_for(p, f->graph, f->node, &inputs);
  return begin_attributes(p, 0, err);
}

// ---- attributes ---------------------------------------------------------------------------------

static sl_status begin_graph(parser *p, sl_graph *outer, sl_function *function, const char *name,
                             sl_graph **out, sl_error *err) {
  if (p->depth == DEPTH_MAX)
    return sl_fail(err, SL_E_LIMIT, "graph text is nested more than %d levels deep", DEPTH_MAX);
  *out = sl_graph_new(p->arena, outer, name);
  *(sl_graph **)push(p, &p->graphs, sizeof *out) = *out;
  p->frames[p->depth++] = (frame){.graph = *out, .function = function};
  return sl_lexer_expect(&p->lexer, '{', err);
}

static sl_status inner_graph(parser *p, sl_error *err) {
  frame *f = top(p);
  const char *name;
  f->state = AFTER_GRAPH;
  SL_TRY(sl_lexer_word(&p->lexer, "", &name, err));
  sl_graph **slot = push(p, &f->graphs, sizeof *slot);
  return begin_graph(p, f->graph, NULL, name, slot, err);
}

typedef sl_status (*item_reader)(parser *p, void *out, sl_error *err);

static sl_status int_item(parser *p, void *out, sl_error *err) {
  return sl_lexer_int(&p->lexer, out, err);
}
static sl_status float_item(parser *p, void *out, sl_error *err) {
  double value;
  SL_TRY(sl_lexer_real(&p->lexer, &value, err));
  *(float *)out = (float)value;
  return SL_OK;
}
static sl_status string_item(parser *p, void *out, sl_error *err) {
  return sl_lexer_string(&p->lexer, out, err);
}
static sl_status tensor_item(parser *p, void *out, sl_error *err) {
  if (!sl_lexer_accept_word(&p->lexer, "tensor")) return fail(p, err, "expected a tensor");
  return sl_lexer_constant(&p->lexer, out, err);
}

// One item, or a list up to "]".
static sl_status read_items(parser *p, int is_list, size_t size, item_reader reader, void **out,
                            sl_error *err) {
  list items = {0};
  do {
    SL_TRY(reader(p, push(p, &items, size), err));
  } while (is_list && sl_lexer_accept(&p->lexer, ','));
  *out = items.at;
  top(p)->item.count = (int64_t)items.count;
  return is_list ? sl_lexer_expect(&p->lexer, ']', err) : SL_OK;
}

static sl_status number_items(parser *p, int is_list, sl_error *err) {
  sl_attribute *item = &top(p)->item;
  void *at;
  if (sl_lexer_is_real(&p->lexer)) {
    item->kind = is_list ? SL_ATTRIBUTE_FLOATS : SL_ATTRIBUTE_FLOAT;
    SL_TRY(read_items(p, is_list, sizeof(float), float_item, &at, err));
    item->floats = at;
    return SL_OK;
  }
  item->kind = is_list ? SL_ATTRIBUTE_INTS : SL_ATTRIBUTE_INT;
  SL_TRY(read_items(p, is_list, sizeof(int64_t), int_item, &at, err));
  item->ints = at;
  return SL_OK;
}

static sl_status plain_items(parser *p, int is_list, sl_error *err) {
  sl_attribute *item = &top(p)->item;
  char c = sl_lexer_peek(&p->lexer);
  void *at;
  if (c == '"') {
    item->kind = is_list ? SL_ATTRIBUTE_STRINGS : SL_ATTRIBUTE_STRING;
    SL_TRY(read_items(p, is_list, sizeof(sl_bytes), string_item, &at, err));
    item->strings = at;
  } else if (c == 't') {
    item->kind = is_list ? SL_ATTRIBUTE_TENSORS : SL_ATTRIBUTE_TENSOR;
    SL_TRY(read_items(p, is_list, sizeof(sl_constant), tensor_item, &at, err));
    item->tensors = at;
  } else {
    return number_items(p, is_list, err);
  }
  return SL_OK;
}

static sl_status read_kind(parser *p, sl_attribute_kind *out, sl_error *err) {
  const char *word;
  SL_TRY(sl_lexer_word(&p->lexer, "", &word, err));
  *out = sl_word_kind(word);
  return *out != SL_ATTRIBUTE_NONE ? SL_OK : fail(p, err, "expected a kind of attribute before");
}

// "ints[]", or bytes of a kind that has no other form. *is_done is 0 when it is neither.
static sl_status kind_items(parser *p, int *is_done, sl_error *err) {
  sl_lexer before = p->lexer;
  sl_attribute *item = &top(p)->item;
  const char *word = NULL;
  *is_done = 0;
  char c = sl_lexer_peek(&p->lexer);
  if (c == '"' || c == '+' || c == '-' || c == '.' || (c >= '0' && c <= '9')) return SL_OK;
  SL_TRY(sl_lexer_word(&p->lexer, "", &word, err));
  item->kind = sl_word_kind(word);
  *is_done = 1;
  static int64_t none[2];
  if (item->kind >= SL_ATTRIBUTE_FLOATS && item->kind <= SL_ATTRIBUTE_GRAPHS &&
      sl_lexer_accept(&p->lexer, '[')) {
    item->ints = item->kind == SL_ATTRIBUTE_INTS ? none : NULL;
    return sl_lexer_expect(&p->lexer, ']', err);
  }
  if (item->kind >= SL_ATTRIBUTE_SPARSE_TENSOR) {
    item->count = 1;
    return sl_lexer_hex(&p->lexer, &item->raw, err);
  }
  *is_done = 0;
  p->lexer = before;
  return SL_OK;
}

static sl_status begin_list(parser *p, sl_error *err) {
  frame *f = top(p);
  if (!sl_lexer_accept_word(&p->lexer, "graph")) return plain_items(p, 1, err);
  f->item.kind = SL_ATTRIBUTE_GRAPHS;
  return inner_graph(p, err);
}

static sl_status attribute_value(parser *p, sl_error *err) {
  frame *f = top(p);
  int is_done;
  if (sl_lexer_accept(&p->lexer, '$')) {
    SL_TRY(sl_lexer_word(&p->lexer, SL_WORD_SYMBOL, &f->item.reference, err));
    SL_TRY(sl_lexer_expect(&p->lexer, ':', err));
    return read_kind(p, &f->item.kind, err);
  }
  if (sl_lexer_accept(&p->lexer, '[')) return begin_list(p, err);
  SL_TRY(kind_items(p, &is_done, err));
  if (is_done) return SL_OK;
  if (!sl_lexer_accept_word(&p->lexer, "graph")) return plain_items(p, 0, err);
  f->item.kind = SL_ATTRIBUTE_GRAPH;
  return inner_graph(p, err);
}

static sl_status read_attribute(parser *p, sl_error *err) {
  frame *f = top(p);
  f->item = (sl_attribute){0};
  f->graphs = (list){0};
  f->state = AFTER_ATTRIBUTE;
  SL_TRY(sl_lexer_word(&p->lexer, SL_WORD_SYMBOL, &f->item.name, err));
  const sl_attribute *others = f->attributes.at;
  for (size_t i = 0; i < f->attributes.count; i++)
    if (strcmp(others[i].name, f->item.name) == 0)
      return fail(p, err, "an attribute is there twice, before this");
  SL_TRY(sl_lexer_expect(&p->lexer, '=', err));
  return attribute_value(p, err);
}

// Behind an inner graph: another one of the list, or the end of the attribute.
static sl_status after_graph(parser *p, sl_error *err) {
  frame *f = top(p);
  if (f->item.kind == SL_ATTRIBUTE_GRAPHS) {
    if (sl_lexer_accept(&p->lexer, ',')) {
      if (!sl_lexer_accept_word(&p->lexer, "graph")) return fail(p, err, "expected a graph");
      return inner_graph(p, err);
    }
    SL_TRY(sl_lexer_expect(&p->lexer, ']', err));
  }
  f->item.graphs = f->graphs.at;
  f->item.count = (int64_t)f->graphs.count;
  f->state = AFTER_ATTRIBUTE;
  return SL_OK;
}

static sl_status after_attribute(parser *p, sl_error *err) {
  frame *f = top(p);
  *(sl_attribute *)push(p, &f->attributes, sizeof(sl_attribute)) = f->item;
  f->state = ATTRIBUTE;
  if (sl_lexer_accept(&p->lexer, ',')) return SL_OK;
  SL_TRY(sl_lexer_expect(&p->lexer, '}', err));
  return end_node(p, err);
}

// ---- graphs -------------------------------------------------------------------------------------

static sl_status return_line(parser *p, sl_error *err) {
  list names = {0};
  SL_TRY(read_names(p, &names, err));
  wait_for(p, top(p)->graph, 0, &names);
  return SL_OK;
}

static sl_status function_line(parser *p, frame *f, int *is_done, sl_error *err) {
  *is_done = 1;
  if (sl_lexer_accept_word(&p->lexer, "opset")) return read_opset(p, &p->function_opsets, err);
  if (sl_lexer_accept_word(&p->lexer, "attribute"))
    return sl_lexer_word(&p->lexer, SL_WORD_SYMBOL,
                         push(p, &p->function_attributes, sizeof(char *)), err);
  if (f->function->defaults == NULL && sl_lexer_accept_word(&p->lexer, "defaults"))
    return begin_attributes(p, 1, err);
  *is_done = 0;
  return SL_OK;
}

static void end_graph(parser *p) {
  frame *f = top(p);
  if (f->function != NULL) {
    f->function->opsets = p->function_opsets.at;
    f->function->opset_count = p->function_opsets.count;
    f->function->attributes = p->function_attributes.at;
    f->function->attribute_count = p->function_attributes.count;
  }
  p->depth--;
}

static sl_status read_input(parser *p, sl_error *err) {
  sl_graph *graph = top(p)->graph;
  list inputs = {.at = graph->inputs,
                 .count = (size_t)graph->input_count,
                 .capacity = (size_t)graph->input_capacity};
  sl_status status = input_line(p, &inputs, err);
  graph->inputs = inputs.at;
  graph->input_count = (int32_t)inputs.count;
  graph->input_capacity = (int32_t)inputs.capacity;
  return status;
}

static sl_status statement(parser *p, sl_error *err) {
  frame *f = top(p);
  if (sl_lexer_accept(&p->lexer, '}')) {
    end_graph(p);
    return SL_OK;
  }
  if (f->function != NULL) {
    int is_done;
    SL_TRY(function_line(p, f, &is_done, err));
    if (is_done) return SL_OK;
  }
  if (sl_lexer_accept_word(&p->lexer, "input")) return read_input(p, err);
  if (sl_lexer_accept_word(&p->lexer, "constant")) return constant_line(p, err);
  if (sl_lexer_accept_word(&p->lexer, "outer")) return outer_line(p, err);
  if (sl_lexer_accept_word(&p->lexer, "return")) return return_line(p, err);
  if (sl_lexer_accept_word(&p->lexer, "extra"))
    return sl_lexer_hex(&p->lexer, f->function != NULL ? &f->function->extra : &f->graph->extra,
                        err);
  return node_line(p, err);
}

static sl_status step(parser *p, sl_error *err) {
  switch (top(p)->state) {
    case ATTRIBUTE:
      return read_attribute(p, err);
    case AFTER_GRAPH:
      return after_graph(p, err);
    case AFTER_ATTRIBUTE:
      return after_attribute(p, err);
    default:
      return statement(p, err);
  }
}

// ---- the model ----------------------------------------------------------------------------------

static sl_status main_graph(parser *p, sl_error *err) {
  const char *name;
  if (p->model->graph != NULL) return fail(p, err, "there is a second main graph");
  SL_TRY(sl_lexer_word(&p->lexer, "", &name, err));
  return begin_graph(p, NULL, NULL, name, &p->model->graph, err);
}

static sl_status function(parser *p, sl_error *err) {
  sl_function *f = SL_NEW(p->arena, sl_function);
  *(sl_function **)push(p, &p->functions, sizeof f) = f;
  f->overload = "";
  p->function_opsets = p->function_attributes = (list){0};
  SL_TRY(read_operator(p, &f->domain, &f->name, err));
  if (sl_lexer_peek(&p->lexer) == '"') SL_TRY(sl_lexer_word(&p->lexer, "", &f->overload, err));
  return begin_graph(p, NULL, f, f->name, &f->body, err);
}

static sl_status metadata(parser *p, sl_error *err) {
  sl_metadata *pair = push(p, &p->metadata, sizeof *pair);
  SL_TRY(sl_lexer_word(&p->lexer, "", &pair->key, err));
  return sl_lexer_word(&p->lexer, "", &pair->value, err);
}

static sl_status head_line(parser *p, sl_error *err) {
  sl_graph_model *m = p->model;
  const struct {
    const char *keyword, **to;
  } texts[] = {{"producer", &m->producer},
               {"producer_version", &m->producer_version},
               {"domain", &m->domain},
               {"doc", &m->doc}};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (sl_lexer_accept_word(&p->lexer, texts[i].keyword))
      return sl_lexer_word(&p->lexer, "", texts[i].to, err);
  if (sl_lexer_accept_word(&p->lexer, "ir")) return sl_lexer_int(&p->lexer, &m->ir_version, err);
  if (sl_lexer_accept_word(&p->lexer, "version"))
    return sl_lexer_int(&p->lexer, &m->model_version, err);
  if (sl_lexer_accept_word(&p->lexer, "opset")) return read_opset(p, &p->opsets, err);
  if (sl_lexer_accept_word(&p->lexer, "metadata")) return metadata(p, err);
  if (sl_lexer_accept_word(&p->lexer, "extra")) return sl_lexer_hex(&p->lexer, &m->extra, err);
  if (sl_lexer_accept_word(&p->lexer, "graph")) return main_graph(p, err);
  if (sl_lexer_accept_word(&p->lexer, "function")) return function(p, err);
  return fail(p, err, "expected a line of the model");
}

// ---- names that wait ----------------------------------------------------------------------------

static sl_status no_maker(const waiting *entry, const char *name, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "text");
  const char *who = entry->node != 0 ? sl_node_title(scratch, entry->graph, entry->node) : "return";
  sl_status status =
      sl_fail(err, SL_E_MODEL, "\"%.120s\" reads \"%.80s\", which nothing makes", who, name);
  sl_arena_free(scratch);
  return status;
}

static sl_status connect(const waiting *entry, sl_arena *scratch, sl_error *err) {
  sl_value_id *values = SL_NEW_ARRAY(scratch, sl_value_id, entry->count + 1);
  for (size_t i = 0; i < entry->count; i++) {
    const char *name = entry->names[i];
    if (name == NULL && entry->node == 0)
      return sl_fail(err, SL_E_FORMAT, "graph text returns a value without a name");
    if (name == NULL) continue;
    values[i] = sl_graph_resolve(entry->graph, name);
    if (values[i] == 0) return no_maker(entry, name, err);
  }
  if (entry->node == 0)
    sl_graph_set_outputs(entry->graph, values, (int32_t)entry->count);
  else
    sl_graph_set_inputs_of(entry->graph, entry->node, values, (int32_t)entry->count);
  return SL_OK;
}

static sl_status connect_all(const parser *p, sl_error *err) {
  const waiting *entries = p->waiting.at;
  sl_graph *const *graphs = p->graphs.at;
  sl_arena *scratch = sl_arena_new(NULL, "text");
  sl_status status = SL_OK;
  for (size_t i = 0; status == SL_OK && i < p->waiting.count; i++)
    status = connect(&entries[i], scratch, err);
  sl_arena_free(scratch);
  for (size_t i = 0; status == SL_OK && i < p->graphs.count; i++)
    status = sl_graph_sort(graphs[i], err);
  return status;
}

static void gather(parser *p) {
  sl_graph_model *m = p->model;
  m->opsets = p->opsets.at;
  m->opset_count = p->opsets.count;
  m->metadata = p->metadata.at;
  m->metadata_count = p->metadata.count;
  m->functions = SL_NEW_ARRAY(p->arena, sl_function, p->functions.count + 1);
  m->function_count = p->functions.count;
  for (size_t i = 0; i < p->functions.count; i++)
    m->functions[i] = *((sl_function **)p->functions.at)[i];
}

static sl_status parse(parser *p, sl_error *err) {
  while (p->depth > 0 || sl_lexer_peek(&p->lexer) != '\0')
    SL_TRY(p->depth > 0 ? step(p, err) : head_line(p, err));
  if (p->model->graph == NULL) return fail(p, err, "there is no graph");
  SL_TRY(connect_all(p, err));
  gather(p);
  return sl_graph_verify(p->model->graph, err);
}

sl_status sl_graph_parse_text(sl_arena *arena, const char *text, sl_graph_model **out,
                              sl_error *err) {
  sl_arena *own = sl_arena_new(arena, "model");
  parser *p = SL_NEW(own, parser);
  p->arena = own;
  p->lexer = (sl_lexer){.arena = own, .start = text, .at = text};
  p->model = sl_graph_model_new(own);
  sl_status status = parse(p, err);
  *out = status == SL_OK ? p->model : NULL;
  if (status != SL_OK) sl_arena_free(own);
  return status;
}
