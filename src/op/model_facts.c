// SPDX-License-Identifier: Apache-2.0
// Model facts from the scan of the file.
#include <string.h>

#include "op/lookup.h"
#include "op/model_facts.h"

static const char *none_if_empty(const char *text) {
  return text != NULL && text[0] != '\0' ? text : NULL;
}

static sl_records ports(sl_arena *arena, const sl_onnx_value *values, size_t count) {
  sl_record_list list = {0};
  for (size_t i = 0; i < count; i++) {
    sl_rec_port *port = sl_record_add(arena, &list, sizeof *port);
    *port =
        (sl_rec_port){sl_arena_copy(arena, values[i].name), sl_arena_copy(arena, values[i].type),
                      sl_onnx_shape_text(arena, &values[i])};
  }
  return sl_record_done(&list);
}

static sl_records operators(sl_arena *arena, const sl_onnx_summary *onnx) {
  sl_record_list list = {0};
  for (size_t i = 0; i < onnx->operator_count; i++) {
    const sl_onnx_op_count *op = &onnx->operators[i];
    sl_rec_count *entry = sl_record_add(arena, &list, sizeof *entry);
    const char *name = op->domain[0] == '\0'
                           ? sl_arena_copy(arena, op->type)
                           : sl_arena_printf(arena, "%s.%s", op->domain, op->type);
    *entry = (sl_rec_count){name, op->count};
  }
  return sl_record_done(&list);
}

static sl_records metadata(sl_arena *arena, const sl_onnx_summary *onnx) {
  sl_record_list list = {0};
  for (size_t i = 0; i < onnx->metadata_count; i++) {
    sl_rec_pair *pair = sl_record_add(arena, &list, sizeof *pair);
    *pair = (sl_rec_pair){onnx->metadata[i].key, onnx->metadata[i].value};
  }
  return sl_record_done(&list);
}

static sl_records hyperparameters(sl_arena *arena, const char *json) {
  sl_record_list list = {0};
  const sl_json *object = NULL;
  if (json == NULL || json[0] == '\0' ||
      sl_json_parse(arena, json, strlen(json), "hyperparameters", &object, NULL) != SL_OK)
    return sl_record_done(&list);
  for (sl_json_iter it = sl_json_each(object); sl_json_next(&it);) {
    if (it.key == NULL) break;
    sl_rec_pair *pair = sl_record_add(arena, &list, sizeof *pair);
    const char *text = sl_json_text(it.value, NULL);
    *pair = (sl_rec_pair){it.key, text != NULL ? text : sl_json_print(arena, it.value)};
  }
  return sl_record_done(&list);
}

static const char *opset_text(sl_arena *arena, const sl_onnx_summary *onnx) {
  sl_text text = {0};
  for (size_t i = 0; i < onnx->opset_count; i++)
    sl_text_printf(&text, "%s%s %lld", i > 0 ? ", " : "",
                   onnx->opsets[i].domain[0] != '\0' ? onnx->opsets[i].domain : "ai.onnx",
                   (long long)onnx->opsets[i].version);
  return sl_text_take(&text, arena);
}

void sl_model_facts(sl_arena *arena, const sl_model *model, const sl_contract *contract,
                    sl_rec_model *out) {
  const sl_onnx_summary *onnx = &model->onnx;
  const char *producer =
      sl_arena_printf(arena, "%s%s%s", onnx->producer, onnx->producer_version[0] != '\0' ? " " : "",
                      onnx->producer_version);
  *out = (sl_rec_model){.name = model->name,
                        .size_bytes = (int64_t)model->bytes.size,
                        .version = none_if_empty(model->state.version),
                        .epoch = none_if_empty(model->state.epoch),
                        .producer = onnx->producer[0] != '\0' ? producer : NULL,
                        .opset = opset_text(arena, onnx),
                        .ir_version = onnx->ir_version,
                        .parameters = onnx->parameter_count,
                        .nodes = onnx->node_count,
                        .hyperparameters = hyperparameters(arena, model->state.hyperparameters),
                        .metadata = metadata(arena, onnx),
                        .operators = operators(arena, onnx),
                        .inputs = ports(arena, onnx->inputs, onnx->input_count),
                        .outputs = ports(arena, onnx->outputs, onnx->output_count),
                        .classes = contract->classes.names,
                        .pipeline = sl_pipeline_lines(arena, &contract->pipeline),
                        .pipeline_source = contract->pipeline_source,
                        .scores = sl_scores_name(contract->scores)};
}

char *sl_model_facts_print(sl_arena *arena, const sl_rec_model *facts) {
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_rows_write(&w, sl_rows_model, facts, 0);
  return sl_text_take(&text, arena);
}
