// SPDX-License-Identifier: Apache-2.0
// Bytes of a text file, one by one through a buffer; a file that shrinks meanwhile just ends.
#ifndef SL_DATA_TEXT_STREAM_H
#define SL_DATA_TEXT_STREAM_H

#include "base/text.h"

typedef struct sl_text_stream {
  int fd;
  const char *shown;  // ready for messages
  uint8_t *buffer;
  size_t at, end;
  int64_t line;    // of the next byte, from 1
  int64_t offset;  // of buffer[0] in the file
  int failed;      // errno of a failed read
} sl_text_stream;

// Closed with `arena`. Skips a UTF-8 byte-order mark; SL_E_FORMAT for UTF-16 and UTF-32.
SL_MUST_CHECK sl_status sl_text_stream_open(sl_arena *arena, const char *path, sl_text_stream **out,
                                            sl_error *err);
SL_MUST_CHECK sl_status sl_text_stream_rewind(sl_text_stream *stream, sl_error *err);

int sl_text_stream_fill(sl_text_stream *stream);  // next byte or -1; used by the two below

static inline int sl_text_stream_peek(sl_text_stream *stream) {
  if (stream->at < stream->end) return stream->buffer[stream->at];
  return sl_text_stream_fill(stream);
}

static inline int sl_text_stream_take(sl_text_stream *stream) {
  int byte = sl_text_stream_peek(stream);
  if (byte < 0) return byte;
  stream->at++;
  stream->line += byte == '\n';
  return byte;
}

// SL_E_IO when the last end of the stream was a failed read.
SL_MUST_CHECK sl_status sl_text_stream_check(const sl_text_stream *stream, sl_error *err);

// The next line without its end into `line` (cleared first); *more is 0 at the end of the file.
SL_MUST_CHECK sl_status sl_text_stream_line(sl_text_stream *stream, size_t bytes_max, sl_text *line,
                                            int *more, sl_error *err);

#endif
