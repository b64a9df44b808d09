// SPDX-License-Identifier: Apache-2.0
// Versions of the codecs, for "doctor".
#ifndef SL_IMAGE_CODEC_VERSIONS_H
#define SL_IMAGE_CODEC_VERSIONS_H

#include "base/arena.h"
#include "base/libraries.h"

// Texts are in `arena`.
const sl_library *sl_image_libraries(sl_arena *arena, size_t *count);

#endif
