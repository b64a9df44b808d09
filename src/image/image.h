// SPDX-License-Identifier: Apache-2.0
// Images: interleaved 8 or 16 bit pixels in a reference-counted buffer; decoding exactly as Pillow
// or OpenCV would, exact resizing, geometry and encoding.
//
// Invariant: rows are contiguous (stride == width * channels * bytes per sample). Every function
// that makes pixels compares the size against sl_image_limits before it allocates.
#ifndef SL_IMAGE_IMAGE_H
#define SL_IMAGE_IMAGE_H

#include "base/arena.h"
#include "tensor/buffer.h"

typedef struct sl_image {
  int32_t width, height;
  int32_t channels;   // 1, 2, 3 or 4
  int32_t bits;       // 8 or 16 per sample; 16-bit samples are in host order
  sl_buffer *buffer;  // owned reference
  uint8_t *pixels;    // first sample, inside the buffer
} sl_image;

// Uninitialised pixels. SL_E_LIMIT above the pixel limit, SL_E_MEMORY when memory runs out.
SL_MUST_CHECK sl_status sl_image_new(int32_t width, int32_t height, int32_t channels, int32_t bits,
                                     sl_image *out, sl_error *err);
void sl_image_release(sl_image *image);                     // zeroes it; a zeroed image is allowed
void sl_image_share(const sl_image *image, sl_image *out);  // second reference to the same pixels

// ---- What a file says of itself (probe.c) ----------------------------------------------------

typedef enum sl_file_format {
  SL_FILE_UNKNOWN = 0,
  SL_FILE_JPEG,
  SL_FILE_PNG,
  SL_FILE_WEBP,
  SL_FILE_TIFF,
  SL_FILE_BMP,
  SL_FILE_PNM,
  SL_FILE_FORMAT_COUNT
} sl_file_format;

const char *sl_file_format_name(sl_file_format format);  // "jpeg", "png", ...; never NULL

typedef struct sl_image_info {
  sl_file_format format;
  int32_t width, height;  // as stored, before EXIF orientation
  int32_t bits;           // per sample as stored: 1, 2, 4, 8, 16
  char mode[8];           // Pillow's name: 1 L LA P PA RGB RGBA CMYK I;16 ...
  int32_t orientation;    // EXIF 1..8; 1 when absent or nonsense
  int32_t has_gps;        // EXIF holds a position (the position itself is never read out)
  char camera[64];        // EXIF make and model, control characters removed; "" when absent
  char taken_at[20];      // EXIF DateTimeOriginal "YYYY:MM:DD HH:MM:SS"; "" when absent
} sl_image_info;

typedef struct sl_image_limits {
  int64_t pixels_max;      // default 2^28 (268 megapixels)
  int64_t bytes_max;       // of the decoded image; default 2^30
  int32_t jpeg_scans_max;  // default 200: progressive files that only burn time are refused
} sl_image_limits;
extern const sl_image_limits sl_image_limits_default;

// Type by content, never by name. Reads headers only; bounded time and memory for any bytes.
// SL_E_FORMAT when no known format matches (the message says what the bytes look like: empty file,
// HTML, SVG, ZIP, ...), or the header is damaged; SL_E_LIMIT when above `limits` (NULL = default).
SL_MUST_CHECK sl_status sl_image_probe(const void *bytes, size_t size,
                                       const sl_image_limits *limits, sl_image_info *out,
                                       sl_error *err);

// ---- Decoding (decode.c dispatches to jpeg.c, png.c, webp.c, tiff.c, bmp.c, pnm.c) -------------

typedef enum sl_decode_like { SL_LIKE_PILLOW = 0, SL_LIKE_OPENCV } sl_decode_like;
typedef enum sl_colour {
  SL_COLOUR_NATIVE = 0,
  SL_COLOUR_RGB,
  SL_COLOUR_BGR,
  SL_COLOUR_GREY
} sl_colour;

