// SPDX-License-Identifier: Apache-2.0
// The table of well-known pipelines, made from preset_list.h.
#include <string.h>

#include "model/pipeline.h"

static const sl_preset table[] = {
#define SL_PRESET(name_, help_, source_, text_) \
  {.name = (name_), .help = (help_), .source = (source_), .text = (text_)},
#include "model/preset_list.h"
#undef SL_PRESET
};

enum { PRESET_COUNT = sizeof table / sizeof table[0] };

size_t sl_preset_count(void) { return PRESET_COUNT; }

const sl_preset *sl_preset_at(size_t index) { return index < PRESET_COUNT ? &table[index] : NULL; }

const sl_preset *sl_preset_find(const char *name) {
  for (size_t i = 0; i < PRESET_COUNT; i++)
    if (strcmp(table[i].name, name) == 0) return &table[i];
  return NULL;
}
