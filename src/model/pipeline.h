// SPDX-License-Identifier: Apache-2.0
// Preprocessing as data: an ordered list of steps with a canonical text and a key.
//
// Invariant: a pipeline is complete and in stage order (decode, image steps, value steps, layout);
// what was left out is filled in when it is made, so equal pipelines have equal keys. It runs
// through prep.h.
#ifndef SL_MODEL_PIPELINE_H
#define SL_MODEL_PIPELINE_H

#include "model/step.h"

typedef struct sl_pipeline {
  sl_variants steps;
  const char *text;  // canonical JSON: a list of {"step": {...}}, defaults left out
  char key[65];      // SHA-256 of `text`
} sl_pipeline;

// From a JSON list of {"resize": {"size": 256}} or "resize", an object that has such a list (or the
// name of a preset) as "pipeline" or "steps", or a preset's name. `what` names the source in
// messages.
SL_MUST_CHECK sl_status sl_pipeline_parse(sl_arena *arena, const sl_json *value, const char *what,
                                          sl_pipeline *out, sl_error *err);
// From JSON or YAML text (JSON when it begins with a bracket) of one of these. A text that is the
// name of a preset is that preset.
SL_MUST_CHECK sl_status sl_pipeline_parse_text(sl_arena *arena, const char *text, size_t size,
                                               const char *what, sl_pipeline *out, sl_error *err);
// From steps already made; checks and completes them.
SL_MUST_CHECK sl_status sl_pipeline_make(sl_arena *arena, const sl_variant *steps, size_t count,
                                         const char *what, sl_pipeline *out, sl_error *err);

// One line per step for people; in `arena`.
sl_texts sl_pipeline_lines(sl_arena *arena, const sl_pipeline *pipeline);
// All of it in one line: "RGB, short side 256 (pillow.bilinear), crop 224, / 255, ...".
char *sl_pipeline_summary(sl_arena *arena, const sl_pipeline *pipeline);

// Parameters of the first step of that name, NULL when there is none. Borrowed.
const void *sl_pipeline_find(const sl_pipeline *pipeline, const char *step);

// What the user asks to change; zero and empty mean "as it is".
typedef struct sl_pipeline_changes {
  int32_t mode;                // 1 + SL_MODE_...
  int32_t kernel;              // 1 + sl_kernel
  int64_t resize_short, crop;  // px
  sl_reals mean, std;
  double scale;  // factor; replaces the scale step
} sl_pipeline_changes;
SL_MUST_CHECK sl_status sl_pipeline_change(sl_arena *arena, const sl_pipeline *from,
                                           const sl_pipeline_changes *changes, sl_pipeline *out,
                                           sl_error *err);

// The same with another axis order and element type (SL_ORDER_..., SL_ELEMENT_...).
SL_MUST_CHECK sl_status sl_pipeline_set_layout(sl_arena *arena, const sl_pipeline *from,
                                               int32_t order, int32_t dtype, sl_pipeline *out,
                                               sl_error *err);

// ---- presets (preset_list.h) -----------------------------------------------------------------

typedef struct sl_preset {
  const char *name, *help, *source;
  const char *text;  // JSON list
} sl_preset;
size_t sl_preset_count(void);
const sl_preset *sl_preset_at(size_t index);  // NULL past the end
const sl_preset *sl_preset_find(const char *name);

#endif
