// SPDX-License-Identifier: Apache-2.0
// Walking a folder: every entry below a root, depth first, names in byte order.
//
// Invariant: the stack of open listings is explicit and bounded by depth_max, so a hostile tree
// cannot exhaust the call stack. Start at sl_file_walk().
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { DEPTH_DEFAULT = 64 };

typedef struct level {
  sl_arena *arena;
  char **names;
  size_t count, next, hidden;
  const char *relative;  // "" for the root
} level;

static int by_bytes(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect_names(level *at, DIR *dir) {
  size_t capacity = 0;
  for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (entry->d_name[0] == '.') {
      at->hidden += !sl_streq(entry->d_name, ".") && !sl_streq(entry->d_name, "..");
      continue;
    }
    if (at->count == capacity) {
      capacity = capacity * 2 + 64;
      char **grown = SL_NEW_ARRAY(at->arena, char *, capacity);
      if (at->count > 0) memcpy(grown, at->names, at->count * sizeof *grown);
      at->names = grown;
    }
    at->names[at->count++] = sl_arena_copy(at->arena, entry->d_name);
  }
  if (at->count > 0) qsort(at->names, at->count, sizeof at->names[0], by_bytes);
}

static int open_level(const char *root, const char *relative, const sl_walk *walk, level *out) {
  *out = (level){.arena = sl_arena_new(NULL, "walk level")};
  out->relative = sl_arena_copy(out->arena, relative);
  DIR *dir = opendir(sl_path_join(out->arena, root, relative[0] != '\0' ? relative : "."));
  if (dir == NULL) {
    int reason = errno;
    sl_arena_free(out->arena);
    return reason;
  }
  collect_names(out, dir);
  closedir(dir);
  if (out->hidden > 0 && walk->hidden != NULL) walk->hidden(walk->ctx, relative, out->hidden);
  return 0;
}

static int examine(const char *path, sl_file_stat *out) {
  struct stat info;
  if (lstat(path, &info) != 0) return errno;
  int is_link = S_ISLNK(info.st_mode);
  if (is_link && stat(path, &info) != 0) return errno;
  *out =
      (sl_file_stat){.size_bytes = info.st_size,
                     .mtime_ns = info.st_mtim.tv_sec * INT64_C(1000000000) + info.st_mtim.tv_nsec,
                     .is_dir = S_ISDIR(info.st_mode),
                     .is_regular = S_ISREG(info.st_mode),
                     .is_link = is_link};
  return 0;
}

static void report(const sl_walk *walk, const char *relative, int error_number) {
  if (walk->unreadable != NULL) walk->unreadable(walk->ctx, relative, error_number);
}

// Visits the next entry of the top level; may push one level.
static sl_status step(const char *root, const sl_walk *walk, level *levels, int *depth, int limit,
                      sl_error *err) {
  level *top = &levels[*depth];
  const char *name = top->names[top->next++];
  const char *relative =
      top->relative[0] != '\0' ? sl_path_join(top->arena, top->relative, name) : name;
  sl_file_stat stat;
  int reason = examine(sl_path_join(top->arena, root, relative), &stat);
  if (reason != 0) {
    report(walk, relative, reason);
    return SL_OK;
  }
  SL_TRY(walk->visit(walk->ctx, relative, &stat, err));
  if (!stat.is_dir || stat.is_link) return SL_OK;
  if (*depth + 1 >= limit) {
    report(walk, relative, ELOOP);
    return SL_OK;
  }
  reason = open_level(root, relative, walk, &levels[*depth + 1]);
  if (reason != 0)
    report(walk, relative, reason);
  else
    (*depth)++;
  return SL_OK;
}

sl_status sl_file_walk(const char *root, const sl_walk *walk, sl_error *err) {
  int limit = walk->depth_max > 0 ? walk->depth_max : DEPTH_DEFAULT;
  sl_arena *scratch = sl_arena_new(NULL, "walk");
  level *levels = SL_NEW_ARRAY(scratch, level, limit);
  int depth = 0;
  int reason = open_level(root, "", walk, &levels[0]);
  sl_status status = SL_OK;
  if (reason != 0) {
    status = sl_fail_errno(err, reason, "cannot read the folder \"%s\"", root);
    depth = -1;
  }
  while (depth >= 0) {
    if (status == SL_OK && levels[depth].next < levels[depth].count) {
      status = step(root, walk, levels, &depth, limit, err);
    } else {
      sl_arena_free(levels[depth--].arena);
    }
  }
  sl_arena_free(scratch);
  return status;
}
