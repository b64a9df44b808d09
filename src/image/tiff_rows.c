// SPDX-License-Identifier: Apache-2.0
// TIFF strips and tiles to rows of samples, as Pillow reads them and for NATIVE.
//
// Invariant: a strip or tile that yields fewer bytes than its size is an error; nothing is read
// from memory that the file did not fill.
// Start at sl_tiff_rows_decode().
#include <string.h>

#include "image/tiff_file.h"

enum { COLOURS_MAX = 256 };

typedef struct reader {
  sl_tiff *file;
  sl_error *err;
  sl_image *out;
  sl_row_plan plan;
  uint32_t planes;         // 1, or one for each sample
  uint32_t plane_samples;  // samples of a pixel in a plane
  uint32_t band_rows;      // rows of a strip or tile
  size_t line;             // bytes of a row of a plane
  sl_buffer *band;         // planes x band_rows x line
  sl_buffer *tile;         // one tile; NULL for strips
  sl_buffer *scratch;      // a row of pixels, and one of unpacked samples
  uint8_t colours[COLOURS_MAX][3];
} reader;

// ---- what the file holds -----------------------------------------------------------------------

static sl_status unsupported(const sl_tiff *file, sl_error *err) {
  (void)sl_fail(
      err, SL_E_UNSUPPORTED,
      "tiff image of %u samples of %u bits with photometric interpretation %u is not read",
      file->samples, file->bits, file->photometric);
  return sl_hint(err, SL_E_UNSUPPORTED, "save it as 8 or 16-bit grey or rgb");
}

static uint16_t colour_samples(const sl_tiff *file) {
  switch (file->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_PALETTE:
      return 1;
    case PHOTOMETRIC_RGB:
      return 3;
    case PHOTOMETRIC_SEPARATED:
      return 4;
    default:
      return 0;
  }
}

static int is_readable(const sl_tiff *file) {
  uint16_t colours = colour_samples(file);
  if (colours == 0 || file->samples < colours) return 0;
  int small = file->bits == 1 || file->bits == 2 || file->bits == 4;
  if (small) return file->samples == 1;
  if (file->bits == 16) return file->format == SAMPLEFORMAT_UINT && file->photometric != 3;
  return file->bits == 8;
}

// A fourth sample of an RGB file is alpha also when the file does not say what it is.
static int has_alpha(const sl_tiff *file) {
  uint16_t colours = colour_samples(file);
  if (file->samples <= colours || colours == 4) return 0;
  return file->extra_kind != 0 || (!file->has_extra_tag && colours == 3);
}

static sl_samples samples_of(const sl_tiff *file, int keeps_alpha) {
  if (file->photometric == PHOTOMETRIC_SEPARATED) return SL_SAMPLES_CMYK;
  if (file->photometric == PHOTOMETRIC_PALETTE) return SL_SAMPLES_RGB;
  int is_grey = file->photometric != PHOTOMETRIC_RGB;
  if (is_grey) return keeps_alpha ? SL_SAMPLES_GREY_ALPHA : SL_SAMPLES_GREY;
  return keeps_alpha ? SL_SAMPLES_RGBA : SL_SAMPLES_RGB;
}

// Pillow divides colours by their alpha where the file says that they were multiplied by it.
static int is_premultiplied(const reader *r) {
  return r->plan.to != SL_COLOUR_NATIVE && r->file->photometric == PHOTOMETRIC_RGB &&
         has_alpha(r->file) && r->file->extra_kind == EXTRASAMPLE_ASSOCALPHA;
}

static sl_status read_colours(reader *r) {
  uint16_t *red, *green, *blue;
  if (r->file->photometric != PHOTOMETRIC_PALETTE) return SL_OK;
  if (!TIFFGetField(r->file->tiff, TIFFTAG_COLORMAP, &red, &green, &blue)) {
    return sl_codec_damaged(r->err, "the tiff file has no colour map");
  }
  for (int i = 0; i < 1 << r->file->bits; i++) {
    r->colours[i][0] = (uint8_t)(red[i] >> 8);
    r->colours[i][1] = (uint8_t)(green[i] >> 8);
    r->colours[i][2] = (uint8_t)(blue[i] >> 8);
  }
  return SL_OK;
}

static void make_plan(reader *r, const sl_decode_job *job) {
  const sl_tiff *file = r->file;
  int keeps_alpha = has_alpha(file) && job->colour == SL_COLOUR_NATIVE;
  r->plan = (sl_row_plan){.from = samples_of(file, keeps_alpha),
                          .bits = file->bits == 16 ? 16 : 8,
                          .grey = job->like == SL_LIKE_PILLOW ? SL_GREY_PILLOW : SL_GREY_OPENCV,
                          .like = job->like,
                          .to = job->colour};
  if (r->plan.from == SL_SAMPLES_GREY) r->plan.narrow = SL_NARROW_CLIP;
}

