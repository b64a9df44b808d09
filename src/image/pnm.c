// SPDX-License-Identifier: Apache-2.0
// PBM, PGM and PPM (P1 to P6), plain and binary, up to 16 bits.
//
// Invariant: a cursor that stops at the end of the file reads every number; a missing sample is an
// error, never a guess. The libraries scale maximum values differently: see scaled().
// Start at pnm_decode().
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "image/codec.h"

typedef struct cursor {
  const uint8_t *at, *end;
} cursor;

typedef struct header {
  int kind;  // 1..6
  uint32_t width, height, top;
  const uint8_t *data;
} header;

static int is_blank(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static int pnm_matches(const uint8_t *bytes, size_t size) {
  return size >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
         (is_blank(bytes[2]) || bytes[2] == '#');
}

static void skip_blanks(cursor *c) {
  while (c->at < c->end && (is_blank(*c->at) || *c->at == '#')) {
    if (*c->at == '#') {
      while (c->at < c->end && *c->at != '\n' && *c->at != '\r') c->at++;
    } else {
      c->at++;
    }
  }
}

// A number of at most `digits_max` digits.
static int take_number(cursor *c, int digits_max, uint32_t *out) {
  skip_blanks(c);
  uint64_t value = 0;
  int digits = 0;
  for (; c->at < c->end && *c->at >= '0' && *c->at <= '9' && digits < digits_max; c->at++) {
    value = value * 10 + (uint64_t)(*c->at - '0');
    digits++;
    if (value > INT32_MAX) return 0;
  }
  *out = (uint32_t)value;
  return digits > 0;
}

static sl_status read_header(const uint8_t *bytes, size_t size, header *out, sl_error *err) {
  cursor c = {bytes + 2, bytes + size};
  out->kind = bytes[1] - '0';
  out->top = 1;
  int has_top = out->kind != 1 && out->kind != 4;
  if (!take_number(&c, 10, &out->width) || !take_number(&c, 10, &out->height) ||
      (has_top && !take_number(&c, 10, &out->top))) {
    return sl_codec_damaged(err, "the pnm header has no size");
  }
  if (out->top == 0 || out->top > 65535) {
    return sl_codec_damaged(err, "the pnm header has maximum value %u; 1 to 65535 are allowed",
                            out->top);
  }
  // One blank ends the header of binary data.
  if (c.at < c.end) c.at++;
  out->data = c.at;
  return SL_OK;
}

static sl_status pnm_probe(const uint8_t *bytes, size_t size, sl_image_info *info,
                           sl_metadata *metadata, sl_error *err) {
  (void)metadata;
  header h;
  SL_TRY(read_header(bytes, size, &h, err));
  info->width = (int32_t)h.width;
  info->height = (int32_t)h.height;
  info->bits = h.kind == 1 || h.kind == 4 ? 1 : h.top > 255 ? 16 : 8;
  const char *mode = info->bits == 1 ? "1" : h.kind % 3 == 0 ? "RGB" : info->bits == 16 ? "I" : "L";
  (void)snprintf(info->mode, sizeof info->mode, "%s", mode);
  return SL_OK;
}

// ---- samples -----------------------------------------------------------------------------------

typedef struct reader {
  const sl_decode_job *job;
  header head;
  cursor data;
  int32_t samples;  // per pixel
  int is_plain;
  sl_row_plan plan;
} reader;

static sl_status ends_early(sl_error *err) {
  (void)sl_fail(err, SL_E_FORMAT, "pnm image ends early");
  return sl_hint(err, SL_E_FORMAT, "copy or download the file again");
}

static unsigned rounded(unsigned value, unsigned top, unsigned out_top) {
  double scaled = nearbyint((double)value / (double)top * (double)out_top);
  return scaled > out_top ? out_top : (unsigned)scaled;
}

// Pillow spreads 0..top over the whole range. OpenCV spreads plain samples up to 255, cutting off;
// it takes binary ones as they are, and of 16 bits the high byte.
static unsigned scaled(const reader *r, unsigned value) {
  unsigned top = r->head.top;
  int wide = top > 255;
  if (r->job->colour == SL_COLOUR_NATIVE && wide) return value;
  if (r->job->like == SL_LIKE_PILLOW) {
    int keeps_16 = wide && r->samples == 1;
    return rounded(value, top, keeps_16 ? 65535 : 255);
  }
  if (wide) return value;
  if (!r->is_plain) return value;
  return (value > top ? top : value) * 255 / top;
}

static int take_sample(reader *r, unsigned *out) {
  cursor *c = &r->data;
  if (r->is_plain) {
    uint32_t value;
    if (!take_number(c, 10, &value)) return 0;
    *out = value;
    return 1;
  }
  size_t size = r->head.top > 255 ? 2 : 1;
  if ((size_t)(c->end - c->at) < size) return 0;
  *out = size == 2 ? (unsigned)c->at[0] << 8 | c->at[1] : *c->at;
  c->at += size;
  return 1;
}

static sl_status read_numbers(reader *r, uint8_t *row, int32_t width, sl_error *err) {
  for (int32_t i = 0; i < width * r->samples; i++) {
    unsigned value;
    if (!take_sample(r, &value)) return ends_early(err);
    if (value > r->head.top && r->is_plain && r->job->like == SL_LIKE_PILLOW) {
      return sl_codec_damaged(err, "a pnm sample of %u is above the maximum of %u", value,
                              r->head.top);
    }
    value = scaled(r, value > 65535 ? 65535 : value);
    if (r->plan.bits == 16)
      ((uint16_t *)(void *)row)[i] = (uint16_t)value;
    else
      row[i] = (uint8_t)value;
  }
  return SL_OK;
}

static sl_status read_bits(reader *r, uint8_t *row, int32_t width, sl_error *err) {
  size_t bytes = ((size_t)width + 7) / 8;
  if ((size_t)(r->data.end - r->data.at) < bytes) return ends_early(err);
  sl_row_unpack(r->data.at, 1, width, row);
  r->data.at += bytes;
  for (int32_t x = 0; x < width; x++) row[x] = row[x] ? 0 : 255;
  return SL_OK;
}

static sl_status read_digits(reader *r, uint8_t *row, int32_t width, sl_error *err) {
  for (int32_t x = 0; x < width; x++) {
    uint32_t value;
    if (!take_number(&r->data, 1, &value)) return ends_early(err);
    row[x] = value ? 0 : 255;
  }
  return SL_OK;
}

static sl_status read_rows(reader *r, uint8_t *row, sl_image *out, sl_error *err) {
  size_t pitch = (size_t)out->width * (size_t)out->channels * (size_t)(out->bits / 8);
  for (int32_t y = 0; y < out->height; y++) {
    sl_status status = r->head.kind == 4   ? read_bits(r, row, out->width, err)
                       : r->head.kind == 1 ? read_digits(r, row, out->width, err)
                                           : read_numbers(r, row, out->width, err);
    if (status != SL_OK) return status;
    sl_row_convert(&r->plan, row, out->pixels + (size_t)y * pitch, out->width);
  }
  return SL_OK;
}

static void make_plan(reader *r) {
  int is_pillow = r->job->like == SL_LIKE_PILLOW;
  int is_native = r->job->colour == SL_COLOUR_NATIVE;
  int wide = r->head.top > 255;
  // Pillow narrows colours while it scales them.
  int keeps_16 = wide && (!is_pillow || r->samples == 1 || is_native);
  r->plan = (sl_row_plan){.from = r->samples == 3 ? SL_SAMPLES_RGB : SL_SAMPLES_GREY,
                          .bits = keeps_16 ? 16 : 8,
                          .narrow = is_pillow ? SL_NARROW_CLIP : SL_NARROW_HIGH,
                          .grey = is_pillow ? SL_GREY_PILLOW : SL_GREY_OPENCV_CODEC,
                          .like = r->job->like,
                          .to = r->job->colour};
}

static sl_status pnm_decode(const sl_decode_job *job, sl_image *out, sl_error *err) {
  reader r = {.job = job};
  SL_TRY(read_header(job->bytes, job->size, &r.head, err));
  r.data = (cursor){r.head.data, job->bytes + job->size};
  r.samples = r.head.kind % 3 == 0 ? 3 : 1;
  r.is_plain = r.head.kind <= 3;
  make_plan(&r);
  SL_TRY(sl_codec_image_new(job->limits, r.head.width, r.head.height, sl_row_channels_out(&r.plan),
                            sl_row_bits_out(&r.plan), out, err));
  sl_buffer *row = NULL;
  sl_status status =
      sl_buffer_new((size_t)out->width * (size_t)r.samples * sizeof(uint16_t), &row, err);
  if (status == SL_OK) status = read_rows(&r, row->bytes, out, err);
  sl_buffer_release(row);
  if (status != SL_OK) sl_image_release(out);
  return status;
}

const sl_codec sl_codec_pnm = {pnm_matches, pnm_probe, pnm_decode};
