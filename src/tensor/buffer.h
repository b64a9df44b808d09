// SPDX-License-Identifier: Apache-2.0
// Reference-counted bytes that may wrap foreign memory without a copy.
//
// Pixels and tensors live here, never in arenas. Retain and release are safe from any thread; the
// bytes themselves are shared without locks: write only while you hold the one reference.
#ifndef SL_TENSOR_BUFFER_H
#define SL_TENSOR_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct sl_buffer {
  uint8_t *bytes;  // aligned to 64 bytes when allocated by sl_buffer_new
  size_t size;
} sl_buffer;

// Uninitialised bytes; SL_E_MEMORY when memory runs out.
SL_MUST_CHECK sl_status sl_buffer_new(size_t size, sl_buffer **out, sl_error *err);

// Wraps memory that `release(owner)` gives back when the last reference goes. `release` may be
// NULL.
SL_MUST_CHECK sl_status sl_buffer_wrap(void *bytes, size_t size, void (*release)(void *owner),
                                       void *owner, sl_buffer **out, sl_error *err);

sl_buffer *sl_buffer_retain(sl_buffer *buffer);
void sl_buffer_release(sl_buffer *buffer);  // NULL is allowed

#endif
