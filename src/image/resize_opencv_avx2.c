// SPDX-License-Identifier: Apache-2.0
// Loops of OpenCV's linear and cubic resizes with AVX2 and fused multiply-add; same bytes as the
// plain loops in resize_linear.c and resize_ipp.c.
//
// Invariant: each does what it can without reading past `readable` and returns how far it came.
// Sums of floats keep the order that the plain loops explain. Start at sl_cubic_across_avx2().
#include "image/resize_opencv.h"

#if SL_HAS_AVX2
#include <immintrin.h>
#include <string.h>

#define INLINE_AVX2 SL_AVX2 SL_INLINE

// ---- Linear, 8 bit -----------------------------------------------------------------------------

// Bytes of two neighbouring pixels -> the same channel of both side by side, as 16-bit numbers.
INLINE_AVX2 __m256i pair_mask(int channels) {
  __m128i mask = _mm_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1);
  if (channels == 3) {
    mask = _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  }
  return _mm256_broadcastsi128_si256(mask);
}

INLINE_AVX2 __m128i load_8(const uint8_t *from) {
  return _mm_loadl_epi64((const __m128i *)(const void *)from);
}

INLINE_AVX2 int32_t both_weights(const sl_places *places, int32_t x) {
  int32_t both;
  memcpy(&both, places->fixed[x], sizeof(both));
  return both;
}

// Two pixels at a time; each store writes a whole pixel of four, the next one corrects the excess.
INLINE_AVX2 int32_t across_pixels(const sl_row_view *row, const sl_places *places, int32_t width,
                                  int channels, int16_t *to) {
  const uint8_t *samples = row->samples;
  const __m256i mask = pair_mask(channels);
  const size_t cn = (size_t)channels;
  int32_t x = 0;
  for (; x + 2 < width && (size_t)places->low[x + 1] * cn + 8 <= row->readable;
       x += 2, to += 2 * cn) {
    const __m128i a = load_8(samples + (size_t)places->low[x] * cn);
    const __m128i b = load_8(samples + (size_t)places->low[x + 1] * cn);
    __m256i pairs = _mm256_shuffle_epi8(_mm256_setr_m128i(a, b), mask);
    const __m256i weights = _mm256_setr_m128i(_mm_set1_epi32(both_weights(places, x)),
                                              _mm_set1_epi32(both_weights(places, x + 1)));
    pairs = _mm256_srai_epi32(_mm256_madd_epi16(pairs, weights), 4);
    pairs = _mm256_packs_epi32(pairs, pairs);
    _mm_storel_epi64((__m128i *)(void *)to, _mm256_castsi256_si128(pairs));
    _mm_storel_epi64((__m128i *)(void *)(to + cn), _mm256_extracti128_si256(pairs, 1));
  }
  return x;
}

INLINE_AVX2 int32_t across_grey(const sl_row_view *row, const sl_places *places, int32_t width,
                                int16_t *to) {
  const int *samples = row->samples;
  const __m256i mask = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13, -1));
  int32_t x = 0;
  for (; x + 8 <= width && (size_t)places->low[x + 7] + 4 <= row->readable; x += 8) {
    const __m256i at = _mm256_loadu_si256((const __m256i *)(const void *)(places->low + x));
    const __m256i weights = _mm256_loadu_si256((const __m256i *)(const void *)(places->fixed + x));
    __m256i pairs = _mm256_shuffle_epi8(_mm256_i32gather_epi32(samples, at, 1), mask);
    pairs = _mm256_srai_epi32(_mm256_madd_epi16(pairs, weights), 4);
    pairs = _mm256_permute4x64_epi64(_mm256_packs_epi32(pairs, pairs), 0x08);
    _mm_storeu_si128((__m128i *)(void *)(to + x), _mm256_castsi256_si128(pairs));
  }
  return x;
}

SL_AVX2 int32_t sl_linear_across_8_avx2(const sl_row_view *row, const sl_places *places,
                                        int32_t width, int16_t *to) {
  switch (row->channels) {
    case 1:
      return across_grey(row, places, width, to);
    case 3:
      return across_pixels(row, places, width, 3, to);
    case 4:
      return across_pixels(row, places, width, 4, to);
    default:
      return 0;
  }
}

INLINE_AVX2 __m256i mix_16(const int16_t *low, const int16_t *high, __m256i low_weight,
                           __m256i high_weight) {
  const __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)low);
  const __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)high);
  const __m256i sum =
      _mm256_add_epi16(_mm256_mulhi_epi16(a, low_weight), _mm256_mulhi_epi16(b, high_weight));
  return _mm256_srai_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(2)), 2);
}

