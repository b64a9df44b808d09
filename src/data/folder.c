// SPDX-License-Identifier: Apache-2.0
// Format "folder": a folder per class, with or without splits above; a flat folder; one image.
//
// The rule: a first level named like a split (train, val, test, ...) is the split; the level below
// it, or the first level, is the class; deeper folders keep that class; an image above the class
// level has no label. Where other first-level folders hold images too, a split-named folder whose
// images lie directly in it is a class of that name.
// Invariant: symbolic links are resolved here once and kept as plain paths below the root, so that
// reading later need not follow any. Start at read_folder().
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "data/format.h"
#include "image/image.h"

enum { ENDINGS_MAX = 64, ENDINGS_SHOWN = 8 };

typedef struct ending {
  const char *text;   // ".txt", or "" for none
  const char *first;  // path of the first such file
  int64_t count;
} ending;

typedef struct folder_walk {
  sl_reading *reading;
  size_t from;  // first record of this source
  sl_map *ending_index;
  ending endings[ENDINGS_MAX];
  int64_t ending_count, ignored;
  const char *workspace;  // path below the root of the workspace itself, or NULL
  size_t hidden, linked_folders, unreadable;
  const char *first_unreadable;
} folder_walk;

// ---- what is an image ---------------------------------------------------------------------------

// Also formats that cannot be read: such a file is a sample with an error, not a stranger.
static const char *const image_endings[] = {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif",  ".tiff", ".bmp", ".dib", ".pnm",
    ".pgm", ".ppm",  ".pbm", ".gif",  ".jp2", ".heic", ".heif", ".avif", ".jxl", ".exr"};

static int has_image_ending(const char *path) {
  for (size_t i = 0; i < sizeof image_endings / sizeof *image_endings; i++)
    if (sl_ends_with(path, image_endings[i])) return 1;
  return 0;
}

static int has_image_magic(sl_bytes head) {
  sl_image_info info = {0};
  (void)!sl_image_probe(head.at, head.size, NULL, &info, NULL);
  return info.format != SL_FILE_UNKNOWN;
}

