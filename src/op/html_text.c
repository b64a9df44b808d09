// SPDX-License-Identifier: Apache-2.0
// HTML pieces. Invariant: no text reaches the page but through sl_html_escape().
#include "op/html_text.h"

#include <math.h>
#include <string.h>

void sl_html_escape(sl_text *out, const char *text) {
  if (text == NULL) {
    sl_text_puts(out, "&ndash;");
    return;
  }
  sl_arena *scratch = sl_arena_new(NULL, "html");
  for (const char *c = sl_display(scratch, text, strlen(text)); *c != '\0'; c++) {
    switch (*c) {
      case '&':
        sl_text_puts(out, "&amp;");
        break;
      case '<':
        sl_text_puts(out, "&lt;");
        break;
      case '>':
        sl_text_puts(out, "&gt;");
        break;
      case '"':
        sl_text_puts(out, "&quot;");
        break;
      case '\'':
        sl_text_puts(out, "&#39;");
        break;
      default:
        sl_text_putc(out, *c);
    }
  }
  sl_arena_free(scratch);
}

void sl_html_number(sl_text *out, double value, int digits) {
  if (isnan(value))
    sl_text_puts(out, "&ndash;");
  else
    sl_text_printf(out, "%.*f", digits, value);
}

void sl_html_percent(sl_text *out, double share, int digits) {
  sl_html_number(out, 100 * share, digits);
  if (!isnan(share)) sl_text_puts(out, "&#8239;%");
}

void sl_html_base64(sl_text *out, const void *bytes, size_t size) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *at = bytes;
  for (size_t i = 0; i < size; i += 3) {
    uint32_t group = (uint32_t)at[i] << 16;
    if (i + 1 < size) group |= (uint32_t)at[i + 1] << 8;
    if (i + 2 < size) group |= at[i + 2];
    char quad[4] = {digits[group >> 18], digits[group >> 12 & 63],
                    i + 1 < size ? digits[group >> 6 & 63] : '=',
                    i + 2 < size ? digits[group & 63] : '='};
    sl_text_append(out, quad, sizeof quad);
  }
}

void sl_html_bar(sl_text *out, double share, double low, double high) {
  if (isnan(share)) return;
  sl_text_printf(
      out,
      "<svg class=bar viewBox='0 0 100 10' preserveAspectRatio=none>"
      "<rect class=track width=100 height=10 /><rect class=fill width='%.2f' height=10 />",
      100 * share);
  if (!isnan(low) && !isnan(high))
    sl_text_printf(out, "<rect class=whisker x='%.2f' y=4 width='%.2f' height=2 />", 100 * low,
                   100 * fmax(high - low, 0.004));
  sl_text_puts(out, "</svg>");
}
