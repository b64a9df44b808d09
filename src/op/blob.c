// SPDX-License-Identifier: Apache-2.0
// Bytes by key: content blobs from the store, thumbnails and whole images made on demand.
//
// Invariant: a key names a hash, never a path; which file holds the bytes is the catalogue's
// business. Start at sl_blob_open().
#include "store/blob_table.h"

#include <slitlamp/slitlamp.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "data/sample_reader.h"
#include "image/image.h"
#include "op/engine_state.h"
#include "store/sample_table.h"

enum { SIDE_MIN = 16, SIDE_MAX = 1024, CANDIDATES = 8, PNG_LEVEL = 1, JPEG_QUALITY = 92 };
enum { PNG_PIXELS_MAX = 1 << 20 };

struct sl_blob {
  sl_arena *arena;
  sl_blob_view view;
  sl_buffer *buffer;  // when freshly made
};

typedef struct wanted {
  sl_hash image;
  int32_t side_px;  // 0 = the whole image
} wanted;

// "thumb-<64 hex>-<px>" or "image-<64 hex>"; 0 when the key is neither.
static int parse_derived(const char *key, wanted *out) {
  char hex[65];
  const char *rest = NULL;
  int64_t side = 0;
  if (sl_starts_with(key, "thumb-"))
    rest = key + 6;
  else if (sl_starts_with(key, "image-"))
    rest = key + 6;
  if (rest == NULL || strlen(rest) < 64) return 0;
  memcpy(hex, rest, 64);
  hex[64] = '\0';
  if (!sl_hash_from_hex(hex, &out->image)) return 0;
  rest += 64;
  if (key[0] == 'i') {
    out->side_px = 0;
    return rest[0] == '\0';
  }
  if (rest[0] != '-' || !sl_parse_int(rest + 1, &side)) return 0;
  out->side_px = (int32_t)side;
  return side >= SIDE_MIN && side <= SIDE_MAX;
}

// ---- making
// --------------------------------------------------------------------------------------

static sl_status encode_whole(const sl_image *image, sl_buffer **out, const char **mime,
                              sl_error *err) {
  int64_t pixels = (int64_t)image->width * image->height;
  int png =
      pixels <= PNG_PIXELS_MAX || image->bits == 16 || image->channels == 2 || image->channels == 4;
  *mime = png ? "image/png" : "image/jpeg";
  return sl_image_encode(image, png ? SL_ENCODING_PNG : SL_ENCODING_JPEG,
                         png ? PNG_LEVEL : JPEG_QUALITY, out, err);
}

static sl_status decode_whole(const sl_sample_data *data, sl_image *out, sl_error *err) {
  sl_decode_options options = {.like = SL_LIKE_PILLOW, .colour = SL_COLOUR_RGB, .apply_exif = 1};
  return sl_image_decode(data->file.at, data->file.size, &options, out, err);
}

// Pixels of an IDX item are small: the thumbnail is the image, enlarged by the page.
static sl_status make(const sl_sample_data *data, const wanted *want, sl_buffer **out,
                      const char **mime, sl_error *err) {
  if (data->is_pixels) return encode_whole(data->pixels, out, mime, err);
  if (want->side_px > 0)
    return sl_image_thumbnail(data->file.at, data->file.size, want->side_px, out, mime, err);
  sl_image image;
  SL_TRY(decode_whole(data, &image, err));
  sl_status status = encode_whole(&image, out, mime, err);
  sl_image_release(&image);
  return status;
}

// Any sample with these bytes will do: one may have been moved away.
static sl_status make_from_samples(sl_engine *engine, sl_blob *blob, const wanted *want,
                                   sl_error *err) {
  int64_t *ids;
  size_t count;
  SL_TRY(sl_store_find_samples_of_content(engine->store, blob->arena, &want->image, CANDIDATES,
                                          &ids, &count, err));
  if (count == 0)
    return sl_fail(err, SL_E_NOT_FOUND, "no sample of this workspace has that content");
  sl_sample_reader *reader = sl_sample_reader_new(blob->arena, engine->store);
  sl_status status = SL_E_NOT_FOUND;
  for (size_t i = 0; i < count && status != SL_OK; i++) {
    sl_sample_row sample;
    sl_sample_data data;
    status = sl_store_get_sample(engine->store, blob->arena, ids[i], &sample, err);
    if (status == SL_OK) status = sl_sample_read(reader, &sample, &data, err);
    if (status == SL_OK) status = make(&data, want, &blob->buffer, &blob->view.mime, err);
  }
  return status;
}

static sl_status open_derived(sl_engine *engine, sl_blob *blob, const char *key, const wanted *want,
                              sl_error *err) {
  sl_status status = sl_store_get_blob(engine->store, blob->arena, key, &blob->view, err);
  if (status != SL_E_NOT_FOUND) return status;
  SL_TRY(make_from_samples(engine, blob, want, err));
  blob->view.bytes = (sl_bytes){blob->buffer->bytes, blob->buffer->size};
  // Whole images are made again at will; only thumbnails are worth the room.
  if (want->side_px == 0 || engine->read_only) return SL_OK;
  return sl_store_put_derived(engine->store, key, blob->buffer->bytes, blob->buffer->size,
                              blob->view.mime, err);
}

sl_status sl_blob_open(sl_engine *engine, const char *key, sl_blob **out, sl_error *err) {
  *out = NULL;
  if (key == NULL || !sl_is_key(key))
    return sl_fail(err, SL_E_ARG, "a blob key holds a-z, 0-9, _ and - only");
  if (engine->store == NULL) return sl_fail(err, SL_E_ARG, "blobs need a workspace");
  sl_arena *arena = sl_arena_new(NULL, "blob");
  sl_blob *blob = SL_NEW(arena, sl_blob);
  blob->arena = arena;
  wanted want;
  sl_status status = parse_derived(key, &want)
                         ? open_derived(engine, blob, key, &want, err)
                         : sl_store_get_blob(engine->store, arena, key, &blob->view, err);
  if (status != SL_OK) {
    sl_blob_close(blob);
    return status;
  }
  *out = blob;
  return SL_OK;
}

const void *sl_blob_bytes(const sl_blob *blob, size_t *size) {
  *size = blob->view.bytes.size;
  return blob->view.bytes.at;
}

const char *sl_blob_mime(const sl_blob *blob) { return blob->view.mime; }

void sl_blob_close(sl_blob *blob) {
  if (blob == NULL) return;
  sl_buffer_release(blob->buffer);
  sl_arena_free(blob->arena);
}
