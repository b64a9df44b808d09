// SPDX-License-Identifier: Apache-2.0
// Reading samples: files beneath their root, items of containers, blobs of the workspace.
//
// Invariant: size and time are compared after the bytes were read, so bytes that changed on the way
// are noticed. Where a file is gone or changed, bytes the workspace kept (by content hash) serve
// instead. Start at sl_sample_read().
#include "data/sample_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/format.h"
#include "store/blob_table.h"

enum { ROOTS_KEPT = 32 };
static const size_t file_limit = (size_t)1 << 30;

typedef struct open_root {
  char *path;  // from the heap; NULL when the slot is free
  int fd;
} open_root;

typedef struct open_blob {
  sl_arena *arena;
  char key[SL_BLOB_KEY_SIZE];
  sl_bytes bytes;
} open_blob;

struct sl_sample_reader {
  sl_store *store;
  open_root roots[ROOTS_KEPT];
  size_t next_root;  // slot that is given up next
  open_blob container, kept;
  uint8_t *buffer;
  size_t capacity;
  sl_image image;
};

// ---- life ---------------------------------------------------------------------------------------

static void close_root(open_root *root) {
  if (root->path == NULL) return;
  sl_heap_free(root->path);
  close(root->fd);
  *root = (open_root){0};
}

static void close_blob(open_blob *blob) {
  sl_arena_free(blob->arena);
  *blob = (open_blob){0};
}

static void close_reader(void *arg) {
  sl_sample_reader *reader = arg;
  for (size_t i = 0; i < ROOTS_KEPT; i++) close_root(&reader->roots[i]);
  close_blob(&reader->container);
  close_blob(&reader->kept);
  sl_image_release(&reader->image);
  sl_heap_free(reader->buffer);
}

sl_sample_reader *sl_sample_reader_new(sl_arena *arena, sl_store *store) {
  sl_sample_reader *reader = SL_NEW(arena, sl_sample_reader);
  reader->store = store;
  sl_arena_on_free(arena, close_reader, reader);
  return reader;
}

// ---- roots --------------------------------------------------------------------------------------

// A folder, or a container file, kept open between calls.
static sl_status open_at(sl_sample_reader *reader, const char *path, int flags, int *fd,
                         sl_error *err) {
  for (size_t i = 0; i < ROOTS_KEPT; i++) {
    const open_root *root = &reader->roots[i];
    if (root->path == NULL || strcmp(root->path, path) != 0) continue;
    *fd = root->fd;
    return SL_OK;
  }
  *fd = open(path, flags | O_CLOEXEC);
  if (*fd < 0) return sl_fail_errno(err, errno, "cannot open \"%s\"", path);
  size_t size = strlen(path) + 1;
  char *copy = sl_heap_alloc(size);
  if (copy == NULL) {
    close(*fd);
    return sl_fail(err, SL_E_MEMORY, "no memory for the path \"%s\"", path);
  }
  open_root *slot = &reader->roots[reader->next_root];
  reader->next_root = (reader->next_root + 1) % ROOTS_KEPT;
  close_root(slot);
  *slot = (open_root){memcpy(copy, path, size), *fd};
  return SL_OK;
}

static int64_t mtime_of(const struct stat *info) {
  return info->st_mtim.tv_sec * INT64_C(1000000000) + info->st_mtim.tv_nsec;
}

static sl_status fail_stale(const sl_sample_row *sample, sl_error *err) {
  sl_fail(err, SL_E_STALE, "file \"%s\" changed since it was imported", sample->name);
  return sl_hint(err, SL_E_STALE, "import again to make a version with the file as it is now");
}

// ---- whole files --------------------------------------------------------------------------------

