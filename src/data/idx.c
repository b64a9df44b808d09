// SPDX-License-Identifier: Apache-2.0
// Format "idx": images and labels as MNIST has them (big-endian header, raw bytes), .gz too.
//
// Source of the format: the description of the IDX file format on the MNIST page.
// Invariant: the header's product of dimensions must equal the bytes that follow, checked in 128
// bits before anything is made from it. A .gz is inflated once, into a blob of the workspace, so
// that every item is read at its place. Start at read_idx().
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/hash.h"
#include "data/format.h"
#include "store/blob_table.h"

enum { HEADER_MAX = 4 + 4 * 4, FILES_MAX = 4096, SIDE_MAX = 65535 };
static const int64_t bytes_max = INT64_C(1) << 36;

typedef struct idx_header {
  int dims;
  int64_t at[4];
  int64_t data_offset;
  int64_t data_size;
} idx_header;

typedef struct idx_file {
  const char *shown;
  const char *root;  // as in sl_record
  sl_bytes bytes;
  int64_t mtime_ns;
  idx_header header;
} idx_file;

// ---- names --------------------------------------------------------------------------------------

// "t10k-images-idx3-ubyte.gz" -> the "idx3-ubyte" in it, with 3 in *dims; NULL when it is no such
// name.
static const char *find_mark(const char *name, int *dims) {
  for (int d = 1; d <= 4; d++) {
    char mark[32];
    (void)snprintf(mark, sizeof mark, "idx%d-ubyte", d);
    const char *at = strstr(name, mark);
    if (at == NULL || at == name) continue;
    const char *rest = at + strlen(mark);
    if (*rest != '\0' && strcmp(rest, ".gz") != 0) continue;
    *dims = d;
    return at;
  }
  return NULL;
}

static int is_images_name(const char *name) {
  int dims = 0;
  return find_mark(name, &dims) != NULL && dims >= 3;
}

// "t10k-images": the name of the set, for sample names and the split.
static const char *set_name(sl_arena *arena, const char *path) {
  const char *base = sl_path_base(path);
  int dims = 0;
  const char *mark = find_mark(base, &dims);
  if (mark != NULL) return sl_arena_copy_bytes(arena, base, (size_t)(mark - 1 - base));
  const char *dot = strchr(base, '.');
  return dot != NULL && dot != base ? sl_arena_copy_bytes(arena, base, (size_t)(dot - base)) : base;
}

static const char *split_of_set(const char *name) {
  if (strncmp(name, "t10k", 4) == 0) return "test";
  return sl_split_of_name(name, strcspn(name, "-_."));
}

// The labels file beside the images: "images" -> "labels", "idx3" -> "idx1", with or without .gz.
static const char *find_labels(sl_arena *arena, const char *path) {
  const char *base = sl_path_base(path);
  int dims = 0;
  const char *mark = find_mark(base, &dims);
  const char *word = strstr(base, "images");
  if (mark == NULL || word == NULL || word > mark) return NULL;
  char *plain = sl_arena_printf(arena, "%s/%.*slabels%.*sidx1-ubyte", sl_path_dir(arena, path),
                                (int)(word - base), base, (int)(mark - word - 6), word + 6);
  char *packed = sl_arena_printf(arena, "%s.gz", plain);
  if (sl_ends_with(path, ".gz") && sl_file_exists(packed)) return packed;
  if (sl_file_exists(plain)) return plain;
  return sl_file_exists(packed) ? packed : NULL;
}

static int is_gzip(sl_bytes head) {
  return head.size >= 3 && head.at[0] == 0x1f && head.at[1] == 0x8b && head.at[2] == 8;
}

// ---- the header ---------------------------------------------------------------------------------

static int64_t big_endian(const uint8_t *at) {
  return (int64_t)at[0] << 24 | (int64_t)at[1] << 16 | (int64_t)at[2] << 8 | at[3];
}

static sl_status check_type(const uint8_t *at, size_t size, const char *shown, sl_error *err) {
  static const char *const types[] = {
      [8] = "unsigned bytes",   [9] = "signed bytes", [11] = "16-bit integers",
      [12] = "32-bit integers", [13] = "floats",      [14] = "doubles"};
  if (size < 4 || at[0] != 0 || at[1] != 0)
    return sl_fail(err, SL_E_FORMAT, "\"%s\" is no IDX file: it does not start with two zero bytes",
                   shown);
  if (at[2] == 8) return SL_OK;
  const char *type = at[2] < sizeof types / sizeof *types ? types[at[2]] : NULL;
  if (type == NULL)
    return sl_fail(err, SL_E_FORMAT, "\"%s\" is no IDX file: %d is no element type", shown, at[2]);
  return sl_fail(err, SL_E_UNSUPPORTED, "IDX file \"%s\" holds %s; images and labels are bytes",
                 shown, type);
}

