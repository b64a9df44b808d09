// SPDX-License-Identifier: Apache-2.0
// JPEG through libjpeg-turbo, into the caller's layout.
//
// Invariant: libjpeg leaves only by longjmp to the one setjmp in guarded(); everything that must
// survive the jump lives in `reader`. It never prints and never exits.
// Start at jpeg_decode().
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
// libjpeg needs stdio first.
#include <jpeglib.h>
// The codes of its messages.
#include <jerror.h>

#include "image/codec.h"

enum { MARKER_SOI = 0xd8, MARKER_EOI = 0xd9, MARKER_SOS = 0xda, MARKER_APP1 = 0xe1 };

// ---- headers -----------------------------------------------------------------------------------

static int jpeg_matches(const uint8_t *bytes, size_t size) {
  return size >= 3 && bytes[0] == 0xff && bytes[1] == MARKER_SOI && bytes[2] == 0xff;
}

static size_t read_u16(const uint8_t *at) { return (size_t)at[0] << 8 | at[1]; }

static int is_frame(unsigned marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static int is_alone(unsigned marker) {
  return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

static void note_app1(const uint8_t *body, size_t size, sl_metadata *metadata) {
  static const char exif[] = "Exif\0";
  static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
  if (size >= sizeof exif && memcmp(body, exif, sizeof exif) == 0 && metadata->exif.at == NULL) {
    metadata->exif = (sl_span){body, size};
    metadata->exif_opencv = (sl_span){body + sizeof exif, size - sizeof exif};
  }
  if (size > sizeof xmp && memcmp(body, xmp, sizeof xmp) == 0) {
    metadata->xmp = (sl_span){body + sizeof xmp, size - sizeof xmp};
  }
}

static sl_status read_frame(const uint8_t *body, size_t size, sl_image_info *info, sl_error *err) {
  if (size < 6) return sl_codec_damaged(err, "the jpeg frame header is too short");
  int precision = body[0];
  int components = body[5];
  info->height = (int32_t)read_u16(body + 1);
  info->width = (int32_t)read_u16(body + 3);
  info->bits = precision;
  if (precision != 8) {
    return sl_fail(err, SL_E_UNSUPPORTED, "jpeg image has %d bits per sample; only 8 are read",
                   precision);
  }
  const char *mode = components == 1 ? "L" : components == 3 ? "RGB" : "CMYK";
  if (components != 1 && components != 3 && components != 4) {
    return sl_fail(err, SL_E_UNSUPPORTED, "jpeg image has %d components; 1, 3 and 4 are read",
                   components);
  }
  (void)snprintf(info->mode, sizeof info->mode, "%s", mode);
  return SL_OK;
}

// The next marker at or after *at; 0 at the end of the file.
static unsigned next_marker(const uint8_t *bytes, size_t size, size_t *at) {
  while (*at + 1 < size && (bytes[*at] != 0xff || bytes[*at + 1] == 0 || bytes[*at + 1] == 0xff)) {
    ++*at;
  }
  if (*at + 1 >= size) return 0;
  unsigned marker = bytes[*at + 1];
  *at += 2;
  return marker;
}

static sl_status jpeg_probe(const uint8_t *bytes, size_t size, sl_image_info *info,
                            sl_metadata *metadata, sl_error *err) {
  int has_frame = 0;
  for (size_t at = 0;;) {
    unsigned marker = next_marker(bytes, size, &at);
    if (marker == 0 || marker == MARKER_SOS || marker == MARKER_EOI) break;
    if (is_alone(marker)) continue;
    if (size - at < 2) break;
    size_t length = read_u16(bytes + at);
    if (length < 2 || length > size - at) break;
    const uint8_t *body = bytes + at + 2;
    if (marker == MARKER_APP1) note_app1(body, length - 2, metadata);
    if (is_frame(marker) && !has_frame) {
      SL_TRY(read_frame(body, length - 2, info, err));
      has_frame = 1;
    }
    at += length;
  }
  return has_frame ? SL_OK : sl_codec_damaged(err, "the jpeg file ends before its frame header");
}

// ---- libjpeg -----------------------------------------------------------------------------------

typedef struct reader {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  const sl_decode_job *job;
  sl_row_plan plan;
  int converts;  // rows go through `plan`
  sl_image *out;
  sl_status status;
  sl_error *err;
} reader;

static __attribute__((noreturn)) void leave(reader *r, sl_status status) {
  r->status = status;
  longjmp(r->jump, 1);
}

static void on_error(j_common_ptr common) {
  reader *r = common->client_data;
  char text[JMSG_LENGTH_MAX];
  common->err->format_message(common, text);
  sl_status status = common->err->msg_code == JERR_OUT_OF_MEMORY ? SL_E_MEMORY : SL_E_FORMAT;
  (void)sl_fail(r->err, status, "jpeg image is damaged: libjpeg says \"%s\"", text);
  leave(r, status);
}

// Warnings that mean "the pixels are not those that were stored".
static int is_damage(int code) {
  return code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_JPEG_EOF ||
         code == JWRN_MUST_RESYNC || code == JWRN_ARITH_BAD_CODE;
}

static void on_message(j_common_ptr common, int level) {
  reader *r = common->client_data;
  if (level >= 0 || !is_damage(common->err->msg_code)) return;
  // After the last row nothing can be wrong with the pixels any more.
  if (r->jpeg.output_height > 0 && r->jpeg.output_scanline >= r->jpeg.output_height) return;
  if (common->err->msg_code == JWRN_JPEG_EOF) {
    (void)sl_fail(r->err, SL_E_FORMAT, "jpeg image ends early");
    (void)sl_hint(r->err, SL_E_FORMAT, "copy or download the file again");
    leave(r, SL_E_FORMAT);
  }
  on_error(common);
}

static void on_output(j_common_ptr common) { (void)common; }

static void on_progress(j_common_ptr common) {
  reader *r = common->client_data;
  int32_t scans_max = r->job->limits->jpeg_scans_max;
  if (r->jpeg.input_scan_number <= scans_max) return;
  (void)sl_fail(r->err, SL_E_LIMIT, "jpeg image has more than %d scans", (int)scans_max);
  leave(r, SL_E_LIMIT);
}

static void start_reader(reader *r) {
  r->jpeg.err = jpeg_std_error(&r->errors);
  r->errors.error_exit = on_error;
  r->errors.emit_message = on_message;
  r->errors.output_message = on_output;
  r->jpeg.client_data = r;
}

// What libjpeg converts itself, and what is left to sl_row_convert().
static void choose_colours(reader *r) {
  int components = r->jpeg.num_components;
  sl_colour colour = r->job->colour;
  int is_pillow = r->job->like == SL_LIKE_PILLOW;
  if (components == 4) {
    r->jpeg.out_color_space = JCS_CMYK;
    r->plan.from = SL_SAMPLES_CMYK_INVERTED;
    r->converts = 1;
    return;
  }
  if (colour == SL_COLOUR_GREY && components == 3 && is_pillow) {
    r->jpeg.out_color_space = JCS_RGB;
    r->plan.from = SL_SAMPLES_RGB;
    r->converts = 1;
    return;
  }
  int grey = colour == SL_COLOUR_GREY || (colour == SL_COLOUR_NATIVE && components == 1);
  r->plan.from = grey ? SL_SAMPLES_GREY : SL_SAMPLES_RGB;
  r->jpeg.out_color_space = grey                      ? JCS_GRAYSCALE
                            : colour == SL_COLOUR_BGR ? JCS_EXT_BGR
                                                      : JCS_EXT_RGB;
}

static void check_components(reader *r) {
  int components = r->jpeg.num_components;
  if (components == 1 || components == 3 || components == 4) return;
  (void)sl_codec_damaged(r->err, "the jpeg file has %d components", components);
  leave(r, SL_E_FORMAT);
}

static void make_image(reader *r) {
  const sl_image_limits *limits = r->job->limits;
  // Files of several scans keep all coefficients: two bytes a sample.
  int64_t samples = (int64_t)r->jpeg.image_width * r->jpeg.image_height * r->jpeg.num_components;
  sl_status status = SL_OK;
  if (jpeg_has_multiple_scans(&r->jpeg) && samples > limits->bytes_max) {
    status =
        sl_fail(r->err, SL_E_LIMIT, "jpeg image of %u x %u pixels in several scans is too large",
                r->jpeg.image_width, r->jpeg.image_height);
  }
  jpeg_calc_output_dimensions(&r->jpeg);
  if (status == SL_OK) {
    status = sl_codec_image_new(limits, r->jpeg.output_width, r->jpeg.output_height,
                                sl_row_channels_out(&r->plan), 8, r->out, r->err);
  }
  if (status != SL_OK) leave(r, status);
}

// By way of a row at an odd address: libjpeg-turbo writes aligned rows past the cache, and whoever
// reads the pixels next would wait for memory.
static void read_rows(reader *r) {
  size_t pitch = (size_t)r->out->width * (size_t)r->out->channels;
  JDIMENSION samples = r->jpeg.output_width * (JDIMENSION)r->jpeg.output_components;
  JSAMPARRAY row = r->jpeg.mem->alloc_sarray((j_common_ptr)&r->jpeg, JPOOL_IMAGE, samples + 1, 1);
  row[0]++;
  while (r->jpeg.output_scanline < r->jpeg.output_height) {
    uint8_t *to = r->out->pixels + r->jpeg.output_scanline * pitch;
    if (jpeg_read_scanlines(&r->jpeg, row, 1) != 1) continue;
    if (r->converts)
      sl_row_convert(&r->plan, row[0], to, r->out->width);
    else
      memcpy(to, row[0], pitch);
  }
}

static void decode_steps(reader *r) {
  const sl_decode_job *job = r->job;
  jpeg_create_decompress(&r->jpeg);
  r->progress.progress_monitor = on_progress;
  r->jpeg.progress = &r->progress;
  jpeg_mem_src(&r->jpeg, job->bytes, (unsigned long)job->size);
  (void)jpeg_read_header(&r->jpeg, TRUE);
  check_components(r);
  choose_colours(r);
  if (job->reduction > 1) {
    r->jpeg.scale_num = 1;
    r->jpeg.scale_denom = (unsigned)job->reduction;
    r->jpeg.do_fancy_upsampling = FALSE;
    r->jpeg.dct_method = JDCT_FASTEST;
  }
  make_image(r);
  (void)jpeg_start_decompress(&r->jpeg);
  read_rows(r);
}

static sl_status guarded(reader *r) {
  if (setjmp(r->jump) == 0) decode_steps(r);
  return r->status;
}

static sl_status jpeg_decode(const sl_decode_job *job, sl_image *out, sl_error *err) {
  reader r = {.job = job, .out = out, .err = err, .status = SL_OK};
  r.plan =
      (sl_row_plan){.bits = 8,
                    .grey = job->like == SL_LIKE_PILLOW ? SL_GREY_PILLOW : SL_GREY_OPENCV_CODEC,
                    .like = job->like,
                    .to = job->colour};
  start_reader(&r);
  sl_status status = guarded(&r);
  // The record may be half made when creation itself failed; destroying it is allowed then too.
  jpeg_destroy_decompress(&r.jpeg);
  if (status != SL_OK) sl_image_release(out);
  return status;
}

const sl_codec sl_codec_jpeg = {jpeg_matches, jpeg_probe, jpeg_decode};