static int file_has_image_magic(sl_arena *arena, const char *root, const char *relative) {
  uint8_t head[64];
  int fd = open(sl_path_join(arena, root, relative), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return 0;
  ssize_t got = read(fd, head, sizeof head);
  close(fd);
  return got > 0 && has_image_magic((sl_bytes){head, (size_t)got});
}

static int match_folder(const sl_source *source) {
  if (source->is_dir) return 50;
  if (has_image_magic(source->head)) return 90;
  return has_image_ending(source->path) ? 60 : 0;
}

// ---- walking ------------------------------------------------------------------------------------

static const char *ending_of(sl_arena *arena, const char *path) {
  const char *base = sl_path_base(path);
  const char *dot = strrchr(base, '.');
  if (dot == NULL || dot == base || strlen(dot) > 12) return "";
  char *lower = sl_arena_copy(arena, dot);
  for (char *c = lower; *c != '\0'; c++)
    if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
  return lower;
}

static void ignore_file(folder_walk *walk, const char *relative) {
  sl_arena *arena = walk->reading->arena;
  const char *text = ending_of(arena, relative);
  walk->ignored++;
  int64_t at = sl_map_get_text(walk->ending_index, text, -1);
  if (at < 0 && walk->ending_count == ENDINGS_MAX) return;
  if (at < 0) {
    at = walk->ending_count++;
    sl_map_set_text(walk->ending_index, text, at);
    walk->endings[at] = (ending){.text = text, .first = sl_arena_copy(arena, relative)};
  }
  walk->endings[at].count++;
}

// The path below the root that a link leads to, or NULL with the reason in `problem`.
static const char *resolve_link(sl_arena *arena, const char *root, const char *relative,
                                const char **problem) {
  char *target = realpath(sl_path_join(arena, root, relative), NULL);
  const char *inside = NULL;
  size_t size = strlen(root);
  if (target == NULL)
    *problem = "it is a symbolic link to nothing";
  else if (strncmp(target, root, size) != 0 || (target[size] != '/' && root[size - 1] != '/'))
    *problem = "it is a symbolic link that leaves the folder of the data set";
  else
    inside = sl_arena_copy(arena, target + size + (target[size] == '/'));
  sl_heap_free(target);
  return inside;
}

static sl_status add_image(folder_walk *walk, const char *relative, const sl_file_stat *stat,
                           sl_error *err) {
  sl_reading *reading = walk->reading;
  sl_record record = {.root = reading->source->path,
                      .path = sl_arena_copy(reading->arena, relative),
                      .item = -1,
                      .size_bytes = stat->size_bytes,
                      .mtime_ns = stat->mtime_ns};
  if (stat->is_link) {
    record.name = record.path;
    const char *inside = resolve_link(reading->arena, record.root, relative, &record.problem);
    if (inside != NULL) record.path = inside;
  }
  if (!stat->is_regular && record.problem == NULL) record.problem = "it is not a regular file";
  return sl_reading_add(reading, &record, err);
}

// Thumbnails and copies of the workspace are no data, where it lies in the folder of the data.
static int is_of_workspace(const folder_walk *walk, const char *relative) {
  size_t size = walk->workspace != NULL ? strlen(walk->workspace) : 0;
  return size > 0 && strncmp(relative, walk->workspace, size) == 0 &&
         (relative[size] == '\0' || relative[size] == '/');
}

static sl_status visit(void *ctx, const char *relative, const sl_file_stat *stat, sl_error *err) {
  folder_walk *walk = ctx;
  if (is_of_workspace(walk, relative)) return SL_OK;
  if (stat->is_dir) {
    walk->linked_folders += (size_t)stat->is_link;
    return SL_OK;
  }
  int is_image = has_image_ending(relative);
  if (!is_image && stat->is_regular && !stat->is_link) {
    sl_arena *scratch = sl_arena_new(NULL, "look at file");
    is_image = file_has_image_magic(scratch, walk->reading->source->path, relative);
    sl_arena_free(scratch);
  }
  if (is_image) return add_image(walk, relative, stat, err);
  ignore_file(walk, relative);
  return SL_OK;
}

// A link to nothing with an image's name is a broken sample; anything else is counted.
static void meet_unreadable(void *ctx, const char *relative, int error_number) {
  folder_walk *walk = ctx;
  sl_file_stat stat = {.is_link = 1};
  if (error_number == ENOENT && has_image_ending(relative) &&
      add_image(walk, relative, &stat, NULL) == SL_OK)
    return;
  if (walk->unreadable++ == 0)
    walk->first_unreadable = sl_arena_copy(walk->reading->arena, relative);
}

static void meet_hidden(void *ctx, const char *relative, size_t count) {
  folder_walk *walk = ctx;
  size_t size = strlen(relative);
  const char *workspace = walk->workspace != NULL ? walk->workspace : "";
  const char *slash = strrchr(workspace, '/');
  size_t above = slash != NULL ? (size_t)(slash - workspace) : 0;
  int is_here = size == above && strncmp(workspace, relative, size) == 0;
  walk->hidden += count - (is_here && sl_path_base(workspace)[0] == '.');
}

static const char *below(const char *root, const char *path) {
  size_t size = strlen(root);
  if (strncmp(root, path, size) != 0) return NULL;
  if (root[size - 1] == '/') return path + size;
  return path[size] == '/' ? path + size + 1 : NULL;
}

// ---- labels and splits --------------------------------------------------------------------------

static const char *shown_name(const sl_record *record) {
  return record->name != NULL ? record->name : record->path;
}

// True when a first-level folder that is no split holds an image.
static int has_plain_folder(const folder_walk *walk) {
  for (size_t i = walk->from; i < walk->reading->count; i++) {
    const char *name = shown_name(&walk->reading->records[i]);
    const char *slash = strchr(name, '/');
    if (slash != NULL && sl_split_of_name(name, (size_t)(slash - name)) == NULL) return 1;
  }
  return 0;
}

typedef struct found_levels {
  int64_t labelled, in_split;
} found_levels;

static void label_record(sl_arena *arena, sl_record *record, int has_plain, const char *outer,
                         found_levels *found) {
  const char *name = shown_name(record);
  const char *slash = strchr(name, '/');
  record->split = outer;
  if (slash == NULL) return;
  const char *split = outer != NULL ? NULL : sl_split_of_name(name, (size_t)(slash - name));
  const char *below = strchr(slash + 1, '/');
  if (split != NULL && (below != NULL || !has_plain)) {
    record->split = split;
    found->in_split++;
    name = slash + 1;
    slash = below;
  }
  if (slash == NULL) return;
  record->label = sl_arena_copy_bytes(arena, name, (size_t)(slash - name));
  found->labelled++;
}

static void label_records(folder_walk *walk) {
  sl_reading *reading = walk->reading;
  const char *base = sl_path_base(reading->source->path);
  const char *outer = reading->source->is_dir ? sl_split_of_name(base, strlen(base)) : NULL;
  int has_plain = has_plain_folder(walk);
  found_levels found = {0};
  for (size_t i = walk->from; i < reading->count; i++)
    label_record(reading->arena, &reading->records[i], has_plain, outer, &found);
  if (outer != NULL)
    sl_note_add(reading->notes, "split: \"%s\", from the folder's own name", outer);
  if (found.labelled == 0)
    sl_note_add(reading->notes, "labels: none, the images lie in no folder of a class");
  else if (found.in_split > 0)
    sl_note_add(
        reading->notes,
        "labels: the folder below the split (train, val, test) is the class; deeper folders "
        "keep it");
  else
    sl_note_add(reading->notes, "labels: the first folder is the class; deeper folders keep it");
}

// ---- reading ------------------------------------------------------------------------------------

static void note_ignored(folder_walk *walk) {
  if (walk->ignored == 0) return;
  sl_note_list *notes = walk->reading->notes;
  sl_text list = {0};
  for (int64_t i = 0; i < walk->ending_count && i < ENDINGS_SHOWN; i++) {
    const ending *e = &walk->endings[i];
    const char *first = sl_display(notes->arena, e->first, strlen(e->first));
    const char *text = sl_display(notes->arena, e->text, strlen(e->text));
    sl_text_printf(&list, "%s%lld %s (first \"%s\")", i > 0 ? ", " : "", (long long)e->count,
                   text[0] != '\0' ? text : "without ending", first);
  }
  if (walk->ending_count > ENDINGS_SHOWN) sl_text_puts(&list, ", ...");
  sl_note_add(notes, "files that are no images were left out: %s", sl_text_z(&list));
  sl_text_free(&list);
}

static void note_skipped(folder_walk *walk) {
  sl_note_list *notes = walk->reading->notes;
  note_ignored(walk);
  if (walk->hidden > 0)
    sl_note_add(notes, "hidden files and folders were left out: %zu", walk->hidden);
  if (walk->linked_folders > 0)
    sl_note_add(notes, "folders that are symbolic links were not followed: %zu",
                walk->linked_folders);
  if (walk->unreadable > 0)
    sl_note_add(notes, "files or folders that cannot be read were left out: %zu (first \"%s\")",
                walk->unreadable,
                sl_display(notes->arena, walk->first_unreadable, strlen(walk->first_unreadable)));
}

static sl_status read_one_image(sl_reading *reading, sl_error *err) {
  const sl_source *source = reading->source;
  sl_record record = {.root = sl_path_dir(reading->arena, source->path),
                      .path = sl_path_base(source->path),
                      .item = -1,
                      .size_bytes = source->size_bytes,
                      .mtime_ns = source->mtime_ns};
  return sl_reading_add(reading, &record, err);
}

static sl_status read_folder(sl_reading *reading, sl_error *err) {
  if (!reading->source->is_dir) return read_one_image(reading, err);
  const char *workspace = sl_path_absolute(reading->arena, sl_store_path(reading->store));
  folder_walk walk = {.reading = reading,
                      .from = reading->count,
                      .ending_index = sl_map_new(reading->arena),
                      .workspace = below(reading->source->path, workspace)};
  sl_walk how = {
      .visit = visit, .unreadable = meet_unreadable, .ctx = &walk, .hidden = meet_hidden};
  SL_TRY(sl_file_walk(reading->source->path, &how, err));
  note_skipped(&walk);
  if (reading->count > walk.from) label_records(&walk);
  return SL_OK;
}

const sl_format sl_format_folder = {
    .info = {.name = "folder",
             .title = "Image folder",
             .help =
                 "A folder per class, with or without train, val and test above; a flat folder "
                 "without labels; or a single image. Deeper folders keep the class of the first "
                 "level below the split.",
             .since = "0.1.0"},
    .match = match_folder,
    .read = read_folder};
