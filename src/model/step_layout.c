// SPDX-License-Identifier: Apache-2.0
// Step "layout": axis order and element type of the tensor.
#include "model/step.h"

static const sl_choice order[] = {
    {"nchw", "channel planes (PyTorch)"}, {"nhwc", "channels last (TensorFlow)"}, {0}};
static const sl_choice dtype[] = {{"float32", "4 bytes"},
                                  {"float16", "half precision, nearest even"},
                                  {"uint8", "round(x / scale) + zero_point, saturated"},
                                  {"int8", "round(x / scale) + zero_point, saturated"},
                                  {0}};

#define P sl_step_layout_params
static const sl_row params[] = {
    SL_P_ENUM(P, order, order, SL_ORDER_NCHW, "Order of the axes."),
    SL_P_ENUM(P, dtype, dtype, SL_ELEMENT_FLOAT32, "Element type."),
    SL_P_REAL(P, scale, -1e9, 1e9, 1, NULL, "Scale of integer elements."),
    SL_P_INT(P, zero_point, -128, 255, 0, NULL, "Zero point of integer elements."), SL_ROW_END};
#undef P

static sl_status check(const void *at, sl_error *err) {
  const sl_step_layout_params *p = at;
  int whole = p->dtype == SL_ELEMENT_UINT8 || p->dtype == SL_ELEMENT_INT8;
  if ((float)p->scale == 0)
    return sl_fail(err, SL_E_ARG, "parameter \"scale\" of step \"layout\" cannot be 0");
  if (!whole && (p->scale != 1 || p->zero_point != 0))
    return sl_fail(err, SL_E_ARG,
                   "step \"layout\" takes \"scale\" and \"zero_point\" only for integer elements");
  return SL_OK;
}

static char *say(const void *at, sl_arena *arena) {
  const sl_step_layout_params *p = at;
  return sl_arena_printf(arena, "%s %s", p->order == SL_ORDER_NHWC ? "NHWC" : "NCHW",
                         dtype[p->dtype].name);
}

const sl_step sl_step_layout = {.item = {.name = "layout",
                                         .title = "Layout",
                                         .help = "Axis order and element type of the tensor.",
                                         .since = "0.1.0",
                                         .params = params,
                                         .params_size = sizeof(sl_step_layout_params)},
                                .stage = SL_STAGE_LAYOUT,
                                .check = check,
                                .say = say};