// ---- bands of rows -----------------------------------------------------------------------------

static sl_status make_band(reader *r, const sl_decode_job *job) {
  TIFF *tiff = r->file->tiff;
  const sl_tiff *file = r->file;
  r->planes = file->planar == PLANARCONFIG_SEPARATE ? file->samples : 1;
  r->plane_samples = r->planes > 1 ? 1 : file->samples;
  r->line = ((size_t)file->width * r->plane_samples * file->bits + 7) / 8;
  uint32_t rows = file->height;
  int is_tiled = TIFFIsTiled(tiff);
  (void)TIFFGetField(tiff, is_tiled ? TIFFTAG_TILELENGTH : TIFFTAG_ROWSPERSTRIP, &rows);
  r->band_rows = rows < 1 || rows > file->height ? file->height : rows;
  size_t size;
  if (__builtin_mul_overflow(r->line * r->planes, (size_t)r->band_rows, &size) ||
      size > (size_t)job->limits->bytes_max) {
    return sl_fail(r->err, SL_E_LIMIT, "a strip of the tiff image is above the size limit");
  }
  SL_TRY(sl_buffer_new(size, &r->band, r->err));
  if (!is_tiled) return SL_OK;
  tmsize_t tile_size = TIFFTileSize(tiff);
  if (tile_size <= 0 || tile_size > job->limits->bytes_max) {
    return sl_fail(r->err, SL_E_LIMIT, "a tile of the tiff image is above the size limit");
  }
  return sl_buffer_new((size_t)tile_size, &r->tile, r->err);
}

static sl_status read_strip(reader *r, uint32_t y, uint32_t rows, uint16_t plane, uint8_t *to) {
  TIFF *tiff = r->file->tiff;
  tmsize_t wanted = (tmsize_t)(r->line * rows);
  tmsize_t got = TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y, plane), to, wanted);
  if (got == wanted) return SL_OK;
  return got < 0 ? sl_tiff_failed(r->file, r->err)
                 : sl_codec_damaged(r->err, "a strip of the tiff file is too short");
}

static sl_status read_tiles(reader *r, uint32_t y, uint32_t rows, uint16_t plane, uint8_t *to) {
  TIFF *tiff = r->file->tiff;
  uint32_t tile_width = 0;
  (void)TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width);
  size_t pixel_bits = (size_t)r->plane_samples * r->file->bits;
  size_t tile_line = (size_t)TIFFTileRowSize(tiff);
  if (tile_width == 0 || tile_width * pixel_bits % 8 != 0 || tile_line * rows > r->tile->size) {
    return sl_codec_damaged(r->err, "the tiff file has tiles of an impossible size");
  }
  for (uint32_t x = 0; x < r->file->width; x += tile_width) {
    uint32_t index = TIFFComputeTile(tiff, x, y, 0, plane);
    tmsize_t got = TIFFReadEncodedTile(tiff, index, r->tile->bytes, (tmsize_t)r->tile->size);
    if (got != (tmsize_t)r->tile->size) return sl_tiff_failed(r->file, r->err);
    size_t at = (size_t)x * pixel_bits / 8;
    size_t part = r->line - at < tile_line ? r->line - at : tile_line;
    for (uint32_t i = 0; i < rows; i++) {
      memcpy(to + i * r->line + at, r->tile->bytes + i * tile_line, part);
    }
    if (tile_width > r->file->width - x) break;
  }
  return SL_OK;
}

static sl_status read_band(reader *r, uint32_t y, uint32_t rows) {
  for (uint32_t plane = 0; plane < r->planes; plane++) {
    uint8_t *to = r->band->bytes + (size_t)plane * r->band_rows * r->line;
    SL_TRY(r->tile ? read_tiles(r, y, rows, (uint16_t)plane, to)
                   : read_strip(r, y, rows, (uint16_t)plane, to));
  }
  return SL_OK;
}

// ---- rows --------------------------------------------------------------------------------------

static const uint8_t *plane_row(const reader *r, uint32_t plane, uint32_t row) {
  return r->band->bytes + ((size_t)plane * r->band_rows + row) * r->line;
}

