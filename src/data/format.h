// SPDX-License-Identifier: Apache-2.0
// Dataset formats: what a source is, and the records a format reads from it.
//
// Invariant: a format never drops anything in silence. What is a sample becomes a record (broken
// ones with a problem), what is not becomes a note. A new format is one file and one row in
// format_list.h.
#ifndef SL_DATA_FORMAT_H
#define SL_DATA_FORMAT_H

#include <stdatomic.h>

#include "base/file.h"
#include "base/rows.h"
#include "data/note_list.h"
#include "store/store.h"

// A folder or file the user named.
typedef struct sl_source {
  const char *path;   // absolute, links resolved
  const char *shown;  // ready for messages
  int is_dir;
  int64_t size_bytes, mtime_ns;
  sl_bytes head;  // the first SL_SOURCE_HEAD bytes of a file
} sl_source;

enum { SL_SOURCE_HEAD = 4096 };

// Root of items whose container lies in the workspace: "blob:<key>:<path it came from>".
#define SL_ROOT_BLOB "blob:"

// One sample to be. Texts live in the arena of the reading.
typedef struct sl_record {
  const char *name;         // NULL = same as path
  const char *root, *path;  // as in sl_sample_row
  int64_t offset, length;   // of raw pixels inside a container; else 0
  int64_t item;             // number inside a container; -1 for a whole file
  int64_t size_bytes;       // -1 = the file was not examined yet
  int64_t mtime_ns;
  int32_t width, height, channels;  // of raw pixels; 0 for image files
  const char *blob;                 // key of the sample's bytes when only the workspace holds them
  const char *label, *labels, *split, *fields;
  const char *problem;  // why it cannot be read, when the format knows already
} sl_record;

typedef struct sl_reading {
  sl_store *store;
  sl_arena *arena;  // of the records and notes
  const sl_source *source;
  int copy;  // keep containers in the workspace
  const atomic_int *cancel;
  void (*progress)(void *ctx, const char *phase, int64_t done, int64_t total);
  void *progress_ctx;
  sl_record *records;  // what was added, from the heap; owned by whoever made the reading
  size_t count, capacity;
  sl_note_list *notes;
} sl_reading;

// Adds a copy of `record`. SL_E_CANCELLED when the reading is to stop.
SL_MUST_CHECK sl_status sl_reading_add(sl_reading *reading, const sl_record *record, sl_error *err);

typedef struct sl_format {
  sl_item info;  // name, title, help
  // How sure it is that `source` is its own, 0 (not) to 100. Looks at names and first bytes only.
  int (*match)(const sl_source *source);
  // Adds the records of the reading's source, in an order that is the same each time.
  sl_status (*read)(sl_reading *reading, sl_error *err);
} sl_format;

#define SL_FORMAT(name) extern const sl_format sl_format_##name;
#include "data/format_list.h"
#undef SL_FORMAT

extern const sl_format *const sl_formats[];
extern const size_t sl_format_count;

const sl_format *sl_format_find(const char *name);  // NULL when there is none

// Examines `path`. SL_E_NOT_FOUND or SL_E_IO say why it cannot be used.
SL_MUST_CHECK sl_status sl_source_open(sl_arena *arena, const char *path, sl_source *out,
                                       sl_error *err);

// The surest format, the first of equals. SL_E_FORMAT says what the source looks like.
SL_MUST_CHECK sl_status sl_format_of_source(const sl_source *source, const sl_format **out,
                                            sl_error *err);

// "train", "val" or "test" for the usual names of splits in any case, else NULL.
const char *sl_split_of_name(const char *name, size_t size);

#endif
