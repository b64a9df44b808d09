// SPDX-License-Identifier: Apache-2.0
// Tests of reading and writing models: what files hold, what comes back, what hostile files do not
// achieve. The round trip of whole files is tests/onnx/roundtrip.py.
#include "onnx/model_file.h"

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "graph/graph_text.h"
#include "onnx/model_writer.h"

#define MODELS SL_TEST_DATA "/onnx/"

static int make(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int drop(void **state) {
  sl_arena_free(*state);
  return 0;
}

static sl_bytes read_file(sl_arena *arena, const char *path) {
  sl_bytes bytes;
  sl_error err = {0};
  if (sl_file_read(arena, path, 1 << 20, &bytes, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  return bytes;
}

static sl_graph_model *parse(sl_arena *arena, sl_bytes bytes) {
  sl_graph_model *model;
  sl_error err = {0};
  if (sl_onnx_parse(arena, "x.onnx", bytes, NULL, &model, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  if (sl_graph_verify(model->graph, &err) != SL_OK) fail_msg("%s", sl_error_message(&err));
  return model;
}

static sl_graph_model *load(sl_arena *arena, const char *name) {
  sl_graph_model *model;
  sl_error err = {0};
  if (sl_onnx_load(arena, sl_arena_printf(arena, MODELS "%s.onnx", name), NULL, &model, &err) !=
      SL_OK)
    fail_msg("%s", sl_error_message(&err));
  return model;
}

static sl_bytes serialise(sl_arena *arena, const sl_graph_model *model) {
  sl_onnx_written written;
  sl_error err = {0};
  if (sl_onnx_serialise(arena, model, NULL, &written, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  assert_int_equal(written.detached_count, 0);
  return written.bytes;
}

static const sl_value *value_of(const sl_graph *graph, const char *name) {
  sl_value_id value = sl_graph_find(graph, name);
  if (value == 0) fail_msg("no value \"%s\"", name);
  return &graph->values[value];
}

static sl_graph *inner_of(const sl_graph *graph, const char *maker_of, const char *attribute) {
  const sl_node *node = &graph->nodes[value_of(graph, maker_of)->maker];
  const sl_attribute *found = sl_node_attribute(node, attribute);
  assert_non_null(found);
  return found->graphs[0];
}

// ---- reading ------------------------------------------------------------------------------------

static void inner_graphs_read_outer_values(void **state) {
  sl_graph_model *model = load(*state, "branches");
  sl_graph *then = inner_of(model->graph, "y", "then_branch");
  sl_graph *body = inner_of(then, "looped", "body");
  sl_graph *inner = inner_of(body, "new_state", "then_branch");
  assert_ptr_equal(inner->outer, body);
  assert_int_equal(value_of(inner, "w")->origin, SL_ORIGIN_OUTER);
  assert_int_equal(value_of(inner, "state")->origin, SL_ORIGIN_OUTER);
  // On the way the name is taken, so that nothing new can hide it.
  assert_int_equal(value_of(body, "w")->origin, SL_ORIGIN_OUTER);
  assert_int_equal(value_of(then, "w")->origin, SL_ORIGIN_OUTER);
  assert_int_equal(value_of(body, "state")->origin, SL_ORIGIN_INPUT);
  const sl_constant *w = sl_graph_constant(inner, sl_graph_find(inner, "w"));
  assert_non_null(w);
  assert_true(sl_constant_number(w, 3) == 2);
}

static int is_inside(sl_bytes part, sl_bytes whole) {
  return part.at >= whole.at && part.at + part.size <= whole.at + whole.size;
}

static void elements_are_the_same_however_written(void **state) {
  sl_bytes bytes = read_file(*state, MODELS "element_types.onnx");
  const sl_graph *graph = parse(*state, bytes)->graph;
  int pairs = 0, borrowed = 0;
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    const sl_value *raw = &graph->values[v];
    size_t size = strlen(raw->name);
    if (size < 4 || strcmp(raw->name + size - 4, "_raw") != 0) continue;
    const char *name = sl_arena_printf(*state, "%.*s_typed", (int)size - 4, raw->name);
    const sl_constant *typed = value_of(graph, name)->constant;
    assert_int_equal(typed->element, raw->constant->element);
    assert_int_equal(typed->data.size, sl_element_bytes(typed->element, 5));
    assert_int_equal(typed->data.size, raw->constant->data.size);
    assert_memory_equal(typed->data.at, raw->constant->data.at, typed->data.size);
    assert_true(is_inside(raw->constant->data, bytes));
    borrowed += is_inside(typed->data, bytes);
    pairs++;
  }
  assert_int_equal(pairs, 18);
  assert_int_equal(borrowed, 2);  // float and double
}

static void extreme_numbers_are_kept(void **state) {
  const sl_graph *graph = load(*state, "element_types")->graph;
  const sl_constant *long_ = value_of(graph, "long")->constant;
  assert_true(sl_constant_int(long_, 0) == -1);
  assert_true(sl_constant_int(long_, 1) == (int64_t)1 << 62);
  assert_true(sl_constant_int(long_, 2) == INT64_MIN);
  const sl_constant *negative = value_of(graph, "negative")->constant;
  assert_true(sl_constant_number(negative, 1) == -128);
  uint64_t word;
  memcpy(&word, value_of(graph, "word")->constant->data.at, sizeof word);
  assert_true(word == UINT64_MAX);
  const sl_constant *text = value_of(graph, "text")->constant;
  assert_int_equal(text->count, 4);
  assert_int_equal(text->strings[2].size, 3);
  assert_memory_equal(text->strings[2].at, "\xff\0z", 3);
  assert_int_equal(value_of(graph, "empty")->constant->count, 0);
}

static void old_files_are_understood(void **state) {
  const sl_graph_model *model = load(*state, "old");
  const sl_graph *graph = model->graph;
  assert_int_equal(model->ir_version, 3);
  assert_int_equal(sl_graph_opset(model, ""), 7);
  // The file has the nodes the wrong way round.
  assert_string_equal(graph->nodes[1].type, "LeakyRelu");
  assert_string_equal(graph->nodes[2].type, "Add");
  assert_true(sl_node_float(&graph->nodes[1], "alpha", 0) == 0.5);
  assert_int_equal(graph->input_count, 2);
  const sl_value *w = value_of(graph, "w");
  assert_int_equal(w->origin, SL_ORIGIN_CONSTANT);
  assert_true(w->is_input);
  assert_int_equal(w->type.dims[0].fixed, 4);
}

static void types_say_what_the_file_says(void **state) {
  const sl_graph *graph = load(*state, "documented")->graph;
  const sl_type *x = &value_of(graph, "x")->type;
  assert_int_equal(x->element, SL_ELEMENT_F32);
  assert_int_equal(x->rank, 2);
  assert_int_equal(x->dims[0].fixed, SL_DIM_UNKNOWN);
  assert_string_equal(x->dims[0].symbol, "batch");
  assert_int_equal(x->raw.size, 0);
  assert_string_equal(x->denotation, "TENSOR");
  assert_string_equal(x->dim_denotations[0], "DATA_BATCH");
  assert_null(x->dim_denotations[1]);
  assert_int_equal(value_of(graph, "y")->type.raw.size, 0);
  const sl_graph *old = load(*state, "old")->graph;
  assert_int_equal(value_of(old, "y")->type.dims[0].fixed, SL_DIM_UNKNOWN);  // the file says -1
  assert_int_equal(value_of(old, "y")->type.raw.size, 0);
  const sl_graph *other = load(*state, "attributes")->graph;
  assert_int_equal(value_of(other, "s")->type.element, SL_ELEMENT_NONE);
  assert_true(value_of(other, "s")->type.raw.size > 0);
  assert_int_equal(value_of(other, "z")->type.rank, -1);
}

static void functions_have_bodies(void **state) {
  const sl_graph_model *model = load(*state, "functions");
  assert_int_equal(model->function_count, 2);
  const sl_function *outer = &model->functions[0], *inner = &model->functions[1];
  assert_string_equal(outer->name, "Outer");
  assert_string_equal(outer->attributes[0], "slope");
  assert_string_equal(inner->overload, "v2");
  assert_string_equal(inner->defaults[0].name, "unused");
  const sl_attribute *alpha = sl_node_attribute(&outer->body->nodes[1], "alpha");
  assert_string_equal(alpha->reference, "slope");
  assert_int_equal(alpha->kind, SL_ATTRIBUTE_FLOAT);
  assert_true(sl_node_float(&outer->body->nodes[1], "alpha", 7) == 7);
}

// ---- writing ------------------------------------------------------------------------------------

static int is_refused(const char *name) {
  return strncmp(name, "external_", 9) == 0 || strcmp(name, "no_graph.onnx") == 0;
}

// Text covers all but documentation of tensors; roundtrip.py compares that too.
static int round_trip_folder(sl_arena *arena, const char *folder) {
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  int count = 0;
  for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (!sl_ends_with(entry->d_name, ".onnx") || is_refused(entry->d_name)) continue;
    const char *path = sl_path_join(arena, folder, entry->d_name);
    sl_graph_model *model = parse(arena, read_file(arena, path));
    const char *text = sl_graph_text(arena, model);
    const char *again = sl_graph_text(arena, parse(arena, serialise(arena, model)));
    if (strcmp(text, again) != 0) fail_msg("%s:\n%s\nbecame\n%s", path, text, again);
    sl_graph_model *copy = sl_graph_model_copy(arena, model);
    assert_string_equal(sl_graph_text(arena, parse(arena, serialise(arena, copy))), text);
    count++;
  }
  closedir(dir);
  return count;
}

static void what_is_written_reads_the_same(void **state) {
  assert_true(round_trip_folder(*state, SL_TEST_DATA "/onnx") >= 8);
  assert_true(round_trip_folder(*state, SL_TEST_DATA "/model") >= 30);
}

static int contains(sl_bytes bytes, const char *text) {
  return memmem(bytes.at, bytes.size, text, strlen(text)) != NULL;
}

static void unknown_fields_are_written_again(void **state) {
  sl_bytes bytes = serialise(*state, load(*state, "unknown_fields"));
  int count = 0;
  const uint8_t *at = bytes.at;
  while ((at = memmem(at, bytes.size - (size_t)(at - bytes.at),
                      "\x82\x7d\x06"
                      "future",
                      9)) != NULL)
    at++, count++;
  assert_int_equal(count, 5);
  bytes = serialise(*state, load(*state, "documented"));
  static const char *const texts[] = {
      "weights", "a layer",      "half",       "net.fc",  "hidden", "activation", "a graph",
      "nobody",  "SCALE_TENSOR", "DATA_BATCH", "a model", "init",   "empty"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (!contains(bytes, texts[i])) fail_msg("\"%s\" is lost", texts[i]);
}

static sl_graph_model *small_model(sl_arena *arena) {
  static const char text[] =
      "ir 8\nopset ai.onnx 17\n"
      "graph \"g\" {\n"
      "  input %x : float[batch,4]\n"
      "  constant %w = float[4] {1, 2, 3, 4}\n"
      "  constant %big = float[2,4] {1, 2, 3, 4, 5, 6, 7, 8}\n"
      "  constant %two = float[] {2}\n"
      "  %h = MatMul(%x, %w)\n"
      "  %k = Mul(%h, %two)\n"
      "  %y = Add(%k, %big) : float[?,4]\n"
      "  return %y\n"
      "}\n";
  sl_graph_model *model;
  sl_error err = {0};
  if (sl_graph_parse_text(arena, text, &model, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  return model;
}

static void weights_are_detached_by_size(void **state) {
  sl_onnx_written written;
  sl_onnx_write_options options = {.detach_above_bytes = 4};
  assert_int_equal(sl_onnx_serialise(*state, small_model(*state), &options, &written, NULL), SL_OK);
  assert_int_equal(written.detached_count, 2);
  assert_string_equal(written.detached[0].name, "w");
  assert_string_equal(written.detached[1].name, "big");
  assert_int_equal(written.detached[1].constant->data.size, 32);
  const sl_graph *graph = parse(*state, written.bytes)->graph;
  const sl_constant *w = value_of(graph, "w")->constant;
  const sl_constant *big = value_of(graph, "big")->constant;
  assert_string_equal(w->location, "detached");
  assert_null(w->data.at);
  assert_int_equal(w->offset, 0);
  assert_int_equal(big->offset, SL_WRITER_ALIGNMENT);
  assert_null(value_of(graph, "two")->constant->location);
}

static void a_session_is_given_what_it_can_take(void **state) {
  static const char text[] =
      "ir 10\nopset ai.onnx 21\n"
      "graph \"g\" {\n"
      "  input %x : float[batch,4]\n"
      "  constant %forgotten = float[4] {1, 2, 3, 4}\n"
      "  constant %bits = uint4[16] !2143658721436587\n"
      "  constant %w = float[4] {1, 2, 3, 4}\n"
      "  %h = Mul(%x, %w)\n"
      "  %k = Cast(%bits) {to=1}\n"
      "  return %h, %k\n"
      "}\n";
  sl_graph_model *model;
  sl_error err = {0};
  if (sl_graph_parse_text(*state, text, &model, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  sl_onnx_written written;
  sl_onnx_write_options options = {.detach_above_bytes = 4, .for_session = true};
  assert_int_equal(sl_onnx_serialise(*state, model, &options, &written, NULL), SL_OK);
  assert_int_equal(written.detached_count, 1);
  assert_string_equal(written.detached[0].name, "w");
  const sl_graph *graph = parse(*state, written.bytes)->graph;
  assert_int_equal(sl_graph_find(graph, "forgotten"), 0);
  assert_null(value_of(graph, "bits")->constant->location);
}

static void changed_constants_are_written_as_they_are(void **state) {
  sl_graph_model *model = parse(*state, serialise(*state, small_model(*state)));
  sl_graph *graph = model->graph;
  sl_graph_rename(graph, sl_graph_find(graph, "w"), "renamed");
  // The same message, but other dims: the message no longer says what the constant is.
  sl_value *big = &graph->values[sl_graph_find(graph, "big")];
  sl_constant *flat = SL_NEW(*state, sl_constant);
  static const int64_t dims[] = {8};
  *flat = *big->constant;
  assert_true(flat->message.size > 0);
  flat->rank = 1;
  flat->dims = dims;
  big->constant = flat;
  sl_value *two = &graph->values[sl_graph_find(graph, "two")];
  sl_constant *three = SL_NEW(*state, sl_constant);
  float number = 3;
  *three = *two->constant;
  three->data = (sl_bytes){(const uint8_t *)&number, sizeof number};
  two->constant = three;
  const sl_graph *back = parse(*state, serialise(*state, model))->graph;
  assert_int_equal(sl_graph_find(back, "w"), 0);
  assert_true(sl_constant_number(value_of(back, "renamed")->constant, 3) == 4);
  assert_int_equal(value_of(back, "big")->constant->rank, 1);
  assert_true(sl_constant_number(value_of(back, "big")->constant, 7) == 8);
  assert_true(sl_constant_number(value_of(back, "two")->constant, 0) == 3);
}

static void sparse_constants_take_their_new_name(void **state) {
  sl_graph_model *model = load(*state, "sparse");
  sl_graph_rename(model->graph, sl_graph_find(model->graph, "sparse_w"), "renamed");
  const sl_graph *back = parse(*state, serialise(*state, model))->graph;
  assert_true(value_of(back, "renamed")->constant->is_sparse);
  assert_int_equal(value_of(back, "renamed")->type.dims[0].fixed, 4);
}

// Hostile inputs, row 8: the names of files are ours, whatever the model said of its weights.
static void weights_go_to_a_file_beside_the_model(void **state) {
  char folder[] = "/tmp/slitlamp-save-XXXXXX";
  assert_non_null(mkdtemp(folder));
  sl_graph_model *model = small_model(*state);
  float numbers[600];
  for (int i = 0; i < 600; i++) numbers[i] = (float)i;
  static const int64_t dims[] = {600};
  sl_value_id added = sl_graph_add_constant(model->graph, "many", SL_ELEMENT_F32, 1, dims, numbers);
  sl_constant *evil = SL_NEW(*state, sl_constant);
  *evil = *model->graph->values[added].constant;
  evil->location = "../evil.data";
  model->graph->values[added].constant = evil;
  sl_graph_add_constant(model->graph, "more", SL_ELEMENT_F32, 1, dims, numbers);
  const char *path = sl_path_join(*state, folder, "m.onnx");
  sl_error err = {0};
  if (sl_writer_save(model, path, 1000, &err) != SL_OK) fail_msg("%s", sl_error_message(&err));
  assert_false(sl_file_exists(sl_path_join(*state, folder, "../evil.data")));
  sl_graph_model *back;
  if (sl_onnx_load(*state, path, NULL, &back, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  const sl_constant *more = value_of(back->graph, "more")->constant;
  assert_string_equal(more->location, "m.onnx.data");
  assert_int_equal(more->offset, 2432);  // 2,400 bytes, then up to the next 64
  assert_true(sl_constant_number(more, 599) == 599);
  assert_string_equal(sl_graph_text(*state, back), sl_graph_text(*state, model));
  assert_int_equal(sl_writer_save(model, path, 100, &err), SL_E_LIMIT);
  // Without a limit the weights are inside again.
  assert_int_equal(sl_onnx_save(back, path, &err), SL_OK);
  unlink(sl_path_join(*state, folder, "m.onnx.data"));
  assert_int_equal(sl_onnx_load(*state, path, NULL, &back, &err), SL_OK);
  unlink(path);
  rmdir(folder);
}

// ---- refusals -----------------------------------------------------------------------------------

static void expect_refusal(sl_arena *arena, sl_bytes bytes, sl_status wanted, const char *text) {
  sl_error err = {0};
  sl_graph_model *model;
  sl_status status = sl_onnx_parse(arena, "x.onnx", bytes, NULL, &model, &err);
  if (status != wanted || strstr(sl_error_message(&err), text) == NULL)
    fail_msg("wanted %s \"%s\", got %s \"%s\"", sl_status_name(wanted), text,
             sl_status_name(status), sl_error_message(&err));
  assert_null(model);
}

typedef struct builder {
  sl_message message;
  sl_message_mark graph;
} builder;

static builder begin_model(sl_arena *arena) {
  builder b = {.message = {.arena = arena}};
  sl_message_int(&b.message, 1, 8);
  b.graph = sl_message_begin(&b.message, 7);
  return b;
}

static sl_bytes end_model(builder *b) {
  sl_bytes bytes;
  sl_message_end(&b->message, b->graph);
  assert_int_equal(sl_message_join(&b->message, b->message.arena, 1 << 28, &bytes, NULL), SL_OK);
  return bytes;
}

static void add_node(builder *b, const char *input, const char *output) {
  sl_message_mark mark = sl_message_begin(&b->message, 1);
  sl_message_text(&b->message, 1, input);
  sl_message_text(&b->message, 2, output);
  sl_message_text(&b->message, 3, "the node");
  sl_message_text(&b->message, 4, "Relu");
  sl_message_end(&b->message, mark);
}

static void add_port(builder *b, uint32_t field, const char *name) {
  sl_message_mark mark = sl_message_begin(&b->message, field);
  sl_message_text(&b->message, 1, name);
  sl_message_end(&b->message, mark);
}

typedef struct tensor {
  const char *name;
  int64_t dim, type;
  size_t raw_size;
  int has_floats;
} tensor;

static void add_tensor(builder *b, const tensor *t) {
  static const uint8_t zeros[64];
  sl_message_mark mark = sl_message_begin(&b->message, 5);
  sl_message_int(&b->message, 1, t->dim);
  sl_message_int(&b->message, 2, t->type);
  sl_message_text(&b->message, 8, t->name);
  if (t->raw_size > 0) sl_message_bytes(&b->message, 9, (sl_bytes){zeros, t->raw_size});
  if (t->has_floats) sl_message_float(&b->message, 4, 1);
  sl_message_end(&b->message, mark);
}

static void tensors_that_do_not_add_up_are_refused(void **state) {
  static const struct {
    tensor tensor;
    const char *text;
  } cases[] = {
      {{"w", 4, 1, 15, 0}, "tensor \"w\" of model \"x.onnx\" has 15 bytes of raw data, not 16"},
      {{"w", 4, 1, 0, 0}, "has 0 numbers, not 4"},
      {{"w", 4, 1, 0, 1}, "has 1 numbers, not 4"},
      {{"w", 4, 7, 0, 1}, "data of another type"},
      {{"w", 1, 1, 4, 1}, "has its data twice"},
      {{"w", 4, 8, 16, 0}, "strings as raw data"},
      {{"w", -1, 1, 4, 0}, "has the dimension -1"},
      {{"w", (int64_t)1 << 62, 1, 4, 0}, "has the dimension 4611686018427387904"},
      {{"w", 4, 0, 16, 0}, "does not say what type"},
      {{"", 4, 1, 16, 0}, "is an initializer without a name"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    builder b = begin_model(*state);
    add_tensor(&b, &cases[i].tensor);
    expect_refusal(*state, end_model(&b), SL_E_MODEL, cases[i].text);
  }
}

static void names_that_do_not_add_up_are_refused(void **state) {
  builder b = begin_model(*state);
  add_port(&b, 11, "x");
  add_port(&b, 11, "x");
  expect_refusal(*state, end_model(&b), SL_E_MODEL, "\"x\" in graph \"\" of model");
  b = begin_model(*state);
  add_port(&b, 11, "");
  expect_refusal(*state, end_model(&b), SL_E_MODEL, "is an input without a name");
  b = begin_model(*state);
  add_port(&b, 11, "x");
  add_node(&b, "x", "x");
  expect_refusal(*state, end_model(&b), SL_E_MODEL, "makes \"x\", which is there already");
  b = begin_model(*state);
  add_node(&b, "nobody", "y");
  expect_refusal(*state, end_model(&b), SL_E_MODEL, "reads \"nobody\", which nothing makes");
  b = begin_model(*state);
  add_port(&b, 12, "y");
  expect_refusal(*state, end_model(&b), SL_E_MODEL, "\"y\" in graph");
  b = begin_model(*state);
  add_tensor(&b, &(tensor){"w", 1, 1, 4, 0});
  add_tensor(&b, &(tensor){"w", 1, 1, 4, 0});
  expect_refusal(*state, end_model(&b), SL_E_MODEL, "is an initializer twice");
}

static void cycles_are_refused(void **state) {
  builder b = begin_model(*state);
  add_node(&b, "a", "b");
  add_node(&b, "b", "c");
  add_node(&b, "c", "a");
  expect_refusal(*state, end_model(&b), SL_E_MODEL, "\"the node (Relu)\" depends on its own");
  b = begin_model(*state);
  add_node(&b, "a", "a");
  expect_refusal(*state, end_model(&b), SL_E_MODEL, "depends on its own output");
}

// Row 1 of the hostile inputs.
static void deep_nesting_is_refused_quickly(void **state) {
  enum { LEVELS = 20000 };
  sl_message_mark *marks = SL_NEW_ARRAY(*state, sl_message_mark, 3 * LEVELS);
  builder b = begin_model(*state);
  size_t count = 0;
  for (int i = 0; i < LEVELS; i++) {
    marks[count++] = sl_message_begin(&b.message, 1);  // GraphProto.node
    sl_message_text(&b.message, 4, "If");
    marks[count++] = sl_message_begin(&b.message, 5);  // NodeProto.attribute
    sl_message_text(&b.message, 1, "then_branch");
    marks[count++] = sl_message_begin(&b.message, 6);  // AttributeProto.g
  }
  while (count > 0) sl_message_end(&b.message, marks[--count]);
  sl_bytes bytes = end_model(&b);
  int64_t began = sl_clock_ns();
  expect_refusal(*state, bytes, SL_E_LIMIT, "levels deep");
  print_message("20,000 levels took %.1f ms\n", (double)(sl_clock_ns() - began) * 1e-6);

  b = begin_model(*state);
  marks[count++] = sl_message_begin(&b.message, 11);
  sl_message_text(&b.message, 1, "x");
  marks[count++] = sl_message_begin(&b.message, 2);
  for (int i = 0; i < LEVELS; i++) {
    marks[count++] = sl_message_begin(&b.message, 4);  // TypeProto.sequence_type
    marks[count++] = sl_message_begin(&b.message, 1);  // its elem_type
  }
  while (count > 0) sl_message_end(&b.message, marks[--count]);
  expect_refusal(*state, end_model(&b), SL_E_LIMIT, "levels deep");
}

// Row 2: many tiny messages of every kind that becomes something larger here.
static void amplification_is_refused(void **state) {
  enum { COUNT = 3000000, MEMORY = 8 << 20 };
  static const struct {
    uint32_t outer, inner;  // inner 0: the message itself is repeated
  } cases[] = {{1, 0}, {5, 0}, {11, 0}, {13, 0}, {1, 5}, {1, 1}, {1, 2}};
  sl_onnx_limits limits = sl_onnx_limits_default;
  limits.memory_max = MEMORY;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    sl_arena *arena = sl_arena_new(*state, "case");
    builder b = begin_model(arena);
    uint8_t *many = sl_arena_push(arena, 2 * (size_t)COUNT);
    uint32_t field = cases[i].inner != 0 ? cases[i].inner : cases[i].outer;
    for (size_t n = 0; n < COUNT; n++) many[2 * n] = (uint8_t)(field << 3 | 2);
    sl_bytes fields = {many, 2 * (size_t)COUNT};
    sl_message_mark mark = {0};
    if (cases[i].inner != 0) {
      mark = sl_message_begin(&b.message, cases[i].outer);
      sl_message_text(&b.message, 4, "Relu");
    }
    sl_message_fields(&b.message, fields);
    if (cases[i].inner != 0) sl_message_end(&b.message, mark);
    sl_bytes bytes = end_model(&b);
    size_t before = sl_arena_bytes(arena);
    sl_error err = {0};
    sl_graph_model *model;
    sl_status status = sl_onnx_parse(arena, "x.onnx", bytes, &limits, &model, &err);
    if (status != SL_E_LIMIT && status != SL_E_MODEL && status != SL_OK)
      fail_msg("case %zu: %s", i, sl_error_message(&err));
    if (sl_arena_bytes(arena) - before > 2 * (size_t)MEMORY) fail_msg("case %zu is large", i);
    sl_arena_free(arena);
  }
}

static void too_many_nodes_are_refused(void **state) {
  sl_onnx_limits limits = sl_onnx_limits_default;
  limits.nodes_max = 2;
  sl_bytes bytes = serialise(*state, small_model(*state));
  sl_error err = {0};
  sl_graph_model *model;
  assert_int_equal(sl_onnx_parse(*state, "x.onnx", bytes, &limits, &model, &err), SL_E_LIMIT);
  assert_non_null(strstr(sl_error_message(&err), "more than 2 nodes"));
}

static void damage_is_survived(void **state) {
  static const char *const names[] = {"branches",      "functions",  "attributes",
                                      "element_types", "documented", "sparse"};
  sl_arena *scratch = sl_arena_new(*state, "scratch");
  for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
    sl_bytes whole = read_file(*state, sl_arena_printf(*state, MODELS "%s.onnx", names[n]));
    uint8_t *copy = (uint8_t *)sl_arena_copy_bytes(*state, whole.at, whole.size);
    for (size_t at = 0; at < 16 * whole.size; at++) {
      sl_graph_model *model;
      sl_error err = {0};
      size_t size = at < 8 * whole.size ? whole.size : (at - 8 * whole.size) / 8;
      copy[at / 8 % whole.size] ^= (uint8_t)(1 << at % 8);
      sl_status status =
          sl_onnx_parse(scratch, "x.onnx", (sl_bytes){copy, size}, NULL, &model, &err);
      assert_true(status == SL_OK || sl_error_message(&err)[0] != '\0');
      copy[at / 8 % whole.size] ^= (uint8_t)(1 << at % 8);
      sl_arena_reset(scratch);
    }
  }
}

// ---- external data ------------------------------------------------------------------------------

static void external_data_are_borrowed(void **state) {
  sl_graph_model *model;
  sl_error err = {0};
  if (sl_onnx_load(*state, SL_TEST_DATA "/model/external_good.onnx", NULL, &model, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  int count = 0;
  for (sl_value_id v = 1; v < model->graph->value_count; v++) {
    const sl_constant *constant = model->graph->values[v].constant;
    if (constant == NULL || constant->location == NULL) continue;
    assert_int_equal(constant->data.size, sl_element_bytes(constant->element, constant->count));
    count++;
  }
  assert_int_equal(count, 1);
  // Written into the message they are inside it.
  const sl_graph *back = parse(*state, serialise(*state, model))->graph;
  for (sl_value_id v = 1; v < back->value_count; v++)
    assert_true(back->values[v].constant == NULL || back->values[v].constant->location == NULL);
}

// Rows 3 to 7 of the hostile inputs; links and pipes are in scan_test.c.
static void external_data_elsewhere_are_refused(void **state) {
  static const struct {
    const char *name;
    sl_status status;
    const char *text;
  } cases[] = {
      {"missing", SL_E_NOT_FOUND, "cannot open"},
      {"parent", SL_E_MODEL, "leaves the model's folder"},
      {"middle_parent", SL_E_MODEL, "leaves the model's folder"},
      {"absolute", SL_E_MODEL, "is absolute"},
      {"file_url", SL_E_MODEL, "not a plain path"},
      {"memory", SL_E_MODEL, "names memory"},
      {"nested", SL_E_MODEL, "names memory"},
      {"negative_offset", SL_E_MODEL, "the offset \"-8\""},
      {"past_end", SL_E_MODEL, "which has 64 bytes"},
      {"overflow", SL_E_MODEL, "the length"},
      {"two_locations", SL_E_MODEL, "two entries \"location\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    sl_error err = {0};
    sl_graph_model *model;
    const char *path =
        sl_arena_printf(*state, SL_TEST_DATA "/model/external_%s.onnx", cases[i].name);
    sl_status status = sl_onnx_load(*state, path, NULL, &model, &err);
    if (status != cases[i].status || strstr(sl_error_message(&err), cases[i].text) == NULL)
      fail_msg("%s: %s %s", cases[i].name, sl_status_name(status), sl_error_message(&err));
    assert_null(model);
  }
}

// Row 6: memory as a location, in the tensors that are kept as bytes only.
static void locations_are_judged_in_tensors_kept_as_bytes(void **state) {
  for (int training = 0; training < 2; training++) {
    builder b = begin_model(*state);
    sl_message *m = &b.message;
    if (training) {
      sl_message_end(m, b.graph);
      b.graph = sl_message_begin(m, 20);
    }
    sl_message_mark marks[4];
    size_t count = 0;
    if (training) marks[count++] = sl_message_begin(m, 1);
    marks[count++] = sl_message_begin(m, training ? 5 : 15);  // initializer, sparse_initializer
    if (!training) marks[count++] = sl_message_begin(m, 1);   // its values
    sl_message_int(m, 2, 1);
    marks[count++] = sl_message_begin(m, 13);
    sl_message_text(m, 1, "location");
    sl_message_text(m, 2, "*/_ORT_MEM_ADDR_/*");
    while (count > 0) sl_message_end(m, marks[--count]);
    expect_refusal(*state, end_model(&b), SL_E_MODEL, "names memory");
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
  const struct CMUnitTest tests[] = {
      TEST(inner_graphs_read_outer_values),
      TEST(elements_are_the_same_however_written),
      TEST(extreme_numbers_are_kept),
      TEST(old_files_are_understood),
      TEST(types_say_what_the_file_says),
      TEST(functions_have_bodies),
      TEST(what_is_written_reads_the_same),
      TEST(unknown_fields_are_written_again),
      TEST(weights_are_detached_by_size),
      TEST(a_session_is_given_what_it_can_take),
      TEST(changed_constants_are_written_as_they_are),
      TEST(sparse_constants_take_their_new_name),
      TEST(weights_go_to_a_file_beside_the_model),
      TEST(tensors_that_do_not_add_up_are_refused),
      TEST(names_that_do_not_add_up_are_refused),
      TEST(cycles_are_refused),
      TEST(deep_nesting_is_refused_quickly),
      TEST(amplification_is_refused),
      TEST(too_many_nodes_are_refused),
      TEST(damage_is_survived),
      TEST(external_data_are_borrowed),
      TEST(external_data_elsewhere_are_refused),
      TEST(locations_are_judged_in_tensors_kept_as_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