static void expand_small(const reader *r, const uint8_t *in, uint8_t *unpacked, uint8_t *out) {
  int32_t width = (int32_t)r->file->width;
  int bits = r->file->bits;
  int factor = 255 / ((1 << bits) - 1);
  uint8_t flip = r->file->photometric == PHOTOMETRIC_MINISWHITE ? 255 : 0;
  if (bits < 8)
    sl_row_unpack(in, bits, width, unpacked);
  else
    memcpy(unpacked, in, (size_t)width);
  if (r->file->photometric == PHOTOMETRIC_PALETTE) {
    for (int32_t x = 0; x < width; x++) memcpy(out + 3 * (size_t)x, r->colours[unpacked[x]], 3);
    return;
  }
  for (int32_t x = 0; x < width; x++) out[x] = (uint8_t)(unpacked[x] * factor) ^ flip;
}

// Picks the samples that are wanted out of those of a pixel, wherever they lie.
static void gather(const reader *r, uint32_t row, uint8_t *out) {
  uint32_t kept = (uint32_t)sl_row_channels_in(&r->plan);
  size_t size = (size_t)r->file->bits / 8;
  size_t step = size * r->plane_samples;
  for (uint32_t c = 0; c < kept; c++) {
    const uint8_t *in =
        r->planes > 1 ? plane_row(r, c, row) : plane_row(r, 0, row) + (size_t)c * size;
    uint8_t *to = out + c * size;
    for (uint32_t x = 0; x < r->file->width; x++, in += step, to += size * kept) {
      memcpy(to, in, size);
    }
  }
}

static uint8_t high_byte(const uint8_t *sample, size_t size) {
  if (size == 1) return *sample;
  uint16_t wide;
  memcpy(&wide, sample, sizeof wide);
  return (uint8_t)(wide >> 8);
}

static uint8_t divided(unsigned colour, unsigned alpha) {
  if (alpha == 0) return 0;
  unsigned value = colour * 255u / alpha;
  return (uint8_t)(value > 255u ? 255u : value);
}

static void gather_divided(const reader *r, uint32_t row, uint8_t *out) {
  size_t size = (size_t)r->file->bits / 8;
  for (uint32_t x = 0; x < r->file->width; x++, out += 3) {
    uint8_t rgba[4];
    for (uint32_t c = 0; c < 4; c++) {
      const uint8_t *in = r->planes > 1 ? plane_row(r, c, row) + x * size
                                        : plane_row(r, 0, row) + (x * r->plane_samples + c) * size;
      rgba[c] = high_byte(in, size);
    }
    for (int c = 0; c < 3; c++) out[c] = divided(rgba[c], rgba[3]);
  }
}

static void put_row(reader *r, uint32_t row, uint8_t *out) {
  uint8_t *pixels = r->scratch->bytes;
  uint8_t *unpacked = pixels + (size_t)r->file->width * 8;
  int is_wide = r->file->bits == 16;
  int is_single = colour_samples(r->file) == 1 && !is_wide;
  if (is_single && r->plane_samples == 1 && !has_alpha(r->file)) {
    expand_small(r, plane_row(r, 0, row), unpacked, pixels);
  } else if (is_premultiplied(r)) {
    gather_divided(r, row, pixels);
  } else {
    gather(r, row, pixels);
  }
  sl_row_convert(&r->plan, pixels, out, r->out->width);
}

static sl_status read_image(reader *r) {
  size_t pitch = (size_t)r->out->width * (size_t)r->out->channels * (size_t)(r->out->bits / 8);
  for (uint32_t y = 0; y < r->file->height; y += r->band_rows) {
    uint32_t rows = r->file->height - y;
    if (rows > r->band_rows) rows = r->band_rows;
    SL_TRY(read_band(r, y, rows));
    for (uint32_t i = 0; i < rows; i++) put_row(r, i, r->out->pixels + (y + i) * pitch);
    if (r->band_rows > r->file->height - y) break;
  }
  return SL_OK;
}

static sl_status decode_steps(reader *r, const sl_decode_job *job) {
  const sl_tiff *file = r->file;
  SL_TRY(sl_codec_image_new(job->limits, file->width, file->height, sl_row_channels_out(&r->plan),
                            sl_row_bits_out(&r->plan), r->out, r->err));
  SL_TRY(read_colours(r));
  SL_TRY(make_band(r, job));
  SL_TRY(sl_buffer_new((size_t)file->width * 9, &r->scratch, r->err));
  if (is_premultiplied(r)) r->plan.bits = 8;
  return read_image(r);
}

sl_status sl_tiff_rows_decode(sl_tiff *file, const sl_decode_job *job, sl_image *out,
                              sl_error *err) {
  if (!is_readable(file)) return unsupported(file, err);
  reader r = {.file = file, .err = err, .out = out};
  make_plan(&r, job);
  sl_status status = decode_steps(&r, job);
  sl_buffer_release(r.band);
  sl_buffer_release(r.tile);
  sl_buffer_release(r.scratch);
  if (status != SL_OK) sl_image_release(out);
  return status;
}
