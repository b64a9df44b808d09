// SPDX-License-Identifier: Apache-2.0
// Words of the text form. Start at sl_word_size().
#include "graph/graph_words.h"

#include <string.h>

static int is_word_character(char c, const char *more) {
  int is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_letter || c == '_' || (c != '\0' && strchr(more, c) != NULL);
}

// "_" alone stands for what is left out.
size_t sl_word_size(const char *text, const char *more) {
  size_t size = 0;
  while (is_word_character(text[size], more)) size++;
  return size == 1 && text[0] == '_' ? 0 : size;
}

int sl_word_is_size(const char *text) {
  size_t digits = strspn(text, "0123456789");
  if (text[digits] == '\0') return 1;
  return text[digits] == 'N' &&
         strspn(text + digits + 1, "0123456789") == strlen(text + digits + 1);
}

static const char *const kinds[] = {[SL_ATTRIBUTE_NONE] = "none",
                                    [SL_ATTRIBUTE_FLOAT] = "float",
                                    [SL_ATTRIBUTE_INT] = "int",
                                    [SL_ATTRIBUTE_STRING] = "string",
                                    [SL_ATTRIBUTE_TENSOR] = "tensor",
                                    [SL_ATTRIBUTE_GRAPH] = "graph",
                                    [SL_ATTRIBUTE_FLOATS] = "floats",
                                    [SL_ATTRIBUTE_INTS] = "ints",
                                    [SL_ATTRIBUTE_STRINGS] = "strings",
                                    [SL_ATTRIBUTE_TENSORS] = "tensors",
                                    [SL_ATTRIBUTE_GRAPHS] = "graphs",
                                    [SL_ATTRIBUTE_SPARSE_TENSOR] = "sparse_tensor",
                                    [SL_ATTRIBUTE_SPARSE_TENSORS] = "sparse_tensors",
                                    [SL_ATTRIBUTE_TYPE] = "type",
                                    [SL_ATTRIBUTE_TYPES] = "types"};

const char *sl_word_of_kind(sl_attribute_kind kind) { return kinds[kind]; }

sl_attribute_kind sl_word_kind(const char *word) {
  for (int32_t kind = 1; kind <= SL_ATTRIBUTE_TYPES; kind++)
    if (strcmp(kinds[kind], word) == 0) return (sl_attribute_kind)kind;
  return SL_ATTRIBUTE_NONE;
}

const char *sl_word_default_origin(const sl_graph *graph, const sl_node *node) {
  if (node->name[0] != '\0') return node->name;
  sl_value_id output = sl_node_output(node, 0);
  return output != 0 ? graph->values[output].name : "";
}
