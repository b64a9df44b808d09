// SPDX-License-Identifier: Apache-2.0
// WebP through libwebp: lossy, lossless, with and without alpha. Still images only.
//
// Invariant: libwebp decodes into our buffer and no other; the size it is told is the buffer's.
// Start at webp_decode().
#include <stdio.h>
#include <string.h>
#include <webp/decode.h>

#include "image/codec.h"

enum { RIFF_HEADER = 12, CHUNK_HEADER = 8 };

static int webp_matches(const uint8_t *bytes, size_t size) {
  return size >= RIFF_HEADER + 4 && memcmp(bytes, "RIFF", 4) == 0 &&
         memcmp(bytes + 8, "WEBPVP8", 7) == 0;
}

static size_t read_u32(const uint8_t *at) {
  return (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

static void find_metadata(const uint8_t *bytes, size_t size, sl_metadata *metadata) {
  size_t at = RIFF_HEADER;
  while (at < size && size - at >= CHUNK_HEADER) {
    size_t length = read_u32(bytes + at + 4);
    const uint8_t *body = bytes + at + CHUNK_HEADER;
    if (length > size - at - CHUNK_HEADER) return;
    if (memcmp(bytes + at, "EXIF", 4) == 0) {
      metadata->exif = metadata->exif_opencv = (sl_span){body, length};
    }
    if (memcmp(bytes + at, "XMP ", 4) == 0) metadata->xmp = (sl_span){body, length};
    at += CHUNK_HEADER + length + (length & 1);
  }
}

static sl_status failed(VP8StatusCode code, sl_error *err) {
  switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return sl_fail(err, SL_E_MEMORY, "memory ran out in a webp image");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return sl_fail(err, SL_E_UNSUPPORTED, "webp image uses a feature that is not read");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
      (void)sl_fail(err, SL_E_FORMAT, "webp image ends early");
      return sl_hint(err, SL_E_FORMAT, "copy or download the file again");
    default:
      return sl_codec_damaged(err, "its webp data cannot be decoded");
  }
}

static sl_status webp_probe(const uint8_t *bytes, size_t size, sl_image_info *info,
                            sl_metadata *metadata, sl_error *err) {
  WebPBitstreamFeatures features;
  VP8StatusCode code = WebPGetFeatures(bytes, size, &features);
  if (code != VP8_STATUS_OK) return failed(code, err);
  if (features.has_animation) {
    (void)sl_fail(err, SL_E_UNSUPPORTED, "webp image is an animation");
    return sl_hint(err, SL_E_UNSUPPORTED, "save its frames as single images");
  }
  info->width = features.width;
  info->height = features.height;
  info->bits = 8;
  (void)snprintf(info->mode, sizeof info->mode, "%s", features.has_alpha ? "RGBA" : "RGB");
  find_metadata(bytes, size, metadata);
  return SL_OK;
}

static WEBP_CSP_MODE layout_of(sl_colour colour, int has_alpha) {
  if (colour == SL_COLOUR_NATIVE && has_alpha) return MODE_RGBA;
  return colour == SL_COLOUR_BGR ? MODE_BGR : MODE_RGB;
}

static sl_status decode_into(const sl_decode_job *job, WebPDecoderConfig *config, sl_image *out,
                             sl_error *err) {
  size_t pitch = (size_t)out->width * (size_t)out->channels;
  if (pitch > INT32_MAX) return sl_fail(err, SL_E_LIMIT, "webp image is too wide");
  config->output.is_external_memory = 1;
  config->output.u.RGBA.rgba = out->pixels;
  config->output.u.RGBA.stride = (int)pitch;
  config->output.u.RGBA.size = out->buffer->size;
  VP8StatusCode code = WebPDecode(job->bytes, job->size, config);
  WebPFreeDecBuffer(&config->output);
  return code == VP8_STATUS_OK ? SL_OK : failed(code, err);
}

static sl_status decode_colour(const sl_decode_job *job, sl_colour colour, sl_image *out,
                               sl_error *err) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) {
    return sl_fail(err, SL_E_BUG, "libwebp is of another version than its header");
  }
  VP8StatusCode code = WebPGetFeatures(job->bytes, job->size, &config.input);
  if (code != VP8_STATUS_OK) return failed(code, err);
  config.output.colorspace = layout_of(colour, config.input.has_alpha);
  int32_t channels = config.output.colorspace == MODE_RGBA ? 4 : 3;
  SL_TRY(sl_codec_image_new(job->limits, config.input.width, config.input.height, channels, 8, out,
                            err));
  return decode_into(job, &config, out, err);
}

static sl_status webp_decode(const sl_decode_job *job, sl_image *out, sl_error *err) {
  int is_grey = job->colour == SL_COLOUR_GREY;
  sl_image colour = {0};
  sl_status status = decode_colour(job, is_grey ? SL_COLOUR_RGB : job->colour, &colour, err);
  if (status == SL_OK && is_grey) {
    status = sl_image_convert(&colour, SL_COLOUR_RGB, SL_COLOUR_GREY, job->like, out, err);
  } else if (status == SL_OK) {
    sl_image_share(&colour, out);
  }
  sl_image_release(&colour);
  if (status != SL_OK) sl_image_release(out);
  return status;
}

const sl_codec sl_codec_webp = {webp_matches, webp_probe, webp_decode};
