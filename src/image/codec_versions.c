// SPDX-License-Identifier: Apache-2.0
// Asking each codec what it is.
#include "image/codec_versions.h"

#include <spng.h>
#include <stdio.h>
#include <string.h>
// jpeglib.h needs stdio.h before it.
#include <jpeglib.h>
#include <tiffio.h>
#include <webp/decode.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const sl_library *sl_image_libraries(sl_arena *arena, size_t *count) {
  sl_library *libraries = SL_NEW_ARRAY(arena, sl_library, 4);
  int webp = WebPGetDecoderVersion();
  const char *tiff = TIFFGetVersion();
  const char *number = strpbrk(tiff, "0123456789");
  libraries[0] = (sl_library){"libjpeg-turbo", TEXT(LIBJPEG_TURBO_VERSION)};
  libraries[1] = (sl_library){"libspng", spng_version_string()};
  libraries[2] = (sl_library){
      "libwebp", sl_arena_printf(arena, "%d.%d.%d", webp >> 16, webp >> 8 & 255, webp & 255)};
  libraries[3] =
      (sl_library){"libtiff", sl_arena_copy_bytes(arena, number != NULL ? number : tiff,
                                                  strcspn(number != NULL ? number : tiff, "\n"))};
  *count = 4;
  return libraries;
}
