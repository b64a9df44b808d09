// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz harness without a fuzzer: every file of a corpus as it is, then as many damaged
// copies of each as asked for (bits flipped, bytes set, runs cut, repeated and moved).
//
//   <harness> CORPUS-FOLDER [COPIES]
//
// The damage depends only on the file's bytes and the copy's number, so a failure repeats; the line
// printed before a crash (with SL_REPLAY_VERBOSE set) names both. Start at replay_file().
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_SIZE = 4096, SIZE_MAX_READ = 16 << 20, COPIES_DEFAULT = 64, EDITS_MAX = 6 };

typedef struct bytes {
  uint8_t *at;
  size_t size;
} bytes;

static void die(const char *what, const char *name) {
  fprintf(stderr, "replay: %s \"%s\": %s\n", what, name, strerror(errno));
  exit(1);
}

static uint8_t *allocate(size_t size) {
  uint8_t *at = malloc(size > 0 ? size : 1);
  if (at == NULL) die("no memory for", "a corpus file");
  return at;
}

static uint64_t next_random(uint64_t *state) {  // splitmix64
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t limit) {
  return limit == 0 ? 0 : (size_t)(next_random(state) % limit);
}

static bytes read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) die("cannot read", path);
  bytes made = {.at = allocate(SIZE_MAX_READ)};
  made.size = fread(made.at, 1, SIZE_MAX_READ, file);
  if (ferror(file)) die("cannot read", path);
  fclose(file);
  return made;
}

// The harness gets a block of exactly the input's size, so that a sanitizer sees any overrun.
static void run_once(const uint8_t *data, size_t size) {
  uint8_t *exact = allocate(size);
  memcpy(exact, data, size);
  LLVMFuzzerTestOneInput(exact, size);
  free(exact);
}

static void edit(bytes *input, uint64_t *state) {
  static const uint8_t telling[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
  if (input->size == 0) return;
  size_t at = below(state, input->size);
  size_t run = 1 + below(state, input->size - at < 64 ? input->size - at : 64);
  switch (below(state, 5)) {
    case 0:
      input->at[at] ^= (uint8_t)(1u << below(state, 8));
      break;
    case 1:
      input->at[at] = telling[below(state, sizeof telling)];
      break;
    case 2:  // cut a run
      memmove(input->at + at, input->at + at + run, input->size - at - run);
      input->size -= run;
      break;
    case 3:  // overwrite a run with bytes from elsewhere
      memmove(input->at + at, input->at + below(state, input->size - run + 1), run);
      break;
    default:  // end early
      input->size = at;
      break;
  }
}

static void replay_file(const char *path, int copies, int verbose) {
  bytes original = read_file(path);
  bytes damaged = {.at = allocate(original.size)};
  run_once(original.at, original.size);
  for (int copy = 0; copy < copies; copy++) {
    uint64_t state = (uint64_t)copy * 0x2545f4914f6cdd1du + original.size;
    if (verbose) fprintf(stderr, "replay: %s copy %d\n", path, copy);
    memcpy(damaged.at, original.at, original.size);
    damaged.size = original.size;
    size_t edits = 1 + below(&state, EDITS_MAX);
    for (size_t i = 0; i < edits; i++) edit(&damaged, &state);
    run_once(damaged.at, damaged.size);
  }
  free(damaged.at);
  free(original.at);
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 3) {
    fprintf(stderr, "usage: %s CORPUS-FOLDER [COPIES]\n", argv[0]);
    return 2;
  }
  int copies = argc == 3 ? atoi(argv[2]) : COPIES_DEFAULT;
  struct dirent **items = NULL;
  int count = scandir(argv[1], &items, NULL, alphasort);
  if (count < 0) die("cannot read", argv[1]);
  int files = 0;
  for (int i = 0; i < count; i++) {
    char path[PATH_SIZE];
    if (items[i]->d_name[0] != '.') {
      snprintf(path, sizeof path, "%s/%s", argv[1], items[i]->d_name);
      replay_file(path, copies, getenv("SL_REPLAY_VERBOSE") != NULL);
      files++;
    }
    free(items[i]);
  }
  free(items);
  run_once((const uint8_t *)"", 0);
  printf("replayed %d files with %d damaged copies each\n", files, copies);
  return files > 0 ? 0 : 1;
}
