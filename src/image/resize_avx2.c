// SPDX-License-Identifier: Apache-2.0
// The loops of the row engine with AVX2 intrinsics; same bytes as the plain ones in resize_rows.c.
//
// Products are made in pairs: one instruction multiplies samples of two inputs by their 16-bit
// weights and adds. A 22-bit weight is split into its low 11 bits and the rest, whose sums meet at
// the end; modulo 2^32 that is the plain sum. Invariant: nothing is read past the one pixel (or
// row) that the engine adds for an odd window, whose weight is zero. Start at sl_row_loops_avx2.
#include "image/resize.h"

#if SL_HAS_AVX2
#include <immintrin.h>

#define INLINE_AVX2 SL_AVX2 SL_INLINE

enum { LANES = SL_LANES, WIDE = 32 };

INLINE_AVX2 __m128i load_8(const uint8_t *from) {
  return _mm_loadl_epi64((const __m128i *)(const void *)from);
}

INLINE_AVX2 __m128i load_16(const uint8_t *from) {
  return _mm_loadu_si128((const __m128i *)(const void *)from);
}

INLINE_AVX2 __m256i load_32(const uint8_t *from) {
  return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

INLINE_AVX2 void store_8(uint8_t *to, __m128i value) {
  _mm_storel_epi64((__m128i *)(void *)to, value);
}

// Turns eight rows of eight bytes; out[i] holds columns 2i and 2i + 1.
INLINE_AVX2 void turn_block(const __m128i rows[LANES], __m128i out[4]) {
  __m128i pairs[4], quads[4];
  SL_UNROLL for (int i = 0; i < 4; i++) {
    pairs[i] = _mm_unpacklo_epi8(rows[2 * i], rows[2 * i + 1]);
  }
  SL_UNROLL for (int i = 0; i < 2; i++) {
    quads[i] = _mm_unpacklo_epi16(pairs[2 * i], pairs[2 * i + 1]);
    quads[i + 2] = _mm_unpackhi_epi16(pairs[2 * i], pairs[2 * i + 1]);
  }
  SL_UNROLL for (int i = 0; i < 2; i++) {
    out[2 * i] = _mm_unpacklo_epi32(quads[2 * i], quads[2 * i + 1]);
    out[2 * i + 1] = _mm_unpackhi_epi32(quads[2 * i], quads[2 * i + 1]);
  }
}

SL_AVX2 static void rows_to_columns(const uint8_t *const rows[LANES], size_t size,
                                    uint8_t *columns) {
  size_t at = 0;
  for (; at + LANES <= size; at += LANES) {
    __m128i block[LANES], turned[4];
    SL_UNROLL for (int i = 0; i < LANES; i++) block[i] = load_8(rows[i] + at);
    turn_block(block, turned);
    SL_UNROLL for (int i = 0; i < 4; i++) {
      _mm_storeu_si128((__m128i *)(void *)(columns + at * LANES + (size_t)i * 16), turned[i]);
    }
  }
  for (; at < size; at++) {
    for (int i = 0; i < LANES; i++) columns[at * LANES + (size_t)i] = rows[i][at];
  }
}

SL_AVX2 static void columns_to_rows(const uint8_t *columns, size_t size,
                                    uint8_t *const rows[LANES]) {
  size_t at = 0;
  for (; at + LANES <= size; at += LANES) {
    __m128i block[LANES], turned[4];
    SL_UNROLL for (int i = 0; i < LANES; i++) {
      block[i] = load_8(columns + (at + (size_t)i) * LANES);
    }
    turn_block(block, turned);
    SL_UNROLL for (int i = 0; i < 4; i++) {
      store_8(rows[2 * i] + at, turned[i]);
      store_8(rows[2 * i + 1] + at, _mm_unpackhi_epi64(turned[i], turned[i]));
    }
  }
  for (; at < size; at++) {
    for (int i = 0; i < LANES; i++) rows[i][at] = columns[at * LANES + (size_t)i];
  }
}

// ---- Across ------------------------------------------------------------------------------------

INLINE_AVX2 void store_clamped(__m256i sum, __m128i bits, uint8_t *to) {
  __m256i words = _mm256_sra_epi32(sum, bits);
  words = _mm256_packs_epi32(words, words);
  words = _mm256_packus_epi16(words, words);
  store_8(to,
          _mm_unpacklo_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}

INLINE_AVX2 void convolve_channels(const sl_axis *axis, int channels, int narrow,
                                   const uint8_t *columns, uint8_t *to) {
  const size_t pixel = (size_t)channels * LANES;
  const __m256i half = _mm256_set1_epi32(1 << (axis->bits - 1));
  const __m128i bits = _mm_cvtsi32_si128(axis->bits);
  for (int32_t x = 0; x < axis->out; x++, to += pixel) {
    const uint32_t(*pairs)[2] = axis->pairs + (size_t)x * (size_t)axis->longest_pairs;
    const uint8_t *from = columns + (size_t)axis->first[x] * pixel;
    __m256i low[4] = {half, half, half, half};
    __m256i high[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                       _mm256_setzero_si256()};
    for (int32_t t = 0; t < axis->count[x]; t += 2, pairs++, from += 2 * pixel) {
      const __m256i low_weights = _mm256_set1_epi32((int32_t)pairs[0][0]);
      const __m256i high_weights = _mm256_set1_epi32((int32_t)pairs[0][1]);
      SL_UNROLL for (int c = 0; c < channels; c++) {
        const uint8_t *at = from + (size_t)c * LANES;
        const __m256i both =
            _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(load_8(at), load_8(at + pixel)));
        low[c] = _mm256_add_epi32(low[c], _mm256_madd_epi16(both, low_weights));
        if (narrow) continue;
        high[c] = _mm256_add_epi32(high[c], _mm256_madd_epi16(both, high_weights));
      }
    }
    SL_UNROLL for (int c = 0; c < channels; c++) {
      const __m256i sum = _mm256_add_epi32(low[c], _mm256_slli_epi32(high[c], SL_LOW_BITS));
      store_clamped(sum, bits, to + (size_t)c * LANES);
    }
  }
}

SL_AVX2 static void convolve_wide(const sl_axis *axis, int32_t channels, const uint8_t *columns,
                                  uint8_t *to) {
  switch (channels) {
    case 1:
      convolve_channels(axis, 1, 0, columns, to);
      break;
    case 2:
      convolve_channels(axis, 2, 0, columns, to);
      break;
    case 3:
      convolve_channels(axis, 3, 0, columns, to);
      break;
    default:
      convolve_channels(axis, 4, 0, columns, to);
      break;
  }
}

SL_AVX2 static void convolve_narrow(const sl_axis *axis, int32_t channels, const uint8_t *columns,
                                    uint8_t *to) {
  switch (channels) {
    case 1:
      convolve_channels(axis, 1, 1, columns, to);
      break;
    case 2:
      convolve_channels(axis, 2, 1, columns, to);
      break;
    case 3:
      convolve_channels(axis, 3, 1, columns, to);
      break;
    default:
      convolve_channels(axis, 4, 1, columns, to);
      break;
  }
}

static void convolve(const sl_axis *axis, int32_t channels, const uint8_t *columns, uint8_t *to) {
  if (axis->narrow) {
    convolve_narrow(axis, channels, columns, to);
  } else {
    convolve_wide(axis, channels, columns, to);
  }
}

// ---- Down --------------------------------------------------------------------------------------

// Samples of two rows side by side as 16-bit numbers. Vectors of 32 bytes interleave within their
// halves; packing undoes that.
INLINE_AVX2 void pair_rows(const uint8_t *upper, const uint8_t *lower, __m256i pairs[4]) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i a = load_32(upper), b = load_32(lower);
  const __m256i front = _mm256_unpacklo_epi8(a, b), back = _mm256_unpackhi_epi8(a, b);
  pairs[0] = _mm256_unpacklo_epi8(front, zero);
  pairs[1] = _mm256_unpackhi_epi8(front, zero);
  pairs[2] = _mm256_unpacklo_epi8(back, zero);
  pairs[3] = _mm256_unpackhi_epi8(back, zero);
}

