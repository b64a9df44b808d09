// SPDX-License-Identifier: Apache-2.0
// An open TIFF and the tags that decide its pixels; shared by tiff.c and tiff_rows.c.
//
// Invariant: libtiff reports through `message` here and nowhere else; no single allocation of its
// is larger than the limit it was opened with. Start at sl_tiff_rows_decode().
#ifndef SL_IMAGE_TIFF_FILE_H
#define SL_IMAGE_TIFF_FILE_H

#include <tiffio.h>

#include "image/codec.h"

typedef struct sl_tiff {
  TIFF *tiff;
  const uint8_t *bytes;
  size_t size, position;
  char message[160];  // the first error of libtiff
  int is_cut;         // a tag's data lie beyond the end of the file
  uint32_t width, height;
  uint16_t bits, samples, photometric, planar, format, orientation;
  uint16_t extra_count, extra_kind;  // kind of the first extra sample
  int has_extra_tag;
} sl_tiff;

// "image is damaged: libtiff says ..."
sl_status sl_tiff_failed(const sl_tiff *file, sl_error *err);

// Decodes with the rules of Pillow, or NATIVE; the orientation is not applied.
SL_MUST_CHECK sl_status sl_tiff_rows_decode(sl_tiff *file, const sl_decode_job *job, sl_image *out,
                                            sl_error *err);

#endif
