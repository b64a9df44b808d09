// SPDX-License-Identifier: Apache-2.0
// The report as one HTML file that needs nothing else: styles, charts and pictures inside.
#ifndef SL_OP_REPORT_HTML_H
#define SL_OP_REPORT_HTML_H

#include "op/op.h"
#include "op/records.h"

// SL_E_ARG when `path` exists already; for asking before the work that the report needs.
SL_MUST_CHECK sl_status sl_report_html_check(const char *path, sl_error *err);

// Writes `path` anew (SL_E_ARG when it exists). Pictures of the samples behind the first findings
// are embedded as small JPEG or PNG.
SL_MUST_CHECK sl_status sl_report_html_write(sl_op_call *call, const sl_rec_report *report,
                                             const char *path, sl_error *err);

#endif