SL_AVX2 size_t sl_linear_down_8_avx2(const int16_t *low, const int16_t *high,
                                     const int16_t fixed[2], size_t size, uint8_t *to) {
  const __m256i a = _mm256_set1_epi16(fixed[0]), b = _mm256_set1_epi16(fixed[1]);
  size_t i = 0;
  for (; i + 32 <= size; i += 32) {
    __m256i bytes = _mm256_packus_epi16(mix_16(low + i, high + i, a, b),
                                        mix_16(low + i + 16, high + i + 16, a, b));
    bytes = _mm256_permute4x64_epi64(bytes, 0xd8);
    _mm256_storeu_si256((__m256i *)(void *)(to + i), bytes);
  }
  return i;
}

// ---- Linear, 16 bit ----------------------------------------------------------------------------

INLINE_AVX2 __m128 load_pixel(const sl_row_view *row, int bits, size_t at) {
  if (bits == 8) {
    int32_t four;
    memcpy(&four, (const uint8_t *)row->samples + at, sizeof(four));
    return _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)));
  }
  const uint16_t *from = (const uint16_t *)row->samples + at;
  return _mm_cvtepi32_ps(_mm_cvtepu16_epi32(_mm_loadl_epi64((const __m128i *)(const void *)from)));
}

// Reads and writes four samples per pixel; the next pixel corrects the excess.
INLINE_AVX2 int32_t lerp_colours(const sl_row_view *row, const sl_places *places, int32_t width,
                                 float *to) {
  const size_t cn = (size_t)row->channels;
  int32_t x = 0;
  for (; x < width && (size_t)places->high[x] * cn + 4 <= row->readable; x++, to += cn) {
    const __m128 low = load_pixel(row, 16, (size_t)places->low[x] * cn);
    const __m128 high = load_pixel(row, 16, (size_t)places->high[x] * cn);
    _mm_storeu_ps(to, _mm_fmadd_ps(_mm_sub_ps(high, low), _mm_set1_ps(places->part[x]), low));
  }
  return x;
}

// Eight pixels, each with its neighbour from one 32-bit load; pixels at the left edge have none.
INLINE_AVX2 int32_t lerp_grey(const sl_row_view *row, const sl_places *places, int32_t width,
                              float *to) {
  const int *samples = row->samples;
  int32_t x = 0;
  for (; x < width && places->high[x] == places->low[x]; x++) {
    to[x] = ((const uint16_t *)row->samples)[places->low[x]];
  }
  for (; x + 8 <= width && places->high[x + 7] > places->low[x + 7]; x += 8) {
    const __m256i at = _mm256_loadu_si256((const __m256i *)(const void *)(places->low + x));
    const __m256i pairs = _mm256_i32gather_epi32(samples, at, 2);
    const __m256 low = _mm256_cvtepi32_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(0xffff)));
    const __m256 high = _mm256_cvtepi32_ps(_mm256_srli_epi32(pairs, 16));
    const __m256 part = _mm256_loadu_ps(places->part + x);
    _mm256_storeu_ps(to + x, _mm256_fmadd_ps(_mm256_sub_ps(high, low), part, low));
  }
  return x;
}

SL_AVX2 int32_t sl_linear_across_16_avx2(const sl_row_view *row, const sl_places *places,
                                         int32_t width, float *to) {
  if (row->channels == 1) return lerp_grey(row, places, width, to);
  return lerp_colours(row, places, width, to);
}

INLINE_AVX2 __m256i lerp_8(const float *low, const float *high, __m256 part) {
  const __m256 a = _mm256_loadu_ps(low), b = _mm256_loadu_ps(high);
  return _mm256_cvtps_epi32(_mm256_fmadd_ps(_mm256_sub_ps(b, a), part, a));
}

SL_AVX2 size_t sl_linear_down_16_avx2(const float *low, const float *high, float part, size_t size,
                                      uint16_t *to) {
  const __m256 parts = _mm256_set1_ps(part);
  size_t i = 0;
  for (; i + 16 <= size; i += 16) {
    __m256i words = _mm256_packus_epi32(lerp_8(low + i, high + i, parts),
                                        lerp_8(low + i + 8, high + i + 8, parts));
    words = _mm256_permute4x64_epi64(words, 0xd8);
    _mm256_storeu_si256((__m256i *)(void *)(to + i), words);
  }
  return i;
}

// ---- Cubic -------------------------------------------------------------------------------------

