// SPDX-License-Identifier: Apache-2.0
// Printing models as text; the form is described in graph_text.h.
//
// Invariant: no recursion; graphs inside attributes are printed by a stack of frames. Start at
// print_graph().
#include "graph/graph_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "graph/graph_words.h"

typedef struct frame {
  const sl_graph *graph;
  const sl_function *function;  // whose body it is, or NULL
  sl_node_id node;              // printed next; 0 are the defaults of a function
  int32_t attribute;            // of that node, printed next; -1 before the node is begun
  int64_t item;                 // of that attribute, for graphs
} frame;

typedef struct printer {
  sl_text *out;
  sl_arena *arena;
  const sl_graph_text_options *options;
  frame *frames;
  size_t depth, capacity;
} printer;

// ---- words --------------------------------------------------------------------------------------

static void put_string(sl_text *out, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  size_t valid = size > 0 ? sl_utf8_valid_prefix(bytes, size) : 0;
  sl_text_putc(out, '"');
  for (size_t i = 0; i < size; i++) {
    if (at[i] == '"' || at[i] == '\\')
      sl_text_printf(out, "\\%c", at[i]);
    else if (at[i] == '\n')
      sl_text_puts(out, "\\n");
    else if (at[i] < 32 || at[i] == 127 || i >= valid)
      sl_text_printf(out, "\\x%02x", at[i]);
    else
      sl_text_putc(out, (char)at[i]);
  }
  sl_text_putc(out, '"');
}

static void put_quoted(sl_text *out, const char *text) { put_string(out, text, strlen(text)); }

// Bare where it can be read back bare.
static void put_word(sl_text *out, const char *text, const char *more) {
  if (sl_word_size(text, more) == strlen(text) && text[0] != '\0')
    sl_text_puts(out, text);
  else
    put_quoted(out, text);
}

static void put_value(sl_text *out, const sl_graph *graph, sl_value_id value) {
  if (value == 0) {
    sl_text_putc(out, '_');
    return;
  }
  sl_text_putc(out, '%');
  put_word(out, graph->values[value].name, SL_WORD_NAME);
}

static void put_hex(sl_text *out, sl_bytes bytes) {
  sl_text_putc(out, '!');
  for (size_t i = 0; i < bytes.size; i++) sl_text_printf(out, "%02x", bytes.at[i]);
}

static void put_extra(printer *p, sl_bytes extra) {
  if (extra.size == 0 || p->options->hide_extra) return;
  sl_text_puts(p->out, " +");
  put_hex(p->out, extra);
}

// ---- numbers ------------------------------------------------------------------------------------

// The shortest digits that are the same float.
static void format_float(float value, char out[32]) {
  for (int digits = 6; digits <= 9; digits++) {
    double back;
    snprintf(out, 32, "%.*g", digits, (double)value);
    if (sl_parse_real(out, &back) && (float)back == value) return;
  }
  sl_format_real((double)value, out);
}

// A float of an attribute must not read as an int.
static void put_float(sl_text *out, float value) {
  char digits[32];
  format_float(value, digits);
  sl_text_puts(out, digits);
  if (strpbrk(digits, ".einf") == NULL) sl_text_puts(out, ".0");
}

static void put_real(sl_text *out, int32_t element, double value) {
  char digits[32];
  if (element == SL_ELEMENT_F64)
    sl_format_real(value, digits);
  else
    format_float((float)value, digits);
  sl_text_puts(out, digits);
}

static void put_number(sl_text *out, const sl_constant *constant, int64_t index) {
  if (constant->element == SL_ELEMENT_U64) {
    uint64_t word;
    memcpy(&word, constant->data.at + (size_t)index * sizeof word, sizeof word);
    sl_text_printf(out, "%llu", (unsigned long long)word);
  } else if (sl_element_is_float(constant->element)) {
    put_real(out, constant->element, sl_constant_number(constant, index));
  } else {
    sl_text_printf(out, "%lld", (long long)sl_constant_int(constant, index));
  }
}