static sl_status parse_header(const uint8_t *at, size_t size, const char *shown, idx_header *out,
                              sl_error *err) {
  *out = (idx_header){0};
  SL_TRY(check_type(at, size, shown, err));
  out->dims = at[3];
  if (out->dims != 1 && out->dims != 3 && out->dims != 4)
    return sl_fail(err, SL_E_UNSUPPORTED,
                   "IDX file \"%s\" has %d dimensions; images have 3 or 4 and labels 1", shown,
                   out->dims);
  out->data_offset = 4 + 4 * (int64_t)out->dims;
  if ((int64_t)size < out->data_offset)
    return sl_fail(err, SL_E_FORMAT, "IDX file \"%s\" ends inside its header", shown);
  __extension__ unsigned __int128 product = 1;
  for (int d = 0; d < out->dims; d++) {
    out->at[d] = big_endian(at + 4 + 4 * d);
    product *= (uint64_t)out->at[d];
  }
  if (product > (uint64_t)bytes_max)
    return sl_fail(err, SL_E_LIMIT, "IDX file \"%s\" claims more than %lld bytes of data", shown,
                   (long long)bytes_max);
  out->data_size = (int64_t)product;
  return SL_OK;
}

// ---- files as bytes -----------------------------------------------------------------------------

static sl_status fail_size(const idx_file *file, int64_t has, sl_error *err) {
  sl_fail(err, SL_E_FORMAT, "IDX file \"%s\" is damaged: its header promises %lld bytes, it has %s",
          file->shown, (long long)file->header.data_size,
          has > file->header.data_size ? "more" : "fewer");
  return sl_hint(err, SL_E_FORMAT, "copy or download the file again");
}

static sl_status check_size(const idx_file *file, sl_error *err) {
  int64_t has = (int64_t)file->bytes.size - file->header.data_offset;
  return has == file->header.data_size ? SL_OK : fail_size(file, has, err);
}

typedef struct unpacking {
  gzFile gz;
  int fd;  // of the temporary file
  const char *shown;
} unpacking;

static sl_status fail_gzip(const unpacking *u, sl_error *err) {
  int code = 0;
  const char *why = gzerror(u->gz, &code);
  const char *colon = strrchr(why, ':');  // zlib puts the path in front
  if (colon != NULL && colon[1] == ' ') why = colon + 2;
  sl_fail(err, SL_E_FORMAT, "cannot unpack \"%s\": %s", u->shown,
          code == Z_ERRNO  ? strerror(errno)
          : why[0] != '\0' ? why
                           : "it ends early");
  return sl_hint(err, SL_E_FORMAT, "copy or download the file again");
}

static sl_status copy_out(const unpacking *u, int64_t wanted, int64_t *got, sl_error *err) {
  uint8_t chunk[1 << 16];
  *got = 0;
  while (*got <= wanted) {
    int n = gzread(u->gz, chunk, sizeof chunk);
    if (n < 0) return fail_gzip(u, err);
    if (n == 0) break;
    if (write(u->fd, chunk, (size_t)n) != n)
      return sl_fail(err, SL_E_IO, "cannot unpack \"%s\" into the workspace: %m", u->shown);
    *got += n;
  }
  int code = 0;
  (void)gzerror(u->gz, &code);
  return code == Z_OK || code == Z_STREAM_END ? SL_OK : fail_gzip(u, err);
}

// The header first: it bounds what is written, whatever a small .gz would inflate to.
static sl_status unpack(const unpacking *u, idx_file *file, sl_error *err) {
  uint8_t head[HEADER_MAX];
  int64_t got = 0;
  int n = gzread(u->gz, head, sizeof head);
  if (n < 0) return fail_gzip(u, err);
  SL_TRY(parse_header(head, (size_t)n, file->shown, &file->header, err));
  if (write(u->fd, head, (size_t)n) != n)
    return sl_fail(err, SL_E_IO, "cannot unpack \"%s\" into the workspace: %m", u->shown);
  int64_t left = file->header.data_offset + file->header.data_size - n;
  SL_TRY(copy_out(u, left, &got, err));
  return got == left ? SL_OK : fail_size(file, got - left + file->header.data_size, err);
}

