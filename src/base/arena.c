// SPDX-License-Identifier: Apache-2.0
// Arenas: chained blocks, a list of children and a list of clean-up callbacks.
//
// Invariant: a block never moves, so pointers into an arena stay valid until reset or free. Large
// requests get a block of their own. Start at sl_arena_push().
#include "base/arena.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 4096, LARGEST_SHARED_BLOCK = 1 << 20, ALIGNMENT = 16 };

typedef struct block {
  struct block *next;
  size_t size, used;
  _Alignas(16) unsigned char bytes[];
} block;

typedef struct cleanup {
  struct cleanup *next;
  void (*fn)(void *);
  void *arg;
} cleanup;

struct sl_arena {
  const char *name;
  sl_arena *parent, *first_child, *previous, *next;
  block *blocks;
  cleanup *cleanups;
  size_t next_block_size, held;
};

static pthread_mutex_t tree_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t fail_countdown;

void sl_heap_fail_after(int64_t n) { atomic_store(&fail_countdown, n); }

static int must_fail(void) {
  if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) == 0) return 0;
  return atomic_fetch_sub(&fail_countdown, 1) == 1;
}

void *sl_heap_alloc(size_t size) { return must_fail() ? NULL : malloc(size > 0 ? size : 1); }

void *sl_heap_alloc_zero(size_t count, size_t element_size) {
  if (must_fail()) return NULL;
  return calloc(count > 0 ? count : 1, element_size > 0 ? element_size : 1);
}

void *sl_heap_resize(void *at, size_t size) {
  return must_fail() ? NULL : realloc(at, size > 0 ? size : 1);
}

void sl_heap_free(void *at) { free(at); }

static void *or_die(void *at) {
  if (at != NULL) return at;
  fputs("slitlamp: out of memory\n", stderr);
  exit(4);
}

sl_arena *sl_arena_new(sl_arena *parent, const char *name) {
  sl_arena *arena = or_die(calloc(1, sizeof *arena));
  arena->name = name;
  arena->next_block_size = FIRST_BLOCK;
  arena->parent = parent;
  if (parent == NULL) return arena;
  pthread_mutex_lock(&tree_lock);
  arena->next = parent->first_child;
  if (arena->next != NULL) arena->next->previous = arena;
  parent->first_child = arena;
  pthread_mutex_unlock(&tree_lock);
  return arena;
}

static void unlink_from_parent(sl_arena *arena) {
  if (arena->parent == NULL) return;
  pthread_mutex_lock(&tree_lock);
  if (arena->previous != NULL)
    arena->previous->next = arena->next;
  else
    arena->parent->first_child = arena->next;
  if (arena->next != NULL) arena->next->previous = arena->previous;
  pthread_mutex_unlock(&tree_lock);
}

void sl_arena_reset(sl_arena *arena) {
  while (arena->first_child != NULL) sl_arena_free(arena->first_child);
  while (arena->cleanups != NULL) {
    cleanup *top = arena->cleanups;
    arena->cleanups = top->next;
    top->fn(top->arg);
  }
  while (arena->blocks != NULL) {
    block *top = arena->blocks;
    arena->blocks = top->next;
    free(top);
  }
  arena->held = 0;
  arena->next_block_size = FIRST_BLOCK;
}

// Recursion depth is the depth of the arena tree (engine, call, scratch), never that of input.
void sl_arena_free(sl_arena *arena) {
  if (arena == NULL) return;
  sl_arena_reset(arena);
  unlink_from_parent(arena);
  free(arena);
}

size_t sl_arena_bytes(const sl_arena *arena) {
  size_t total = arena->held;
  for (const sl_arena *child = arena->first_child; child != NULL; child = child->next)
    total += sl_arena_bytes(child);
  return total;
}

static size_t align_up(size_t size) { return (size + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1); }

static block *add_block(sl_arena *arena, size_t size) {
  int shared = size <= arena->next_block_size / 4;
  size_t block_size = shared ? arena->next_block_size : size;
  if (block_size > SIZE_MAX - sizeof(block)) return NULL;
  block *fresh = malloc(sizeof(block) + block_size);
  if (fresh == NULL) return NULL;
  fresh->size = block_size;
  fresh->used = 0;
  arena->held += block_size;
  if (shared || arena->blocks == NULL) {
    fresh->next = arena->blocks;
    arena->blocks = fresh;
  } else {  // keep filling the current block after a large request
    fresh->next = arena->blocks->next;
    arena->blocks->next = fresh;
  }
  if (shared && arena->next_block_size < LARGEST_SHARED_BLOCK) arena->next_block_size *= 2;
  return fresh;
}

static void *push_or_null(sl_arena *arena, size_t size) {
  if (size > SIZE_MAX - ALIGNMENT) return NULL;
  size_t need = align_up(size > 0 ? size : 1);
  block *top = arena->blocks;
  if (top == NULL || top->size - top->used < need) {
    top = add_block(arena, need);
    if (top == NULL) return NULL;
  }
  void *at = top->bytes + top->used;
  top->used += need;
  return memset(at, 0, need);
}

void *sl_arena_push(sl_arena *arena, size_t size) { return or_die(push_or_null(arena, size)); }

sl_status sl_arena_try_push(sl_arena *arena, size_t count, size_t element_size, size_t limit_bytes,
                            const char *what, void **out, sl_error *err) {
  *out = NULL;
  if (element_size != 0 && count > limit_bytes / element_size) {
    sl_fail(err, SL_E_LIMIT, "%s needs %zu elements of %zu bytes, above the limit of %zu bytes",
            what, count, element_size, limit_bytes);
    return SL_E_LIMIT;
  }
  void *at = must_fail() ? NULL : push_or_null(arena, count * element_size);
  if (at == NULL)
    return sl_fail(err, SL_E_MEMORY, "cannot allocate %zu bytes for %s", count * element_size,
                   what);
  *out = at;
  return SL_OK;
}

void sl_arena_on_free(sl_arena *arena, void (*fn)(void *arg), void *arg) {
  cleanup *entry = SL_NEW(arena, cleanup);
  entry->fn = fn;
  entry->arg = arg;
  entry->next = arena->cleanups;
  arena->cleanups = entry;
}

char *sl_arena_copy_bytes(sl_arena *arena, const void *bytes, size_t size) {
  char *copy = sl_arena_push(arena, size + 1);
  if (size > 0) memcpy(copy, bytes, size);
  return copy;
}

char *sl_arena_copy(sl_arena *arena, const char *text) {
  return text == NULL ? NULL : sl_arena_copy_bytes(arena, text, strlen(text));
}

char *sl_arena_vprintf(sl_arena *arena, const char *fmt, va_list args) {
  va_list again;
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, fmt, args);
  SL_ASSERT(length >= 0);
  char *text = sl_arena_push(arena, (size_t)length + 1);
  vsnprintf(text, (size_t)length + 1, fmt, again);
  va_end(again);
  return text;
}

char *sl_arena_printf(sl_arena *arena, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  char *text = sl_arena_vprintf(arena, fmt, args);
  va_end(args);
  return text;
}
