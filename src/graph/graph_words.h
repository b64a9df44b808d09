// SPDX-License-Identifier: Apache-2.0
// Words of the text form that printing and parsing must agree on.
#ifndef SL_GRAPH_GRAPH_WORDS_H
#define SL_GRAPH_GRAPH_WORDS_H

#include "graph/graph.h"

// Characters besides letters, digits and "_" that a bare word of that kind may have.
#define SL_WORD_NAME "./:-@+$|~*"
#define SL_WORD_PART "./-"
#define SL_WORD_SYMBOL "."

// How many bytes of `text` a bare word takes; 0 when it must be quoted.
size_t sl_word_size(const char *text, const char *more);
// Whether a symbol would read as a size: "?", digits, or digits and N.
int sl_word_is_size(const char *text);
const char *sl_word_of_kind(sl_attribute_kind kind);  // "float", "ints", ...; never NULL
sl_attribute_kind sl_word_kind(const char *word);     // SL_ATTRIBUTE_NONE when unknown
// What the origin of a node is unless something else is said: its name, else its first output's.
const char *sl_word_default_origin(const sl_graph *graph, const sl_node *node);

#endif
