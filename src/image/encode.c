// SPDX-License-Identifier: Apache-2.0
// PNG and JPEG files from pixels.
//
// Invariant: the file grows in a `sink`, which either ends as the caller's buffer or is freed;
// libjpeg leaves only by longjmp to the one setjmp in guarded().
// Start at sl_image_encode().
#include <setjmp.h>
#include <spng.h>
#include <stdio.h>
#include <string.h>
// libjpeg needs stdio first.
#include <jpeglib.h>

#include "image/image.h"

enum { SINK_FIRST = 1 << 14 };

typedef struct sink {
  uint8_t *at;
  size_t size, capacity;
} sink;

static int reserve(sink *s, size_t more) {
  if (more <= s->capacity - s->size) return 1;
  size_t capacity = s->capacity ? s->capacity : SINK_FIRST;
  while (capacity - s->size < more) capacity *= 2;
  uint8_t *at = sl_heap_resize(s->at, capacity);
  if (at == NULL) return 0;
  s->at = at;
  s->capacity = capacity;
  return 1;
}

static sl_status finish(sink *s, sl_buffer **out, sl_error *err) {
  sl_status status = sl_buffer_wrap(s->at, s->size, sl_heap_free, s->at, out, err);
  if (status == SL_OK) *s = (sink){0};
  return status;
}

// ---- PNG ---------------------------------------------------------------------------------------

static int write_png(spng_ctx *png, void *user, void *from, size_t length) {
  (void)png;
  sink *s = user;
  if (!reserve(s, length)) return SPNG_IO_ERROR;
  memcpy(s->at + s->size, from, length);
  s->size += length;
  return 0;
}

