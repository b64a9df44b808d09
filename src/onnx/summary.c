// SPDX-License-Identifier: Apache-2.0
// Questions to a finished summary: metadata, operator sets, makers of values, custom operators.
#include <string.h>

#include "base/map.h"
#include "onnx/scan.h"

const char *sl_onnx_metadata(const sl_onnx_summary *summary, const char *key) {
  for (size_t i = 0; i < summary->metadata_count; i++)
    if (strcmp(summary->metadata[i].key, key) == 0) return summary->metadata[i].value;
  return NULL;
}

int64_t sl_onnx_opset_of(const sl_onnx_summary *summary, const char *domain) {
  for (size_t i = 0; i < summary->opset_count; i++)
    if (strcmp(summary->opsets[i].domain, domain) == 0) return summary->opsets[i].version;
  return 0;
}

const sl_onnx_node *sl_onnx_maker(const sl_onnx_summary *summary, const char *value) {
  for (size_t i = summary->main_node_count; i-- > 0;) {
    const sl_onnx_node *node = &summary->nodes[i];
    for (int32_t k = 0; k < node->output_count; k++)
      if (strcmp(node->outputs[k], value) == 0) return node;
  }
  return NULL;
}

char *sl_onnx_shape_text(sl_arena *arena, const sl_onnx_value *value) {
  if (value->rank < 0) return sl_arena_copy(arena, "any shape");
  sl_text text = {0};
  for (int32_t i = 0; i < value->rank; i++) {
    const sl_onnx_dim *dim = &value->dims[i];
    if (i > 0) sl_text_putc(&text, 'x');
    if (dim->size >= 0)
      sl_text_printf(&text, "%lld", (long long)dim->size);
    else if (dim->symbol[0] != '\0')
      sl_text_printf(&text, "[%s]", dim->symbol);
    else
      sl_text_putc(&text, '?');
  }
  return sl_text_take(&text, arena);
}

// Domains whose operators ONNX or ONNX Runtime define.
static int is_known_domain(const char *domain) {
  static const char *const known[] = {"",
                                      "ai.onnx.ml",
                                      "ai.onnx.training",
                                      "ai.onnx.preview",
                                      "ai.onnx.preview.training",
                                      "com.microsoft",
                                      "com.microsoft.nchwc",
                                      "com.microsoft.experimental",
                                      "com.ms.internal.nhwc"};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (strcmp(domain, known[i]) == 0) return 1;
  return 0;
}

void sl_onnx_find_custom(sl_arena *arena, sl_onnx_summary *summary) {
  sl_map *defined = sl_map_new(arena);
  for (size_t i = 0; i < summary->function_count; i++)
    sl_map_set_text(defined, summary->functions[i], 1);
  const char **custom = SL_NEW_ARRAY(arena, const char *, summary->operator_count);
  for (size_t i = 0; i < summary->operator_count; i++) {
    const sl_onnx_op_count *op = &summary->operators[i];
    if (is_known_domain(op->domain)) continue;
    const char *name = sl_arena_printf(arena, "%s.%s", op->domain, op->type);
    if (sl_map_get_text(defined, name, 0) == 0) custom[summary->custom_count++] = name;
  }
  summary->custom = custom;
}

sl_status sl_onnx_check_operators(const sl_onnx_summary *summary, const char *name, sl_error *err) {
  if (summary->custom_count == 0) return SL_OK;
  sl_text list = {0};
  size_t shown = summary->custom_count < 8 ? summary->custom_count : 8;
  for (size_t i = 0; i < shown; i++)
    sl_text_printf(&list, "%s\"%.60s\"", i > 0 ? ", " : "", summary->custom[i]);
  if (summary->custom_count > shown)
    sl_text_printf(&list, " and %zu more", summary->custom_count - shown);
  sl_fail(err, SL_E_MODEL, "model \"%s\" uses unknown custom operators: %s", name,
          sl_text_z(&list));
  sl_text_free(&list);
  return sl_hint(err, SL_E_MODEL,
                 "Export it with standard operators only; custom operators are code, and Slitlamp "
                 "loads none.");
}
