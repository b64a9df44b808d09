// SPDX-License-Identifier: Apache-2.0
// SHA-256 for content keys, a fast hash for tables, and random bytes.
#ifndef SL_BASE_HASH_H
#define SL_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct sl_hash {
  uint8_t bytes[32];
} sl_hash;

typedef struct sl_hasher {
  _Alignas(16) unsigned char state[128];
} sl_hasher;

sl_hash sl_hash_of(const void *bytes, size_t size);  // SHA-256
void sl_hasher_init(sl_hasher *hasher);
void sl_hasher_add(sl_hasher *hasher, const void *bytes, size_t size);
sl_hash sl_hasher_done(sl_hasher *hasher);

void sl_hash_hex(const sl_hash *hash, char out[65]);  // lower case
int sl_hash_from_hex(const char *hex, sl_hash *out);  // exactly 64 digits; 0 when not
int sl_hash_equal(const sl_hash *a, const sl_hash *b);

uint64_t sl_hash64(const void *bytes, size_t size);  // not for anything an attacker gains from

void sl_random_bytes(void *out, size_t size);  // from the kernel

// 1 when equal, in time that depends on `size` alone (for tokens).
int sl_equal_constant_time(const void *a, const void *b, size_t size);

// Small deterministic generator (SplitMix64) for sampling and bootstraps: same seed, same numbers.
typedef struct sl_random {
  uint64_t state;
} sl_random;
uint64_t sl_random_next(sl_random *random);
uint64_t sl_random_below(sl_random *random, uint64_t bound);  // uniform in [0, bound)
double sl_random_unit(sl_random *random);                     // uniform in [0, 1)

#endif
