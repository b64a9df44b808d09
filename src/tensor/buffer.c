// SPDX-License-Identifier: Apache-2.0
// Reference-counted bytes.
//
// Invariant: the public sl_buffer is the first member of the private record, so a pointer to one is
// a pointer to the other; own bytes follow the record in the same allocation.
// Start at sl_buffer_new().
#include "tensor/buffer.h"

#include <stdatomic.h>

#include "base/arena.h"

enum { BYTES_ALIGNMENT = 64 };

typedef struct buffer_record {
  sl_buffer shown;
  atomic_int references;
  void (*release)(void *owner);
  void *owner;
} buffer_record;

sl_status sl_buffer_new(size_t size, sl_buffer **out, sl_error *err) {
  *out = NULL;
  size_t extra = sizeof(buffer_record) + BYTES_ALIGNMENT;
  if (size > PTRDIFF_MAX - extra) {
    return sl_fail(err, SL_E_LIMIT, "a buffer of %zu bytes is larger than memory can be", size);
  }
  buffer_record *record = sl_heap_alloc(size + extra);
  if (record == NULL) {
    return sl_fail(err, SL_E_MEMORY, "memory ran out at a buffer of %zu bytes", size);
  }
  uintptr_t first = (uintptr_t)(record + 1);
  uintptr_t aligned = (first + BYTES_ALIGNMENT - 1) & ~(uintptr_t)(BYTES_ALIGNMENT - 1);
  record->shown.bytes = (uint8_t *)(record + 1) + (aligned - first);
  record->shown.size = size;
  record->release = NULL;
  record->owner = NULL;
  atomic_init(&record->references, 1);
  *out = &record->shown;
  return SL_OK;
}

sl_status sl_buffer_wrap(void *bytes, size_t size, void (*release)(void *owner), void *owner,
                         sl_buffer **out, sl_error *err) {
  *out = NULL;
  buffer_record *record = sl_heap_alloc(sizeof *record);
  if (record == NULL) return sl_fail(err, SL_E_MEMORY, "memory ran out while wrapping a buffer");
  record->shown.bytes = bytes;
  record->shown.size = size;
  record->release = release;
  record->owner = owner;
  atomic_init(&record->references, 1);
  *out = &record->shown;
  return SL_OK;
}

sl_buffer *sl_buffer_retain(sl_buffer *buffer) {
  if (buffer != NULL) {
    atomic_fetch_add_explicit(&((buffer_record *)buffer)->references, 1, memory_order_relaxed);
  }
  return buffer;
}

void sl_buffer_release(sl_buffer *buffer) {
  if (buffer == NULL) return;
  buffer_record *record = (buffer_record *)buffer;
  // Acquire-release: whoever frees must see every write made under the other references.
  if (atomic_fetch_sub_explicit(&record->references, 1, memory_order_acq_rel) != 1) return;
  if (record->release != NULL) record->release(record->owner);
  sl_heap_free(record);
}
