// SPDX-License-Identifier: Apache-2.0
// The class map: names of a model's outputs, and how they meet the labels of a dataset.
#ifndef SL_MODEL_CLASSES_H
#define SL_MODEL_CLASSES_H

#include "base/rows.h"
#include "onnx/scan.h"

typedef struct sl_class_map {
  sl_texts names;      // in output order; count 0 = none known
  sl_texts ids;        // "n01440764"; same count, or 0 when the source has none
  const char *source;  // "metadata \"slitlamp.classes\"", "file \"x.txt\"", "labels of the dataset"
} sl_class_map;

// Lines `name` or `id name`, a JSON list of names, or a JSON object {index: name} or {name: index};
// YAML too. SL_E_FORMAT names the line.
SL_MUST_CHECK sl_status sl_class_map_read(sl_arena *arena, const char *path, sl_class_map *out,
                                          sl_error *err);
SL_MUST_CHECK sl_status sl_class_map_parse(sl_arena *arena, const char *text, size_t size,
                                           const char *what, sl_class_map *out, sl_error *err);
// From "slitlamp.classes", "names", "classes", "class_names", "labels"; count 0 when there is none.
SL_MUST_CHECK sl_status sl_class_map_from_metadata(sl_arena *arena, const sl_onnx_summary *summary,
                                                   sl_class_map *out, sl_error *err);

typedef enum sl_class_how {
  SL_MATCH_NONE = 0,
  SL_MATCH_NAME,        // same text
  SL_MATCH_ID,          // same id
  SL_MATCH_NORMALISED,  // same but for case, spaces, underscores and dashes
  SL_MATCH_FIRST_NAME,  // one of the names in "tench, Tinca tinca"
  SL_MATCH_NUMBER       // the label is the output's number
} sl_class_how;

typedef struct sl_class_match {
  const int32_t *class_of_label;  // [labels], -1 when none
  const uint8_t *how;             // [labels], sl_class_how
  int64_t matched, labels;
  sl_texts unmatched_labels;   // in label order
  sl_texts unmatched_classes;  // classes that no label names
  sl_texts ambiguous;          // labels that fit several classes (left unmatched)
  sl_texts notes;              // sentences for people, counts included
} sl_class_match;

// Matches by name, best way first; never by position, except that an empty map takes the labels
// themselves in sorted order when there are exactly `outputs` of them (and says so).
SL_MUST_CHECK sl_status sl_class_map_match(sl_arena *arena, const sl_class_map *map,
                                           const sl_texts *labels, int64_t outputs,
                                           sl_class_match *out, sl_error *err);

// Names that several classes bear get the class's id in brackets, or its number ("crane (134)"),
// so that a name leads to one class. Call it once labels are matched: a label "crane" alone stays
// ambiguous.
void sl_class_map_distinguish(sl_arena *arena, sl_class_map *map);

#endif
