// SPDX-License-Identifier: Apache-2.0
// A buffered reader over a file descriptor. Start at sl_text_stream_open().
#include "data/text_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 16 };

static void close_stream(void *arg) {
  sl_text_stream *stream = arg;
  close(stream->fd);
  sl_heap_free(stream->buffer);
}

int sl_text_stream_fill(sl_text_stream *stream) {
  stream->offset += (int64_t)stream->end;
  stream->at = stream->end = 0;
  for (;;) {
    ssize_t got = read(stream->fd, stream->buffer, BUFFER_SIZE);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) stream->failed = errno;
    if (got <= 0) return -1;
    stream->end = (size_t)got;
    return stream->buffer[0];
  }
}

sl_status sl_text_stream_check(const sl_text_stream *stream, sl_error *err) {
  if (stream->failed == 0) return SL_OK;
  return sl_fail_errno(err, stream->failed, "cannot read \"%s\"", stream->shown);
}

static sl_status skip_mark(sl_text_stream *stream, sl_error *err) {
  (void)sl_text_stream_peek(stream);
  const uint8_t *head = stream->buffer;
  size_t size = stream->end;
  SL_TRY(sl_text_stream_check(stream, err));
  if (size >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) stream->at = 3;
  if (size < 2 || (memcmp(head, "\xff\xfe", 2) != 0 && memcmp(head, "\xfe\xff", 2) != 0))
    return SL_OK;
  sl_fail(err, SL_E_FORMAT, "\"%s\" is text in UTF-16", stream->shown);
  return sl_hint(err, SL_E_FORMAT, "save it as UTF-8");
}

sl_status sl_text_stream_rewind(sl_text_stream *stream, sl_error *err) {
  if (lseek(stream->fd, 0, SEEK_SET) < 0)
    return sl_fail_errno(err, errno, "cannot read \"%s\" again", stream->shown);
  stream->at = stream->end = 0;
  stream->offset = 0;
  stream->line = 1;
  stream->failed = 0;
  return skip_mark(stream, err);
}

sl_status sl_text_stream_open(sl_arena *arena, const char *path, sl_text_stream **out,
                              sl_error *err) {
  const char *shown = sl_display(arena, path, strlen(path));
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return sl_fail_errno(err, errno, "cannot open \"%s\"", shown);
  sl_text_stream *stream = SL_NEW(arena, sl_text_stream);
  *stream = (sl_text_stream){.fd = fd, .shown = shown, .buffer = sl_heap_alloc(BUFFER_SIZE)};
  sl_arena_on_free(arena, close_stream, stream);
  if (stream->buffer == NULL) return sl_fail(err, SL_E_MEMORY, "no memory to read \"%s\"", shown);
  *out = stream;
  return sl_text_stream_rewind(stream, err);
}

sl_status sl_text_stream_line(sl_text_stream *stream, size_t bytes_max, sl_text *line, int *more,
                              sl_error *err) {
  sl_text_clear(line);
  *more = sl_text_stream_peek(stream) >= 0;
  int64_t number = stream->line;
  while (sl_text_stream_peek(stream) >= 0) {
    const uint8_t *from = stream->buffer + stream->at;
    size_t left = stream->end - stream->at;
    const uint8_t *end = memchr(from, '\n', left);
    size_t size = end != NULL ? (size_t)(end - from) : left;
    if (line->size + size > bytes_max)
      return sl_fail(err, SL_E_LIMIT, "line %lld of \"%s\" has more than %zu bytes",
                     (long long)number, stream->shown, bytes_max);
    sl_text_append(line, from, size);
    stream->at += size + (end != NULL);
    stream->line += end != NULL;
    if (end != NULL) break;
  }
  if (line->size > 0 && line->at[line->size - 1] == '\r') line->at[--line->size] = '\0';
  return sl_text_stream_check(stream, err);
}
