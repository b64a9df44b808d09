// SPDX-License-Identifier: Apache-2.0
// Content hashes by libsodium; table hashes and a small generator of our own.
#include "base/hash.h"

#include <sodium.h>
#include <string.h>

#include "base/error.h"

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((sl_hasher *)0)->state),
               "sl_hasher must hold a libsodium state");

static crypto_hash_sha256_state *state_of(sl_hasher *hasher) {
  return (crypto_hash_sha256_state *)(void *)hasher->state;
}

sl_hash sl_hash_of(const void *bytes, size_t size) {
  sl_hash hash;
  crypto_hash_sha256(hash.bytes, bytes, size);
  return hash;
}

void sl_hasher_init(sl_hasher *hasher) { crypto_hash_sha256_init(state_of(hasher)); }

void sl_hasher_add(sl_hasher *hasher, const void *bytes, size_t size) {
  crypto_hash_sha256_update(state_of(hasher), bytes, size);
}

sl_hash sl_hasher_done(sl_hasher *hasher) {
  sl_hash hash;
  crypto_hash_sha256_final(state_of(hasher), hash.bytes);
  return hash;
}

void sl_hash_hex(const sl_hash *hash, char out[65]) {
  sodium_bin2hex(out, 65, hash->bytes, sizeof hash->bytes);
}

int sl_hash_from_hex(const char *hex, sl_hash *out) {
  size_t size = 0;
  if (strlen(hex) != 64) return 0;
  return sodium_hex2bin(out->bytes, sizeof out->bytes, hex, 64, NULL, &size, NULL) == 0 &&
         size == 32;
}

int sl_hash_equal(const sl_hash *a, const sl_hash *b) {
  return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static uint64_t mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9u;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

uint64_t sl_hash64(const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  uint64_t hash = 0x9E3779B97F4A7C15u ^ size;
  for (; size >= 8; size -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    hash = mix(hash ^ word);
  }
  uint64_t tail = 0;
  memcpy(&tail, at, size);
  return mix(hash ^ tail);
}

void sl_random_bytes(void *out, size_t size) {
  SL_ASSERT(sodium_init() >= 0);
  randombytes_buf(out, size);
}

int sl_equal_constant_time(const void *a, const void *b, size_t size) {
  return sodium_memcmp(a, b, size) == 0;
}

uint64_t sl_random_next(sl_random *random) {
  random->state += 0x9E3779B97F4A7C15u;
  return mix(random->state);
}

// Lemire's multiply-shift with rejection: unbiased.
uint64_t sl_random_below(sl_random *random, uint64_t bound) {
  uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    unsigned __int128 product = (unsigned __int128)sl_random_next(random) * bound;
    if ((uint64_t)product >= threshold) return (uint64_t)(product >> 64);
  }
}

double sl_random_unit(sl_random *random) {
  return (double)(sl_random_next(random) >> 11) * 0x1.0p-53;
}
