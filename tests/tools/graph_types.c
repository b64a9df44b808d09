// SPDX-License-Identifier: Apache-2.0
// graph_types [--declared] MODEL.onnx...: what inference finds, for the scripts in tests/onnx.
//
// A line per value of the main graph: "name<TAB>element<TAB>dims<TAB>contents". Dims are
// "fixed+per_batch" with "?" for unknown ones, "*" for an unknown rank; contents likewise, "-" when
// not followed. Each model starts with "#<TAB>path<TAB>status<TAB>message". With --declared inputs
// keep what the file says, else sl_onnx_bind() makes the batch free. Start at main().
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "onnx/infer.h"
#include "onnx/model_file.h"
#include "onnx/operator.h"

static void print_dims(const sl_type *type) {
  printf("%d\t%s", type->element, type->rank < 0 ? "*" : "");
  for (int32_t d = 0; d < type->rank; d++) {
    if (d > 0) printf(",");
    if (type->dims[d].fixed == SL_DIM_UNKNOWN)
      printf("?");
    else
      printf("%" PRId64 "+%" PRId64, type->dims[d].fixed, type->dims[d].per_batch);
  }
}

static void print_contents(const sl_onnx_contents *contents, const sl_graph *graph,
                           sl_value_id value) {
  int64_t count;
  const sl_onnx_number *numbers = sl_onnx_content(contents, graph, value, &count);
  int is_real = sl_element_is_float(graph->values[value].type.element);
  if (numbers == NULL) printf("-");
  for (int64_t n = 0; numbers != NULL && n < count; n++) {
    if (n > 0) printf(",");
    if (!numbers[n].is_known)
      printf("?");
    else if (is_real)
      printf("%.17g+%.17g", numbers[n].real, numbers[n].real_per_batch);
    else
      printf("%" PRId64 "+%" PRId64, numbers[n].fixed, numbers[n].per_batch);
  }
}

static sl_status infer(sl_arena *arena, const char *path, int is_declared, sl_graph_model **model,
                       const sl_onnx_contents **contents, sl_error *err) {
  SL_TRY(sl_onnx_load(arena, path, NULL, model, err));
  SL_TRY(sl_onnx_check(*model, err));
  if (!is_declared) SL_TRY(sl_onnx_bind(*model, NULL, 0, err));
  return sl_onnx_infer_contents(*model, arena, contents, err);
}

static void process(const char *path, int is_declared) {
  sl_arena *arena = sl_arena_new(NULL, "graph_types");
  sl_error err = {0};
  sl_graph_model *model = NULL;
  const sl_onnx_contents *contents = NULL;
  sl_status status = infer(arena, path, is_declared, &model, &contents, &err);
  printf("#\t%s\t%s\t%s\n", path, sl_status_name(status), sl_error_message(&err));
  const sl_graph *graph = status == SL_OK ? model->graph : NULL;
  for (sl_value_id v = 1; graph != NULL && v < graph->value_count; v++) {
    if (graph->values[v].origin == SL_ORIGIN_NONE) continue;
    printf("%s\t", graph->values[v].name);
    print_dims(&graph->values[v].type);
    printf("\t");
    print_contents(contents, graph, v);
    printf("\n");
  }
  sl_arena_free(arena);
}

int main(int count, char **args) {
  int first = count > 1 && strcmp(args[1], "--declared") == 0 ? 2 : 1;
  if (count <= first) {
    fprintf(stderr, "use: graph_types [--declared] MODEL.onnx...\n");
    return 2;
  }
  for (int i = first; i < count; i++) process(args[i], first == 2);
  return 0;
}
