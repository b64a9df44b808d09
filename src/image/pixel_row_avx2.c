// SPDX-License-Identifier: Apache-2.0
// Grey of RGB and RGBA rows with AVX2 intrinsics; same bytes as mix() in pixel_row.c.
//
// One instruction multiplies two 16-bit samples by their weights and adds. A pixel takes two of
// them: red with green and blue with green, the weight of green in two parts, because Pillow's is
// above 16 bits. Invariant: nothing is read past the row: a block reads up to SPARE pixels more
// than it makes, so the last block ends that far before the end. Start at sl_row_grey_avx2().
#include "image/codec.h"

#if SL_HAS_AVX2
#include <immintrin.h>

#define INLINE_AVX2 SL_AVX2 SL_INLINE

enum { WIDE = 32, SPARE = 2 };

// (red * r + green * (g + g2) + blue * b + half) >> bits, in 32 bits without overflow.
typedef struct weights {
  int16_t r, g, b, g2;
  int32_t half, bits;
} weights;

// libpng's exception for r == g == b changes nothing: its weights add up to 2^15.
static const weights of_rule[] = {
    [SL_GREY_PILLOW] = {19595, 19235, 7471, 19235, 0x8000, 16},
    [SL_GREY_OPENCV] = {9798, 19235, 3735, 0, 0x4000, 15},
    [SL_GREY_OPENCV_CODEC] = {4899, 9617, 1868, 0, 0x2000, 14},
    [SL_GREY_LIBPNG] = {9797, 19234, 3737, 0, 0, 15},
};

// Registers that stay the same for a row.
typedef struct constants {
  __m256i red_green, blue_green;        // which bytes of four pixels, as 16-bit numbers
  __m256i red_green_by, blue_green_by;  // their weights
  __m256i half;
  __m128i bits;
} constants;

INLINE_AVX2 __m256i set_pair(int16_t first, int16_t second) {
  return _mm256_set1_epi32((int32_t)((uint32_t)(uint16_t)second << 16 | (uint16_t)first));
}

// The bytes at `sample` and 1 of four pixels that are `step` bytes apart; -1 gives a zero.
INLINE_AVX2 __m256i pick_pair(char step, char sample) {
  const char a = sample, b = (char)(step + a), c = (char)(step + b), d = (char)(step + c);
  const char green = 1, next = (char)(step + 1), third = (char)(step + next),
             last = (char)(step + third);
  return _mm256_broadcastsi128_si256(
      _mm_setr_epi8(a, -1, green, -1, b, -1, next, -1, c, -1, third, -1, d, -1, last, -1));
}

INLINE_AVX2 constants constants_of(const weights *w, char step) {
  return (constants){.red_green = pick_pair(step, 0),
                     .blue_green = pick_pair(step, 2),
                     .red_green_by = set_pair(w->r, w->g),
                     .blue_green_by = set_pair(w->b, w->g2),
                     .half = _mm256_set1_epi32(w->half),
                     .bits = _mm_cvtsi32_si128(w->bits)};
}

// Four pixels at each of two places.
INLINE_AVX2 __m256i mix_8(const constants *k, const uint8_t *low, const uint8_t *high) {
  const __m256i pixels = _mm256_loadu2_m128i((const __m128i_u *)(const void *)high,
                                             (const __m128i_u *)(const void *)low);
  const __m256i one = _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, k->red_green), k->red_green_by);
  const __m256i two =
      _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, k->blue_green), k->blue_green_by);
  return _mm256_srl_epi32(_mm256_add_epi32(_mm256_add_epi32(one, two), k->half), k->bits);
}

// The first sixteen pixels go through the lower halves, so that packing leaves all in order.
INLINE_AVX2 void mix_block(const constants *k, const uint8_t *in, size_t step, uint8_t *out) {
  __m256i part[4];
  SL_UNROLL for (size_t i = 0; i < 4; i++) {
    const uint8_t *at = in + 4 * i * step;
    part[i] = mix_8(k, at, at + 16 * step);
  }
  const __m256i bytes = _mm256_packus_epi16(_mm256_packus_epi32(part[0], part[1]),
                                            _mm256_packus_epi32(part[2], part[3]));
  _mm256_storeu_si256((__m256i *)(void *)out, bytes);
}

// The last block overlaps the one before: pixels made twice are the same.
INLINE_AVX2 int32_t mix_blocks(const constants *k, const uint8_t *in, size_t step, uint8_t *out,
                               int32_t width) {
  const int32_t end = width - WIDE - SPARE;
  if (end < 0) return 0;
  for (int32_t x = 0; x < end; x += WIDE) mix_block(k, in + (size_t)x * step, step, out + x);
  mix_block(k, in + (size_t)end * step, step, out + end);
  return end + WIDE;
}

SL_AVX2 int32_t sl_row_grey_avx2(const uint8_t *in, int32_t step, sl_grey_rule rule, uint8_t *out,
                                 int32_t width) {
  if (rule == SL_GREY_OPENCV_FLOAT) return 0;
  if (step == 3) {
    const constants k = constants_of(&of_rule[rule], 3);
    return mix_blocks(&k, in, 3, out, width);
  }
  const constants k = constants_of(&of_rule[rule], 4);
  return mix_blocks(&k, in, 4, out, width);
}
#else
// A translation unit must not be empty.
typedef int sl_pixel_row_without_avx2;
#endif
