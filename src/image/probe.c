// SPDX-License-Identifier: Apache-2.0
// What a file says of itself: type by content, size against the limits, EXIF.
//
// Invariant: reads headers only and allocates nothing; names and endings play no part.
// Start at sl_codec_probe().
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "image/codec.h"

static const char *const names[SL_FILE_FORMAT_COUNT] = {
    [SL_FILE_UNKNOWN] = "unknown", [SL_FILE_JPEG] = "jpeg", [SL_FILE_PNG] = "png",
    [SL_FILE_WEBP] = "webp",       [SL_FILE_TIFF] = "tiff", [SL_FILE_BMP] = "bmp",
    [SL_FILE_PNM] = "pnm",
};

const char *sl_file_format_name(sl_file_format format) {
  int in_range = (int)format >= 0 && format < SL_FILE_FORMAT_COUNT;
  return names[in_range ? format : SL_FILE_UNKNOWN];
}

const sl_codec *sl_codec_of(sl_file_format format) {
  switch (format) {
    case SL_FILE_JPEG:
      return &sl_codec_jpeg;
    case SL_FILE_PNG:
      return &sl_codec_png;
    case SL_FILE_WEBP:
      return &sl_codec_webp;
    case SL_FILE_TIFF:
      return &sl_codec_tiff;
    case SL_FILE_BMP:
      return &sl_codec_bmp;
    case SL_FILE_PNM:
      return &sl_codec_pnm;
    case SL_FILE_UNKNOWN:
    case SL_FILE_FORMAT_COUNT:
      break;
  }
  return NULL;
}

sl_status sl_codec_damaged(sl_error *err, const char *fmt, ...) {
  char what[256];
  va_list args;
  va_start(args, fmt);
  (void)vsnprintf(what, sizeof what, fmt, args);
  va_end(args);
  return sl_fail(err, SL_E_FORMAT, "image is damaged: %s", what);
}

// ---- bytes that are no image -------------------------------------------------------------------

typedef struct look {
  const char *prefix;
  size_t size;
  const char *name;
} look;

// Without blanks at the start; letters in lower case.
static const look text_looks[] = {
    {"<!doctype html", 14, "an HTML page"},
    {"<html", 5, "an HTML page"},
    {"<head", 5, "an HTML page"},
    {"<svg", 4, "an SVG drawing"},
    {"{\\rtf", 5, "a rich text document"},
    {"version https://git-lfs", 23, "a Git LFS pointer"},
    {"#!", 2, "a script"},
    {"%!ps", 4, "PostScript"},
};

static const look binary_looks[] = {
    {"PK\3\4", 4, "a ZIP archive"},
    {"%PDF-", 5, "a PDF document"},
    {"GIF8", 4, "a GIF image"},
    {"\x1f\x8b", 2, "a gzip file"},
    {"BZh", 3, "a bzip2 file"},
    {"\xfd"
     "7zXZ",
     5, "an xz file"},
    {"\x28\xb5\x2f\xfd", 4, "a zstd file"},
    {"7z\xbc\xaf", 4, "a 7-zip archive"},
    {"Rar!", 4, "a RAR archive"},
    {"\x7f"
     "ELF",
     4, "a program"},
    {"\x93NUMPY", 6, "a NumPy array"},
    {"\x89HDF", 4, "an HDF5 file"},
    {"SQLite format 3", 15, "an SQLite database"},
    {"\xff\x0a", 2, "a JPEG XL image"},
    {"\0\0\0\x0cJXL ", 8, "a JPEG XL image"},
    {"\0\0\0\x0cjP  ", 8, "a JPEG 2000 image"},
    {"\xff\x4f\xff\x51", 4, "a JPEG 2000 image"},
    {"8BPS", 4, "a Photoshop document"},
    {"\x76\x2f\x31\x01", 4, "an OpenEXR image"},
    {"qoif", 4, "a QOI image"},
    {"\0\0\1\0", 4, "a Windows icon"},
    {"ID3", 3, "a sound file"},
    {"OggS", 4, "an Ogg file"},
    {"\x1a\x45\xdf\xa3", 4, "a Matroska video"},
};

static const char *brand_look(const uint8_t *bytes, size_t size) {
  if (size < 12 || memcmp(bytes + 4, "ftyp", 4) != 0) return NULL;
  const uint8_t *brand = bytes + 8;
  if (memcmp(brand, "avif", 4) == 0 || memcmp(brand, "avis", 4) == 0) return "an AVIF image";
  if (memcmp(brand, "hei", 3) == 0 || memcmp(brand, "mif1", 4) == 0) return "a HEIC image";
  return "a video";
}

static int contains(const uint8_t *bytes, size_t size, const char *word) {
  return memmem(bytes, size, word, strlen(word)) != NULL;
}