// Whether numbers say all there is: NaNs differ in bits that no digits show.
static int is_plain(const sl_constant *constant) {
  sl_dtype dtype = sl_element_dtype(constant->element);
  if (dtype == SL_DTYPE_NONE) return 0;
  for (int64_t i = 0; i < constant->count && sl_element_is_float(constant->element); i++)
    if (isnan(sl_constant_number(constant, i))) return 0;
  for (int64_t i = 0; i < constant->count && constant->element == SL_ELEMENT_BOOL; i++)
    if (constant->data.at[i] > 1) return 0;
  return 1;
}

static void put_elements(printer *p, const sl_constant *constant) {
  int64_t max = p->options->elements_max, count = constant->count;
  int64_t shown = max > 0 && count > max ? (max < 8 ? max : 8) : count;
  sl_text_puts(p->out, " {");
  for (int64_t i = 0; i < shown; i++) {
    if (i > 0) sl_text_puts(p->out, ", ");
    if (constant->element == SL_ELEMENT_STRING)
      put_string(p->out, constant->strings[i].at, constant->strings[i].size);
    else
      put_number(p->out, constant, i);
  }
  if (shown < count) sl_text_puts(p->out, ", ...");
  sl_text_putc(p->out, '}');
}

static void put_bytes(printer *p, const sl_constant *constant) {
  sl_text_putc(p->out, ' ');
  if (p->options->elements_max > 0 && constant->count > p->options->elements_max)
    sl_text_puts(p->out, "!...");
  else
    put_hex(p->out, constant->data);
}

static void put_constant(printer *p, const sl_constant *constant) {
  if (constant->is_sparse) sl_text_puts(p->out, "sparse ");
  sl_text_printf(p->out, "%s[", sl_element_name(constant->element));
  for (int32_t i = 0; i < constant->rank; i++)
    sl_text_printf(p->out, i == 0 ? "%lld" : ",%lld", (long long)constant->dims[i]);
  sl_text_putc(p->out, ']');
  int has_data = constant->data.at != NULL || constant->strings != NULL || constant->count == 0;
  if (constant->is_sparse || constant->element == SL_ELEMENT_NONE) {
    sl_text_putc(p->out, ' ');
    put_hex(p->out, constant->message);
  } else if (!has_data && constant->location != NULL) {
    sl_text_puts(p->out, " external ");
    put_quoted(p->out, constant->location);
    sl_text_printf(p->out, " %lld", (long long)constant->offset);
  } else if (constant->element == SL_ELEMENT_STRING || is_plain(constant)) {
    put_elements(p, constant);
  } else {
    put_bytes(p, constant);
  }
}

// ---- types --------------------------------------------------------------------------------------

static void put_dim(sl_text *out, sl_dim dim) {
  if (dim.fixed == SL_DIM_UNKNOWN) {
    if (dim.symbol == NULL)
      sl_text_putc(out, '?');
    else if (sl_word_is_size(dim.symbol))
      put_quoted(out, dim.symbol);
    else
      put_word(out, dim.symbol, SL_WORD_SYMBOL);
    return;
  }
  if (dim.per_batch == 0) {
    sl_text_printf(out, "%lld", (long long)dim.fixed);
  } else {
    if (dim.per_batch != 1) sl_text_printf(out, "%lld", (long long)dim.per_batch);
    sl_text_putc(out, 'N');
    if (dim.fixed != 0) sl_text_printf(out, "%+lld", (long long)dim.fixed);
  }
  if (dim.symbol == NULL) return;
  sl_text_putc(out, ':');
  put_word(out, dim.symbol, SL_WORD_SYMBOL);
}

static void put_denotation(sl_text *out, const char *denotation) {
  if (denotation == NULL) return;
  sl_text_putc(out, '@');
  put_word(out, denotation, SL_WORD_SYMBOL);
}

static int has_type(const sl_type *type) {
  return type->element != SL_ELEMENT_NONE || type->rank >= 0 || type->raw.size > 0;
}

