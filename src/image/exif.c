// SPDX-License-Identifier: Apache-2.0
// EXIF: orientation, camera, time taken, and whether there is a position.
//
// Invariant: every read goes through a view that knows its end; offsets are followed at most two
// deep (IFD0 and the EXIF directory) and each directory is walked once, so no file can loop us.
// Start at sl_exif_orientation().
#include <stdio.h>
#include <string.h>

#include "image/codec.h"

enum {
  TAG_DESCRIPTION = 0x10e,
  TAG_MAKE = 0x10f,
  TAG_MODEL = 0x110,
  TAG_ORIENTATION = 0x112,
  TAG_X_RESOLUTION = 0x11a,
  TAG_Y_RESOLUTION = 0x11b,
  TAG_SOFTWARE = 0x131,
  TAG_DATE_TIME = 0x132,
  TAG_WHITE_POINT = 0x13e,
  TAG_CHROMATICITIES = 0x13f,
  TAG_YCC_COEFFICIENTS = 0x211,
  TAG_REFERENCE_BLACK_WHITE = 0x214,
  TAG_COPYRIGHT = 0x8298,
  TAG_EXIF_IFD = 0x8769,
  TAG_GPS_IFD = 0x8825,
  TAG_TIME_TAKEN = 0x9003,
  KIND_ASCII = 2,
  KIND_SHORT = 3,
  KIND_LONG = 4,
  KIND_SIGNED_SHORT = 8,
  KIND_SIGNED_LONG = 9,
  KIND_IFD = 13,
  ENTRY_SIZE = 12
};

typedef struct view {
  const uint8_t *at;
  size_t size;
  int little;
} view;

typedef struct entry {
  unsigned tag, kind;
  uint32_t count;
  size_t value_at;  // of the value or of the offset to it
} entry;

static int read_u16(const view *v, size_t at, unsigned *out) {
  if (v->size < 2 || at > v->size - 2) return 0;
  const uint8_t *p = v->at + at;
  *out = v->little ? (unsigned)p[0] | (unsigned)p[1] << 8 : (unsigned)p[0] << 8 | p[1];
  return 1;
}

static int read_u32(const view *v, size_t at, uint32_t *out) {
  unsigned first, second;
  if (!read_u16(v, at, &first) || !read_u16(v, at + 2, &second)) return 0;
  *out = v->little ? first | (uint32_t)second << 16 : (uint32_t)first << 16 | second;
  return 1;
}

static int read_entry(const view *v, size_t at, entry *out) {
  uint32_t last;
  out->value_at = at + 8;
  return read_u16(v, at, &out->tag) && read_u16(v, at + 2, &out->kind) &&
         read_u32(v, at + 4, &out->count) && read_u32(v, at + 8, &last);
}

static int is_tiff(view *v) {
  unsigned magic;
  if (v->size < 8) return 0;
  v->little = v->at[0] == 'I';
  int known = (v->at[0] == 'I' && v->at[1] == 'I') || (v->at[0] == 'M' && v->at[1] == 'M');
  return known && read_u16(v, 2, &magic) && magic == 42;
}

static view open_view(sl_span exif) {
  static const char prefix[] = "Exif\0";
  view v = {exif.at, exif.size, 0};
  if (v.size >= sizeof prefix && memcmp(v.at, prefix, sizeof prefix) == 0) {
    v.at += sizeof prefix;
    v.size -= sizeof prefix;
  }
  if (!is_tiff(&v)) v.size = 0;
  return v;
}

// ---- as Pillow reads it ------------------------------------------------------------------------

// The first of the whole numbers that lie in the entry itself; 0 when there are none.
static uint32_t whole_number(const view *v, const entry *e) {
  unsigned narrow;
  uint32_t wide;
  int is_short = e->kind == KIND_SHORT || e->kind == KIND_SIGNED_SHORT;
  int is_long = e->kind == KIND_LONG || e->kind == KIND_SIGNED_LONG || e->kind == KIND_IFD;
  if (is_short && (e->count == 1 || e->count == 2) && read_u16(v, e->value_at, &narrow)) {
    return narrow;
  }
  if (is_long && e->count == 1 && read_u32(v, e->value_at, &wide)) return wide;
  return 0;
}

// Finds `tag` in the directory at `start`; of several entries the first counts.
static int find_entry(const view *v, uint32_t start, unsigned tag, entry *out) {
  unsigned count;
  if (!read_u16(v, start, &count)) return 0;
  for (unsigned i = 0; i < count; i++) {
    if (!read_entry(v, (size_t)start + 2 + (size_t)i * ENTRY_SIZE, out)) break;
    if (out->tag == tag) return 1;
  }
  return 0;
}

static int find_first(const view *v, unsigned tag, entry *out) {
  uint32_t start;
  return read_u32(v, 4, &start) && find_entry(v, start, tag, out);
}

// tiff:Orientation="6" or <tiff:Orientation>6<
static int32_t orientation_in_xmp(sl_span xmp) {
  static const char name[] = "tiff:Orientation";
  const size_t length = sizeof name - 1;
  for (size_t at = 0; at + length + 3 <= xmp.size; at++) {
    const uint8_t *p = xmp.at + at;
    if (*p != 't' || memcmp(p, name, length) != 0) continue;
    p += length;
    const uint8_t *digit = p[0] == '>' ? p + 1 : p[0] == '=' && p[1] == '"' ? p + 2 : NULL;
    if (digit != NULL && *digit >= '0' && *digit <= '9') return *digit - '0';
  }
  return 1;
}

