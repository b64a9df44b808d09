// SPDX-License-Identifier: Apache-2.0
// TIFF through libtiff: opening, tags, and decoding as OpenCV does (by libtiff's own RGBA reader).
//
// Invariant: only the first directory is read, so a loop of directories is never walked.
// Start at tiff_decode().
#include <stdio.h>
#include <string.h>

#include "image/tiff_file.h"

// ---- memory as a file --------------------------------------------------------------------------

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t wanted) {
  sl_tiff *file = handle;
  size_t left = file->position < file->size ? file->size - file->position : 0;
  size_t count = wanted < 0 ? 0 : (size_t)wanted < left ? (size_t)wanted : left;
  if (count > 0) memcpy(to, file->bytes + file->position, count);
  file->position += count;
  return (tmsize_t)count;
}

static tmsize_t write_bytes(thandle_t handle, void *from, tmsize_t count) {
  (void)handle;
  (void)from;
  (void)count;
  return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
  sl_tiff *file = handle;
  toff_t base = whence == SEEK_CUR ? file->position : whence == SEEK_END ? file->size : 0;
  toff_t target = base + offset;
  file->position = target > file->size ? file->size : (size_t)target;
  return file->position;
}

static int close_file(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size_of_file(thandle_t handle) { return ((sl_tiff *)handle)->size; }

static int on_error(TIFF *tiff, void *user, const char *module, const char *fmt, va_list args) {
  (void)tiff;
  (void)module;
  sl_tiff *file = user;
  if (file->message[0] == '\0') {
    (void)vsnprintf(file->message, sizeof file->message, fmt, args);
    for (char *c = file->message; *c != '\0'; c++) {
      if (*c < 0x20 || *c > 0x7e) *c = '?';
    }
  }
  return 1;
}

static int on_warning(TIFF *tiff, void *user, const char *module, const char *fmt, va_list args) {
  (void)tiff;
  (void)module;
  (void)args;
  sl_tiff *file = user;
  // libtiff goes on without a tag whose data lie beyond the file: a palette would become grey.
  if (strstr(fmt, "IO error") != NULL) file->is_cut = 1;
  return 1;
}

sl_status sl_tiff_failed(const sl_tiff *file, sl_error *err) {
  const char *message = file->message[0] ? file->message : "no reason given";
  return sl_codec_damaged(err, "libtiff says \"%s\"", message);
}

static sl_status open_tiff(const uint8_t *bytes, size_t size, const sl_image_limits *limits,
                           sl_tiff *file, sl_error *err) {
  *file = (sl_tiff){.bytes = bytes, .size = size};
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (options == NULL) return sl_fail(err, SL_E_MEMORY, "memory ran out in a tiff image");
  TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, file);
  TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, file);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)limits->bytes_max);
  file->tiff = TIFFClientOpenExt("image", "rm", file, read_bytes, write_bytes, seek, close_file,
                                 size_of_file, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return file->tiff ? SL_OK : sl_tiff_failed(file, err);
}

// ---- tags --------------------------------------------------------------------------------------

static uint16_t tag_16(TIFF *tiff, uint32_t tag, uint16_t missing) {
  uint16_t value = missing;
  return TIFFGetField(tiff, tag, &value) ? value : missing;
}

