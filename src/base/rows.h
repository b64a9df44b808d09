// SPDX-License-Identifier: Apache-2.0
// Filling, checking and printing structs that are described by rows (slitlamp/row.h).
#ifndef SL_BASE_ROWS_H
#define SL_BASE_ROWS_H

#include <slitlamp/row.h>

#include "base/json.h"

// Writes the default of every row into the zeroed struct at `out`.
void sl_rows_defaults(const sl_row *rows, void *out);

// Fills `out` (defaults first) from a JSON object; NULL and absent count as an empty object. Checks
// types, ranges, choices, required rows and unknown names ("did you mean"). `what` names the owner
// in messages: `operation "eval"`. Texts and lists live in `arena`.
SL_MUST_CHECK sl_status sl_rows_parse(sl_arena *arena, const sl_row *rows, const sl_json *object,
                                      const char *what, void *out, sl_error *err);

// Reads back what sl_rows_write() wrote, records included: null and absent become NaN, SL_INT_NULL
// or NULL; ranges are not checked, unknown members are ignored.
SL_MUST_CHECK sl_status sl_rows_read(sl_arena *arena, const sl_row *rows, const sl_json *object,
                                     const char *what, void *out, sl_error *err);

// Writes the struct as a JSON object. With `skip_defaults`, rows that hold their default are left
// out.
void sl_rows_write(sl_json_writer *w, const sl_row *rows, const void *in, int skip_defaults);

// Writes the rows themselves, as schema/ops.json lists them.
void sl_rows_describe(sl_json_writer *w, const sl_row *rows);

// Turns command-line text into a JSON value of the row's type. For a list row one element.
SL_MUST_CHECK sl_status sl_row_put_argument(sl_json_writer *w, const sl_row *row, const char *text,
                                            const char *what, sl_error *err);

size_t sl_row_element_size(const sl_row *row);  // bytes of one element of a list row
const sl_row *sl_rows_find(const sl_row *rows, const char *name);  // NULL when absent
size_t sl_rows_count(const sl_row *rows);

// Index of the choice, -1 when absent.
int32_t sl_choice_find(const sl_choice *choices, const char *name);
// Index of the item, -1 when absent.
int64_t sl_registry_find(const sl_registry *registry, const char *name);

// A variant as JSON: {"resize": {"size": 256}}; also accepted: "resize" alone.
SL_MUST_CHECK sl_status sl_variant_parse(sl_arena *arena, const sl_registry *registry,
                                         const sl_json *value, const char *what, sl_variant *out,
                                         sl_error *err);
void sl_variant_write(sl_json_writer *w, const sl_registry *registry, const sl_variant *variant);

#endif
