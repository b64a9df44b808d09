// SPDX-License-Identifier: Apache-2.0
// Base64 decoding. Invariant: padding is optional but must be right where it is there.
#include "data/base64.h"

#include <string.h>

static int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

static const char *after_prefix(const char *text) {
  if (strncmp(text, "data:", 5) != 0) return text;
  const char *comma = strchr(text, ',');
  return comma != NULL ? comma + 1 : text;
}

int sl_base64_decode(const char *text, sl_text *out) {
  uint32_t bits = 0;
  int count = 0, padding = 0;  // count: digits of the open group of four
  sl_text_clear(out);
  for (const char *c = after_prefix(text); *c != '\0'; c++) {
    if (strchr(" \t\r\n", *c) != NULL) continue;
    padding += *c == '=';
    if (*c == '=' && padding <= 2) continue;
    int value = value_of(*c);
    if (value < 0 || padding > 0) return 0;
    bits = bits << 6 | (uint32_t)value;
    if (++count < 4) continue;
    char bytes[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
    sl_text_append(out, bytes, 3);
    bits = 0;
    count = 0;
  }
  if (count == 1 || (padding > 0 && count + padding != 4)) return 0;
  if (count >= 2) sl_text_putc(out, (char)(bits >> (count == 2 ? 4 : 10)));
  if (count == 3) sl_text_putc(out, (char)(bits >> 2));
  return 1;
}
