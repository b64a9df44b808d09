// SPDX-License-Identifier: Apache-2.0
// Writing HTML: escaped text, numbers, and the few SVG shapes the report needs.
#ifndef SL_OP_HTML_TEXT_H
#define SL_OP_HTML_TEXT_H

#include "base/text.h"

void sl_html_escape(sl_text *out, const char *text);          // NULL writes an en dash
void sl_html_number(sl_text *out, double value, int digits);  // NaN writes an en dash
void sl_html_percent(sl_text *out, double share, int digits);
void sl_html_base64(sl_text *out, const void *bytes, size_t size);

// A horizontal bar of `share` of its track, with an interval as a whisker when low and high are
// numbers.
void sl_html_bar(sl_text *out, double share, double low, double high);

#endif
