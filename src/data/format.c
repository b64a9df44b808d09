// SPDX-License-Identifier: Apache-2.0
// The registry of formats, and recognising what a source is.
//
// Invariant: recognition looks at content first; a file's ending only decides between texts.
// Start at sl_format_of_source().
#include "data/format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "image/image.h"

const sl_format *const sl_formats[] = {
#define SL_FORMAT(name) &sl_format_##name,
#include "data/format_list.h"
#undef SL_FORMAT
};
const size_t sl_format_count = sizeof sl_formats / sizeof *sl_formats;

const sl_format *sl_format_find(const char *name) {
  for (size_t i = 0; i < sl_format_count; i++)
    if (sl_streq(sl_formats[i]->info.name, name)) return sl_formats[i];
  return NULL;
}

// ---- sources ------------------------------------------------------------------------------------

static sl_status read_head(sl_arena *arena, sl_source *source, sl_error *err) {
  int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return sl_fail(err, SL_E_IO, "cannot open \"%s\": %m", source->shown);
  uint8_t *head = SL_NEW_ARRAY(arena, uint8_t, SL_SOURCE_HEAD);
  ssize_t got = read(fd, head, SL_SOURCE_HEAD);
  sl_status status =
      got < 0 ? sl_fail(err, SL_E_IO, "cannot read \"%s\": %m", source->shown) : SL_OK;
  close(fd);
  if (status == SL_OK) source->head = (sl_bytes){head, (size_t)got};
  return status;
}

sl_status sl_source_open(sl_arena *arena, const char *path, sl_source *out, sl_error *err) {
  *out = (sl_source){.path = sl_path_absolute(arena, path)};
  out->shown = sl_display(arena, path, strlen(path));
  sl_file_stat stat;
  if (access(path, F_OK) != 0) {
    if (errno != ENOENT && errno != ENOTDIR)
      return sl_fail_errno(err, errno, "cannot use \"%s\"", out->shown);
    sl_fail(err, SL_E_NOT_FOUND, "there is no file or folder \"%s\"", out->shown);
    return sl_hint(err, SL_E_NOT_FOUND,
                   "name a folder of images, a CSV or JSONL manifest, or IDX files");
  }
  SL_TRY(sl_file_stat_of(path, &stat, err));
  out->is_dir = stat.is_dir;
  out->size_bytes = stat.size_bytes;
  out->mtime_ns = stat.mtime_ns;
  if (stat.is_dir) return SL_OK;
  if (!stat.is_regular)
    return sl_fail(err, SL_E_FORMAT, "\"%s\" is neither a file nor a folder", out->shown);
  return read_head(arena, out, err);
}

// ---- recognising --------------------------------------------------------------------------------

static const char *const model_endings[] = {".onnx",  ".pt", ".pth",    ".ckpt",       ".h5",
                                            ".keras", ".pb", ".tflite", ".safetensors"};

static sl_status fail_unknown(const sl_source *source, sl_error *err) {
  if (source->is_dir)
    return sl_fail(err, SL_E_FORMAT, "no format fits the folder \"%s\"", source->shown);
  for (size_t i = 0; i < sizeof model_endings / sizeof *model_endings; i++) {
    if (!sl_ends_with(source->path, model_endings[i])) continue;
    sl_fail(err, SL_E_FORMAT, "\"%s\" is a model, not data", source->shown);
    return sl_hint(err, SL_E_FORMAT, "name the model first, then the folder or file with images");
  }
  sl_image_info info;
  sl_error why = {0};
  (void)!sl_image_probe(source->head.at, source->head.size, NULL, &info, &why);
  sl_fail(err, SL_E_FORMAT, "\"%s\" is no data that can be imported: %s", source->shown,
          sl_error_message(&why));
  return sl_hint(err, SL_E_FORMAT,
                 "folders of images, CSV, TSV and JSONL manifests, and IDX files are read; unpack "
                 "archives first");
}

sl_status sl_format_of_source(const sl_source *source, const sl_format **out, sl_error *err) {
  int best = 0;
  for (size_t i = 0; i < sl_format_count; i++) {
    int sure = sl_formats[i]->match(source);
    if (sure <= best) continue;
    best = sure;
    *out = sl_formats[i];
  }
  return best > 0 ? SL_OK : fail_unknown(source, err);
}

// ---- what formats share -------------------------------------------------------------------------

const char *sl_split_of_name(const char *name, size_t size) {
  static const struct {
    const char *name, *split;
  } table[] = {{"train", "train"},    {"training", "train"}, {"val", "val"},   {"valid", "val"},
               {"validation", "val"}, {"dev", "val"},        {"test", "test"}, {"testing", "test"}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strlen(table[i].name) == size && strncasecmp(table[i].name, name, size) == 0)
      return table[i].split;
  return NULL;
}

static int grow(sl_reading *reading) {
  if (reading->count < reading->capacity) return 1;
  size_t capacity = reading->capacity * 2 + 256;
  if (capacity > SIZE_MAX / sizeof(sl_record)) return 0;
  sl_record *grown = sl_heap_resize(reading->records, capacity * sizeof(sl_record));
  if (grown == NULL) return 0;
  reading->records = grown;
  reading->capacity = capacity;
  return 1;
}

sl_status sl_reading_add(sl_reading *reading, const sl_record *record, sl_error *err) {
  enum { SHOW_EVERY = 1024 };
  if (!grow(reading))
    return sl_fail(err, SL_E_MEMORY, "no memory for more than %zu samples", reading->count);
  reading->records[reading->count++] = *record;
  if (reading->count % SHOW_EVERY != 0) return SL_OK;
  if (reading->cancel != NULL && atomic_load(reading->cancel))
    return sl_fail(err, SL_E_CANCELLED, "stopped on request while files were looked for");
  if (reading->progress != NULL)
    reading->progress(reading->progress_ctx, "find files", (int64_t)reading->count, 0);
  return SL_OK;
}
