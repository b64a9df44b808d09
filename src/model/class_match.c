// SPDX-License-Identifier: Apache-2.0
// Meeting the labels of a dataset with the classes of a model, by name.
//
// Invariant: a label that fits two classes equally well is left unmatched and said so; a wrong
// guess here would look like a bad model.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "model/classes.h"

enum { AMBIGUOUS = -2, NOTHING = -1, SHOWN_MAX = 8 };

typedef struct index_of {
  sl_map *name, *id, *normalised, *first;
} index_of;

// Lower case, without spaces, underscores, dashes and dots.
static char *normalise(sl_arena *arena, const char *text, size_t size) {
  char *out = sl_arena_push(arena, size + 1);
  size_t n = 0;
  for (size_t i = 0; i < size; i++)
    if (strchr(" _-.'", text[i]) == NULL) out[n++] = (char)tolower((unsigned char)text[i]);
  return out;
}

static void add(sl_map *map, const char *key, int64_t class_index) {
  if (key[0] == '\0') return;
  int64_t known = sl_map_get_text(map, key, NOTHING);
  if (known == class_index) return;
  sl_map_set_text(map, key, known == NOTHING ? class_index : AMBIGUOUS);
}

static void add_synonyms(sl_arena *arena, sl_map *map, const char *name, int64_t class_index) {
  for (const char *at = name; *at != '\0';) {
    size_t size = strcspn(at, ",;/");
    add(map, normalise(arena, at, size), class_index);
    at += size + (at[size] != '\0');
  }
}

static index_of build_index(sl_arena *arena, const sl_class_map *map) {
  index_of index = {sl_map_new(arena), sl_map_new(arena), sl_map_new(arena), sl_map_new(arena)};
  for (int64_t i = 0; i < map->names.count; i++) {
    const char *name = map->names.at[i];
    add(index.name, name, i);
    add(index.normalised, normalise(arena, name, strlen(name)), i);
    add_synonyms(arena, index.first, name, i);
    if (map->ids.count > 0) add(index.id, map->ids.at[i], i);
  }
  return index;
}

// "n01440764_tench" begins with an id.
static int64_t find_leading_id(sl_arena *arena, const index_of *index, const char *label) {
  size_t size = strcspn(label, " _-.,");
  return sl_map_get_text(index->id, sl_arena_copy_bytes(arena, label, size), NOTHING);
}

static int64_t find_class(sl_arena *arena, const index_of *index, const char *label,
                          sl_class_how *how) {
  const char *plain = normalise(arena, label, strlen(label));
  const struct {
    sl_class_how how;
    int64_t found;
  } tries[] = {{SL_MATCH_NAME, sl_map_get_text(index->name, label, NOTHING)},
               {SL_MATCH_ID, sl_map_get_text(index->id, label, NOTHING)},
               {SL_MATCH_NORMALISED, sl_map_get_text(index->normalised, plain, NOTHING)},
               {SL_MATCH_ID, find_leading_id(arena, index, label)},
               {SL_MATCH_FIRST_NAME, sl_map_get_text(index->first, plain, NOTHING)}};
  for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
    *how = tries[i].how;
    if (tries[i].found != NOTHING) return tries[i].found;
  }
  *how = SL_MATCH_NONE;
  return NOTHING;
}

void sl_class_map_distinguish(sl_arena *arena, sl_class_map *map) {
  const sl_texts names = map->names;
  sl_map *first = sl_map_new(arena);
  for (int64_t i = 0; i < names.count; i++) add(first, names.at[i], i);
  const char **told = SL_NEW_ARRAY(arena, const char *, names.count + 1);
  for (int64_t i = 0; i < names.count; i++) {
    const char *id = map->ids.count > 0 ? map->ids.at[i] : "";
    told[i] = names.at[i];
    if (sl_map_get_text(first, names.at[i], i) != AMBIGUOUS) continue;
    told[i] = id[0] != '\0' ? sl_arena_printf(arena, "%s (%s)", names.at[i], id)
                            : sl_arena_printf(arena, "%s (%lld)", names.at[i], (long long)i);
  }
  map->names.at = told;
}

