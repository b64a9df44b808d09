// SPDX-License-Identifier: Apache-2.0
// The table of operations, made from op_list.h, and the registries that variants refer to.
#include <slitlamp/slitlamp.h>

#include "attrib/attrib.h"
#include "model/step.h"
#include "op/op.h"

static const sl_op *const table[] = {
#define SL_OP(name) &sl_op_##name,
#include "op/op_list.h"
#undef SL_OP
};

enum { OP_COUNT = sizeof table / sizeof table[0] };

size_t sl_op_count(void) { return OP_COUNT; }

const sl_op_info *sl_op_at(size_t index) { return index < OP_COUNT ? &table[index]->info : NULL; }

const sl_op *sl_op_row(const char *name) {
  for (size_t i = 0; i < OP_COUNT; i++)
    if (sl_streq(table[i]->info.name, name)) return table[i];
  return NULL;
}

const sl_op_info *sl_op_find(const char *name) {
  const sl_op *op = sl_op_row(name);
  return op != NULL ? &op->info : NULL;
}

const char *sl_version(void) { return SLITLAMP_VERSION; }

const sl_registry *sl_registry_at(size_t index) {
  static const sl_registry *const registries[] = {&sl_step_registry, &sl_attrib_registry};
  return index < sizeof registries / sizeof registries[0] ? registries[index] : NULL;
}