static int png_steps(spng_ctx *png, const sl_image *in, int level, sink *s) {
  static const uint8_t colour_types[] = {0, SPNG_COLOR_TYPE_GRAYSCALE,
                                         SPNG_COLOR_TYPE_GRAYSCALE_ALPHA, SPNG_COLOR_TYPE_TRUECOLOR,
                                         SPNG_COLOR_TYPE_TRUECOLOR_ALPHA};
  struct spng_ihdr header = {.width = (uint32_t)in->width,
                             .height = (uint32_t)in->height,
                             .bit_depth = (uint8_t)in->bits,
                             .color_type = colour_types[in->channels]};
  int code = spng_set_png_stream(png, write_png, s);
  if (code == 0) code = spng_set_ihdr(png, &header);
  if (code == 0) code = spng_set_option(png, SPNG_IMG_COMPRESSION_LEVEL, level);
  size_t size =
      (size_t)in->width * (size_t)in->height * (size_t)in->channels * (size_t)(in->bits / 8);
  if (code != 0) return code;
  return spng_encode_image(png, in->pixels, size, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
}

static sl_status encode_png(const sl_image *in, int level, sink *s, sl_error *err) {
  spng_ctx *png = spng_ctx_new(SPNG_CTX_ENCODER);
  if (png == NULL) return sl_fail(err, SL_E_MEMORY, "memory ran out while writing a png image");
  int code = png_steps(png, in, level, s);
  spng_ctx_free(png);
  if (code == 0) return SL_OK;
  if (code == SPNG_IO_ERROR || code == SPNG_EMEM) {
    return sl_fail(err, SL_E_MEMORY, "memory ran out while writing a png image");
  }
  return sl_fail(err, SL_E_BUG, "png image was not written: %s", spng_strerror(code));
}

// ---- JPEG --------------------------------------------------------------------------------------

typedef struct writer {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr destination;
  jmp_buf jump;
  const sl_image *in;
  int quality;
  sink *sink;
  sl_status status;
  sl_error *err;
} writer;

static __attribute__((noreturn)) void leave(writer *w, sl_status status) {
  w->status = status;
  longjmp(w->jump, 1);
}

static void on_error(j_common_ptr common) {
  writer *w = common->client_data;
  char text[JMSG_LENGTH_MAX];
  common->err->format_message(common, text);
  leave(w, sl_fail(w->err, SL_E_BUG, "jpeg image was not written: libjpeg says \"%s\"", text));
}

static void on_message(j_common_ptr common, int level) {
  (void)common;
  (void)level;
}

static void on_output(j_common_ptr common) { (void)common; }

static void offer_room(writer *w) {
  if (!reserve(w->sink, SINK_FIRST)) {
    leave(w, sl_fail(w->err, SL_E_MEMORY, "memory ran out while writing a jpeg image"));
  }
  w->destination.next_output_byte = w->sink->at + w->sink->size;
  w->destination.free_in_buffer = w->sink->capacity - w->sink->size;
}

static void start_output(j_compress_ptr jpeg) { offer_room(jpeg->client_data); }

static boolean grow_output(j_compress_ptr jpeg) {
  writer *w = jpeg->client_data;
  w->sink->size = w->sink->capacity;
  offer_room(w);
  return TRUE;
}

static void end_output(j_compress_ptr jpeg) {
  writer *w = jpeg->client_data;
  w->sink->size = w->sink->capacity - w->destination.free_in_buffer;
}

static void jpeg_steps(writer *w) {
  struct jpeg_compress_struct *jpeg = &w->jpeg;
  jpeg_create_compress(jpeg);
  w->destination.init_destination = start_output;
  w->destination.empty_output_buffer = grow_output;
  w->destination.term_destination = end_output;
  jpeg->dest = &w->destination;
  jpeg->image_width = (JDIMENSION)w->in->width;
  jpeg->image_height = (JDIMENSION)w->in->height;
  jpeg->input_components = w->in->channels;
  jpeg->in_color_space = w->in->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, w->quality, TRUE);
  jpeg_start_compress(jpeg, TRUE);
  size_t pitch = (size_t)w->in->width * (size_t)w->in->channels;
  while (jpeg->next_scanline < jpeg->image_height) {
    JSAMPROW row = w->in->pixels + jpeg->next_scanline * pitch;
    (void)jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
}

static sl_status guarded(writer *w) {
  if (setjmp(w->jump) == 0) jpeg_steps(w);
  return w->status;
}

static sl_status encode_jpeg(const sl_image *in, int quality, sink *s, sl_error *err) {
  writer w = {.in = in, .quality = quality, .sink = s, .err = err, .status = SL_OK};
  w.jpeg.err = jpeg_std_error(&w.errors);
  w.errors.error_exit = on_error;
  w.errors.emit_message = on_message;
  w.errors.output_message = on_output;
  w.jpeg.client_data = &w;
  sl_status status = guarded(&w);
  jpeg_destroy_compress(&w.jpeg);
  return status;
}

// ---- both --------------------------------------------------------------------------------------

static sl_status check(const sl_image *in, sl_encoding encoding, int32_t quality, sl_error *err) {
  int is_png = encoding == SL_ENCODING_PNG;
  if (in->width < 1 || in->height < 1) return sl_fail(err, SL_E_ARG, "image to write is empty");
  if (quality < (is_png ? 0 : 1) || quality > (is_png ? 9 : 100)) {
    return sl_fail(err, SL_E_ARG, "%s quality %d is out of range", is_png ? "png" : "jpeg",
                   (int)quality);
  }
  int is_plain = in->bits == 8 && (in->channels == 1 || in->channels == 3);
  if (!is_png && (!is_plain || in->width > JPEG_MAX_DIMENSION || in->height > JPEG_MAX_DIMENSION)) {
    (void)sl_fail(err, SL_E_UNSUPPORTED,
                  "jpeg cannot hold %d x %d pixels of %d channels of %d bits", (int)in->width,
                  (int)in->height, (int)in->channels, (int)in->bits);
    return sl_hint(err, SL_E_UNSUPPORTED, "write a png instead");
  }
  return SL_OK;
}

sl_status sl_image_encode(const sl_image *in, sl_encoding encoding, int32_t quality,
                          sl_buffer **out, sl_error *err) {
  *out = NULL;
  SL_TRY(check(in, encoding, quality, err));
  sink s = {0};
  sl_status status = encoding == SL_ENCODING_PNG ? encode_png(in, quality, &s, err)
                                                 : encode_jpeg(in, quality, &s, err);
  if (status == SL_OK) status = finish(&s, out, err);
  sl_heap_free(s.at);
  return status;
}
