// SPDX-License-Identifier: Apache-2.0
// Verbs with a printer of their own; every other operation prints by its rows. Include with
// SL_VERB(operation, printer) defined.
SL_VERB(open, sl_print_report)
SL_VERB(demo, sl_print_report)
SL_VERB(report, sl_print_report)
SL_VERB(compare, sl_print_compare)
SL_VERB(import, sl_print_import)
SL_VERB(ls, sl_print_ls)
SL_VERB(show, sl_print_show)
SL_VERB(view, sl_print_view)
SL_VERB(sample, sl_print_sample)
SL_VERB(doctor, sl_print_doctor)
