// SPDX-License-Identifier: Apache-2.0
// Gradients against central finite differences, operator by operator, through ONNX Runtime.
//
// A row of grad_case_list.h or grad_rule_case_list.h is a case: it becomes a model of one node,
// whose outputs are measured by a run with two batch sizes (so sizes that grow with the batch stay
// symbolic). The loss is a random combination of all outputs. Rows in double hold 1e-6; rows in
// float, for operators that ONNX Runtime has no double kernel for, hold 4e-3, because differences
// of a float run have an error of 1e-7 / 1e-2 and more. Start at check_case().
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "grad/grad.h"
#include "onnx/model_file.h"
#include "ort/session.h"

enum { F32 = SL_ELEMENT_F32, F64 = SL_ELEMENT_F64, INPUTS_MAX = 16, OUTPUTS_MAX = 8, BATCH = 2 };

typedef struct grad_case {
  const char *op;
  int32_t element;
  int64_t opset;
  int32_t outputs;
  const char *inputs, *attributes;
} grad_case;

#define GRAD_CASE(op, element, opset, outputs, inputs, attributes) \
  {#op, element, opset, outputs, inputs, attributes},
static const grad_case cases[] = {
#include "grad_case_list.h"
#include "grad_rule_case_list.h"
};
#undef GRAD_CASE

// ---- numbers ------------------------------------------------------------------------------------

static uint64_t random_state;

static double unit(void) {
  random_state += 0x9e3779b97f4a7c15u;
  uint64_t z = random_state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void store(int32_t element, void *data, int64_t index, double number) {
  if (element == F64)
    ((double *)data)[index] = number;
  else
    ((float *)data)[index] = (float)number;
}

// By the letter before a shape: 'p' 0.5 to 1.5, 'u' within (-0.9, 0.9), 'd' well apart from each
// other, 'h' 0.1 to 0.9, 'g' 1.2 to 2.2, 'w' up to 5, else -2 to 2 but not near zero.
static void fill(int32_t element, void *data, int64_t count, char kind) {
  int64_t step = 7;
  while (count % step == 0) step += 2;
  for (int64_t i = 0; i < count; i++) {
    double number = 0.2 + 1.8 * unit();
    if (unit() < 0.5) number = -number;
    if (kind == 'p') number = 0.5 + unit();
    if (kind == 'u') number *= 0.45;
    if (kind == 'g') number = 1.2 + unit();
    if (kind == 'w') number *= 2.5;
    if (kind == 'h') number = 0.1 + 0.8 * unit();
    if (kind == 'd') number = (double)(i * step % count - count / 2) * 0.11 + 0.03;
    store(element, data, i, number);
  }
}

// ---- building a case ----------------------------------------------------------------------------

typedef struct built {
  sl_arena *arena;
  sl_graph_model *model;
  const grad_case *row;
  sl_value_id inputs[INPUTS_MAX];  // of the graph: differentiated
  char kinds[INPUTS_MAX];
  int32_t input_count;
  sl_value_id outputs[OUTPUTS_MAX];
} built;

static int64_t read_dims(const char *text, sl_dim *dims, int64_t *fixed) {
  int64_t rank = 0;
  while (*text != '\0' && *text != ':') {
    int grows = *text == 'N';
    char *end = (char *)text + 1;
    int64_t size = grows ? 0 : strtoll(text, &end, 10);
    dims[rank] = (sl_dim){.fixed = size, .per_batch = grows};
    fixed[rank++] = size;
    text = *end == 'x' ? end + 1 : end;
  }
  return rank;
}

static int64_t product(const int64_t *dims, int64_t rank) {
  int64_t count = 1;
  for (int64_t i = 0; i < rank; i++) count *= dims[i];
  return count;
}

// "#1,2" int64[2]; "#2x1:0,3" with a shape, "#:3" of rank 0.
static sl_value_id ints_constant(built *b, const char *text) {
  int64_t ints[64], dims[8], count = 0, rank = 1;
  sl_dim unused[8];
  const char *colon = strchr(text, ':');
  if (colon != NULL) rank = read_dims(text, unused, dims);
  for (char *at = (char *)(colon != NULL ? colon + 1 : text); *at != '\0';) {
    ints[count++] = strtoll(at, &at, 10);
    if (*at == ',') at++;
  }
  if (colon == NULL) dims[0] = count;
  return sl_graph_add_constant(b->model->graph, "ints", SL_ELEMENT_I64, (int32_t)rank, dims, ints);
}

// "=0.5" of rank 0; "=1,2" float[2]. "^" the same but always float32 (scales of Resize).
static sl_value_id numbers_constant(built *b, const char *text, int32_t element) {
  double data[64];
  int64_t count = 0;
  for (char *at = (char *)text; *at != '\0';) {
    store(element, data, count++, strtod(at, &at));
    if (*at == ',') at++;
  }
  int32_t rank = strchr(text, ',') != NULL || element != b->row->element ? 1 : 0;
  return sl_graph_add_constant(b->model->graph, "numbers", element, rank, &count, data);
}

static sl_value_id bools_constant(built *b, const char *text) {
  sl_dim unused[8];
  int64_t dims[8], rank = read_dims(text, unused, dims), count = product(dims, rank);
  uint8_t *data = SL_NEW_ARRAY(b->arena, uint8_t, count + 1);
  for (int64_t i = 0; i < count; i++) data[i] = unit() < 0.5;
  return sl_graph_add_constant(b->model->graph, "bools", SL_ELEMENT_BOOL, (int32_t)rank, dims,
                               data);
}

static sl_value_id random_constant(built *b, const char *text, char kind) {
  sl_dim unused[8];
  int64_t dims[8], rank = read_dims(text, unused, dims), count = product(dims, rank);
  double *data = SL_NEW_ARRAY(b->arena, double, count + 1);
  fill(b->row->element, data, count, kind);
  return sl_graph_add_constant(b->model->graph, "weight", b->row->element, (int32_t)rank, dims,
                               data);
}

static sl_value_id add_operand(built *b, const char *token) {
  char kind = strchr("pudhgw", token[0]) != NULL ? token[0] : ' ';
  if (strcmp(token, "-") == 0) return 0;
  if (token[0] == '#') return ints_constant(b, token + 1);
  if (token[0] == '=') return numbers_constant(b, token + 1, b->row->element);
  if (token[0] == '^') return numbers_constant(b, token + 1, F32);
  if (token[0] == '?') return bools_constant(b, token + 1);
  if (token[0] == '~') {
    kind = strchr("pudhgw", token[1]) != NULL ? token[1] : ' ';
    return random_constant(b, token + (kind == ' ' ? 1 : 2), kind);
  }
  sl_dim dims[8];
  int64_t fixed[8];
  int64_t rank = read_dims(token + (kind != ' '), dims, fixed);
  sl_value_id value =
      sl_graph_add_input(b->model->graph, "x", b->row->element, (int32_t)rank, dims);
  b->kinds[b->input_count] = kind;
  return b->inputs[b->input_count++] = value;
}

// Words of a text separated by blanks, one after the other.
static char *next_word(sl_arena *arena, const char **text) {
  while (**text == ' ') (*text)++;
  size_t size = strcspn(*text, " ");
  if (size == 0) return NULL;
  char *word = sl_arena_copy_bytes(arena, *text, size);
  *text += size;
  return word;
}

static void set_list(sl_graph *graph, sl_node_id node, const char *name, char *text) {
  int64_t ints[32], count = 0;
  float *floats = SL_NEW_ARRAY(graph->arena, float, 32);
  int has_points = strchr(text, '.') != NULL;
  for (char *at = text; *at != ']' && *at != '\0'; count++) {
    floats[count] = (float)strtod(at, has_points ? &at : NULL);
    if (!has_points) ints[count] = strtoll(at, &at, 10);
    if (*at == ',') at++;
  }
  if (!has_points) sl_graph_set_ints(graph, node, name, ints, count);
  sl_attribute list = {.name = name, .kind = SL_ATTRIBUTE_FLOATS, .count = count, .floats = floats};
  if (has_points) sl_graph_set_attribute(graph, node, &list);
}

// name=1, name=0.5, name=[1,2], name=word
static void set_attributes(built *b, sl_node_id node) {
  sl_graph *graph = b->model->graph;
  const char *text = b->row->attributes;
  for (char *word; (word = next_word(b->arena, &text)) != NULL;) {
    char *value = strchr(word, '=');
    int64_t whole;
    double real;
    *value++ = '\0';
    if (*value == '[')
      set_list(graph, node, word, value + 1);
    else if (sl_parse_int(value, &whole))
      sl_graph_set_int(graph, node, word, whole);
    else if (sl_parse_real(value, &real))
      sl_graph_set_float(graph, node, word, real);
    else
      sl_graph_set_string(graph, node, word, value);
  }
}

static void build(built *b, sl_arena *arena, const grad_case *row) {
  *b = (built){.arena = arena, .model = sl_graph_model_new(arena), .row = row};
  sl_graph_set_opset(b->model, "", row->opset);
  sl_graph *graph = b->model->graph = sl_graph_new(arena, NULL, "case");
  sl_value_id operands[INPUTS_MAX];
  int32_t count = 0;
  const char *text = row->inputs;
  for (char *word; (word = next_word(arena, &text)) != NULL;)
    operands[count++] = add_operand(b, word);
  sl_value_id first = sl_graph_apply(graph, row->op, "y", row->op, operands, count, row->outputs);
  for (int32_t i = 0; i < row->outputs; i++) b->outputs[i] = first + i;
  set_attributes(b, graph->node_count - 1);
  sl_graph_set_outputs(graph, b->outputs, row->outputs);
}

// ---- running ------------------------------------------------------------------------------------

static sl_session *open_session(built *b, sl_graph_model *model) {
  sl_error err = {0};
  sl_onnx_written written;
  sl_session *session;
  sl_session_options options = {.provider = SL_PROVIDER_CPU, .intra_threads = 1};
  if (sl_onnx_serialise(b->arena, model, &(sl_onnx_write_options){0}, &written, &err) != SL_OK ||
      sl_session_open(b->row->op, written.bytes, &options, &session, &err) != SL_OK)
    fail_msg("%s: %s: %s", b->row->op, sl_error_message(&err), sl_error_detail(&err));
  return session;
}

static sl_tensor tensor_of(const sl_type *type, int64_t batch) {
  sl_shape shape = {.rank = type->rank};
  sl_tensor tensor;
  for (int32_t i = 0; i < type->rank; i++)
    shape.dims[i] = type->dims[i].fixed + type->dims[i].per_batch * batch;
  assert_int_equal(sl_tensor_new(sl_element_dtype(type->element), &shape, &tensor, NULL), SL_OK);
  return tensor;
}

static void run(const built *b, sl_session *session, const sl_tensor *inputs, sl_tensor *outputs) {
  sl_error err = {0};
  if (sl_session_run(session, inputs, outputs, &err) != SL_OK)
    fail_msg("%s: %s: %s", b->row->op, sl_error_message(&err), sl_error_detail(&err));
}

static void release(sl_tensor *tensors, int32_t count) {
  for (int32_t i = 0; i < count; i++) sl_tensor_release(&tensors[i]);
}

static void fill_inputs(const built *b, int64_t batch, sl_tensor *inputs) {
  for (int32_t i = 0; i < b->input_count; i++) {
    inputs[i] = tensor_of(&b->model->graph->values[b->inputs[i]].type, batch);
    fill(b->row->element, inputs[i].data, sl_shape_count(&inputs[i].shape), b->kinds[i]);
  }
}

// Types of the outputs from two runs: what differs between batch 2 and 3 grows with the batch.
static void measure_outputs(built *b, sl_session *session) {
  sl_tensor inputs[INPUTS_MAX], outputs[2][OUTPUTS_MAX];
  for (int64_t i = 0; i < 2; i++) {
    fill_inputs(b, BATCH + i, inputs);
    run(b, session, inputs, outputs[i]);
    release(inputs, b->input_count);
  }
  for (int32_t i = 0; i < b->row->outputs; i++) {
    sl_dim dims[SL_RANK_MAX];
    const sl_shape *small = &outputs[0][i].shape, *large = &outputs[1][i].shape;
    for (int32_t d = 0; d < small->rank; d++) {
      dims[d].per_batch = large->dims[d] - small->dims[d];
      dims[d].fixed = small->dims[d] - BATCH * dims[d].per_batch;
      dims[d].symbol = NULL;
    }
    sl_graph_set_type(b->model->graph, b->outputs[i],
                      (int32_t)sl_element_of_dtype(outputs[0][i].dtype), small->rank, dims);
  }
  for (int32_t i = 0; i < 2; i++) release(outputs[i], b->row->outputs);
}

static double dot(const sl_tensor *a, const sl_tensor *b) {
  double sum = 0;
  for (int64_t i = 0; i < sl_shape_count(&a->shape); i++)
    sum +=
        sl_dtype_load(a->dtype, a->data, (size_t)i) * sl_dtype_load(b->dtype, b->data, (size_t)i);
  return sum;
}

typedef struct experiment {
  built *b;
  sl_session *forward, *backward;
  int32_t target_count, target_at[OUTPUTS_MAX];
  sl_tensor inputs[INPUTS_MAX + OUTPUTS_MAX];  // then seeds
} experiment;

static double loss(experiment *e) {
  sl_tensor outputs[OUTPUTS_MAX];
  run(e->b, e->forward, e->inputs, outputs);
  double sum = 0;
  for (int32_t i = 0; i < e->target_count; i++)
    sum += dot(&outputs[e->target_at[i]], &e->inputs[e->b->input_count + i]);
  release(outputs, e->b->row->outputs);
  return sum;
}

static double difference(experiment *e, int32_t input, int64_t index, double step) {
  sl_tensor *x = &e->inputs[input];
  double at = sl_dtype_load(x->dtype, x->data, (size_t)index);
  store(e->b->row->element, x->data, index, at + step);
  double above = loss(e), upper = sl_dtype_load(x->dtype, x->data, (size_t)index);
  store(e->b->row->element, x->data, index, at - step);
  double below = loss(e), lower = sl_dtype_load(x->dtype, x->data, (size_t)index);
  store(e->b->row->element, x->data, index, at);
  return (above - below) / (upper - lower);
}

static void open_backward(experiment *e) {
  built *b = e->b;
  sl_graph_model *model = sl_graph_model_copy(b->arena, b->model);
  sl_value_id targets[OUTPUTS_MAX];
  sl_grad_result result;
  sl_error err = {0};
  for (int32_t i = 0; i < b->row->outputs; i++) {
    const sl_type *type = &b->model->graph->values[b->outputs[i]].type;
    if (type->element != b->row->element) continue;
    e->target_at[e->target_count] = i;
    targets[e->target_count++] = b->outputs[i];
  }
  sl_grad_options options = {.targets = targets,
                             .target_count = e->target_count,
                             .wrt = b->inputs,
                             .wrt_count = b->input_count};
  if (sl_grad_append(model, &options, &result, &err) != SL_OK)
    fail_msg("%s: %s", b->row->op, sl_error_message(&err));
  for (int32_t i = 0; i < b->input_count; i++) {
    assert_int_not_equal(result.gradients[i], 0);
    assert_true(sl_type_is_known(&model->graph->values[result.gradients[i]].type));
  }
  sl_graph_set_outputs(model->graph, result.gradients, b->input_count);
  if (sl_graph_verify(model->graph, &err) != SL_OK)
    fail_msg("%s: %s", b->row->op, sl_error_message(&err));
  e->backward = open_session(b, model);
  for (int32_t i = 0; i < e->target_count; i++) {
    sl_tensor *seed = &e->inputs[b->input_count + i];
    *seed = tensor_of(&model->graph->values[result.seeds[i]].type, BATCH);
    fill(b->row->element, seed->data, sl_shape_count(&seed->shape), ' ');
  }
}

// Largest error of one gradient, relative to its largest value or 1.
static double worst_error(experiment *e, int32_t input, const sl_tensor *gradient) {
  double step = e->b->row->element == F64 ? 1e-5 : 1e-2, error = 0, size = 1;
  for (int64_t i = 0; i < sl_shape_count(&gradient->shape); i++) {
    double exact = difference(e, input, i, step);
    double given = sl_dtype_load(gradient->dtype, gradient->data, (size_t)i);
    error = fabs(exact - given) <= error ? error : fabs(exact - given);
    size = fmax(size, fabs(exact));
  }
  return error / size;
}

static int check_gradients(experiment *e) {
  built *b = e->b;
  sl_tensor gradients[INPUTS_MAX];
  double bound = b->row->element == F64 ? 1e-6 : 4e-3;
  int failures = 0;
  run(b, e->backward, e->inputs, gradients);
  for (int32_t i = 0; i < b->input_count; i++) {
    assert_true(sl_shape_equal(&gradients[i].shape, &e->inputs[i].shape));
    double error = worst_error(e, i, &gradients[i]);
    if (error <= bound) continue;
    failures++;
    print_error("%s (%s; %s): input %d is off by %g\n", b->row->op, b->row->inputs,
                b->row->attributes, (int)i, error);
  }
  release(gradients, b->input_count);
  return failures;
}

static int check_case(sl_arena *arena, const grad_case *row) {
  built b;
  random_state = 12345;
  build(&b, arena, row);
  experiment e = {.b = &b, .forward = open_session(&b, b.model)};
  measure_outputs(&b, e.forward);
  fill_inputs(&b, BATCH, e.inputs);
  open_backward(&e);
  int failures = check_gradients(&e);
  release(e.inputs, b.input_count + e.target_count);
  sl_session_close(e.forward);
  sl_session_close(e.backward);
  return failures;
}

// SL_GRAD_CASE=Conv runs the rows of one operator.
static void rules_agree_with_differences(void **state) {
  (void)state;
  const char *only = getenv("SL_GRAD_CASE");
  int failures = 0;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (only != NULL && strcmp(only, cases[i].op) != 0) continue;
    sl_arena *arena = sl_arena_new(NULL, "case");
    failures += check_case(arena, &cases[i]);
    sl_arena_free(arena);
  }
  assert_int_equal(failures, 0);
}

int main(void) {
  static const struct CMUnitTest tests[] = {cmocka_unit_test(rules_agree_with_differences)};
  return cmocka_run_group_tests_name("gradients", tests, NULL, NULL);
}
