// SPDX-License-Identifier: Apache-2.0
// What a file that is not ONNX looks like, so that the error can say what was opened instead.
#include <ctype.h>
#include <string.h>

#include "onnx/scan_state.h"

typedef struct magic {
  size_t offset, size;
  const char *bytes, *looks;
} magic;

static const magic magics[] = {
    {0, 4, "PK\x03\x04", "a ZIP archive (PyTorch .pt and .pth files are)"},
    {0, 2, "\x80\x02", "a Python pickle (old PyTorch checkpoints are)"},
    {0, 4, "\x89HDF", "an HDF5 file (Keras .h5 files are)"},
    {4, 4, "TFL3", "a TensorFlow Lite model"},
    {4, 4, "ORTM", "a model in ONNX Runtime's own .ort format"},
    {0, 4, "GGUF", "a GGUF model"},
    {9, 1, "\"", "a safetensors file"},
    {0, 24, "version https://git-lfs.", "a Git LFS pointer; the real file was not fetched"},
    {0, 2, "\x1f\x8b", "a gzip archive"},
    {0, 4,
     "\x7f"
     "ELF",
     "an executable"},
    {0, 3, "\xff\xd8\xff", "a JPEG image"},
    {0, 4, "\x89PNG", "a PNG image"},
    {0, 4, "%PDF", "a PDF document"},
    {0, 4, "<?xm", "an XML file (OpenVINO .xml files are)"},
    {0, 1, "<", "a web page (an error page in place of a download?)"},
    {0, 1, "{", "a JSON file"},
};

static int is_text(sl_bytes bytes) {
  size_t size = bytes.size < 256 ? bytes.size : 256;
  for (size_t i = 0; i < size; i++)
    if (bytes.at[i] >= 127 || (bytes.at[i] < 32 && !isspace(bytes.at[i]))) return 0;
  return 1;
}

const char *sl_onnx_looks_like(sl_bytes bytes) {
  for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
    const magic *m = &magics[i];
    if (m->offset == 9 && (bytes.size < 16 || bytes.at[8] != '{')) continue;
    if (bytes.size >= m->offset + m->size && memcmp(bytes.at + m->offset, m->bytes, m->size) == 0)
      return m->looks;
  }
  if (is_text(bytes)) return "a text file";
  sl_wire wire = {bytes.at, bytes.at + bytes.size};
  sl_wire_field field;
  return sl_wire_next(&wire, &field) == SL_WIRE_BROKEN ? "something else (not even protobuf)"
                                                       : NULL;
}