// "_" when nothing is known and nothing is declared.
static void put_type(printer *p, const sl_value *value) {
  const sl_type *type = &value->type;
  if (!value->is_declared && !has_type(type)) {
    sl_text_putc(p->out, '_');
    return;
  }
  if (!value->is_declared) sl_text_putc(p->out, '~');
  sl_text_puts(p->out, sl_element_name(type->element));
  if (type->rank >= 0 || type->element != SL_ELEMENT_NONE) {
    sl_text_putc(p->out, '[');
    if (type->rank < 0) sl_text_puts(p->out, "...");
    for (int32_t i = 0; i < type->rank; i++) {
      if (i > 0) sl_text_putc(p->out, ',');
      put_dim(p->out, type->dims[i]);
      if (type->dim_denotations != NULL) put_denotation(p->out, type->dim_denotations[i]);
    }
    sl_text_putc(p->out, ']');
  }
  put_denotation(p->out, type->denotation);
  if (type->raw.size > 0) put_hex(p->out, type->raw);
  put_extra(p, value->extra);
}

static void put_types(printer *p, const sl_graph *graph, const sl_value_id *values, int32_t count) {
  int is_any = 0;
  for (int32_t i = 0; i < count; i++) {
    const sl_value *value = &graph->values[values[i]];
    is_any |= values[i] != 0 && (value->is_declared || has_type(&value->type));
  }
  for (int32_t i = 0; i < count && is_any; i++) {
    sl_text_puts(p->out, i == 0 ? " : " : ", ");
    if (values[i] == 0)
      sl_text_putc(p->out, '_');
    else
      put_type(p, &graph->values[values[i]]);
  }
}

// ---- frames -------------------------------------------------------------------------------------

static void put_indent(const printer *p, size_t depth) {
  for (size_t i = 0; i < depth; i++) sl_text_puts(p->out, "  ");
}

static void push(printer *p, const sl_graph *graph, const sl_function *function) {
  if (p->depth == p->capacity) {
    size_t capacity = p->capacity * 2 + 8;
    frame *grown = SL_NEW_ARRAY(p->arena, frame, capacity);
    if (p->depth > 0) memcpy(grown, p->frames, p->depth * sizeof *grown);
    p->frames = grown;
    p->capacity = capacity;
  }
  p->frames[p->depth++] = (frame){
      .graph = graph, .function = function, .node = function != NULL ? 0 : 1, .attribute = -1};
}

static void put_line_values(printer *p, const char *keyword, const sl_graph *graph,
                            sl_value_id value) {
  put_indent(p, p->depth);
  sl_text_printf(p->out, "%s ", keyword);
  put_value(p->out, graph, value);
}

// Whether the type of a constant is not simply that of its elements.
static int is_declared_apart(const sl_value *value) {
  return value->is_declared && !value->is_input;
}

static void put_constants(printer *p, const sl_graph *graph) {
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    const sl_value *value = &graph->values[v];
    if (value->origin == SL_ORIGIN_OUTER && value->is_declared) {
      put_line_values(p, "outer", graph, v);
      put_types(p, graph, &v, 1);
      sl_text_putc(p->out, '\n');
    }
    if (value->origin != SL_ORIGIN_CONSTANT) continue;
    put_line_values(p, "constant", graph, v);
    sl_text_puts(p->out, " = ");
    put_constant(p, value->constant);
    if (is_declared_apart(value)) put_types(p, graph, &v, 1);
    sl_text_putc(p->out, '\n');
  }
}

static void begin_graph(printer *p, const sl_graph *graph, const sl_function *function) {
  push(p, graph, function);
  for (int32_t i = 0; i < graph->input_count; i++) {
    put_line_values(p, "input", graph, graph->inputs[i]);
    put_types(p, graph, &graph->inputs[i], 1);
    sl_text_putc(p->out, '\n');
  }
  put_constants(p, graph);
}

