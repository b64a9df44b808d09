// SPDX-License-Identifier: Apache-2.0
// Step "normalize": subtract a mean, divide by a standard deviation, per channel of the tensor.
#include "model/step.h"

#define P sl_step_normalize_params
static const sl_row params[] = {
    SL_P_REALS(P, mean, -1e9, 1e9,
               "Subtracted; one number, or one per channel in the order of the tensor."),
    SL_P_REALS(P, std, -1e9, 1e9,
               "Divided by; one number, or one per channel in the order of the tensor."),
    SL_ROW_END};
#undef P

static sl_status check(const void *at, sl_error *err) {
  const sl_step_normalize_params *p = at;
  if (p->mean.count + p->std.count == 0)
    return sl_fail(err, SL_E_ARG, "step \"normalize\" needs \"mean\" or \"std\"");
  if (p->mean.count > 4 || p->std.count > 4)
    return sl_fail(err, SL_E_ARG, "step \"normalize\" takes at most 4 numbers per list");
  for (int64_t i = 0; i < p->std.count; i++)
    if ((float)p->std.at[i] == 0)
      return sl_fail(err, SL_E_ARG, "parameter \"std\" of step \"normalize\" cannot hold 0");
  return SL_OK;
}

static float of_channel(const sl_reals *list, int32_t channel, float fallback) {
  if (list->count == 0) return fallback;
  return (float)list->at[channel < list->count ? channel : list->count - 1];
}

static float value(const void *at, int32_t channel, float x) {
  const sl_step_normalize_params *p = at;
  return (x - of_channel(&p->mean, channel, 0)) / of_channel(&p->std, channel, 1);
}

static void put_list(sl_text *text, const sl_reals *list) {
  for (int64_t i = 0; i < list->count; i++) {
    char number[32];
    sl_format_real(list->at[i], number);
    sl_text_printf(text, "%s%s", i > 0 ? ", " : "", number);
  }
}

static char *say(const void *at, sl_arena *arena) {
  const sl_step_normalize_params *p = at;
  sl_text text = {0};
  if (p->mean.count > 0) sl_text_puts(&text, "subtract the mean ");
  put_list(&text, &p->mean);
  if (p->std.count > 0) sl_text_puts(&text, p->mean.count > 0 ? ", divide by " : "divide by ");
  put_list(&text, &p->std);
  return sl_text_take(&text, arena);
}

const sl_step sl_step_normalize = {.item = {.name = "normalize",
                                            .title = "Normalise",
                                            .help = "Subtract a mean, divide by a deviation.",
                                            .since = "0.1.0",
                                            .params = params,
                                            .params_size = sizeof(sl_step_normalize_params)},
                                   .stage = SL_STAGE_VALUE,
                                   .check = check,
                                   .value = value,
                                   .say = say};
