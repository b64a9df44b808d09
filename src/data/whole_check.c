// SPDX-License-Identifier: Apache-2.0
// Structural ends of image files: JPEG's EOI, PNG's IEND, lengths of WebP, TIFF, BMP and PNM.
//
// Invariant: a whole file always passes, also with bytes after its end. In doubt a file passes,
// because decoding finds the rest. Start at sl_whole_check().
#include "data/whole_check.h"

#include <string.h>

static sl_status fail_early(sl_error *err, const char *what) {
  return sl_fail(err, SL_E_FORMAT, "image ends early: %s", what);
}

static uint32_t le32(const uint8_t *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}
static uint32_t le16(const uint8_t *at) { return (uint32_t)at[0] | (uint32_t)at[1] << 8; }
static uint32_t be32(const uint8_t *at) {
  return (uint32_t)at[3] | (uint32_t)at[2] << 8 | (uint32_t)at[1] << 16 | (uint32_t)at[0] << 24;
}
static uint32_t be16(const uint8_t *at) { return (uint32_t)at[1] | (uint32_t)at[0] << 8; }

// ---- JPEG ---------------------------------------------------------------------------------------

// SOS with a length that fits its number of components: not bytes that look so by chance.
static int is_scan_start(const uint8_t *at, size_t left) {
  return left >= 5 && at[1] == 0xDA && at[4] >= 1 && at[4] <= 4 && be16(at + 2) == 6u + 2u * at[4];
}

// Compressed data never holds FF D9 or FF DA: the last of the two tells. An EOI of a thumbnail in
// the header has the scan of the image after it.
static sl_status check_jpeg(sl_bytes file, sl_error *err) {
  for (size_t at = file.size; at >= 2; at--) {
    const uint8_t *p = memrchr(file.at, 0xFF, at - 1);
    if (p == NULL) break;
    if (p[1] == 0xD9) return SL_OK;
    size_t here = (size_t)(p - file.at);
    if (is_scan_start(p, file.size - here)) break;
    at = here + 1;
  }
  return fail_early(err, "the end marker of the JPEG is missing");
}

// ---- PNG ----------------------------------------------------------------------------------------

static sl_status check_png(sl_bytes file, sl_error *err) {
  enum { SIGNATURE = 8, FRAME = 12 };
  for (size_t at = SIGNATURE; file.size - at >= FRAME;) {
    uint32_t length = be32(file.at + at);
    if (length > file.size - at - FRAME) break;
    if (memcmp(file.at + at + 4, "IEND", 4) == 0) return SL_OK;
    at += FRAME + (size_t)length;
  }
  return fail_early(err, "the end chunk of the PNG is missing");
}

// ---- WebP, BMP, PNM -----------------------------------------------------------------------------

static sl_status check_webp(sl_bytes file, sl_error *err) {
  if (file.size >= 8 && le32(file.at + 4) <= file.size - 8 + 1)
    return SL_OK;  // a pad byte may lack
  return fail_early(err, "the WebP is shorter than its header says");
}

// Uncompressed bitmaps only; their own size field is often wrong, so rows are counted.
static sl_status check_bmp(sl_bytes file, const sl_image_info *info, sl_error *err) {
  if (file.size < 34 || le32(file.at + 14) < 40 || le32(file.at + 30) != 0) return SL_OK;
  uint64_t row = ((uint64_t)info->width * le16(file.at + 28) + 31) / 32 * 4;
  uint64_t wanted = le32(file.at + 10) + row * (uint64_t)info->height;
  return wanted <= file.size ? SL_OK : fail_early(err, "rows of the BMP are missing");
}

static sl_status check_pnm(sl_bytes file, const sl_image_info *info, sl_error *err) {
  if (file.size < 2 || file.at[1] < '4' || file.at[1] > '6') return SL_OK;
  uint64_t row = (uint64_t)info->width;
  if (file.at[1] == '4') row = (row + 7) / 8;
  if (file.at[1] == '6') row *= 3;
  if (info->bits > 8) row *= 2;
  return row * (uint64_t)info->height <= file.size ? SL_OK
                                                   : fail_early(err, "rows of the PNM are missing");
}