// Bytes of an anonymous file in the workspace's tmp/.
static sl_status unpack_to_map(sl_reading *reading, const char *path, idx_file *file,
                               sl_error *err) {
  char *name = sl_arena_printf(reading->arena, "%s/tmp/idx-XXXXXX", sl_store_path(reading->store));
  unpacking u = {.gz = gzopen(path, "rbe"), .shown = file->shown, .fd = -1};
  if (u.gz == NULL) return sl_fail_errno(err, errno, "cannot open \"%s\"", file->shown);
  u.fd = mkostemp(name, O_CLOEXEC);
  sl_status status = SL_OK;
  if (u.fd < 0)
    status =
        sl_fail_errno(err, errno, "cannot make a file in \"%s\"", sl_store_path(reading->store));
  if (status == SL_OK) status = unpack(&u, file, err);
  if (status == SL_OK) status = sl_file_map(reading->arena, name, &file->bytes, err);
  if (u.fd >= 0) {
    unlink(name);
    close(u.fd);
  }
  gzclose(u.gz);
  return status;
}

static sl_status keep_as_blob(sl_reading *reading, idx_file *file, sl_error *err) {
  char key[SL_BLOB_KEY_SIZE];
  SL_TRY(sl_store_put_blob(reading->store, file->bytes.at, file->bytes.size,
                           "application/octet-stream", key, err));
  file->root = sl_arena_printf(reading->arena, SL_ROOT_BLOB "%s:%s", key, file->root);
  return SL_OK;
}

static sl_status open_file(sl_reading *reading, const char *path, int as_root, idx_file *out,
                           sl_error *err) {
  sl_source at;
  SL_TRY(sl_source_open(reading->arena, path, &at, err));
  *out = (idx_file){.shown = at.shown, .root = at.path, .mtime_ns = at.mtime_ns};
  int packed = is_gzip(at.head);
  if (packed)
    SL_TRY(unpack_to_map(reading, at.path, out, err));
  else
    SL_TRY(sl_file_map(reading->arena, at.path, &out->bytes, err));
  SL_TRY(parse_header(out->bytes.at, out->bytes.size, out->shown, &out->header, err));
  SL_TRY(check_size(out, err));
  return as_root && (packed || reading->copy) ? keep_as_blob(reading, out, err) : SL_OK;
}

// ---- pairs --------------------------------------------------------------------------------------

static sl_status open_labels(sl_reading *reading, const char *images, int64_t count, idx_file *out,
                             int *found, sl_error *err) {
  const char *path = find_labels(reading->arena, images);
  *found = path != NULL;
  if (path == NULL) {
    const char *base = sl_path_base(images);
    sl_note_add(reading->notes, "labels: none, there is no labels file beside \"%s\"",
                sl_display(reading->arena, base, strlen(base)));
    return SL_OK;
  }
  SL_TRY(open_file(reading, path, 0, out, err));
  if (out->header.dims != 1)
    return sl_fail(err, SL_E_FORMAT, "IDX file \"%s\" holds images where labels are expected",
                   out->shown);
  if (out->header.at[0] == count) return SL_OK;
  return sl_fail(err, SL_E_FORMAT, "\"%s\" has %lld labels for %lld images", out->shown,
                 (long long)out->header.at[0], (long long)count);
}

static sl_status check_images(const idx_file *file, sl_error *err) {
  const idx_header *h = &file->header;
  if (h->dims == 1) {
    sl_fail(err, SL_E_FORMAT, "IDX file \"%s\" holds labels, not images", file->shown);
    return sl_hint(err, SL_E_FORMAT, "name the images file; its labels are found beside it");
  }
  if (h->dims == 4 && h->at[3] != 1 && h->at[3] != 3)
    return sl_fail(err, SL_E_UNSUPPORTED,
                   "IDX file \"%s\" has %lld channels per pixel; 1 and 3 are read", file->shown,
                   (long long)h->at[3]);
  if (h->at[1] >= 1 && h->at[1] <= SIDE_MAX && h->at[2] >= 1 && h->at[2] <= SIDE_MAX) return SL_OK;
  return sl_fail(err, SL_E_FORMAT, "IDX file \"%s\" has images of %lld x %lld pixels", file->shown,
                 (long long)h->at[2], (long long)h->at[1]);
}

