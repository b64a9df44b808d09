// SPDX-License-Identifier: Apache-2.0
// From what a file says of a sample's label to one label or a list of them.
//
// Invariant: a column "labels", and a JSON list, are lists because they say so. A "|" in a column
// of single labels is only a separator when every part is a label of its own in the same file;
// what stays whole is noted.
#ifndef SL_DATA_LABEL_LISTS_H
#define SL_DATA_LABEL_LISTS_H

#include "data/format.h"
#include "data/row_file.h"

typedef struct sl_label_lists sl_label_lists;

// For the rows of one file; everything it gives out lives in `arena`, each text once.
sl_label_lists *sl_label_lists_new(sl_arena *arena);

const char *sl_label_lists_copy(sl_label_lists *lists, const char *text);  // NULL for NULL

// Sets the record's label, or its labels (a JSON list) when there are several, from the row's
// columns "label" and "labels"; blanks around a label are no part of it.
void sl_label_lists_take(sl_label_lists *lists, const sl_row_file *row, sl_record *record);

// After the last row: splits the single labels that are lists, and notes what was done to how many
// of `shown`'s rows.
void sl_label_lists_settle(sl_label_lists *lists, sl_record *records, size_t count,
                           const char *shown, sl_note_list *notes);

#endif
