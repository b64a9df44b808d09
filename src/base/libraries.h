// SPDX-License-Identifier: Apache-2.0
// Versions of the outside libraries behind a layer, for "doctor".
#ifndef SL_BASE_LIBRARIES_H
#define SL_BASE_LIBRARIES_H

#include <stddef.h>

typedef struct sl_library {
  const char *name, *version;
} sl_library;

// The ones this layer is the door to.
const sl_library *sl_base_libraries(size_t *count);

#endif