static sl_status add_items(sl_reading *reading, const char *path, const idx_file *images,
                           const uint8_t *labels, sl_error *err) {
  sl_arena *arena = reading->arena;
  const idx_header *h = &images->header;
  const char *set = set_name(arena, path);
  int64_t channels = h->dims == 4 ? h->at[3] : 1;
  int64_t length = h->at[1] * h->at[2] * channels;
  const char *label_texts[256] = {0};
  for (int64_t i = 0; i < h->at[0]; i++) {
    sl_record record = {.name = sl_arena_printf(arena, "%s/%05lld", set, (long long)i),
                        .root = images->root,
                        .path = "",
                        .offset = h->data_offset + i * length,
                        .length = length,
                        .item = i,
                        .size_bytes = length,
                        .mtime_ns = images->mtime_ns,
                        .width = (int32_t)h->at[2],
                        .height = (int32_t)h->at[1],
                        .channels = (int32_t)channels,
                        .split = split_of_set(set)};
    if (labels != NULL) {
      const char **text = &label_texts[labels[i]];
      if (*text == NULL) *text = sl_arena_printf(arena, "%d", labels[i]);
      record.label = *text;
    }
    SL_TRY(sl_reading_add(reading, &record, err));
  }
  return SL_OK;
}

static sl_status read_pair(sl_reading *reading, const char *path, sl_error *err) {
  idx_file images, labels = {0};
  int has_labels = 0;
  SL_TRY(open_file(reading, path, 1, &images, err));
  SL_TRY(check_images(&images, err));
  SL_TRY(open_labels(reading, path, images.header.at[0], &labels, &has_labels, err));
  const uint8_t *at = has_labels ? labels.bytes.at + labels.header.data_offset : NULL;
  return add_items(reading, path, &images, at, err);
}

// ---- folders ------------------------------------------------------------------------------------

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Names of images files directly in `folder`, sorted; an unpacked one hides its .gz.
static size_t list_images(sl_arena *arena, const char *folder, const char **names) {
  size_t count = 0;
  DIR *dir = opendir(folder);
  if (dir == NULL) return 0;
  for (const struct dirent *entry; count < FILES_MAX && (entry = readdir(dir)) != NULL;) {
    if (!is_images_name(entry->d_name)) continue;
    char *path = sl_path_join(arena, folder, entry->d_name);
    if (sl_ends_with(path, ".gz") &&
        sl_file_exists(sl_arena_copy_bytes(arena, path, strlen(path) - 3)))
      continue;
    names[count++] = path;
  }
  closedir(dir);
  if (count > 0) qsort(names, count, sizeof *names, by_name);
  return count;
}

static int match_idx(const sl_source *source) {
  if (source->is_dir) {
    sl_arena *scratch = sl_arena_new(NULL, "idx folder");
    size_t count =
        list_images(scratch, source->path, SL_NEW_ARRAY(scratch, const char *, FILES_MAX));
    sl_arena_free(scratch);
    return count > 0 ? 80 : 0;
  }
  int dims = 0;
  int named = find_mark(sl_path_base(source->path), &dims) != NULL;
  sl_bytes head = source->head;
  if (is_gzip(head)) return named ? 90 : 0;
  if (head.size >= 4 && head.at[0] == 0 && head.at[1] == 0 && head.at[2] == 8)
    return named || head.at[3] == 3 || head.at[3] == 4 || head.at[3] == 1 ? 90 : 0;
  return named ? 40 : 0;
}

static sl_status read_idx(sl_reading *reading, sl_error *err) {
  const sl_source *source = reading->source;
  if (!source->is_dir) return read_pair(reading, source->path, err);
  const char **paths = SL_NEW_ARRAY(reading->arena, const char *, FILES_MAX);
  size_t count = list_images(reading->arena, source->path, paths);
  for (size_t i = 0; i < count; i++) SL_TRY(read_pair(reading, paths[i], err));
  if (count > 0)
    sl_note_add(reading->notes, "image files in IDX format: %zu; other files there were left out",
                count);
  return SL_OK;
}

const sl_format sl_format_idx = {
    .info = {.name = "idx",
             .title = "IDX files",
             .help = "Images as MNIST has them (idx3-ubyte grey, idx4-ubyte RGB; .gz too) with the "
                     "labels file of the same name beside; a file or a folder of them.",
             .since = "0.1.0"},
    .match = match_idx,
    .read = read_idx};
