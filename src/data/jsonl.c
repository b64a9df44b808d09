// SPDX-License-Identifier: Apache-2.0
// Format "jsonl": a manifest with a JSON object per line; see manifest.c.
#include "data/manifest.h"

static int match_jsonl(const sl_source *source) {
  if (source->is_dir) return 0;
  static const char *const endings[] = {".jsonl", ".ndjson", ".jsonlines"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
    if (sl_ends_with(source->path, endings[i])) return 75;
  size_t at = 0;
  while (at < source->head.size && (source->head.at[at] == ' ' || source->head.at[at] == '\n'))
    at++;
  return at < source->head.size && source->head.at[at] == '{' ? 30 : 0;
}

const sl_format sl_format_jsonl = {
    .info = {.name = "jsonl",
             .title = "JSON Lines manifest",
             .help = "An object per line with the members of the CSV manifest: path or bytes "
                     "(base64), label or labels (a list), split; any other member is metadata.",
             .since = "0.1.0"},
    .match = match_jsonl,
    .read = sl_manifest_read};