typedef struct sl_decode_options {
  sl_decode_like like;
  sl_colour colour;    // Pillow: Image.open(f).convert("RGB"/"L"); OpenCV: imread with IMREAD_COLOR
                       // or IMREAD_GRAYSCALE (BGR order; RGB = the same with channels swapped).
                       // NATIVE keeps channels and depth of the file: palettes, bits below 8 and
                       // CMYK become 8-bit RGB or grey; transparency becomes a channel.
  int32_t apply_exif;  // turn by EXIF orientation (OpenCV's default; ImageOps.exif_transpose)
  const sl_image_limits *limits;  // NULL = default
} sl_decode_options;

// Pixels equal to the named library's, byte for byte (8 bit per sample except NATIVE 16-bit files).
// A file that ends early or is damaged gives SL_E_FORMAT with the reason: never half an image.
SL_MUST_CHECK sl_status sl_image_decode(const void *bytes, size_t size,
                                        const sl_decode_options *options, sl_image *out,
                                        sl_error *err);

// ---- Colour and geometry (colour.c, geometry.c) ----------------------------------------------

// Between grey, RGB and BGR of 8-bit images with the arithmetic of `like`.
SL_MUST_CHECK sl_status sl_image_convert(const sl_image *in, sl_colour from, sl_colour to,
                                         sl_decode_like like, sl_image *out, sl_error *err);
// Turns and mirrors by EXIF orientation 1..8.
SL_MUST_CHECK sl_status sl_image_orient(const sl_image *in, int32_t orientation, sl_image *out,
                                        sl_error *err);
// Pixels outside the image are `fill` (one value per channel). Width and height > 0; x, y may be
// negative.
SL_MUST_CHECK sl_status sl_image_crop(const sl_image *in, int32_t x, int32_t y, int32_t width,
                                      int32_t height, const uint8_t fill[4], sl_image *out,
                                      sl_error *err);

// ---- Resizing (resize_pillow.c, resize_opencv.c, resize_torch.c) -------------------------------

typedef enum sl_kernel {
  SL_KERNEL_PILLOW_NEAREST = 0,
  SL_KERNEL_PILLOW_BOX,
  SL_KERNEL_PILLOW_BILINEAR,
  SL_KERNEL_PILLOW_HAMMING,
  SL_KERNEL_PILLOW_BICUBIC,
  SL_KERNEL_PILLOW_LANCZOS,
  SL_KERNEL_OPENCV_NEAREST,
  SL_KERNEL_OPENCV_LINEAR,
  SL_KERNEL_OPENCV_AREA,
  SL_KERNEL_OPENCV_CUBIC,
  SL_KERNEL_TORCH_BILINEAR,  // interpolate(uint8, mode="bilinear", antialias=True)
  SL_KERNEL_TORCH_BICUBIC,   // interpolate(uint8, mode="bicubic", antialias=True)
  SL_KERNEL_COUNT
} sl_kernel;

const char *sl_kernel_name(sl_kernel kernel);  // "pillow.bilinear", ...; never NULL

// Output equal to the named library's, byte for byte, 8 and (where the library does it) 16 bit.
// SL_E_UNSUPPORTED for 16-bit input where the library refuses it too.
SL_MUST_CHECK sl_status sl_image_resize(const sl_image *in, int32_t width, int32_t height,
                                        sl_kernel kernel, sl_image *out, sl_error *err);

// ---- Encoding (encode.c), for thumbnails and for what the pages show ---------------------------

typedef enum sl_encoding { SL_ENCODING_PNG = 0, SL_ENCODING_JPEG } sl_encoding;

// 8-bit grey, grey+alpha (PNG), RGB or RGBA (PNG), 16-bit grey or RGB (PNG). `quality` 1..100 for
// JPEG, compression level 0..9 for PNG. *out is a new buffer with exactly the file's bytes.
SL_MUST_CHECK sl_status sl_image_encode(const sl_image *in, sl_encoding encoding, int32_t quality,
                                        sl_buffer **out, sl_error *err);

// Any file -> small JPEG or PNG (PNG when it has alpha or is tiny) whose longer side is at most
// `side_px`; EXIF applied; grey stays grey. Uses the decoder's own down-scaling for JPEG: fast, not
// exact. 16-bit files are windowed to their minimum and maximum.
SL_MUST_CHECK sl_status sl_image_thumbnail(const void *bytes, size_t size, int32_t side_px,
                                           sl_buffer **out, const char **mime, sl_error *err);

#endif
