// SPDX-License-Identifier: Apache-2.0
// Names of catalogue records: 64-bit numbers inside, short texts such as "d3" or "s123" outside.
//
// One helper makes and parses them, so that an id from a URL is never anything but a letter and a
// decimal number above zero.
#ifndef SL_STORE_RECORD_ID_H
#define SL_STORE_RECORD_ID_H

#include <stdint.h>

typedef enum sl_record_kind {
  SL_RECORD_NONE = 0,
  SL_RECORD_DATASET,  // d3
  SL_RECORD_VERSION,  // v7
  SL_RECORD_SAMPLE,   // s123
  SL_RECORD_MODEL,    // m1
  SL_RECORD_RUN,      // r12
  SL_RECORD_JOURNAL,  // j4
  SL_RECORD_JOB,      // b2 (a background job)
  SL_RECORD_KIND_COUNT
} sl_record_kind;

// A record by kind and number. {SL_RECORD_NONE, 0} is null.
typedef struct sl_record_ref {
  sl_record_kind kind;
  int64_t id;
} sl_record_ref;

typedef struct sl_record_text {
  char text[24];
} sl_record_text;

// "r12". An id below 1 gives "".
sl_record_text sl_record_text_of(sl_record_kind kind, int64_t id);

// The number in `text` when it is a well-formed id of `kind`, else 0. NULL gives 0.
int64_t sl_record_parse(sl_record_kind kind, const char *text);

// Kind and number of any well-formed id, else null.
sl_record_ref sl_record_parse_any(const char *text);

// "dataset version", "run", ... for messages; never NULL.
const char *sl_record_kind_name(sl_record_kind kind);

#endif
