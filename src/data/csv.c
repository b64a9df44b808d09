// SPDX-License-Identifier: Apache-2.0
// Format "csv": a manifest with comma, semicolon or tab separated values; see manifest.c.
#include "data/manifest.h"

// Text without control characters in what was seen of it.
static int is_text(sl_bytes head) {
  for (size_t i = 0; i < head.size; i++)
    if (head.at[i] < 0x20 && head.at[i] != '\n' && head.at[i] != '\r' && head.at[i] != '\t')
      return 0;
  return head.size > 0;
}

static int match_csv(const sl_source *source) {
  if (source->is_dir || !is_text(source->head)) return 0;
  static const char *const endings[] = {".csv", ".tsv", ".txt", ".lst"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
    if (sl_ends_with(source->path, endings[i])) return 70;
  return 0;
}

const sl_format sl_format_csv = {
    .info = {.name = "csv",
             .title = "CSV or TSV manifest",
             .help = "A row per image. Columns path (also file, filename, image, name) or bytes "
                     "(base64), label (class, category, target) or labels (separated by |), split "
                     "(subset); any other column is metadata. Paths are relative to the manifest's "
                     "folder.",
             .since = "0.1.0"},
    .match = match_csv,
    .read = sl_manifest_read};