static sl_status read_file(sl_sample_reader *reader, const sl_sample_row *sample,
                           sl_sample_data *out, sl_error *err) {
  int root = -1;
  size_t size = 0;
  struct stat info;
  SL_TRY(open_at(reader, sample->root, O_PATH | O_DIRECTORY, &root, err));
  SL_TRY(sl_file_read_at(root, sample->path, 1, file_limit, &reader->buffer, &reader->capacity,
                         &size, err));
  if (fstatat(root, sample->path, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
      (int64_t)size != sample->size_bytes || mtime_of(&info) != sample->mtime_ns)
    return fail_stale(sample, err);
  out->file = (sl_bytes){reader->buffer, size};
  return SL_OK;
}

// ---- blobs --------------------------------------------------------------------------------------

static sl_status map_blob(sl_sample_reader *reader, open_blob *slot,
                          const char key[SL_BLOB_KEY_SIZE], sl_bytes *out, sl_error *err) {
  *out = slot->bytes;
  if (slot->arena != NULL && strcmp(slot->key, key) == 0) return SL_OK;
  close_blob(slot);
  sl_arena *arena = sl_arena_new(NULL, "sample blob");
  sl_blob_view view;
  sl_status status = sl_store_get_blob(reader->store, arena, key, &view, err);
  if (status != SL_OK) {
    sl_arena_free(arena);
    return status;
  }
  *slot = (open_blob){.arena = arena, .bytes = view.bytes};
  memcpy(slot->key, key, strlen(key) + 1);
  *out = view.bytes;
  return SL_OK;
}

// The sample's own bytes where the workspace keeps them; 0 when it does not.
static int find_kept(sl_sample_reader *reader, const sl_sample_row *sample, sl_bytes *out) {
  char key[SL_BLOB_KEY_SIZE];
  int exists = 0;
  sl_hash_hex(&sample->content, key);
  if (sl_store_has_blob(reader->store, key, &exists, NULL) != SL_OK || !exists) return 0;
  return map_blob(reader, &reader->kept, key, out, NULL) == SL_OK;
}

// ---- items of containers ------------------------------------------------------------------------

static int is_blob_root(const char *root) {
  return strncmp(root, SL_ROOT_BLOB, sizeof SL_ROOT_BLOB - 1) == 0;
}

static int fits(const sl_sample_row *sample, int64_t size) {
  return sample->offset >= 0 && sample->length > 0 && sample->offset <= size &&
         sample->length <= size - sample->offset;
}

static sl_status make_room(sl_sample_reader *reader, size_t size, sl_error *err) {
  if (size <= reader->capacity && reader->buffer != NULL) return SL_OK;
  if (size > file_limit)
    return sl_fail(err, SL_E_LIMIT, "an item of %zu bytes is above the limit of %zu", size,
                   file_limit);
  uint8_t *grown = sl_heap_resize(reader->buffer, size);
  if (grown == NULL) return sl_fail(err, SL_E_MEMORY, "cannot allocate %zu bytes", size);
  reader->buffer = grown;
  reader->capacity = size;
  return SL_OK;
}

static sl_status copy_from_blob(sl_sample_reader *reader, const sl_sample_row *sample,
                                sl_error *err) {
  sl_bytes bytes;
  char key[SL_BLOB_KEY_SIZE];
  size_t size = strnlen(sample->root + sizeof SL_ROOT_BLOB - 1, sizeof key - 1);
  memcpy(key, sample->root + sizeof SL_ROOT_BLOB - 1, size);
  key[size] = '\0';
  SL_TRY(map_blob(reader, &reader->container, key, &bytes, err));
  if (!fits(sample, (int64_t)bytes.size))
    return sl_fail(err, SL_E_FORMAT, "item %lld lies outside of its container",
                   (long long)sample->item);
  memcpy(reader->buffer, bytes.at + sample->offset, (size_t)sample->length);
  return SL_OK;
}

// pread, not a map: a container that shrinks must not end the process.
static sl_status copy_from_file(sl_sample_reader *reader, const sl_sample_row *sample,
                                sl_error *err) {
  int fd = -1;
  struct stat info;
  SL_TRY(open_at(reader, sample->root, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, &fd, err));
  ssize_t got = 0;
  for (int64_t done = 0; done < sample->length; done += got) {
    got = pread(fd, reader->buffer + done, (size_t)(sample->length - done), sample->offset + done);
    if (got < 0 && errno == EINTR)
      got = 0;
    else if (got < 0)
      return sl_fail_errno(err, errno, "cannot read \"%s\"", sample->root);
    else if (got == 0)
      return fail_stale(sample, err);
  }
  if (fstat(fd, &info) != 0 || mtime_of(&info) != sample->mtime_ns || !fits(sample, info.st_size))
    return fail_stale(sample, err);
  return SL_OK;
}

static sl_status read_item(sl_sample_reader *reader, const sl_sample_row *sample,
                           sl_sample_data *out, sl_error *err) {
  int32_t channels = sl_streq(sample->mode, "RGB") ? 3 : 1;
  if (sample->width < 1 || sample->height < 1 || sample->offset < 0 ||
      (int64_t)sample->width * sample->height * channels != sample->length)
    return sl_fail(err, SL_E_FORMAT, "item %lld does not have the size of its pixels",
                   (long long)sample->item);
  sl_image_release(&reader->image);
  SL_TRY(make_room(reader, (size_t)sample->length, err));
  SL_TRY(is_blob_root(sample->root) ? copy_from_blob(reader, sample, err)
                                    : copy_from_file(reader, sample, err));
  sl_buffer *buffer = NULL;
  SL_TRY(sl_buffer_wrap(reader->buffer, (size_t)sample->length, NULL, NULL, &buffer, err));
  reader->image = (sl_image){.width = sample->width,
                             .height = sample->height,
                             .channels = channels,
                             .bits = 8,
                             .buffer = buffer,
                             .pixels = buffer->bytes};
  *out = (sl_sample_data){.is_pixels = 1, .pixels = &reader->image};
  return SL_OK;
}

// ---- any sample ---------------------------------------------------------------------------------

sl_status sl_sample_read(sl_sample_reader *reader, const sl_sample_row *sample, sl_sample_data *out,
                         sl_error *err) {
  *out = (sl_sample_data){0};
  if (sample->item >= 0 && sample->length > 0) return read_item(reader, sample, out, err);
  if (sample->item >= 0) {
    if (find_kept(reader, sample, &out->file)) return SL_OK;
    return sl_fail(err, SL_E_NOT_FOUND, "the bytes of \"%s\" are not in the workspace",
                   sample->name);
  }
  sl_status status = read_file(reader, sample, out, err);
  if (status == SL_OK || status == SL_E_MEMORY) return status;
  if (find_kept(reader, sample, &out->file)) {
    sl_error_clear(err);
    return SL_OK;
  }
  if (status != SL_E_NOT_FOUND) return status;
  return sl_hint(err, status, "put the file back, or import again to make a version without it");
}