static int32_t orientation_pillow(const sl_metadata *metadata) {
  view v = open_view(metadata->exif);
  entry e;
  if (!find_first(&v, TAG_ORIENTATION, &e)) return orientation_in_xmp(metadata->xmp);
  uint32_t value = whole_number(&v, &e);
  return value <= 8 ? (int32_t)value : 1;
}

// ---- as OpenCV reads it ------------------------------------------------------------------------

static int string_fits(const view *v, size_t at) {
  uint32_t size, start = 8;
  if (!read_u32(v, at + 4, &size)) return 0;
  if (size > 4 && !read_u32(v, at + 8, &start)) return 0;
  return start <= v->size && size <= v->size - start;
}

static int rationals_fit(const view *v, size_t at, size_t count) {
  uint32_t start;
  return read_u32(v, at + 8, &start) && v->size >= 8 * count && start <= v->size - 8 * count;
}

// OpenCV stops at the first entry it cannot read; what it read before stays.
static int entry_is_readable(const view *v, unsigned tag, size_t at) {
  switch (tag) {
    case TAG_DESCRIPTION:
    case TAG_MAKE:
    case TAG_MODEL:
    case TAG_SOFTWARE:
    case TAG_DATE_TIME:
    case TAG_COPYRIGHT:
      return string_fits(v, at);
    case TAG_X_RESOLUTION:
    case TAG_Y_RESOLUTION:
      return rationals_fit(v, at, 1);
    case TAG_WHITE_POINT:
      return rationals_fit(v, at, 2);
    case TAG_YCC_COEFFICIENTS:
      return rationals_fit(v, at, 3);
    case TAG_CHROMATICITIES:
    case TAG_REFERENCE_BLACK_WHITE:
      return rationals_fit(v, at, 6);
    default:
      return 1;
  }
}

static int32_t orientation_opencv(const sl_metadata *metadata) {
  view v = {metadata->exif_opencv.at, metadata->exif_opencv.size, 0};
  unsigned magic, count, tag, value;
  uint32_t start;
  if (v.size < 2 || v.at[0] != v.at[1]) return 1;
  v.little = v.at[0] == 'I';
  if (!read_u16(&v, 2, &magic) || magic != 42 || !read_u32(&v, 4, &start)) return 1;
  if (!read_u16(&v, start, &count)) return 1;
  for (unsigned i = 0; i < count; i++) {
    size_t at = (size_t)start + 2 + (size_t)i * ENTRY_SIZE;
    if (!read_u16(&v, at, &tag) || !entry_is_readable(&v, tag, at)) break;
    if (tag == TAG_ORIENTATION) return read_u16(&v, at + 8, &value) && value <= 8 ? (int)value : 1;
  }
  return 1;
}

int32_t sl_exif_orientation(const sl_metadata *metadata, sl_decode_like like) {
  int32_t found =
      like == SL_LIKE_OPENCV ? orientation_opencv(metadata) : orientation_pillow(metadata);
  return found >= 1 && found <= 8 ? found : 1;
}

// ---- what the pages show -----------------------------------------------------------------------

// The printable ASCII of a text entry, appended to `out`.
static void append_text(const view *v, const entry *e, char *out, size_t capacity) {
  uint32_t start;
  if (e->kind != KIND_ASCII || !read_u32(v, e->value_at, &start)) return;
  size_t at = e->count <= 4 ? e->value_at : start;
  size_t used = strlen(out);
  for (uint32_t i = 0; i < e->count && at < v->size && used + 1 < capacity; i++, at++) {
    uint8_t c = v->at[at];
    if (c == 0) break;
    if (c >= 0x20 && c < 0x7f) out[used++] = (char)c;
  }
  while (used > 0 && out[used - 1] == ' ') used--;
  out[used] = '\0';
}

static void describe_camera(const view *v, sl_image_info *info) {
  entry e;
  if (find_first(v, TAG_MAKE, &e)) append_text(v, &e, info->camera, sizeof info->camera);
  if (!find_first(v, TAG_MODEL, &e)) return;
  size_t used = strlen(info->camera);
  if (used > 0 && used + 2 < sizeof info->camera) strcat(info->camera, " ");
  append_text(v, &e, info->camera, sizeof info->camera);
}

static int is_time(const char *text) {
  static const char shape[] = "dddd:dd:dd dd:dd:dd";
  for (size_t i = 0; i < sizeof shape; i++) {
    int digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return 0;
  }
  return 1;
}

static void describe_time(const view *v, sl_image_info *info) {
  entry e;
  if (!find_first(v, TAG_EXIF_IFD, &e)) return;
  if (!find_entry(v, whole_number(v, &e), TAG_TIME_TAKEN, &e)) return;
  append_text(v, &e, info->taken_at, sizeof info->taken_at);
  if (!is_time(info->taken_at)) info->taken_at[0] = '\0';
}

void sl_exif_describe(const sl_metadata *metadata, sl_image_info *info) {
  view v = open_view(metadata->exif);
  entry e;
  int32_t orientation = sl_exif_orientation(metadata, SL_LIKE_PILLOW);
  if (orientation != 1) info->orientation = orientation;
  info->has_gps = find_first(&v, TAG_GPS_IFD, &e);
  describe_camera(&v, info);
  describe_time(&v, info);
}