static void end_graph(printer *p) {
  const frame *top = &p->frames[p->depth - 1];
  put_indent(p, p->depth);
  sl_text_puts(p->out, "return");
  for (int32_t i = 0; i < top->graph->output_count; i++) {
    sl_text_puts(p->out, i == 0 ? " " : ", ");
    put_value(p->out, top->graph, top->graph->outputs[i]);
  }
  sl_text_putc(p->out, '\n');
  sl_bytes extra = top->function != NULL ? top->function->extra : top->graph->extra;
  if (extra.size > 0 && !p->options->hide_extra) {
    put_indent(p, p->depth);
    sl_text_puts(p->out, "extra ");
    put_hex(p->out, extra);
    sl_text_putc(p->out, '\n');
  }
  p->depth--;
  put_indent(p, p->depth);
  sl_text_putc(p->out, '}');
}

// ---- attributes ---------------------------------------------------------------------------------

static void put_item(printer *p, const sl_attribute *attribute, int64_t i) {
  switch (attribute->kind) {
    case SL_ATTRIBUTE_FLOAT:
    case SL_ATTRIBUTE_FLOATS:
      put_float(p->out, attribute->floats[i]);
      return;
    case SL_ATTRIBUTE_INT:
    case SL_ATTRIBUTE_INTS:
      sl_text_printf(p->out, "%lld", (long long)attribute->ints[i]);
      return;
    case SL_ATTRIBUTE_STRING:
    case SL_ATTRIBUTE_STRINGS:
      put_string(p->out, attribute->strings[i].at, attribute->strings[i].size);
      return;
    default:
      sl_text_puts(p->out, "tensor ");
      put_constant(p, &attribute->tensors[i]);
      return;
  }
}

static int is_list(const sl_attribute *attribute) {
  return attribute->kind >= SL_ATTRIBUTE_FLOATS && attribute->kind <= SL_ATTRIBUTE_GRAPHS;
}

static int is_bytes(const sl_attribute *attribute) {
  return attribute->kind >= SL_ATTRIBUTE_SPARSE_TENSOR;
}

static void put_plain_attribute(printer *p, const sl_attribute *attribute) {
  const char *kind = sl_word_of_kind(attribute->kind);
  if (attribute->reference != NULL) {
    sl_text_putc(p->out, '$');
    put_word(p->out, attribute->reference, SL_WORD_SYMBOL);
    sl_text_printf(p->out, ":%s", kind);
  } else if (is_bytes(attribute)) {
    sl_text_printf(p->out, "%s ", kind);
    put_hex(p->out, attribute->raw);
  } else if (!is_list(attribute)) {
    put_item(p, attribute, 0);
  } else {
    if (attribute->count == 0) sl_text_puts(p->out, kind);
    sl_text_putc(p->out, '[');
    for (int64_t i = 0; i < attribute->count; i++) {
      if (i > 0) sl_text_puts(p->out, ", ");
      put_item(p, attribute, i);
    }
    sl_text_putc(p->out, ']');
  }
}

static void put_attribute_name(printer *p, const sl_attribute *attribute, int is_first) {
  if (!is_first) sl_text_puts(p->out, ", ");
  put_word(p->out, attribute->name, SL_WORD_SYMBOL);
  sl_text_putc(p->out, '=');
}

static void begin_inner(printer *p, const sl_graph *graph) {
  sl_text_puts(p->out, "graph ");
  put_quoted(p->out, graph->name);
  sl_text_puts(p->out, " {\n");
  begin_graph(p, graph, NULL);
}

