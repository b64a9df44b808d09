// SPDX-License-Identifier: Apache-2.0
// Dotted paths of nodes from what exporters leave in names.
//
//   scopes beside the node   ['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_3']  (dynamo)
//   names with slashes       /layer1/layer1.0/conv1/Conv                             (TorchScript)
//   names of weights         layer1.0.conv1.weight                              (older exporters)
//
// Invariant: a path has no empty parts. Start at sl_outline_paths().
#include <string.h>

#include "base/text.h"
#include "onnx/wire.h"
#include "pass/outline.h"

enum { METADATA_FIELD = 9, KEY_FIELD = 1, VALUE_FIELD = 2 };
static const char scopes_key[] = "pkg.torch.onnx.name_scopes";

// ---- scopes -------------------------------------------------------------------------------------

static int is_key(sl_wire bytes) {
  return (size_t)(bytes.end - bytes.at) == sizeof scopes_key - 1 &&
         memcmp(bytes.at, scopes_key, sizeof scopes_key - 1) == 0;
}

static const char *scopes_of(sl_arena *arena, const sl_node *node) {
  if (node->extra.size == 0) return NULL;
  sl_wire wire = {node->extra.at, node->extra.at + node->extra.size};
  sl_wire_field field, part;
  while (sl_wire_next(&wire, &field) == SL_WIRE_FIELD) {
    if (field.number != METADATA_FIELD || field.type != SL_WIRE_BYTES) continue;
    sl_wire entry = field.bytes, value = {0};
    int is_ours = 0;
    while (sl_wire_next(&entry, &part) == SL_WIRE_FIELD) {
      if (part.number == KEY_FIELD && part.type == SL_WIRE_BYTES) is_ours = is_key(part.bytes);
      if (part.number == VALUE_FIELD && part.type == SL_WIRE_BYTES) value = part.bytes;
    }
    if (is_ours && value.at != NULL)
      return sl_arena_copy_bytes(arena, value.at, (size_t)(value.end - value.at));
  }
  return NULL;
}

// The last quoted text but one: the last is the operation itself.
static const char *path_of_scopes(sl_arena *arena, const char *scopes) {
  const char *before = "", *last = "";
  for (const char *at = strchr(scopes, '\''); at != NULL; at = strchr(at, '\'')) {
    const char *end = strchr(at + 1, '\'');
    if (end == NULL) break;
    before = last;
    last = sl_arena_copy_bytes(arena, at + 1, (size_t)(end - at - 1));
    at = end + 1;
  }
  return before;
}

// ---- slashes ------------------------------------------------------------------------------------

// Parts that repeat what is before them ("layer1/layer1.0") take its place.
static const char *path_of_slashes(sl_arena *arena, const char *name) {
  sl_text path = {0};
  size_t last_at = 0, last_size = 0;
  const char *end = strrchr(name, '/');
  for (const char *at = name; at < end;) {
    const char *stop = strchr(at, '/');
    size_t size = (size_t)(stop - at);
    int repeats = last_size > 0 && size > last_size && at[last_size] == '.' &&
                  memcmp(path.at + last_at, at, last_size) == 0;
    if (repeats) {
      sl_text_append(&path, at + last_size, size - last_size);
      last_size = size;
    } else if (size > 0) {
      if (path.size > 0) sl_text_putc(&path, '.');
      last_at = path.size;
      last_size = size;
      sl_text_append(&path, at, size);
    }
    at = stop + 1;
  }
  return sl_text_take(&path, arena);
}

// ---- weights ------------------------------------------------------------------------------------

static const char *path_of_weights(sl_arena *arena, const sl_graph *graph, const sl_node *node) {
  for (int32_t i = 1; i < node->input_count; i++) {
    const sl_value *value = &graph->values[node->inputs[i]];
    if (node->inputs[i] == 0 || value->origin != SL_ORIGIN_CONSTANT) continue;
    const char *dot = strrchr(value->name, '.');
    int is_path = dot != NULL && dot != value->name && strchr(value->name, ':') == NULL &&
                  strchr(value->name, '/') == NULL;
    if (is_path) return sl_arena_copy_bytes(arena, value->name, (size_t)(dot - value->name));
  }
  return "";
}

static const char *own_path(sl_arena *arena, const sl_graph *graph, const sl_node *node) {
  const char *scopes = scopes_of(arena, node);
  if (scopes != NULL) return path_of_scopes(arena, scopes);
  const char *name = node->name[0] != '\0' ? node->name : node->origin;
  if (strchr(name, '/') != NULL) return path_of_slashes(arena, name);
  return path_of_weights(arena, graph, node);
}

static int is_clean(const char *path) {
  size_t size = strlen(path);
  return strstr(path, "..") == NULL && path[0] != '.' && (size == 0 || path[size - 1] != '.');
}

// What has no name of its own belongs where its input was made, one level up.
static const char *path_of_input(sl_arena *arena, const sl_graph *graph, const sl_node *node,
                                 const char **paths) {
  for (int32_t i = 0; i < node->input_count; i++) {
    const sl_value *value = &graph->values[node->inputs[i]];
    if (node->inputs[i] == 0 || value->origin != SL_ORIGIN_NODE) continue;
    const char *path = paths[value->maker], *dot = strrchr(path, '.');
    if (dot != NULL) return sl_arena_copy_bytes(arena, path, (size_t)(dot - path));
  }
  return "";
}

const char **sl_outline_paths(sl_arena *arena, const sl_graph *graph) {
  const char **paths = SL_NEW_ARRAY(arena, const char *, graph->node_count);
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    paths[n] = node->is_removed ? "" : own_path(arena, graph, node);
    if (!is_clean(paths[n])) paths[n] = "";
    // A name with a slash or scopes but no part before it is the top of the model: it stays there.
    int is_top = strchr(node->name, '/') != NULL || node->extra.size > 0;
    if (paths[n][0] == '\0' && !node->is_removed && !is_top)
      paths[n] = path_of_input(arena, graph, node, paths);
  }
  return paths;
}