// ---- TIFF ---------------------------------------------------------------------------------------

typedef struct tiff_look {
  sl_bytes file;
  int big_endian;
} tiff_look;

static uint32_t tiff16(const tiff_look *t, const uint8_t *at) {
  return t->big_endian ? be16(at) : le16(at);
}
static uint32_t tiff32(const tiff_look *t, const uint8_t *at) {
  return t->big_endian ? be32(at) : le32(at);
}

// The array of a SHORT or LONG entry; NULL when it lies outside the file or is another type.
static const uint8_t *tiff_values(const tiff_look *t, const uint8_t *entry, uint32_t *count,
                                  uint32_t *size) {
  uint32_t type = tiff16(t, entry + 2);
  *size = type == 3 ? 2 : type == 4 ? 4 : 0;
  *count = tiff32(t, entry + 4);
  if (*size == 0) return NULL;
  uint64_t bytes = (uint64_t)*count * *size;
  if (bytes <= 4) return entry + 8;
  uint64_t at = tiff32(t, entry + 8);
  return at + bytes <= t->file.size ? t->file.at + at : NULL;
}

static uint32_t tiff_value(const tiff_look *t, const uint8_t *values, uint32_t size, uint32_t i) {
  const uint8_t *at = values + (size_t)i * size;
  return size == 2 ? tiff16(t, at) : tiff32(t, at);
}

static int strips_fit(const tiff_look *t, const uint8_t *offsets, const uint8_t *counts) {
  uint32_t n = 0, m = 0, offset_size = 0, count_size = 0;
  const uint8_t *o = tiff_values(t, offsets, &n, &offset_size);
  const uint8_t *c = tiff_values(t, counts, &m, &count_size);
  if (o == NULL || c == NULL) return 0;
  for (uint32_t i = 0; i < n && i < m; i++) {
    uint64_t end = (uint64_t)tiff_value(t, o, offset_size, i) + tiff_value(t, c, count_size, i);
    if (end > t->file.size) return 0;
  }
  return 1;
}

// Classic TIFF's first directory; BigTIFF is left to the decoder.
static sl_status check_tiff(sl_bytes file, sl_error *err) {
  enum { ENTRY = 12, STRIP_OFFSETS = 273, STRIP_COUNTS = 279, TILE_OFFSETS = 324 };
  tiff_look t = {file, file.at[0] == 'M'};
  if (file.size < 8 || tiff16(&t, file.at + 2) != 42) return SL_OK;
  uint64_t at = tiff32(&t, file.at + 4);
  if (at + 2 > file.size) return fail_early(err, "the directory of the TIFF is missing");
  uint32_t count = tiff16(&t, file.at + at);
  if (at + 2 + (uint64_t)count * ENTRY > file.size)
    return fail_early(err, "the directory of the TIFF is cut off");
  const uint8_t *offsets = NULL, *counts = NULL;
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *entry = file.at + at + 2 + (size_t)i * ENTRY;
    uint32_t tag = tiff16(&t, entry);
    if (tag == STRIP_OFFSETS || tag == TILE_OFFSETS) offsets = entry;
    if (tag == STRIP_COUNTS || tag == TILE_OFFSETS + 1) counts = entry;
  }
  if (offsets == NULL || counts == NULL || strips_fit(&t, offsets, counts)) return SL_OK;
  return fail_early(err, "strips of the TIFF lie beyond the end of the file");
}

// ---- any format ---------------------------------------------------------------------------------

sl_status sl_whole_check(sl_bytes file, const sl_image_info *info, sl_error *err) {
  switch (info->format) {
    case SL_FILE_JPEG:
      return check_jpeg(file, err);
    case SL_FILE_PNG:
      return check_png(file, err);
    case SL_FILE_WEBP:
      return check_webp(file, err);
    case SL_FILE_TIFF:
      return check_tiff(file, err);
    case SL_FILE_BMP:
      return check_bmp(file, info, err);
    case SL_FILE_PNM:
      return check_pnm(file, info, err);
    case SL_FILE_UNKNOWN:
    case SL_FILE_FORMAT_COUNT:
      break;
  }
  return SL_OK;
}
