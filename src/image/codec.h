// SPDX-License-Identifier: Apache-2.0
// What the decoders of one format share with probe.c and decode.c; private to src/image.
//
// Invariant: a decoder is called only after its probe accepted the bytes and the size was compared
// with the limits; it still trusts neither, because a header and a body may disagree.
// Start at sl_codec_of().
#ifndef SL_IMAGE_CODEC_H
#define SL_IMAGE_CODEC_H

#include "image/fast_loops.h"
#include "image/image.h"

typedef struct sl_span {
  const uint8_t *at;
  size_t size;
} sl_span;

// Where a file keeps its metadata. The spans point into the file.
typedef struct sl_metadata {
  sl_span exif;         // starts at the byte-order mark, or at "Exif\0\0"
  sl_span exif_opencv;  // what OpenCV takes for EXIF, from the byte-order mark on
  sl_span xmp;          // an XMP packet: Pillow looks there when EXIF has no orientation
} sl_metadata;

typedef struct sl_decode_job {
  const uint8_t *bytes;
  size_t size;
  sl_decode_like like;
  sl_colour colour;
  const sl_image_limits *limits;  // never NULL
  int32_t reduction;              // JPEG only: decode at 1/1, 1/2, 1/4 or 1/8
} sl_decode_job;

typedef struct sl_codec {
  int (*matches)(const uint8_t *bytes, size_t size);
  sl_status (*probe)(const uint8_t *bytes, size_t size, sl_image_info *info, sl_metadata *metadata,
                     sl_error *err);
  sl_status (*decode)(const sl_decode_job *job, sl_image *out, sl_error *err);
} sl_codec;

extern const sl_codec sl_codec_jpeg, sl_codec_png, sl_codec_webp, sl_codec_tiff, sl_codec_bmp,
    sl_codec_pnm;

const sl_codec *sl_codec_of(sl_file_format format);  // NULL for SL_FILE_UNKNOWN

// The probe with its metadata, for decode.c.
SL_MUST_CHECK sl_status sl_codec_probe(const void *bytes, size_t size,
                                       const sl_image_limits *limits, sl_image_info *info,
                                       sl_metadata *metadata, sl_error *err);

// SL_E_LIMIT when an image of that size is above `limits`.
SL_MUST_CHECK sl_status sl_codec_check_size(const sl_image_limits *limits, int64_t width,
                                            int64_t height, int32_t channels, int32_t bits,
                                            sl_error *err);
// sl_image_new() under the caller's limits.
SL_MUST_CHECK sl_status sl_codec_image_new(const sl_image_limits *limits, int64_t width,
                                           int64_t height, int32_t channels, int32_t bits,
                                           sl_image *out, sl_error *err);

// "image is damaged: <what>"
sl_status sl_codec_damaged(sl_error *err, const char *fmt, ...) SL_PRINTF(2, 3);

// ---- exif.c ------------------------------------------------------------------------------------

// The orientation 1..8 that `like` would turn by; 1 for nonsense.
int32_t sl_exif_orientation(const sl_metadata *metadata, sl_decode_like like);
// Fills camera, taken_at, has_gps and orientation.
void sl_exif_describe(const sl_metadata *metadata, sl_image_info *info);

// ---- rows: samples of a file -> pixels of the result (pixel_row.c)
// ----------------------------------

typedef enum sl_samples {
  SL_SAMPLES_GREY = 1,
  SL_SAMPLES_GREY_ALPHA,
  SL_SAMPLES_RGB,
  SL_SAMPLES_RGBA,
  SL_SAMPLES_CMYK,          // 0 = no ink
  SL_SAMPLES_CMYK_INVERTED  // 255 = no ink, as Adobe writes it
} sl_samples;

typedef enum sl_narrow {  // 16 -> 8 bits
  SL_NARROW_HIGH = 0,     // the high byte
  SL_NARROW_CLIP          // above 255 is 255: Pillow's "I;16" and "I"
} sl_narrow;

typedef enum sl_grey_rule {
  SL_GREY_PILLOW = 0,    // 16-bit weights, rounded
  SL_GREY_OPENCV,        // cvtColor: 15-bit weights, rounded
  SL_GREY_OPENCV_FLOAT,  // bitmaps with bit masks in their header: single precision, cut off
  SL_GREY_OPENCV_CODEC,  // the readers of BMP, PNM, TIFF and CMYK JPEG: 14-bit weights, rounded
  SL_GREY_LIBPNG         // 15-bit weights, cut off, before 16 bits are narrowed
} sl_grey_rule;

typedef struct sl_row_plan {
  sl_samples from;
  int32_t bits;  // 8, or 16 in host order
  sl_narrow narrow;
  sl_grey_rule grey;
  sl_decode_like like;
  sl_colour to;
} sl_row_plan;

int32_t sl_row_channels_in(const sl_row_plan *plan);
int32_t sl_row_channels_out(const sl_row_plan *plan);
int32_t sl_row_bits_out(const sl_row_plan *plan);  // 16 only for NATIVE

// Converts `width` pixels. `in` is scratch: it may be changed. `out` does not overlap `in`.
void sl_row_convert(const sl_row_plan *plan, uint8_t *in, uint8_t *out, int32_t width);

#if SL_HAS_AVX2
// Grey of the first pixels of a row of RGB (`step` 3) or RGBA (4); returns how many, 0 for a row
// that is too short or a rule that is not made fast (pixel_row_avx2.c).
int32_t sl_row_grey_avx2(const uint8_t *in, int32_t step, sl_grey_rule rule, uint8_t *out,
                         int32_t width);
#endif

// Spreads samples of 1, 2 or 4 bits (first sample in the high bits) to one byte each.
void sl_row_unpack(const uint8_t *in, int32_t bits, int32_t count, uint8_t *out);

#endif