static int is_text(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    int control = bytes[i] < 0x20 && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t';
    if (control || bytes[i] == 0x7f) return 0;
  }
  return 1;
}

static const char *text_look(const uint8_t *bytes, size_t size) {
  enum { HEAD = 512 };
  char head[HEAD + 1];
  size_t length = 0;
  size_t start = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  while (start < size && strchr(" \t\r\n", bytes[start]) != NULL && bytes[start] != 0) start++;
  for (size_t i = start; i < size && length < HEAD; i++) {
    uint8_t c = bytes[i];
    head[length++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  head[length] = '\0';
  for (size_t i = 0; i < sizeof text_looks / sizeof *text_looks; i++) {
    const look *l = &text_looks[i];
    if (length >= l->size && memcmp(head, l->prefix, l->size) == 0) return l->name;
  }
  if (!is_text(bytes, size < HEAD ? size : HEAD)) return NULL;
  if (head[0] == '<') {
    const uint8_t *h = (const uint8_t *)head;
    if (contains(h, length, "<svg")) return "an SVG drawing";
    return contains(h, length, "<html") ? "an HTML page" : "an XML file";
  }
  return head[0] == '{' || head[0] == '[' ? "a JSON file" : "text";
}

static int is_zeros(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (bytes[i] != 0) return 0;
  }
  return 1;
}

static const char *look_of(const uint8_t *bytes, size_t size) {
  enum { HEAD = 4096 };
  for (size_t i = 0; i < sizeof binary_looks / sizeof *binary_looks; i++) {
    const look *l = &binary_looks[i];
    if (size >= l->size && memcmp(bytes, l->prefix, l->size) == 0) return l->name;
  }
  const char *brand = brand_look(bytes, size);
  if (brand != NULL) return brand;
  if (is_zeros(bytes, size < HEAD ? size : HEAD)) return "zero bytes only, as after a failed copy";
  return text_look(bytes, size);
}

static sl_status unknown(const uint8_t *bytes, size_t size, sl_error *err) {
  static const char hint[] = "jpeg, png, webp, tiff, bmp and pnm images are read; convert it first";
  if (size == 0) {
    (void)sl_fail(err, SL_E_FORMAT, "the file is empty");
    return sl_hint(err, SL_E_FORMAT, "copy or download the file again");
  }
  const char *name = look_of(bytes, size);
  if (name != NULL) {
    (void)sl_fail(err, SL_E_FORMAT, "not an image that can be read: it looks like %s", name);
    return sl_hint(err, SL_E_FORMAT, hint);
  }
  char start[3 * 8 + 1] = "";
  for (size_t i = 0; i < size && i < 8; i++) {
    (void)snprintf(start + 3 * i, 4, "%02x ", bytes[i]);
  }
  (void)sl_fail(err, SL_E_FORMAT, "not an image that can be read: it starts with bytes %s", start);
  return sl_hint(err, SL_E_FORMAT, hint);
}

// ---- the probe ---------------------------------------------------------------------------------

static sl_file_format format_of(const uint8_t *bytes, size_t size) {
  for (int i = 1; i < SL_FILE_FORMAT_COUNT; i++) {
    if (sl_codec_of((sl_file_format)i)->matches(bytes, size)) return (sl_file_format)i;
  }
  return SL_FILE_UNKNOWN;
}

static int32_t channels_of_mode(const char *mode) {
  if (mode[0] == 'R' || mode[0] == 'Y') return mode[3] == 'A' ? 4 : 3;
  if (mode[0] == 'C') return 4;
  return mode[0] == 'P' ? 3 : 1;
}

sl_status sl_codec_probe(const void *bytes, size_t size, const sl_image_limits *limits,
                         sl_image_info *info, sl_metadata *metadata, sl_error *err) {
  *info = (sl_image_info){.orientation = 1};
  *metadata = (sl_metadata){0};
  if (limits == NULL) limits = &sl_image_limits_default;
  sl_file_format format = format_of(bytes, size);
  const sl_codec *codec = sl_codec_of(format);
  if (codec == NULL) return unknown(bytes, size, err);
  info->format = format;
  SL_TRY(codec->probe(bytes, size, info, metadata, err));
  SL_TRY(sl_codec_check_size(limits, info->width, info->height, channels_of_mode(info->mode),
                             info->bits > 8 ? 16 : 8, err));
  sl_exif_describe(metadata, info);
  return SL_OK;
}

sl_status sl_image_probe(const void *bytes, size_t size, const sl_image_limits *limits,
                         sl_image_info *out, sl_error *err) {
  sl_metadata metadata;
  return sl_codec_probe(bytes, size, limits, out, &metadata, err);
}
