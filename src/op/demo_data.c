// SPDX-License-Identifier: Apache-2.0
// Looking for the demo's files.
#include "op/demo_data.h"

#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/file.h"

const char *sl_demo_data_find(sl_arena *arena) {
  const char *const folders[] = {getenv("SLITLAMP_FASHION_MNIST"),
                                 "/usr/share/datasets/fashion-mnist",
                                 "/usr/share/dataset-fashion-mnist"};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    if (folders[i] == NULL) continue;
    if (sl_file_exists(sl_path_join(arena, folders[i], "t10k-images-idx3-ubyte.gz")))
      return sl_arena_copy(arena, folders[i]);
  }
  return NULL;
}

const char *sl_demo_model_find(sl_arena *arena, const char *name) {
  const char *given = getenv("SLITLAMP_EXAMPLES");
  const char *tail = sl_arena_printf(arena, "fashion/%s", name);
  if (given != NULL) {
    const char *path = sl_path_join(arena, given, tail);
    return sl_file_exists(path) ? path : NULL;
  }
  char self[4096];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length <= 0) return NULL;
  self[length] = '\0';
  const char *dir = sl_path_dir(arena, self);
  for (int up = 0; up < 4; up++, dir = sl_path_dir(arena, dir)) {
    const char *source = sl_arena_printf(arena, "%s/examples/%s", dir, tail);
    const char *installed = sl_arena_printf(arena, "%s/share/slitlamp/examples/%s", dir, tail);
    if (sl_file_exists(source)) return source;
    if (sl_file_exists(installed)) return installed;
  }
  return NULL;
}
