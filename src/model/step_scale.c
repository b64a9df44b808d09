// SPDX-License-Identifier: Apache-2.0
// Step "scale": every pixel value times a factor, or divided by a number.
//
// Dividing by 255 (as torchvision's ToTensor) and multiplying by 1/255 differ in the last bit, so
// both can be said.
#include "model/step.h"

#define P sl_step_scale_params
static const sl_row params[] = {SL_P_REAL(P, by, -1e9, 1e9, 1, NULL, "Factor."),
                                SL_P_REAL(P, div, -1e9, 1e9, 1, NULL, "Divisor, after the factor."),
                                SL_ROW_END};
#undef P

static sl_status check(const void *at, sl_error *err) {
  const sl_step_scale_params *p = at;
  if ((float)p->div != 0 && (float)p->by != 0) return SL_OK;
  return sl_fail(err, SL_E_ARG, "parameter \"%s\" of step \"scale\" cannot be 0",
                 (float)p->div != 0 ? "by" : "div");
}

static float value(const void *at, int32_t channel, float x) {
  const sl_step_scale_params *p = at;
  (void)channel;
  return x * (float)p->by / (float)p->div;
}

static char *say(const void *at, sl_arena *arena) {
  const sl_step_scale_params *p = at;
  char by[32], div[32];
  sl_format_real(p->by, by);
  sl_format_real(p->div, div);
  if (p->by == 1) return sl_arena_printf(arena, "divide by %s", div);
  if (p->div == 1) return sl_arena_printf(arena, "multiply by %s", by);
  return sl_arena_printf(arena, "multiply by %s, divide by %s", by, div);
}

const sl_step sl_step_scale = {.item = {.name = "scale",
                                        .title = "Scale",
                                        .help = "Multiply or divide every value.",
                                        .since = "0.1.0",
                                        .params = params,
                                        .params_size = sizeof(sl_step_scale_params)},
                               .stage = SL_STAGE_VALUE,
                               .check = check,
                               .value = value,
                               .say = say};
