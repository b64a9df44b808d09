// SPDX-License-Identifier: Apache-2.0
// Tests of the scanner and of external data: what files say, and what hostile files do not achieve.
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "onnx/external.h"

#define MODELS SL_TEST_DATA "/model/"

static int make(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int drop(void **state) {
  sl_arena_free(*state);
  return 0;
}

static sl_bytes load(sl_arena *arena, const char *name) {
  sl_bytes bytes;
  sl_error err = {0};
  if (sl_file_read(arena, sl_arena_printf(arena, MODELS "%s", name), 1 << 20, &bytes, &err) !=
      SL_OK)
    fail_msg("%s", sl_error_message(&err));
  return bytes;
}

static sl_onnx_summary scan(sl_arena *arena, const char *name) {
  sl_error err = {0};
  sl_onnx_summary summary;
  if (sl_onnx_scan(arena, name, load(arena, name), NULL, &summary, &err) != SL_OK)
    fail_msg("%s: %s", name, sl_error_message(&err));
  return summary;
}

static void expect_refusal(sl_arena *arena, sl_bytes bytes, sl_status wanted, const char *text) {
  sl_error err = {0};
  sl_onnx_summary summary;
  sl_status status = sl_onnx_scan(arena, "x.onnx", bytes, NULL, &summary, &err);
  if (status != wanted || strstr(sl_error_message(&err), text) == NULL)
    fail_msg("wanted %s \"%s\", got %s \"%s\"", sl_status_name(wanted), text,
             sl_status_name(status), sl_error_message(&err));
}

static void reads_what_a_file_says(void **state) {
  sl_arena *arena = *state;
  sl_onnx_summary s = scan(arena, "logits.onnx");
  assert_int_equal(s.ir_version, 8);
  assert_string_equal(s.producer, "slitlamp tests");
  assert_string_equal(s.producer_version, "1");
  assert_string_equal(s.graph_name, "tiny");
  assert_int_equal(sl_onnx_opset_of(&s, ""), 13);
  assert_string_equal(sl_onnx_metadata(&s, "slitlamp.version"), "v3");
  assert_null(sl_onnx_metadata(&s, "nothing"));
  assert_int_equal(s.node_count, 3);
  assert_int_equal(s.parameter_count, 12);
  assert_int_equal(s.parameter_bytes, 48);
  assert_int_equal(s.parameters_by_dtype[SL_DTYPE_F32], 12);
  assert_int_equal(s.input_count, 1);
  assert_string_equal(s.inputs[0].name, "image");
  assert_string_equal(sl_onnx_shape_text(arena, &s.inputs[0]), "[batch]x3x8x8");
  assert_int_equal(s.outputs[0].dtype, SL_DTYPE_F32);
  assert_string_equal(sl_onnx_shape_text(arena, &s.outputs[0]), "[batch]x4");
  assert_string_equal(sl_onnx_maker(&s, "scores")->type, "MatMul");
  assert_null(sl_onnx_maker(&s, "image"));
  assert_int_equal(s.operator_count, 3);
  assert_false(s.quantised);
}

static void initializers_are_not_inputs(void **state) {
  sl_onnx_summary s = scan(*state, "weights_as_inputs.onnx");
  assert_int_equal(s.input_count, 1);
  assert_string_equal(s.inputs[0].name, "image");
}

static void keeps_small_constants(void **state) {
  sl_onnx_summary s = scan(*state, "own_mean.onnx");
  int found = 0;
  for (size_t i = 0; i < s.constant_count; i++)
    if (strcmp(s.constants[i].name, "mean") == 0) {
      found = 1;
      assert_int_equal(s.constants[i].count, 3);
      assert_true((float)s.constants[i].values[2] == 103.94F);
    }
  assert_true(found);
}

// Eight weights of type 25, uint2, in a model written by hand.
static void weighs_packed_weights(void **state) {
  static const uint8_t bytes[] = {0x08, 8,    0x3a, 13,  0x2a, 11, 0x08, 8,   0x10,
                                  25,   0x42, 1,    'w', 0x4a, 2,  0xe4, 0xe4};
  sl_error err = {0};
  sl_onnx_summary s;
  sl_bytes whole = {bytes, sizeof bytes};
  assert_int_equal(sl_onnx_scan(*state, "packed.onnx", whole, NULL, &s, &err), SL_OK);
  assert_int_equal(s.parameter_count, 8);
  assert_int_equal(s.parameter_bytes, 2);
}

static void names_custom_operators(void **state) {
  sl_error err = {0};
  sl_onnx_summary s = scan(*state, "custom_op.onnx");
  assert_int_equal(sl_onnx_check_operators(&s, "custom_op.onnx", &err), SL_E_MODEL);
  assert_non_null(strstr(sl_error_message(&err), "\"acme.ops.Magic\""));
  s = scan(*state, "function.onnx");
  assert_int_equal(s.function_count, 1);
  assert_string_equal(s.functions[0], "local.ops.Double");
  assert_int_equal(sl_onnx_check_operators(&s, "function.onnx", &err), SL_OK);
}

static void says_what_else_a_file_is(void **state) {
  static const struct {
    const char *bytes;
    size_t size;
    const char *text;
  } cases[] = {
      {"", 0, "empty file"},
      {"PK\x03\x04rest of it", 14, "PyTorch"},
      {"<!DOCTYPE html>", 15, "web page"},
      {"version https://git-lfs.github.com/spec/v1\n", 43, "Git LFS"},
      {"\x89HDF\r\n\x1a\n", 8, "Keras"},
      {"just some words", 15, "a text file"},
      {"\x07\x07\x07\x07\xff\xff", 6, "not even protobuf"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    expect_refusal(*state, (sl_bytes){(const uint8_t *)cases[i].bytes, cases[i].size}, SL_E_FORMAT,
                   cases[i].text);
  expect_refusal(*state, load(*state, "no_graph.onnx"), SL_E_MODEL, "holds no graph");
}

static void every_truncation_is_an_error(void **state) {
  sl_arena *arena = *state;
  sl_bytes whole = load(arena, "logits.onnx");
  sl_arena *scratch = sl_arena_new(arena, "scratch");
  for (size_t size = 1; size < whole.size; size++) {
    sl_error err = {0};
    sl_onnx_summary summary;
    sl_bytes part = {(const uint8_t *)sl_arena_copy_bytes(scratch, whole.at, size), size};
    sl_status status = sl_onnx_scan(scratch, "x.onnx", part, NULL, &summary, &err);
    // A cut between two top-level fields leaves a whole, smaller file.
    if (status != SL_OK && status != SL_E_FORMAT && status != SL_E_MODEL)
      fail_msg("cut at %zu: %s", size, sl_error_message(&err));
    sl_arena_reset(scratch);
  }
  expect_refusal(arena, (sl_bytes){whole.at, 150}, SL_E_FORMAT, "is cut off inside what begins at");
}

static void every_flipped_byte_is_survived(void **state) {
  sl_arena *arena = *state;
  sl_bytes whole = load(arena, "external_nested.onnx");
  uint8_t *copy = (uint8_t *)sl_arena_copy_bytes(arena, whole.at, whole.size);
  sl_arena *scratch = sl_arena_new(arena, "scratch");
  for (size_t at = 0; at < whole.size; at++)
    for (int bit = 0; bit < 8; bit++) {
      sl_onnx_summary summary;
      copy[at] ^= (uint8_t)(1 << bit);
      sl_status status =
          sl_onnx_scan(scratch, "x.onnx", (sl_bytes){copy, whole.size}, NULL, &summary, NULL);
      assert_true(status <= SL_E_LIMIT);
      copy[at] ^= (uint8_t)(1 << bit);
      sl_arena_reset(scratch);
    }
}

// ---- depth and amplification
// ---------------------------------------------------------------------

typedef struct backwards {
  uint8_t *start, *at;
} backwards;

// Puts a field of `number` around everything written so far.
static void wrap(backwards *b, const uint8_t *end, uint32_t number) {
  uint8_t head[16];
  size_t n = 0;
  uint64_t length = (uint64_t)(end - b->at);
  uint32_t tag = number << 3 | 2;
  head[n++] = (uint8_t)tag;
  for (; length >= 0x80; length >>= 7) head[n++] = (uint8_t)(length | 0x80);
  head[n++] = (uint8_t)length;
  b->at -= n;
  memcpy(b->at, head, n);
}

static void deep_nesting_is_refused_quickly(void **state) {
  enum { ROOM = 1 << 20, LEVELS = 20000 };
  uint8_t *room = sl_arena_push(*state, ROOM), *end = room + ROOM;
  backwards graphs = {room, end}, types = {room, end};
  for (int i = 0; i < LEVELS; i++) {
    wrap(&graphs, end, 6);  // AttributeProto.g
    wrap(&graphs, end, 5);  // NodeProto.attribute
    wrap(&graphs, end, 1);  // GraphProto.node
  }
  wrap(&graphs, end, 7);
  int64_t began = sl_clock_ns();
  expect_refusal(*state, (sl_bytes){graphs.at, (size_t)(end - graphs.at)}, SL_E_LIMIT,
                 "levels deep");
  print_message("20,000 levels took %.1f ms\n", (double)(sl_clock_ns() - began) * 1e-6);
  for (int i = 0; i < LEVELS; i++) {
    wrap(&types, end, 1);  // TypeProto.Sequence.elem_type
    wrap(&types, end, 4);  // TypeProto.sequence_type
  }
  wrap(&types, end, 2);   // ValueInfoProto.type
  wrap(&types, end, 11);  // GraphProto.input
  wrap(&types, end, 7);
  expect_refusal(*state, (sl_bytes){types.at, (size_t)(end - types.at)}, SL_E_LIMIT, "levels deep");
}

static void amplification_is_refused(void **state) {
  enum { NODES = 3000000 };
  uint8_t *room = sl_arena_push(*state, 2 * NODES + 16), *end = room + 2 * NODES + 16;
  backwards b = {room, end};
  for (int i = 0; i < NODES; i++) {
    *--b.at = 0;
    *--b.at = 1 << 3 | 2;  // an empty NodeProto
  }
  wrap(&b, end, 7);
  expect_refusal(*state, (sl_bytes){b.at, (size_t)(end - b.at)}, SL_E_LIMIT,
                 "more than 1000000 nodes");
  b.at = end;
  for (int i = 0; i < NODES; i++) {
    *--b.at = 0;
    *--b.at = 11 << 3 | 2;  // an empty input
  }
  wrap(&b, end, 7);
  sl_onnx_limits limits = sl_onnx_limits_default;
  limits.memory_max = 1 << 20;
  sl_error err = {0};
  sl_onnx_summary summary;
  sl_bytes bytes = {b.at, (size_t)(end - b.at)};
  assert_int_equal(sl_onnx_scan(*state, "x.onnx", bytes, &limits, &summary, &err), SL_E_LIMIT);
  assert_non_null(strstr(sl_error_message(&err), "1 MiB"));
}

// ---- external data
// -------------------------------------------------------------------------------

static sl_status open_external(sl_arena *arena, const char *folder, const char *name,
                               const sl_onnx_file **files, size_t *count, sl_error *err) {
  sl_bytes bytes;
  sl_onnx_summary summary;
  const char *path = sl_path_join(arena, folder, name);
  SL_TRY(sl_file_read(arena, path, 1 << 20, &bytes, err));
  SL_TRY(sl_onnx_scan(arena, name, bytes, NULL, &summary, err));
  return sl_onnx_open_external(arena, &summary, path, files, count, err);
}

static void external_data_inside_the_folder_are_mapped(void **state) {
  sl_error err = {0};
  const sl_onnx_file *files;
  size_t count;
  static const char *const good[] = {"external_good.onnx", "external_unknown_key.onnx"};
  for (int i = 0; i < 2; i++) {
    if (open_external(*state, MODELS, good[i], &files, &count, &err) != SL_OK)
      fail_msg("%s", sl_error_message(&err));
    assert_int_equal(count, 1);
    assert_string_equal(files[0].location, "external/weights.bin");
    assert_int_equal(files[0].bytes.size, 64);
  }
}

static void external_data_elsewhere_are_refused(void **state) {
  static const struct {
    const char *name;
    sl_status status;
    const char *text;
  } cases[] = {
      {"external_missing.onnx", SL_E_NOT_FOUND, "cannot open"},
      {"external_parent.onnx", SL_E_MODEL, "leaves the model's folder"},
      {"external_middle_parent.onnx", SL_E_MODEL, "leaves the model's folder"},
      {"external_absolute.onnx", SL_E_MODEL, "is absolute"},
      {"external_file_url.onnx", SL_E_MODEL, "not a plain path"},
      {"external_memory.onnx", SL_E_MODEL, "names memory"},
      {"external_nested.onnx", SL_E_MODEL, "names memory"},
      {"external_negative_offset.onnx", SL_E_MODEL, "the offset \"-8\""},
      {"external_past_end.onnx", SL_E_MODEL, "which has 64 bytes"},
      {"external_overflow.onnx", SL_E_MODEL, "the length"},
      {"external_two_locations.onnx", SL_E_MODEL, "two entries \"location\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    sl_error err = {0};
    const sl_onnx_file *files;
    size_t count;
    sl_status status = open_external(*state, MODELS, cases[i].name, &files, &count, &err);
    if (status != cases[i].status || strstr(sl_error_message(&err), cases[i].text) == NULL)
      fail_msg("%s: %s %s", cases[i].name, sl_status_name(status), sl_error_message(&err));
  }
}

static void copy_file(sl_arena *arena, const char *from, const char *to) {
  sl_bytes bytes;
  assert_int_equal(sl_file_read(arena, from, 1 << 20, &bytes, NULL), SL_OK);
  assert_int_equal(sl_file_write_atomic(to, bytes.at, bytes.size, NULL), SL_OK);
}

static void links_and_pipes_are_refused(void **state) {
  sl_arena *arena = *state;
  char folder[] = "/tmp/slitlamp-external-XXXXXX";
  assert_non_null(mkdtemp(folder));
  const char *outside = sl_arena_printf(arena, "%s.bin", folder);
  copy_file(arena, MODELS "external/weights.bin", outside);
  assert_int_equal(symlink(outside, sl_path_join(arena, folder, "link.bin")), 0);
  assert_int_equal(link(outside, sl_path_join(arena, folder, "hard.bin")), 0);
  assert_int_equal(mkfifo(sl_path_join(arena, folder, "fifo.bin"), 0600), 0);
  assert_int_equal(symlink(MODELS "external", sl_path_join(arena, folder, "linked")), 0);
  static const char *const names[] = {"external_link.onnx", "external_hard_link.onnx",
                                      "external_fifo.onnx", "external_folder_link.onnx"};
  for (size_t i = 0; i < 4; i++) {
    sl_error err = {0};
    const sl_onnx_file *files;
    size_t count;
    const char *to = sl_path_join(arena, folder, names[i]);
    copy_file(arena, sl_arena_printf(arena, MODELS "%s", names[i]), to);
    sl_status status = open_external(arena, folder, names[i], &files, &count, &err);
    if (status != SL_E_MODEL) fail_msg("%s: %s", names[i], sl_error_message(&err));
    assert_non_null(strstr(sl_error_message(&err), "are refused"));
    unlink(to);
  }
  static const char *const made[] = {"link.bin", "hard.bin", "fifo.bin", "linked"};
  for (size_t i = 0; i < 4; i++) unlink(sl_path_join(arena, folder, made[i]));
  unlink(outside);
  rmdir(folder);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
  const struct CMUnitTest tests[] = {
      TEST(reads_what_a_file_says),
      TEST(initializers_are_not_inputs),
      TEST(keeps_small_constants),
      TEST(weighs_packed_weights),
      TEST(names_custom_operators),
      TEST(says_what_else_a_file_is),
      TEST(every_truncation_is_an_error),
      TEST(every_flipped_byte_is_survived),
      TEST(deep_nesting_is_refused_quickly),
      TEST(amplification_is_refused),
      TEST(external_data_inside_the_folder_are_mapped),
      TEST(external_data_elsewhere_are_refused),
      TEST(links_and_pipes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
