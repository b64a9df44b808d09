// SPDX-License-Identifier: Apache-2.0
// PNG through libspng, fed with the chunks that decide pixels and nothing else.
//
// Invariant: compressed text and colour profiles never reach the decoder, so they cannot be bombs;
// the pixels come from IHDR, PLTE, tRNS and IDAT alone.
// Start at png_decode().
#include <spng.h>
#include <stdio.h>
#include <string.h>

#include "image/codec.h"
#include "image/png_gamma.h"

enum {
  SIGNATURE_SIZE = 8,
  CHUNK_EXTRA = 12,  // length, kind and checksum
  IHDR_SIZE = 13,
  COLOURS_MAX = 256,
  CHUNK_CACHE_MAX = 1 << 20,
  GAMMA_SRGB = 45455,  // times 100000
  GAMMA_MIN = 16,
  GAMMA_MAX = 625000000
};

static const uint8_t signature[SIGNATURE_SIZE] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

// ---- chunks ------------------------------------------------------------------------------------

typedef struct chunk {
  char kind[5];
  const uint8_t *whole;  // from its length on
  const uint8_t *body;
  size_t size;  // of the body
} chunk;

static uint32_t read_u32(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// The chunk at *at; 0 when the file ends before or inside it.
static int next_chunk(const uint8_t *bytes, size_t size, size_t *at, chunk *out) {
  if (*at > size || size - *at < CHUNK_EXTRA) return 0;
  out->whole = bytes + *at;
  out->size = read_u32(out->whole);
  out->body = out->whole + 8;
  memcpy(out->kind, out->whole + 4, 4);
  out->kind[4] = '\0';
  if (out->size > size - *at - CHUNK_EXTRA) return 0;
  *at += out->size + CHUNK_EXTRA;
  return 1;
}

static int is_kind(const chunk *c, const char *kind) { return memcmp(c->kind, kind, 4) == 0; }

static int decides_pixels(const char *kind) {
  return (kind[0] & 0x20) == 0 || memcmp(kind, "tRNS", 4) == 0;
}

// ---- headers -----------------------------------------------------------------------------------

static int png_matches(const uint8_t *bytes, size_t size) {
  return size >= SIGNATURE_SIZE && memcmp(bytes, signature, SIGNATURE_SIZE) == 0;
}

// Pillow's mode of a colour type and depth; NULL for what PNG does not allow.
static const char *mode_of(int colour_type, int bits) {
  static const struct {
    int colour_type, bits;
    const char *mode;
  } rows[] = {{0, 1, "1"},   {0, 2, "L"},    {0, 4, "L"},     {0, 8, "L"},    {0, 16, "I;16"},
              {2, 8, "RGB"}, {2, 16, "RGB"}, {3, 1, "P"},     {3, 2, "P"},    {3, 4, "P"},
              {3, 8, "P"},   {4, 8, "LA"},   {4, 16, "RGBA"}, {6, 8, "RGBA"}, {6, 16, "RGBA"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (rows[i].colour_type == colour_type && rows[i].bits == bits) return rows[i].mode;
  }
  return NULL;
}

static sl_status read_ihdr(const chunk *c, sl_image_info *info, sl_error *err) {
  if (!is_kind(c, "IHDR") || c->size != IHDR_SIZE) {
    return sl_codec_damaged(err, "the png file does not begin with its header");
  }
  uint32_t width = read_u32(c->body);
  uint32_t height = read_u32(c->body + 4);
  if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX) {
    return sl_codec_damaged(err, "the png header says %u x %u pixels", width, height);
  }
  const char *mode = mode_of(c->body[9], c->body[8]);
  if (mode == NULL) {
    return sl_codec_damaged(err, "the png header has colour type %d with %d bits", c->body[9],
                            c->body[8]);
  }
  info->width = (int32_t)width;
  info->height = (int32_t)height;
  info->bits = c->body[8];
  (void)snprintf(info->mode, sizeof info->mode, "%s", mode);
  return SL_OK;
}

// An uncompressed XMP packet is an iTXt chunk of that name.
static void note_itxt(const chunk *c, sl_metadata *metadata) {
  static const char name[] = "XML:com.adobe.xmp";
  if (c->size <= sizeof name || memcmp(c->body, name, sizeof name) != 0) return;
  if (c->body[sizeof name] != 0) return;
  metadata->xmp = (sl_span){c->body + sizeof name, c->size - sizeof name};
}

static sl_status png_probe(const uint8_t *bytes, size_t size, sl_image_info *info,
                           sl_metadata *metadata, sl_error *err) {
  size_t at = SIGNATURE_SIZE;
  chunk c;
  if (!next_chunk(bytes, size, &at, &c)) {
    return sl_codec_damaged(err, "the png file ends inside its header");
  }
  SL_TRY(read_ihdr(&c, info, err));
  while (next_chunk(bytes, size, &at, &c) && !is_kind(&c, "IEND")) {
    if (is_kind(&c, "eXIf")) metadata->exif = metadata->exif_opencv = (sl_span){c.body, c.size};
    if (is_kind(&c, "iTXt")) note_itxt(&c, metadata);
  }
  return SL_OK;
}

// ---- libspng -----------------------------------------------------------------------------------

typedef struct reader {
  const sl_decode_job *job;
  sl_image *out;
  sl_error *err;
  spng_ctx *png;
  size_t at;            // next chunk of the file
  const uint8_t *feed;  // rest of the piece being fed
  size_t feed_size;
  struct spng_ihdr header;
  uint8_t colours[COLOURS_MAX][4];  // palette, expanded
  int colours_have_alpha;
  int has_transparent;  // a colour of a file without a palette that means transparent
  uint16_t transparent[3];
  sl_row_plan plan;
  int mixes_linear;  // greys are mixed in linear light, by `gamma`
  sl_png_gamma gamma;
  sl_buffer *scratch;  // a row as stored, a row unpacked, a row with alpha
} reader;

// Moves to the next chunk that decides pixels. A chunk cut by the end of the file is fed as far as
// it goes, so that libspng says what is missing.
static int refill(reader *r) {
  const uint8_t *bytes = r->job->bytes;
  size_t size = r->job->size;
  for (;;) {
    size_t start = r->at;
    chunk c;
    if (!next_chunk(bytes, size, &r->at, &c)) {
      r->feed = bytes + start;
      r->feed_size = size - start;
      r->at = size;
      return r->feed_size > 0;
    }
    if (!decides_pixels(c.kind)) continue;
    r->feed = c.whole;
    r->feed_size = c.size + CHUNK_EXTRA;
    return 1;
  }
}

static int feed(spng_ctx *png, void *user, void *to, size_t length) {
  (void)png;
  reader *r = user;
  uint8_t *out = to;
  while (length > 0) {
    if (r->feed_size == 0 && !refill(r)) return SPNG_IO_EOF;
    size_t part = length < r->feed_size ? length : r->feed_size;
    memcpy(out, r->feed, part);
    out += part;
    length -= part;
    r->feed += part;
    r->feed_size -= part;
  }
  return 0;
}

static sl_status ends_early(sl_error *err) {
  (void)sl_fail(err, SL_E_FORMAT, "png image ends early");
  return sl_hint(err, SL_E_FORMAT, "copy or download the file again");
}

static sl_status failed(reader *r, int code) {
  if (code == SPNG_EMEM) return sl_fail(r->err, SL_E_MEMORY, "memory ran out in a png image");
  if (code == SPNG_IO_EOF) return ends_early(r->err);
  return sl_codec_damaged(r->err, "libspng says \"%s\"", spng_strerror(code));
}

// Colours beyond the palette are black in both libraries.
static void prepare_colours(reader *r, const struct spng_plte *palette) {
  for (int i = 0; i < COLOURS_MAX; i++) r->colours[i][3] = 255;
  for (uint32_t i = 0; i < palette->n_entries && i < COLOURS_MAX; i++) {
    const struct spng_plte_entry *entry = &palette->entries[i];
    r->colours[i][0] = entry->red;
    r->colours[i][1] = entry->green;
    r->colours[i][2] = entry->blue;
  }
}

static void prepare_transparency(reader *r, const struct spng_trns *trns) {
  if (r->header.color_type == SPNG_COLOR_TYPE_INDEXED) {
    for (uint32_t i = 0; i < trns->n_type3_entries && i < COLOURS_MAX; i++) {
      r->colours[i][3] = trns->type3_alpha[i];
    }
    r->colours_have_alpha = 1;
    return;
  }
  r->has_transparent = 1;
  r->transparent[0] = r->header.color_type == SPNG_COLOR_TYPE_GRAYSCALE ? trns->gray : trns->red;
  r->transparent[1] = trns->green;
  r->transparent[2] = trns->blue;
}

static sl_status read_header(reader *r) {
  int code = spng_get_ihdr(r->png, &r->header);
  if (code != 0) return failed(r, code);
  struct spng_plte palette = {0};
  code = spng_get_plte(r->png, &palette);
  if (code == 0)
    prepare_colours(r, &palette);
  else if (code != SPNG_ECHUNKAVAIL)
    return failed(r, code);
  else if (r->header.color_type == SPNG_COLOR_TYPE_INDEXED) {
    return sl_codec_damaged(r->err, "the png file has no palette");
  }
  struct spng_trns trns = {0};
  code = spng_get_trns(r->png, &trns);
  if (code == 0)
    prepare_transparency(r, &trns);
  else if (code != SPNG_ECHUNKAVAIL)
    return failed(r, code);
  return SL_OK;
}

static sl_samples samples_of(int colour_type) {
  switch (colour_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE:
      return SL_SAMPLES_GREY;
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
      return SL_SAMPLES_GREY_ALPHA;
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA:
      return SL_SAMPLES_RGBA;
    default:
      return SL_SAMPLES_RGB;
  }
}

static void make_plan(reader *r) {
  const sl_decode_job *job = r->job;
  int is_pillow = job->like == SL_LIKE_PILLOW;
  int is_native = job->colour == SL_COLOUR_NATIVE;
  r->plan = (sl_row_plan){.from = samples_of(r->header.color_type),
                          .bits = r->header.bit_depth == 16 ? 16 : 8,
                          .grey = is_pillow ? SL_GREY_PILLOW : SL_GREY_LIBPNG,
                          .like = job->like,
                          .to = job->colour};
  // Only Pillow's one-channel 16-bit images are clipped; those with alpha or colour keep high
  // bytes.
  if (is_pillow && r->plan.from == SL_SAMPLES_GREY) r->plan.narrow = SL_NARROW_CLIP;
  if (!is_native) return;
  if (r->colours_have_alpha) r->plan.from = SL_SAMPLES_RGBA;
  if (!r->has_transparent) return;
  r->plan.from = r->plan.from == SL_SAMPLES_GREY ? SL_SAMPLES_GREY_ALPHA : SL_SAMPLES_RGBA;
}

// The gamma that counts for libpng, times 100000; 0 when the file gives none. An sRGB chunk wins.
static int64_t find_gamma(const sl_decode_job *job) {
  size_t at = SIGNATURE_SIZE;
  uint32_t gamma = 0;
  int is_srgb = 0;
  chunk c;
  while (next_chunk(job->bytes, job->size, &at, &c)) {
    if (is_kind(&c, "PLTE") || is_kind(&c, "IDAT")) break;
    if (is_kind(&c, "gAMA") && c.size == 4 && gamma == 0) gamma = read_u32(c.body);
    if (is_kind(&c, "sRGB") && c.size == 1) is_srgb = 1;
  }
  if (is_srgb) return GAMMA_SRGB;
  return gamma >= GAMMA_MIN && gamma <= GAMMA_MAX ? gamma : 0;
}

static void prepare_gamma(reader *r) {
  int is_mixed = r->job->colour == SL_COLOUR_GREY && r->plan.from >= SL_SAMPLES_RGB;
  if (!is_mixed || r->job->like != SL_LIKE_OPENCV) return;
  int64_t gamma = find_gamma(r->job);
  if (gamma == 0 || !sl_png_gamma_is_significant(gamma)) return;
  sl_png_gamma_init(&r->gamma, gamma, r->header.bit_depth);
  r->mixes_linear = 1;
}

// ---- rows --------------------------------------------------------------------------------------

static void expand_palette(const reader *r, const uint8_t *indices, uint8_t *out, int32_t width) {
  int32_t channels = sl_row_channels_in(&r->plan);
  for (int32_t x = 0; x < width; x++, out += channels) {
    memcpy(out, r->colours[indices[x]], (size_t)channels);
  }
}

static void expand_grey(uint8_t *row, int32_t bits, int32_t width) {
  int factor = 255 / ((1 << bits) - 1);
  for (int32_t x = 0; x < width; x++) row[x] = (uint8_t)(row[x] * factor);
}

// Adds an alpha sample that is 0 where the colour is the transparent one. `bits` as stored, for the
// comparison is made before grey is expanded.
static void add_alpha(const reader *r, const uint8_t *in, uint8_t *out, int32_t width) {
  int32_t with_alpha = sl_row_channels_in(&r->plan);
  int32_t colours = with_alpha - 1;
  size_t size = r->plan.bits == 16 ? 2 : 1;
  int bits = r->header.bit_depth;
  unsigned factor = bits < 8 ? 255u / ((1u << bits) - 1u) : 1u;
  for (int32_t x = 0; x < width; x++) {
    int is_clear = 1;
    for (int32_t c = 0; c < colours; c++, in += size, out += size) {
      uint16_t value = *in;
      if (size == 2) memcpy(&value, in, 2);
      is_clear &= value == (uint16_t)(r->transparent[c] * factor);
      memcpy(out, in, size);
    }
    memset(out, is_clear ? 0 : 255, size);
    out += size;
  }
}

static void put_row(reader *r, uint8_t *stored, uint8_t *out) {
  int32_t width = r->out->width;
  int bits = r->header.bit_depth;
  int is_indexed = r->header.color_type == SPNG_COLOR_TYPE_INDEXED;
  uint8_t *unpacked = r->scratch->bytes;
  uint8_t *expanded = unpacked + width;
  uint8_t *row = stored;
  if (bits < 8) {
    sl_row_unpack(stored, bits, width, unpacked);
    row = unpacked;
    if (!is_indexed) expand_grey(row, bits, width);
  }
  if (is_indexed) {
    expand_palette(r, row, expanded, width);
    row = expanded;
  } else if (r->has_transparent && r->plan.to == SL_COLOUR_NATIVE) {
    add_alpha(r, row, expanded, width);
    row = expanded;
  }
  int32_t channels = sl_row_channels_in(&r->plan);
  if (!r->mixes_linear)
    sl_row_convert(&r->plan, row, out, width);
  else if (bits == 16)
    sl_png_gamma_grey_16(&r->gamma, row, channels, out, width);
  else
    sl_png_gamma_grey(&r->gamma, row, channels, out, width);
}

// The file's rows are already what is wanted.
static int is_direct(const reader *r) {
  sl_colour to = r->job->colour;
  if (r->header.color_type == SPNG_COLOR_TYPE_INDEXED || r->header.bit_depth < 8) return 0;
  if (to == SL_COLOUR_NATIVE) return !r->has_transparent;
  if (r->header.bit_depth != 8) return 0;
  return (to == SL_COLOUR_RGB && r->plan.from == SL_SAMPLES_RGB) ||
         (to == SL_COLOUR_GREY && r->plan.from == SL_SAMPLES_GREY);
}

static size_t pitch_of(const sl_image *image) {
  return (size_t)image->width * (size_t)image->channels * (size_t)(image->bits / 8);
}

static sl_status read_all(reader *r, uint8_t *to, size_t size) {
  int code = spng_decode_image(r->png, to, size, SPNG_FMT_PNG, 0);
  return code == 0 ? SL_OK : failed(r, code);
}

static sl_status read_rows(reader *r, uint8_t *stored, size_t stored_pitch) {
  int code = spng_decode_image(r->png, NULL, 0, SPNG_FMT_PNG, SPNG_DECODE_PROGRESSIVE);
  size_t pitch = pitch_of(r->out);
  for (int32_t y = 0; code == 0 && y < r->out->height; y++) {
    code = spng_decode_row(r->png, stored, stored_pitch);
    if (code == SPNG_EOI && y == r->out->height - 1) code = 0;
    if (code == 0) put_row(r, stored, r->out->pixels + (size_t)y * pitch);
  }
  return code == 0 ? SL_OK : failed(r, code);
}

// Interlaced rows arrive out of order: the stored image is kept whole.
static sl_status read_interlaced(reader *r, size_t stored_pitch) {
  sl_buffer *stored;
  SL_TRY(sl_buffer_new(stored_pitch * (size_t)r->out->height, &stored, r->err));
  // libspng sets single bits of samples smaller than a byte.
  memset(stored->bytes, 0, stored->size);
  sl_status status = read_all(r, stored->bytes, stored->size);
  size_t pitch = pitch_of(r->out);
  for (int32_t y = 0; status == SL_OK && y < r->out->height; y++) {
    put_row(r, stored->bytes + (size_t)y * stored_pitch, r->out->pixels + (size_t)y * pitch);
  }
  sl_buffer_release(stored);
  return status;
}

static sl_status read_pixels(reader *r) {
  size_t total;
  int code = spng_decoded_image_size(r->png, SPNG_FMT_PNG, &total);
  if (code != 0) return failed(r, code);
  if (is_direct(r)) {
    if (total != r->out->buffer->size) return sl_codec_damaged(r->err, "its png size is unclear");
    return read_all(r, r->out->pixels, total);
  }
  size_t width = (size_t)r->out->width;
  size_t stored_pitch = total / (size_t)r->out->height;
  SL_TRY(sl_buffer_new(width + width * 8 + stored_pitch, &r->scratch, r->err));
  if (r->header.interlace_method != 0) return read_interlaced(r, stored_pitch);
  return read_rows(r, r->scratch->bytes + width * 9, stored_pitch);
}

// Chunks after the pixels may turn the image: a file without its last chunk is not whole.
static sl_status check_end(const sl_decode_job *job, sl_error *err) {
  size_t at = SIGNATURE_SIZE;
  chunk c;
  while (next_chunk(job->bytes, job->size, &at, &c)) {
    if (is_kind(&c, "IEND")) return SL_OK;
  }
  return ends_early(err);
}

static sl_status decode_steps(reader *r) {
  const sl_image_limits *limits = r->job->limits;
  int code = spng_set_png_stream(r->png, feed, r);
  if (code == 0) code = spng_set_image_limits(r->png, INT32_MAX, INT32_MAX);
  if (code == 0) code = spng_set_chunk_limits(r->png, CHUNK_CACHE_MAX, CHUNK_CACHE_MAX);
  if (code != 0) return failed(r, code);
  SL_TRY(read_header(r));
  make_plan(r);
  prepare_gamma(r);
  SL_TRY(sl_codec_image_new(limits, r->header.width, r->header.height,
                            sl_row_channels_out(&r->plan), sl_row_bits_out(&r->plan), r->out,
                            r->err));
  SL_TRY(read_pixels(r));
  return check_end(r->job, r->err);
}

static sl_status png_decode(const sl_decode_job *job, sl_image *out, sl_error *err) {
  reader r = {.job = job, .out = out, .err = err, .at = SIGNATURE_SIZE};
  r.feed = job->bytes;
  r.feed_size = SIGNATURE_SIZE;
  r.png = spng_ctx_new(0);
  if (r.png == NULL) return sl_fail(err, SL_E_MEMORY, "memory ran out in a png image");
  sl_status status = decode_steps(&r);
  spng_ctx_free(r.png);
  sl_buffer_release(r.scratch);
  if (status != SL_OK) sl_image_release(out);
  return status;
}

const sl_codec sl_codec_png = {png_matches, png_probe, png_decode};
