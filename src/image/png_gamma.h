// SPDX-License-Identifier: Apache-2.0
// Grey from a colour PNG that declares its gamma, as libpng mixes it for OpenCV.
//
// libpng mixes in linear light when a gAMA or sRGB chunk says that samples are not linear; OpenCV's
// IMREAD_GRAYSCALE therefore gives other greys for such files than for the same pixels without the
// chunk. Method: png_do_rgb_to_gray and png_build_gamma_table of libpng 1.6.
#ifndef SL_IMAGE_PNG_GAMMA_H
#define SL_IMAGE_PNG_GAMMA_H

#include <stdint.h>

enum { SL_PNG_GAMMA_PARTS = 8 };  // 16-bit samples are looked up by their upper 11 bits

typedef struct sl_png_gamma {
  uint8_t to_linear[256], from_linear[256];
  uint16_t to_linear_16[SL_PNG_GAMMA_PARTS][256], from_linear_16[SL_PNG_GAMMA_PARTS][256];
  uint16_t grey_16[SL_PNG_GAMMA_PARTS][256];  // for pixels that are grey already
} sl_png_gamma;

// `gamma` is the file's value times 100000. Returns 0 when it is so near 1 that libpng ignores it.
int sl_png_gamma_is_significant(int64_t gamma);
void sl_png_gamma_init(sl_png_gamma *tables, int64_t gamma, int bits);

// `in` holds rows of RGB or RGBA samples of 8 bits, or of 16 in host order.
void sl_png_gamma_grey(const sl_png_gamma *tables, const uint8_t *in, int32_t channels,
                       uint8_t *out, int32_t width);
void sl_png_gamma_grey_16(const sl_png_gamma *tables, const uint8_t *in, int32_t channels,
                          uint8_t *out, int32_t width);

#endif