INLINE_AVX2 __m128 add_up(const __m128 s[4], const __m128 w[4], sl_sum_order order) {
  switch (order) {
    case SL_SUM_ENDS:
      return _mm_add_ps(_mm_fmadd_ps(s[0], w[0], _mm_mul_ps(s[3], w[3])),
                        _mm_fmadd_ps(s[1], w[1], _mm_mul_ps(s[2], w[2])));
    case SL_SUM_SKIP_FUSED:
      return _mm_add_ps(_mm_fmadd_ps(s[2], w[2], _mm_mul_ps(s[0], w[0])),
                        _mm_fmadd_ps(s[3], w[3], _mm_mul_ps(s[1], w[1])));
    default:
      return _mm_fmadd_ps(
          s[3], w[3], _mm_fmadd_ps(s[2], w[2], _mm_fmadd_ps(s[1], w[1], _mm_mul_ps(s[0], w[0]))));
  }
}

INLINE_AVX2 int32_t colours_across(const sl_row_view *row, const sl_taps *columns, int32_t x,
                                   int32_t to, sl_sum_order order, int bits, float *out) {
  const size_t cn = (size_t)row->channels;
  for (; x < to && (size_t)columns[x].at[3] * cn + 4 <= row->readable; x++) {
    const sl_taps *t = &columns[x];
    __m128 s[4], w[4];
    SL_UNROLL for (int i = 0; i < 4; i++) {
      s[i] = load_pixel(row, bits, (size_t)t->at[i] * cn);
      w[i] = _mm_set1_ps(t->weight[i]);
    }
    _mm_storeu_ps(out + (size_t)x * cn, add_up(s, w, order));
  }
  return x;
}

// Products of the four taps of a grey pixel, which lie side by side.
INLINE_AVX2 __m128 grey_products(const sl_row_view *row, const sl_taps *t, int bits) {
  return _mm_mul_ps(load_pixel(row, bits, (size_t)t->at[0]), _mm_loadu_ps(t->weight));
}

INLINE_AVX2 int32_t grey_across(const sl_row_view *row, const sl_taps *columns, int32_t x,
                                int32_t to, int bits, float *out) {
  for (; x + 4 <= to; x += 4) {
    const sl_taps *t = columns + x;
    const __m128 front = _mm_hadd_ps(grey_products(row, t, bits), grey_products(row, t + 1, bits));
    const __m128 back =
        _mm_hadd_ps(grey_products(row, t + 2, bits), grey_products(row, t + 3, bits));
    _mm_storeu_ps(out + x, _mm_hadd_ps(front, back));
  }
  return x;
}

SL_AVX2 int32_t sl_cubic_across_avx2(const sl_row_view *row, const sl_taps *columns, int32_t from,
                                     int32_t to, sl_sum_order order, float *out) {
  if (row->channels == 1) {
    if (order != SL_SUM_PAIRS) return from;
    if (row->bits == 8) return grey_across(row, columns, from, to, 8, out);
    return grey_across(row, columns, from, to, 16, out);
  }
  if (row->bits == 16) {
    if (order != SL_SUM_ENDS) return from;
    return colours_across(row, columns, from, to, SL_SUM_ENDS, 16, out);
  }
  switch (order) {
    case SL_SUM_ENDS:
      return colours_across(row, columns, from, to, SL_SUM_ENDS, 8, out);
    case SL_SUM_SKIP_FUSED:
      return colours_across(row, columns, from, to, SL_SUM_SKIP_FUSED, 8, out);
    case SL_SUM_CHAIN:
      return colours_across(row, columns, from, to, SL_SUM_CHAIN, 8, out);
    default:
      return from;
  }
}

INLINE_AVX2 __m256i mix_8(const float *const rows[4], const __m256 w[4], size_t at) {
  __m256 s[4];
  SL_UNROLL for (int i = 0; i < 4; i++) s[i] = _mm256_loadu_ps(rows[i] + at);
  return _mm256_cvtps_epi32(_mm256_add_ps(_mm256_fmadd_ps(s[0], w[0], _mm256_mul_ps(s[1], w[1])),
                                          _mm256_fmadd_ps(s[2], w[2], _mm256_mul_ps(s[3], w[3]))));
}

SL_AVX2 size_t sl_cubic_down_avx2(const float *const rows[4], const float weight[4], size_t size,
                                  int32_t bits, void *to) {
  __m256 w[4];
  for (int i = 0; i < 4; i++) w[i] = _mm256_set1_ps(weight[i]);
  size_t at = 0;
  for (; at + 16 <= size; at += 16) {
    const __m256i a = mix_8(rows, w, at), b = mix_8(rows, w, at + 8);
    if (bits == 16) {
      const __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0xd8);
      _mm256_storeu_si256((__m256i *)(void *)((uint16_t *)to + at), words);
    } else {
      const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
      const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(words, words), 0x08);
      _mm_storeu_si128((__m128i *)(void *)((uint8_t *)to + at), _mm256_castsi256_si128(bytes));
    }
  }
  return at;
}
#else
// A translation unit must not be empty.
typedef int sl_opencv_without_avx2;
#endif
