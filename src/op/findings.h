// SPDX-License-Identifier: Apache-2.0
// Findings: what stands out in a run, in plain words made from measured facts.
//
// Adding one: a function in a findings_*.c file and a row in finding_list.h.
#ifndef SL_OP_FINDINGS_H
#define SL_OP_FINDINGS_H

#include "op/run_data.h"

// What every finding is made from.
typedef struct sl_finding_input {
  sl_op_call *call;
  const sl_run_data *data;
  const sl_metric_report *metrics;
  int64_t errors;  // labelled samples that are wrong
} sl_finding_input;

// Appends zero or more findings to `list` (sl_rec_finding).
typedef sl_status (*sl_finder)(const sl_finding_input *in, sl_record_list *list, sl_error *err);

#define SL_FINDER(name) \
  sl_status name(const sl_finding_input *in, sl_record_list *list, sl_error *err);
#include "op/finding_list.h"
#undef SL_FINDER

// All findings, most errors explained first; broken things before anything else of equal weight.
SL_MUST_CHECK sl_status sl_findings_make(const sl_finding_input *in, sl_records *out,
                                         sl_error *err);

// ---- for finders
// ---------------------------------------------------------------------------------

// A new finding with its share of errors computed.
sl_rec_finding *sl_finding_add(const sl_finding_input *in, sl_record_list *list, const char *id,
                               const char *kind, int32_t severity, int64_t errors, int64_t samples);
char *sl_finding_text(const sl_finding_input *in, const char *fmt, ...) SL_PRINTF(2, 3);
// "label=cat", with | escaped; several values joined by |.
const char *sl_finding_clause(const sl_finding_input *in, const char *field, const char *value);
sl_texts sl_finding_where(const sl_finding_input *in, const char *a, const char *b, const char *c);
const char *sl_finding_class(const sl_finding_input *in, int64_t index);

#endif