INLINE_AVX2 void mix_block(const sl_axis *axis, const uint32_t (*pairs)[2], int32_t count,
                           int narrow, const uint8_t *const *rows, size_t at, uint8_t *to) {
  const __m256i half = _mm256_set1_epi32(1 << (axis->bits - 1));
  const __m128i bits = _mm_cvtsi32_si128(axis->bits);
  __m256i low[4] = {half, half, half, half};
  __m256i high[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                     _mm256_setzero_si256()};
  for (int32_t t = 0; t < count; t += 2, pairs++) {
    const __m256i low_weights = _mm256_set1_epi32((int32_t)pairs[0][0]);
    const __m256i high_weights = _mm256_set1_epi32((int32_t)pairs[0][1]);
    __m256i both[4];
    pair_rows(rows[t] + at, rows[t + 1] + at, both);
    SL_UNROLL for (int i = 0; i < 4; i++) {
      low[i] = _mm256_add_epi32(low[i], _mm256_madd_epi16(both[i], low_weights));
      if (narrow) continue;
      high[i] = _mm256_add_epi32(high[i], _mm256_madd_epi16(both[i], high_weights));
    }
  }
  SL_UNROLL for (int i = 0; i < 4; i++) {
    const __m256i sum = _mm256_add_epi32(low[i], _mm256_slli_epi32(high[i], SL_LOW_BITS));
    low[i] = _mm256_sra_epi32(sum, bits);
  }
  const __m256i words =
      _mm256_packus_epi16(_mm256_packs_epi32(low[0], low[1]), _mm256_packs_epi32(low[2], low[3]));
  _mm256_storeu_si256((__m256i *)(void *)(to + at), words);
}

static uint8_t mix_sample(const sl_axis *axis, const int32_t *weights, int32_t count,
                          const uint8_t *const *rows, size_t at) {
  int32_t sum = 1 << (axis->bits - 1);
  for (int32_t t = 0; t < count; t++) sum += rows[t][at] * weights[t];
  sum >>= axis->bits;
  return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

SL_AVX2 static void mix_rows(const sl_axis *axis, int32_t i, const uint8_t *const *rows,
                             size_t size, uint8_t *to) {
  const uint32_t(*pairs)[2] = axis->pairs + (size_t)i * (size_t)axis->longest_pairs;
  const int32_t *weights = axis->fixed + (size_t)i * (size_t)axis->longest;
  const int32_t count = axis->count[i];
  size_t at = 0;
  for (; axis->narrow && at + WIDE <= size; at += WIDE) {
    mix_block(axis, pairs, count, 1, rows, at, to);
  }
  for (; at + WIDE <= size; at += WIDE) mix_block(axis, pairs, count, 0, rows, at, to);
  for (; at < size; at++) to[at] = mix_sample(axis, weights, count, rows, at);
}

const sl_row_loops sl_row_loops_avx2 = {.rows_to_columns = rows_to_columns,
                                        .columns_to_rows = columns_to_rows,
                                        .convolve = convolve,
                                        .mix_rows = mix_rows};
#else
// A translation unit must not be empty.
typedef int sl_resize_without_avx2;
#endif
