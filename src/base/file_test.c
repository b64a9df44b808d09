// SPDX-License-Identifier: Apache-2.0
// Files: contained opens, atomic writes, walks in byte order; and the parallel loop.
#include "base/file.h"

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/thread.h"

typedef struct fixture {
  sl_arena *arena;
  char dir[64];
} fixture;

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  f->arena = sl_arena_new(NULL, "test");
  strcpy(f->dir, "/tmp/slitlamp-file-XXXXXX");
  assert_non_null(mkdtemp(f->dir));
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  char command[256];
  snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", f->dir, f->dir);
  assert_int_equal(system(command), 0);
  sl_arena_free(f->arena);
  free(f);
  return 0;
}

static const char *at(fixture *f, const char *name) { return sl_path_join(f->arena, f->dir, name); }

static void put(fixture *f, const char *name, const char *text) {
  const char *path = at(f, name);
  assert_int_equal(sl_file_make_dirs(sl_path_dir(f->arena, path), NULL), SL_OK);
  assert_int_equal(sl_file_write_atomic(path, text, strlen(text), NULL), SL_OK);
}

static void files_are_read_and_replaced(void **state) {
  fixture *f = *state;
  sl_bytes bytes;
  sl_error err = {0};
  put(f, "a/b.txt", "one");
  put(f, "a/b.txt", "second");
  assert_int_equal(sl_file_read(f->arena, at(f, "a/b.txt"), 100, &bytes, &err), SL_OK);
  assert_int_equal(bytes.size, 6);
  assert_memory_equal(bytes.at, "second", 7);
  assert_int_equal(sl_file_map(f->arena, at(f, "a/b.txt"), &bytes, &err), SL_OK);
  assert_memory_equal(bytes.at, "second", 6);
  assert_int_equal(sl_file_read(f->arena, at(f, "a/b.txt"), 5, &bytes, &err), SL_E_LIMIT);
  assert_int_equal(sl_file_read(f->arena, at(f, "a"), 5, &bytes, &err), SL_E_FORMAT);
  assert_int_equal(sl_file_read(f->arena, at(f, "none"), 5, &bytes, &err), SL_E_NOT_FOUND);
}

static void read_beneath(fixture *f, int dir, const char *path, sl_status want) {
  uint8_t *buffer = NULL;
  size_t capacity = 0, size = 0;
  sl_error err = {0};
  (void)f;
  assert_int_equal(sl_file_read_at(dir, path, 1, 100, &buffer, &capacity, &size, &err), want);
  sl_heap_free(buffer);
}

static void contained_opens_do_not_leave_their_folder(void **state) {
  fixture *f = *state;
  put(f, "in/x", "x");
  put(f, "out/secret", "s");
  assert_int_equal(symlink("../out/secret", at(f, "in/link")), 0);
  assert_int_equal(symlink("../out", at(f, "in/dir")), 0);
  assert_int_equal(mkfifo(at(f, "in/fifo"), 0600), 0);
  int dir = open(at(f, "in"), O_RDONLY | O_DIRECTORY);
  read_beneath(f, dir, "x", SL_OK);
  read_beneath(f, dir, "link", SL_E_DENIED);
  read_beneath(f, dir, "dir/secret", SL_E_DENIED);
  read_beneath(f, dir, "../out/secret", SL_E_DENIED);
  read_beneath(f, dir, "/etc/hostname", SL_E_DENIED);
  read_beneath(f, dir, "fifo", SL_E_FORMAT);
  close(dir);
}

typedef struct seen {
  sl_text names;
  int unreadable;
} seen;

static sl_status visit(void *ctx, const char *relative, const sl_file_stat *stat, sl_error *err) {
  (void)err;
  seen *s = ctx;
  sl_text_printf(&s->names, "%s%s ", relative, stat->is_dir ? "/" : "");
  return SL_OK;
}

static void note_unreadable(void *ctx, const char *relative, int error_number) {
  (void)relative;
  (void)error_number;
  ((seen *)ctx)->unreadable++;
}

static void walks_go_in_byte_order(void **state) {
  fixture *f = *state;
  put(f, "b/2", "");
  put(f, "b/10", "");
  put(f, "a", "");
  put(f, "B", "");
  put(f, ".hidden/x", "");
  assert_int_equal(symlink("..", at(f, "b/loop")), 0);
  assert_int_equal(symlink("nowhere", at(f, "dangling")), 0);
  seen s = {0};
  sl_walk walk = {.visit = visit, .unreadable = note_unreadable, .ctx = &s};
  sl_error err = {0};
  assert_int_equal(sl_file_walk(f->dir, &walk, &err), SL_OK);
  assert_string_equal(s.names.at, "B a b/ b/10 b/2 b/loop/ ");
  assert_int_equal(s.unreadable, 1);
  sl_text_free(&s.names);
  assert_int_equal(sl_file_walk(at(f, "none"), &walk, &err), SL_E_NOT_FOUND);
}

static sl_status square(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)worker;
  if (item == 777) return sl_fail(err, SL_E_FORMAT, "item 777");
  ((int64_t *)ctx)[item] = item * item;
  return SL_OK;
}

static void loops_do_every_item_or_tell_why(void **state) {
  (void)state;
  static int64_t out[1000];
  sl_error err = {0};
  assert_int_equal(sl_parallel(3, 700, square, out, NULL, &err), SL_OK);
  for (int64_t i = 0; i < 700; i++) assert_int_equal(out[i], i * i);
  assert_int_equal(sl_parallel(3, 1000, square, out, NULL, &err), SL_E_FORMAT);
  assert_string_equal(sl_error_message(&err), "item 777");
  atomic_int cancel = 1;
  assert_int_equal(sl_parallel(2, 10, square, out, &cancel, &err), SL_E_CANCELLED);
  assert_int_equal(sl_parallel(2, 0, square, out, NULL, &err), SL_OK);
}

static void paths_are_joined(void **state) {
  fixture *f = *state;
  assert_string_equal(sl_path_join(f->arena, "a/", "b"), "a/b");
  assert_string_equal(sl_path_join(f->arena, "a", "/b"), "/b");
  assert_string_equal(sl_path_join(f->arena, "", "b"), "b");
  assert_string_equal(sl_path_dir(f->arena, "/x"), "/");
  assert_string_equal(sl_path_dir(f->arena, "x"), ".");
  assert_string_equal(sl_path_base("a/b/c.png"), "c.png");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(files_are_read_and_replaced), TEST(contained_opens_do_not_leave_their_folder),
      TEST(walks_go_in_byte_order), TEST(loops_do_every_item_or_tell_why), TEST(paths_are_joined)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