// ---- without names
// -------------------------------------------------------------------------------

// Whether every label is a whole number below `outputs`.
static int are_numbers(const sl_texts *labels, int64_t outputs) {
  for (int64_t i = 0; i < labels->count; i++) {
    int64_t number;
    if (!sl_parse_int(labels->at[i], &number) || number < 0 || number >= outputs) return 0;
  }
  return labels->count > 0;
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted_labels(sl_arena *arena, const sl_texts *labels) {
  const char **sorted = SL_NEW_ARRAY(arena, const char *, labels->count);
  if (labels->count == 0) return sorted;
  memcpy(sorted, labels->at, (size_t)labels->count * sizeof *sorted);
  qsort(sorted, (size_t)labels->count, sizeof *sorted, by_text);
  return sorted;
}

// ---- the result
// ----------------------------------------------------------------------------------

typedef struct note_lines {
  const char **at;
  int64_t count;
} note_lines;

static void note_list(sl_arena *arena, note_lines *notes, const sl_texts *list, const char *what) {
  if (list->count == 0) return;
  sl_text text = {0};
  sl_text_printf(&text, "%lld %s: ", (long long)list->count, what);
  for (int64_t i = 0; i < list->count && i < SHOWN_MAX; i++)
    sl_text_printf(&text, "%s\"%s\"", i > 0 ? ", " : "", list->at[i]);
  if (list->count > SHOWN_MAX)
    sl_text_printf(&text, " and %lld more", (long long)(list->count - SHOWN_MAX));
  notes->at[notes->count++] = sl_text_take(&text, arena);
}

static void note_ways(sl_arena *arena, note_lines *notes, const sl_class_match *match) {
  static const char *const ways[] = {[SL_MATCH_NORMALISED] = "but for case, spaces or dashes",
                                     [SL_MATCH_FIRST_NAME] = "by one of several names"};
  for (int how = SL_MATCH_NORMALISED; how <= SL_MATCH_FIRST_NAME; how++) {
    int64_t count = 0;
    for (int64_t i = 0; i < match->labels; i++) count += match->how[i] == how;
    if (count > 0)
      notes->at[notes->count++] = sl_arena_printf(
          arena, "%lld %s %s", (long long)count,
          sl_plural(count, "label matches its class", "labels match their class"), ways[how]);
  }
}

static sl_texts classes_without_label(sl_arena *arena, const sl_class_map *map,
                                      const sl_class_match *match) {
  uint8_t *named = sl_arena_push(arena, (size_t)map->names.count + 1);
  const char **list = SL_NEW_ARRAY(arena, const char *, map->names.count);
  int64_t count = 0;
  for (int64_t i = 0; i < match->labels; i++)
    if (match->class_of_label[i] >= 0) named[match->class_of_label[i]] = 1;
  for (int64_t c = 0; c < map->names.count; c++)
    if (!named[c]) list[count++] = map->names.at[c];
  return (sl_texts){list, count};
}

// Labels that share a class with another label.
static sl_texts shared_classes(sl_arena *arena, const sl_texts *labels, const sl_class_match *match,
                               int64_t classes) {
  uint8_t *seen = sl_arena_push(arena, (size_t)classes + 1);
  const char **list = SL_NEW_ARRAY(arena, const char *, labels->count);
  int64_t count = 0;
  for (int64_t i = 0; i < labels->count; i++) {
    int32_t c = match->class_of_label[i];
    if (c < 0 || c >= classes) continue;
    if (seen[c]) list[count++] = labels->at[i];
    seen[c] = 1;
  }
  return (sl_texts){list, count};
}

static void match_by_name(sl_arena *arena, const sl_class_map *map, const sl_texts *labels,
                          int32_t *class_of, uint8_t *ways, sl_class_match *out) {
  index_of index = build_index(arena, map);
  const char **unmatched = SL_NEW_ARRAY(arena, const char *, labels->count);
  const char **ambiguous = SL_NEW_ARRAY(arena, const char *, labels->count);
  for (int64_t i = 0; i < labels->count; i++) {
    sl_class_how how;
    int64_t found = find_class(arena, &index, labels->at[i], &how);
    class_of[i] = found >= 0 ? (int32_t)found : -1;
    ways[i] = (uint8_t)(found >= 0 ? how : SL_MATCH_NONE);
    out->matched += found >= 0;
    if (found == AMBIGUOUS) ambiguous[out->ambiguous.count++] = labels->at[i];
    if (found == NOTHING) unmatched[out->unmatched_labels.count++] = labels->at[i];
  }
  out->unmatched_labels.at = unmatched;
  out->ambiguous.at = ambiguous;
}

static void match_by_number(const sl_texts *labels, int32_t *class_of, uint8_t *ways,
                            sl_class_match *out) {
  for (int64_t i = 0; i < labels->count; i++) {
    int64_t number = -1;
    sl_parse_int(labels->at[i], &number);
    class_of[i] = (int32_t)number;
    ways[i] = SL_MATCH_NUMBER;
  }
  out->matched = labels->count;
}

static void match_by_order(sl_arena *arena, const sl_texts *labels, int32_t *class_of,
                           uint8_t *ways, sl_class_match *out) {
  sl_class_map sorted = {.names = {sorted_labels(arena, labels), labels->count}};
  match_by_name(arena, &sorted, labels, class_of, ways, out);
}

sl_status sl_class_map_match(sl_arena *arena, const sl_class_map *map, const sl_texts *labels,
                             int64_t outputs, sl_class_match *out, sl_error *err) {
  void *class_of, *ways;
  size_t count = (size_t)labels->count;
  SL_TRY(sl_arena_try_push(arena, count + 1, sizeof(int32_t), SIZE_MAX, "labels", &class_of, err));
  SL_TRY(sl_arena_try_push(arena, count + 1, 1, SIZE_MAX, "labels", &ways, err));
  *out = (sl_class_match){.class_of_label = class_of, .how = ways, .labels = labels->count};
  note_lines notes = {.at = SL_NEW_ARRAY(arena, const char *, 8)};
  if (map->names.count > 0) match_by_name(arena, map, labels, class_of, ways, out);
  if (out->matched == 0 && are_numbers(labels, outputs)) {
    out->unmatched_labels.count = out->ambiguous.count = 0;
    match_by_number(labels, class_of, ways, out);
    notes.at[notes.count++] = "labels are numbers and were taken as numbers of the outputs";
  } else if (map->names.count == 0 && labels->count == outputs) {
    match_by_order(arena, labels, class_of, ways, out);
    notes.at[notes.count++] =
        "no class names are known: labels in alphabetical order were taken for the outputs";
  } else if (map->names.count == 0 && labels->count > 0) {
    notes.at[notes.count++] = sl_arena_printf(
        arena,
        "no class names are known, and the data have %lld labels where the model has %lld "
        "outputs",
        (long long)labels->count, (long long)outputs);
    match_by_name(arena, map, labels, class_of, ways, out);
  }
  if (map->names.count > 0) out->unmatched_classes = classes_without_label(arena, map, out);
  sl_texts shared = shared_classes(arena, labels, out, map->names.count);
  note_ways(arena, &notes, out);
  note_list(arena, &notes, &out->unmatched_labels, "labels match no class of the model");
  note_list(arena, &notes, &out->ambiguous, "labels fit several classes and were left out");
  note_list(arena, &notes, &shared, "labels share their class with another label");
  note_list(arena, &notes, &out->unmatched_classes, "classes of the model occur in no label");
  out->notes = (sl_texts){notes.at, notes.count};
  return SL_OK;
}