// Goes on with the attributes of a node; 1 when a graph was begun inside.
static int put_attributes(printer *p, const sl_attribute *attributes, int32_t count) {
  frame *top = &p->frames[p->depth - 1];
  for (; top->attribute < count; top->attribute++, top->item = 0) {
    const sl_attribute *attribute = &attributes[top->attribute];
    int is_graphs = attribute->graphs != NULL && attribute->count > 0;
    if (top->item == 0) put_attribute_name(p, attribute, top->attribute == 0);
    if (!is_graphs) {
      put_plain_attribute(p, attribute);
      continue;
    }
    int in_list = attribute->kind == SL_ATTRIBUTE_GRAPHS;
    if (top->item < attribute->count) {
      if (in_list) sl_text_puts(p->out, top->item == 0 ? "[" : ", ");
      begin_inner(p, attribute->graphs[top->item++]);
      return 1;
    }
    if (in_list) sl_text_putc(p->out, ']');
  }
  return 0;
}

// ---- nodes --------------------------------------------------------------------------------------

static void put_operator(sl_text *out, const char *domain, const char *type) {
  if (domain[0] != '\0') {
    put_word(out, domain, SL_WORD_PART);
    sl_text_puts(out, "::");
  }
  put_word(out, type, SL_WORD_PART);
}

static void begin_node(printer *p, const sl_graph *graph, const sl_node *node) {
  put_indent(p, p->depth);
  for (int32_t i = 0; i < node->output_count; i++) {
    if (i > 0) sl_text_puts(p->out, ", ");
    put_value(p->out, graph, node->outputs[i]);
  }
  sl_text_puts(p->out, node->output_count > 0 ? " = " : "= ");
  put_operator(p->out, node->domain, node->type);
  if (node->name[0] != '\0') {
    sl_text_putc(p->out, ' ');
    put_quoted(p->out, node->name);
    sl_text_putc(p->out, ' ');
  }
  sl_text_putc(p->out, '(');
  for (int32_t i = 0; i < node->input_count; i++) {
    if (i > 0) sl_text_puts(p->out, ", ");
    put_value(p->out, graph, node->inputs[i]);
  }
  sl_text_putc(p->out, ')');
  if (node->attribute_count > 0) sl_text_puts(p->out, " {");
}

static int is_bare_line(const char *text) {
  if (text[0] == '"' || text[0] == ' ' || (text[0] != '\0' && text[strlen(text) - 1] == ' '))
    return 0;
  for (const char *at = text; *at != '\0'; at++)
    if ((unsigned char)*at < 32 || *at == 127) return 0;
  return sl_utf8_valid_prefix(text, strlen(text)) == strlen(text);
}

static void end_node(printer *p, const sl_graph *graph, const sl_node *node) {
  if (node->attribute_count > 0) sl_text_putc(p->out, '}');
  put_types(p, graph, node->outputs, node->output_count);
  if (node->extra.size > 0 && !p->options->hide_extra) {
    sl_text_puts(p->out, " extra ");
    put_hex(p->out, node->extra);
  }
  if (strcmp(node->origin, sl_word_default_origin(graph, node)) != 0) {
    sl_text_puts(p->out, "  #");
    if (node->origin[0] != '\0') sl_text_putc(p->out, ' ');
    if (is_bare_line(node->origin))
      sl_text_puts(p->out, node->origin);
    else
      put_quoted(p->out, node->origin);
  }
  sl_text_putc(p->out, '\n');
}

// One node, or the rest of it after a graph inside; 1 when a graph was begun inside.
static int print_node(printer *p) {
  frame *top = &p->frames[p->depth - 1];
  const sl_graph *graph = top->graph;
  const sl_node *node = &graph->nodes[top->node];
  int is_new = top->attribute < 0;
  if (is_new) top->attribute = 0;
  if (!node->is_removed) {
    if (is_new) begin_node(p, graph, node);
    if (put_attributes(p, node->attributes, node->attribute_count)) return 1;
    end_node(p, graph, node);
  }
  top->node++;
  top->attribute = -1;
  top->item = 0;
  return 0;
}

static int print_defaults(printer *p) {
  frame *top = &p->frames[p->depth - 1];
  const sl_function *function = top->function;
  if (function->default_count > 0) {
    if (top->attribute < 0) {
      put_indent(p, p->depth);
      sl_text_puts(p->out, "defaults {");
      top->attribute = 0;
    }
    if (put_attributes(p, function->defaults, (int32_t)function->default_count)) return 1;
    sl_text_puts(p->out, "}\n");
  }
  top->node = 1;
  top->attribute = -1;
  top->item = 0;
  return 0;
}

