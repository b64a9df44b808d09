// SPDX-License-Identifier: Apache-2.0
// Windows bitmaps: 1, 4, 8, 16, 24 and 32 bits, RLE4 and RLE8, every header version since OS/2 1.
//
// Invariant: all offsets and lengths are compared with the file before use; a run-length stream is
// decoded into one byte per pixel of a buffer whose size is known, and stops at its end.
// Start at bmp_decode().
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/codec.h"

enum {
  FILE_HEADER = 14,
  CORE_HEADER = 12,
  INFO_HEADER = 40,
  MASKED_HEADER = 56,
  COLOURS_MAX = 256,
  RAW = 0,
  RLE8 = 1,
  RLE4 = 2,
  BITFIELDS = 3
};

typedef struct header {
  uint32_t data_at, header_size, compression, colours;
  int64_t width, height;
  int top_down;
  int bits;
  uint32_t masks[4];  // red, green, blue, alpha
  size_t palette_at;
  size_t palette_step;
} header;

static unsigned read_u16(const uint8_t *at) { return (unsigned)at[0] | (unsigned)at[1] << 8; }

static uint32_t read_u32(const uint8_t *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static int bmp_matches(const uint8_t *bytes, size_t size) {
  return size >= FILE_HEADER + 4 && bytes[0] == 'B' && bytes[1] == 'M' &&
         read_u32(bytes + FILE_HEADER) >= CORE_HEADER && read_u32(bytes + FILE_HEADER) <= 65535;
}

static void read_masks(const uint8_t *bytes, size_t size, header *h) {
  size_t at = FILE_HEADER + INFO_HEADER;
  int count = h->header_size >= MASKED_HEADER ? 4 : 3;
  for (int i = 0; i < count && at + 4 <= size; i++, at += 4) h->masks[i] = read_u32(bytes + at);
  if (h->header_size == INFO_HEADER) h->palette_at += 12;
}

static sl_status read_core(const uint8_t *bytes, size_t size, header *h, sl_error *err) {
  if (size < FILE_HEADER + CORE_HEADER) return sl_codec_damaged(err, "the bmp header is cut");
  h->width = read_u16(bytes + 18);
  h->height = read_u16(bytes + 20);
  h->bits = (int)read_u16(bytes + 24);
  h->palette_step = 3;
  return SL_OK;
}

static sl_status read_info(const uint8_t *bytes, size_t size, header *h, sl_error *err) {
  if (size < FILE_HEADER + INFO_HEADER) return sl_codec_damaged(err, "the bmp header is cut");
  h->width = (int32_t)read_u32(bytes + 18);
  h->height = (int32_t)read_u32(bytes + 22);
  h->top_down = h->height < 0;
  h->height = llabs(h->height);
  h->bits = (int)read_u16(bytes + 28);
  h->compression = read_u32(bytes + 30);
  h->colours = read_u32(bytes + 46);
  h->palette_step = 4;
  if (h->compression == BITFIELDS) read_masks(bytes, size, h);
  return SL_OK;
}

static int is_supported(const header *h) {
  switch (h->bits) {
    case 1:
      return h->compression == RAW;
    case 4:
      return h->compression == RAW || h->compression == RLE4;
    case 8:
      return h->compression == RAW || h->compression == RLE8;
    case 24:
      return h->compression == RAW;
    case 16:
    case 32:
      return h->compression == RAW || h->compression == BITFIELDS;
    default:
      return 0;
  }
}

static sl_status read_header(const uint8_t *bytes, size_t size, header *h, sl_error *err) {
  *h = (header){.data_at = read_u32(bytes + 10), .header_size = read_u32(bytes + FILE_HEADER)};
  h->palette_at = FILE_HEADER + (size_t)h->header_size;
  if (h->header_size == CORE_HEADER)
    SL_TRY(read_core(bytes, size, h, err));
  else if (h->header_size >= INFO_HEADER)
    SL_TRY(read_info(bytes, size, h, err));
  else {
    return sl_fail(err, SL_E_UNSUPPORTED, "bmp header of %u bytes is not known", h->header_size);
  }
  if (h->width <= 0 || h->height <= 0) {
    return sl_codec_damaged(err, "the bmp header says %" PRId64 " x %" PRId64 " pixels", h->width,
                            h->height);
  }
  if (!is_supported(h)) {
    return sl_fail(err, SL_E_UNSUPPORTED, "bmp image of %d bits with compression %u is not read",
                   h->bits, h->compression);
  }
  if (h->bits <= 8 && h->colours == 0) h->colours = 1u << h->bits;
  if (h->bits <= 8 && h->colours > COLOURS_MAX) {
    return sl_codec_damaged(err, "the bmp palette has %u colours", h->colours);
  }
  return SL_OK;
}

// ---- palette -----------------------------------------------------------------------------------

// Colours that the file does not give are black in both libraries.
typedef struct palette {
  uint8_t rgb[COLOURS_MAX][3];
  int is_grey;  // Pillow then forgets the palette
} palette;

static sl_status read_palette(const uint8_t *bytes, size_t size, const header *h, palette *out,
                              sl_error *err) {
  *out = (palette){.is_grey = 1};
  if (h->palette_at > size || h->colours * h->palette_step > size - h->palette_at) {
    return sl_codec_damaged(err, "the bmp palette is cut");
  }
  for (uint32_t i = 0; i < h->colours; i++) {
    const uint8_t *bgr = bytes + h->palette_at + i * h->palette_step;
    uint8_t expected = h->colours == 2 ? (uint8_t)(i * 255) : (uint8_t)i;
    out->is_grey &= bgr[0] == expected && bgr[1] == expected && bgr[2] == expected;
    out->rgb[i][0] = bgr[2];
    out->rgb[i][1] = bgr[1];
    out->rgb[i][2] = bgr[0];
  }
  return SL_OK;
}

static sl_status bmp_probe(const uint8_t *bytes, size_t size, sl_image_info *info,
                           sl_metadata *metadata, sl_error *err) {
  (void)metadata;
  header h;
  SL_TRY(read_header(bytes, size, &h, err));
  info->width = (int32_t)h.width;
  info->height = h.height > INT32_MAX ? 0 : (int32_t)h.height;
  info->bits = h.bits <= 8 ? h.bits : 8;
  const char *mode = h.bits == 32 && h.masks[3] != 0 ? "RGBA" : "RGB";
  if (h.bits <= 8) {
    palette colours;
    SL_TRY(read_palette(bytes, size, &h, &colours, err));
    mode = !colours.is_grey ? "P" : h.bits == 1 ? "1" : "L";
  }
  (void)snprintf(info->mode, sizeof info->mode, "%s", mode);
  return SL_OK;
}

// ---- pixels ------------------------------------------------------------------------------------

typedef struct reader {
  const sl_decode_job *job;
  header head;
  palette colours;
  const uint8_t *data, *end;
  uint8_t order[4];  // byte of a 32-bit pixel that is red, green, blue, alpha
  int has_alpha;
  sl_row_plan plan;
  sl_image *out;
  sl_error *err;
} reader;

static sl_status ends_early(sl_error *err) {
  (void)sl_fail(err, SL_E_FORMAT, "bmp image ends early");
  return sl_hint(err, SL_E_FORMAT, "copy or download the file again");
}

static int byte_of_mask(uint32_t mask) {
  for (int i = 0; i < 4; i++) {
    if (mask == 0xffu << (8 * i)) return i;
  }
  return -1;
}

static sl_status unusual_masks(const header *h, sl_error *err) {
  return sl_fail(err, SL_E_UNSUPPORTED, "bmp bit masks %x, %x, %x, %x are not read", h->masks[0],
                 h->masks[1], h->masks[2], h->masks[3]);
}

static sl_grey_rule grey_rule(const header *h, sl_decode_like like) {
  if (like == SL_LIKE_PILLOW) return SL_GREY_PILLOW;
  int any = (h->masks[0] | h->masks[1] | h->masks[2]) != 0;
  int is_masked = h->bits == 32 && h->header_size >= MASKED_HEADER && any;
  return is_masked ? SL_GREY_OPENCV_FLOAT : SL_GREY_OPENCV_CODEC;
}

static sl_status choose_order(reader *r) {
  static const uint8_t usual[4] = {2, 1, 0, 3};
  const header *h = &r->head;
  memcpy(r->order, usual, sizeof usual);
  if (h->compression != BITFIELDS || h->bits != 32) return SL_OK;
  // OpenCV looks at masks only where they are part of the header proper.
  if (r->job->like == SL_LIKE_OPENCV && h->header_size < MASKED_HEADER) return SL_OK;
  int any = (h->masks[0] | h->masks[1] | h->masks[2] | h->masks[3]) != 0;
  r->has_alpha = !any || h->masks[3] != 0;
  for (int i = 0; any && i < 4; i++) {
    int byte = byte_of_mask(h->masks[i]);
    if (byte < 0 && (i < 3 || h->masks[i] != 0)) return unusual_masks(h, r->err);
    if (byte >= 0) r->order[i] = (uint8_t)byte;
  }
  return SL_OK;
}

static sl_status check_masks_16(const header *h, int *is_565, sl_error *err) {
  *is_565 = 0;
  if (h->compression != BITFIELDS || h->bits != 16) return SL_OK;
  if (h->masks[0] == 0x7c00 && h->masks[1] == 0x3e0 && h->masks[2] == 0x1f) return SL_OK;
  *is_565 = h->masks[0] == 0xf800 && h->masks[1] == 0x7e0 && h->masks[2] == 0x1f;
  return *is_565 ? SL_OK : unusual_masks(h, err);
}

// Pillow spreads 5 or 6 bits over 0..255; OpenCV shifts them up.
static uint8_t widen(unsigned value, int bits, sl_decode_like like) {
  if (like == SL_LIKE_OPENCV) return (uint8_t)(value << (8 - bits));
  return (uint8_t)(value * 255u / ((1u << bits) - 1u));
}

static void unpack_16(const uint8_t *in, int is_565, sl_decode_like like, uint8_t *rgb,
                      int32_t width) {
  int green_bits = is_565 ? 6 : 5;
  for (int32_t x = 0; x < width; x++, in += 2, rgb += 3) {
    unsigned word = read_u16(in);
    rgb[0] = widen(word >> (5 + green_bits) & 31u, 5, like);
    rgb[1] = widen(word >> 5 & ((1u << green_bits) - 1u), green_bits, like);
    rgb[2] = widen(word & 31u, 5, like);
  }
}

static void unpack_24(const uint8_t *in, uint8_t *rgb, int32_t width) {
  for (int32_t x = 0; x < width; x++, in += 3, rgb += 3) {
    rgb[0] = in[2];
    rgb[1] = in[1];
    rgb[2] = in[0];
  }
}

static void unpack_32(const reader *r, const uint8_t *in, uint8_t *out, int32_t width) {
  int32_t channels = sl_row_channels_in(&r->plan);
  for (int32_t x = 0; x < width; x++, in += 4, out += channels) {
    for (int32_t c = 0; c < channels; c++) out[c] = in[r->order[c]];
  }
}

static void look_up(const palette *colours, const uint8_t *indices, uint8_t *rgb, int32_t width) {
  for (int32_t x = 0; x < width; x++, rgb += 3) memcpy(rgb, colours->rgb[indices[x]], 3);
}

static uint8_t *row_at(const reader *r, int32_t y) {
  size_t pitch = (size_t)r->out->width * (size_t)r->out->channels;
  int32_t from_top = r->head.top_down ? y : r->out->height - 1 - y;
  return r->out->pixels + (size_t)from_top * pitch;
}

// `row` holds the pixels, `indices` one byte each.
static sl_status read_raw(reader *r, uint8_t *row, uint8_t *indices) {
  int32_t width = r->out->width;
  int is_565;
  SL_TRY(check_masks_16(&r->head, &is_565, r->err));
  size_t line = ((size_t)width * (size_t)r->head.bits + 7) / 8;
  size_t pitch = (line + 3) / 4 * 4;
  for (int32_t y = 0; y < r->out->height; y++) {
    size_t left = (size_t)(r->end - r->data);
    if (left < line) return ends_early(r->err);
    const uint8_t *in = r->data;
    switch (r->head.bits) {
      case 16:
        unpack_16(in, is_565, r->job->like, row, width);
        break;
      case 24:
        unpack_24(in, row, width);
        break;
      case 32:
        unpack_32(r, in, row, width);
        break;
      case 8:
        look_up(&r->colours, in, row, width);
        break;
      default:
        sl_row_unpack(in, r->head.bits, width, indices);
        look_up(&r->colours, indices, row, width);
    }
    sl_row_convert(&r->plan, row, row_at(r, y), width);
    r->data += left < pitch ? left : pitch;
  }
  return SL_OK;
}

// ---- run-length streams ------------------------------------------------------------------------

typedef struct runs {
  uint8_t *indices;
  size_t width, height, x, y;
  int is_rle4;
} runs;

static void put_index(runs *t, unsigned index) {
  if (t->x < t->width && t->y < t->height) t->indices[t->y * t->width + t->x] = (uint8_t)index;
  t->x++;
}

static unsigned nibble(uint8_t byte, size_t i) { return i % 2 == 0 ? byte >> 4 : byte & 15u; }

static int put_literal(runs *t, const uint8_t **at, const uint8_t *end, size_t count) {
  size_t bytes = t->is_rle4 ? (count + 1) / 2 : count;
  if ((size_t)(end - *at) < bytes) return 0;
  for (size_t i = 0; i < count; i++) {
    put_index(t, t->is_rle4 ? nibble((*at)[i / 2], i) : (*at)[i]);
  }
  *at += bytes;
  if (bytes % 2 != 0 && *at < end) ++*at;
  return 1;
}

// One code; returns 0 at the end of the bitmap, -1 when the stream is cut.
static int run_code(runs *t, const uint8_t **at, const uint8_t *end) {
  if (end - *at < 2) return -1;
  unsigned count = (*at)[0];
  uint8_t value = (*at)[1];
  *at += 2;
  if (count > 0) {
    for (size_t i = 0; i < count; i++) put_index(t, t->is_rle4 ? nibble(value, i) : value);
    return 1;
  }
  if (value == 0) {
    t->x = 0;
    t->y++;
    return 1;
  }
  if (value == 1) return 0;
  if (value > 2) return put_literal(t, at, end, value) ? 1 : -1;
  if (end - *at < 2) return -1;
  t->x += (*at)[0];
  t->y += (*at)[1];
  *at += 2;
  return 1;
}

static sl_status read_runs(reader *r, uint8_t *row) {
  sl_buffer *indices;
  size_t width = (size_t)r->out->width;
  SL_TRY(sl_buffer_new(width * (size_t)r->out->height, &indices, r->err));
  memset(indices->bytes, 0, indices->size);
  runs t = {.indices = indices->bytes,
            .width = width,
            .height = (size_t)r->out->height,
            .is_rle4 = r->head.compression == RLE4};
  int more = 1;
  // A stream may end with its last row; what follows cannot be seen.
  while (more == 1 && t.y < t.height) more = run_code(&t, &r->data, r->end);
  int is_cut = more < 0 && !(t.y + 1 == t.height && t.x >= t.width);
  for (int32_t y = 0; !is_cut && y < r->out->height; y++) {
    look_up(&r->colours, indices->bytes + (size_t)y * width, row, r->out->width);
    sl_row_convert(&r->plan, row, row_at(r, y), r->out->width);
  }
  sl_buffer_release(indices);
  return is_cut ? ends_early(r->err) : SL_OK;
}

// ---- decoder -----------------------------------------------------------------------------------

static sl_status read_pixels(reader *r) {
  sl_buffer *scratch;
  size_t width = (size_t)r->out->width;
  SL_TRY(sl_buffer_new(width * 5, &scratch, r->err));
  uint8_t *row = scratch->bytes;
  int has_runs = r->head.compression == RLE4 || r->head.compression == RLE8;
  sl_status status = has_runs ? read_runs(r, row) : read_raw(r, row, row + width * 4);
  sl_buffer_release(scratch);
  return status;
}

static sl_status bmp_decode(const sl_decode_job *job, sl_image *out, sl_error *err) {
  reader r = {.job = job, .out = out, .err = err};
  SL_TRY(read_header(job->bytes, job->size, &r.head, err));
  if (r.head.bits <= 8) {
    SL_TRY(read_palette(job->bytes, job->size, &r.head, &r.colours, err));
  }
  SL_TRY(choose_order(&r));
  if (r.head.data_at > job->size) return ends_early(err);
  r.data = job->bytes + r.head.data_at;
  r.end = job->bytes + job->size;
  int keeps_alpha = r.has_alpha && job->colour == SL_COLOUR_NATIVE;
  r.plan = (sl_row_plan){.from = keeps_alpha ? SL_SAMPLES_RGBA : SL_SAMPLES_RGB,
                         .bits = 8,
                         .grey = grey_rule(&r.head, job->like),
                         .like = job->like,
                         .to = job->colour};
  SL_TRY(sl_codec_image_new(job->limits, r.head.width, r.head.height, sl_row_channels_out(&r.plan),
                            8, out, err));
  sl_status status = read_pixels(&r);
  if (status != SL_OK) sl_image_release(out);
  return status;
}

const sl_codec sl_codec_bmp = {bmp_matches, bmp_probe, bmp_decode};