static sl_status read_tags(sl_tiff *file, sl_error *err) {
  TIFF *tiff = file->tiff;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &file->width) ||
      !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &file->height)) {
    return sl_codec_damaged(err, "the tiff file does not say its size");
  }
  if (file->width > INT32_MAX || file->height > INT32_MAX) {
    return sl_codec_damaged(err, "the tiff header says %u x %u pixels", file->width, file->height);
  }
  if (file->is_cut) {
    (void)sl_fail(err, SL_E_FORMAT, "tiff image ends early");
    return sl_hint(err, SL_E_FORMAT, "copy or download the file again");
  }
  file->bits = tag_16(tiff, TIFFTAG_BITSPERSAMPLE, 1);
  file->samples = tag_16(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  file->photometric = tag_16(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
  file->planar = tag_16(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  file->format = tag_16(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  uint16_t orientation = tag_16(tiff, TIFFTAG_ORIENTATION, 1);
  file->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  uint16_t *kinds = NULL;
  if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &file->extra_count, &kinds)) {
    file->has_extra_tag = file->extra_count > 0;
    file->extra_kind = file->extra_count > 0 ? kinds[0] : 0;
  }
  return SL_OK;
}

static const char *mode_of(const sl_tiff *file) {
  switch (file->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
      if (file->samples > 1 && file->extra_kind != 0) return "LA";
      return file->bits == 1 ? "1" : file->bits > 8 ? "I;16" : "L";
    case PHOTOMETRIC_PALETTE:
      return "P";
    case PHOTOMETRIC_SEPARATED:
      return "CMYK";
    case PHOTOMETRIC_RGB: {
      int has_alpha = file->samples > 3 && (file->extra_kind != 0 || !file->has_extra_tag);
      return has_alpha ? "RGBA" : "RGB";
    }
    default:
      return "RGB";
  }
}

static int tiff_matches(const uint8_t *bytes, size_t size) {
  if (size < 8) return 0;
  int little =
      bytes[0] == 'I' && bytes[1] == 'I' && bytes[3] == 0 && (bytes[2] == 42 || bytes[2] == 43);
  int big =
      bytes[0] == 'M' && bytes[1] == 'M' && bytes[2] == 0 && (bytes[3] == 42 || bytes[3] == 43);
  return little || big;
}

static sl_status tiff_probe(const uint8_t *bytes, size_t size, sl_image_info *info,
                            sl_metadata *metadata, sl_error *err) {
  sl_tiff file;
  SL_TRY(open_tiff(bytes, size, &sl_image_limits_default, &file, err));
  sl_status status = read_tags(&file, err);
  TIFFClose(file.tiff);
  if (status != SL_OK) return status;
  info->width = (int32_t)file.width;
  info->height = (int32_t)file.height;
  info->bits = file.bits;
  info->orientation = file.orientation;
  (void)snprintf(info->mode, sizeof info->mode, "%s", mode_of(&file));
  // A classic TIFF has the structure of an EXIF block.
  if (bytes[2] + bytes[3] == 42) metadata->exif = (sl_span){bytes, size};
  return SL_OK;
}

// ---- as OpenCV ---------------------------------------------------------------------------------

static sl_status read_raster(sl_tiff *file, uint32_t *raster, sl_error *err) {
  TIFFRGBAImage image;
  char reason[1024] = "";
  if (!TIFFRGBAImageOK(file->tiff, reason)) {
    return sl_fail(err, SL_E_UNSUPPORTED, "tiff image cannot be read: %s", reason);
  }
  if (!TIFFRGBAImageBegin(&image, file->tiff, 1, reason)) {
    return sl_fail(err, SL_E_UNSUPPORTED, "tiff image cannot be read: %s", reason);
  }
  // No turning here: rows stay as stored.
  image.req_orientation = image.orientation;
  int ok = TIFFRGBAImageGet(&image, raster, file->width, file->height);
  TIFFRGBAImageEnd(&image);
  return ok ? SL_OK : sl_tiff_failed(file, err);
}

static sl_status decode_rgba(sl_tiff *file, const sl_decode_job *job, sl_image *out,
                             sl_error *err) {
  sl_row_plan plan = {.from = SL_SAMPLES_RGBA,
                      .bits = 8,
                      .grey = job->like == SL_LIKE_PILLOW ? SL_GREY_PILLOW : SL_GREY_OPENCV_CODEC,
                      .like = job->like,
                      .to = job->colour == SL_COLOUR_NATIVE ? SL_COLOUR_RGB : job->colour};
  SL_TRY(sl_codec_check_size(job->limits, file->width, file->height, 4, 8, err));
  sl_buffer *raster;
  size_t row_size = (size_t)file->width * 4;
  SL_TRY(sl_buffer_new(row_size * file->height, &raster, err));
  memset(raster->bytes, 0, raster->size);
  sl_status status = read_raster(file, (uint32_t *)(void *)raster->bytes, err);
  if (status == SL_OK) {
    status = sl_codec_image_new(job->limits, file->width, file->height, sl_row_channels_out(&plan),
                                8, out, err);
  }
  for (int32_t y = 0; status == SL_OK && y < out->height; y++) {
    size_t pitch = (size_t)out->width * (size_t)out->channels;
    sl_row_convert(&plan, raster->bytes + (size_t)y * row_size, out->pixels + (size_t)y * pitch,
                   out->width);
  }
  sl_buffer_release(raster);
  return status;
}

// ---- decoder -----------------------------------------------------------------------------------

static sl_status decode_stored(sl_tiff *file, const sl_decode_job *job, sl_image *out,
                               sl_error *err) {
  SL_TRY(read_tags(file, err));
  int is_rgba = (job->like == SL_LIKE_OPENCV && job->colour != SL_COLOUR_NATIVE) ||
                file->photometric == PHOTOMETRIC_YCBCR;
  if (is_rgba) return decode_rgba(file, job, out, err);
  return sl_tiff_rows_decode(file, job, out, err);
}

// Both libraries turn a TIFF by its own tag whether they are asked to or not.
static sl_status turn(const sl_tiff *file, sl_image *image, sl_error *err) {
  if (file->orientation == 1) return SL_OK;
  sl_image turned;
  sl_status status = sl_image_orient(image, file->orientation, &turned, err);
  sl_image_release(image);
  if (status == SL_OK) *image = turned;
  return status;
}

static sl_status tiff_decode(const sl_decode_job *job, sl_image *out, sl_error *err) {
  sl_tiff file;
  SL_TRY(open_tiff(job->bytes, job->size, job->limits, &file, err));
  sl_status status = decode_stored(&file, job, out, err);
  TIFFClose(file.tiff);
  if (status == SL_OK) status = turn(&file, out, err);
  if (status != SL_OK) sl_image_release(out);
  return status;
}

const sl_codec sl_codec_tiff = {tiff_matches, tiff_probe, tiff_decode};
