// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, both alphabets) as people paste it: white space and "data:...;base64," allowed.
#ifndef SL_DATA_BASE64_H
#define SL_DATA_BASE64_H

#include "base/text.h"

// Decodes into `out` (cleared first); 0 when the text is no base64.
int sl_base64_decode(const char *text, sl_text *out);

#endif