static void print_graph(printer *p, const sl_graph *graph, const sl_function *function) {
  begin_graph(p, graph, function);
  while (p->depth > 0) {
    const frame *top = &p->frames[p->depth - 1];
    if (top->node == 0)
      (void)print_defaults(p);
    else if (top->node < top->graph->node_count)
      (void)print_node(p);
    else
      end_graph(p);
  }
  sl_text_putc(p->out, '\n');
}

// ---- the model ----------------------------------------------------------------------------------

static void put_opset(printer *p, const sl_opset *opset) {
  sl_text_puts(p->out, "opset ");
  put_word(p->out, opset->domain[0] != '\0' ? opset->domain : "ai.onnx", SL_WORD_PART);
  sl_text_printf(p->out, " %lld\n", (long long)opset->version);
}

static void put_field(printer *p, const char *keyword, const char *text) {
  if (text[0] == '\0') return;
  sl_text_printf(p->out, "%s ", keyword);
  put_quoted(p->out, text);
  sl_text_putc(p->out, '\n');
}

static void print_head(printer *p, const sl_graph_model *model) {
  sl_text_printf(p->out, "ir %lld\n", (long long)model->ir_version);
  if (model->model_version != 0)
    sl_text_printf(p->out, "version %lld\n", (long long)model->model_version);
  put_field(p, "producer", model->producer);
  put_field(p, "producer_version", model->producer_version);
  put_field(p, "domain", model->domain);
  put_field(p, "doc", model->doc);
  for (size_t i = 0; i < model->opset_count; i++) put_opset(p, &model->opsets[i]);
  for (size_t i = 0; i < model->metadata_count; i++) {
    sl_text_puts(p->out, "metadata ");
    put_quoted(p->out, model->metadata[i].key);
    sl_text_putc(p->out, ' ');
    put_quoted(p->out, model->metadata[i].value);
    sl_text_putc(p->out, '\n');
  }
  if (model->extra.size == 0 || p->options->hide_extra) return;
  sl_text_puts(p->out, "extra ");
  put_hex(p->out, model->extra);
  sl_text_putc(p->out, '\n');
}

static void print_function(printer *p, const sl_function *function) {
  sl_text_puts(p->out, "function ");
  put_operator(p->out, function->domain, function->name);
  if (function->overload[0] != '\0') {
    sl_text_putc(p->out, ' ');
    put_quoted(p->out, function->overload);
  }
  sl_text_puts(p->out, " {\n");
  for (size_t i = 0; i < function->opset_count; i++) {
    sl_text_puts(p->out, "  ");
    put_opset(p, &function->opsets[i]);
  }
  for (size_t i = 0; i < function->attribute_count; i++) {
    sl_text_puts(p->out, "  attribute ");
    put_word(p->out, function->attributes[i], SL_WORD_SYMBOL);
    sl_text_putc(p->out, '\n');
  }
  print_graph(p, function->body, function);
}

char *sl_graph_text_with(sl_arena *arena, const sl_graph_model *model,
                         const sl_graph_text_options *options) {
  sl_text text = {0};
  printer p = {.out = &text, .arena = sl_arena_new(NULL, "graph text"), .options = options};
  print_head(&p, model);
  sl_text_puts(p.out, "graph ");
  put_quoted(p.out, model->graph->name);
  sl_text_puts(p.out, " {\n");
  print_graph(&p, model->graph, NULL);
  for (size_t i = 0; i < model->function_count; i++) print_function(&p, &model->functions[i]);
  sl_arena_free(p.arena);
  return sl_text_take(&text, arena);
}

char *sl_graph_text(sl_arena *arena, const sl_graph_model *model) {
  return sl_graph_text_with(arena, model, &(sl_graph_text_options){0});
}
