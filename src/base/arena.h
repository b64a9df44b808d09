// SPDX-License-Identifier: Apache-2.0
// Memory in arenas that form a tree.
//
// Whoever passes the arena owns the result; whoever opens closes; everything else is borrowed until
// the next call on its owner. Freeing an arena frees its children first, then runs its clean-up
// callbacks in reverse order. An arena belongs to one thread at a time.
#ifndef SL_BASE_ARENA_H
#define SL_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct sl_arena sl_arena;

// `parent` may be NULL. `name` is borrowed for the life of the arena and shows in memory reports.
// Creating and freeing children of one parent from several threads at once is allowed.
sl_arena *sl_arena_new(sl_arena *parent, const char *name);
void sl_arena_free(sl_arena *arena);  // NULL is allowed

// Frees everything in the arena but keeps the arena itself.
void sl_arena_reset(sl_arena *arena);

// Bytes held by the arena and its children.
size_t sl_arena_bytes(const sl_arena *arena);

// Zeroed memory, aligned for any type. Cannot fail: ends the process when memory runs out, so it is
// only for sizes the program chooses itself.
void *sl_arena_push(sl_arena *arena, size_t size);

// For counts that come from input: zeroed memory for `count` elements, or SL_E_LIMIT when the
// product exceeds `limit_bytes`, or SL_E_MEMORY. `what` names the thing in the message.
SL_MUST_CHECK sl_status sl_arena_try_push(sl_arena *arena, size_t count, size_t element_size,
                                          size_t limit_bytes, const char *what, void **out,
                                          sl_error *err);

#define SL_NEW(arena, T) ((T *)sl_arena_push((arena), sizeof(T)))
#define SL_NEW_ARRAY(arena, T, count) ((T *)sl_arena_push((arena), sizeof(T) * (size_t)(count)))

// Runs `fn(arg)` when the arena is freed or reset.
void sl_arena_on_free(sl_arena *arena, void (*fn)(void *arg), void *arg);

// Copies of strings.
char *sl_arena_copy(sl_arena *arena, const char *text);                      // NULL gives NULL
char *sl_arena_copy_bytes(sl_arena *arena, const void *bytes, size_t size);  // NUL-ended copy
char *sl_arena_printf(sl_arena *arena, const char *fmt, ...) SL_PRINTF(2, 3);
char *sl_arena_vprintf(sl_arena *arena, const char *fmt, va_list args);

// Heap memory for the few owners that cannot use an arena (reference-counted buffers, growable
// arrays); the only door to malloc outside src/base. All return NULL when memory runs out.
void *sl_heap_alloc(size_t size);
void *sl_heap_alloc_zero(size_t count, size_t element_size);
void *sl_heap_resize(void *at, size_t size);
void sl_heap_free(void *at);

// Test hook: the nth fallible allocation from now fails (0 switches off).
void sl_heap_fail_after(int64_t n);

#endif
