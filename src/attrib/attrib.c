// SPDX-License-Identifier: Apache-2.0
// The registry of methods, and the one way to run them.
#include "attrib/attrib.h"

#define SL_ATTRIB(name) extern const sl_attrib_method sl_attrib_##name;
#include "attrib/attrib_list.h"
#undef SL_ATTRIB

static const sl_attrib_method *const methods[] = {
#define SL_ATTRIB(name) &sl_attrib_##name,
#include "attrib/attrib_list.h"
#undef SL_ATTRIB
};

static const sl_item *const items[] = {
#define SL_ATTRIB(name) &sl_attrib_##name.item,
#include "attrib/attrib_list.h"
#undef SL_ATTRIB
};

const sl_registry sl_attrib_registry = {
    .name = "method", .items = items, .count = sizeof items / sizeof items[0]};

const sl_attrib_method *sl_attrib_method_at(int64_t index) {
  return index >= 0 && (size_t)index < sl_attrib_registry.count ? methods[index] : NULL;
}

sl_status sl_attrib_run(const sl_attrib_call *call, const sl_variant *method, sl_attribution *out,
                        sl_error *err) {
  const sl_attrib_method *m = sl_attrib_method_at(method->index);
  *out = (sl_attribution){0};
  if (m == NULL) return sl_fail(err, SL_E_ARG, "no attribution method was chosen");
  const char *why = m->unfit != NULL ? m->unfit(call->arena, call->box) : NULL;
  if (why != NULL)
    return sl_fail(err, SL_E_UNSUPPORTED, "method \"%s\" does not fit model \"%s\": %s",
                   m->item.name, sl_white_box_name(call->box), why);
  sl_status status = m->run(call, method->params, out, err);
  if (status != SL_OK) sl_attribution_release(out);
  return status;
}

void sl_attribution_release(sl_attribution *attribution) {
  sl_tensor_release(&attribution->values);
  sl_tensor_release(&attribution->target_values);
}
