// SPDX-License-Identifier: Apache-2.0
// Parsing and applying edits.
#include "attrib/edit_spec.h"

#include <stdlib.h>
#include <string.h>

#include "attrib/feature_layer.h"

enum { CHANNELS_MAX = 65536 };

typedef struct reader {
  sl_arena *arena;
  const char *text, *at;
  sl_edit *out;
} reader;

static sl_status wrong(const reader *r, const char *why, sl_error *err) {
  sl_fail(err, SL_E_ARG, "edit \"%s\", character %d: %s", r->text, (int)(r->at - r->text) + 1, why);
  return sl_hint(err, SL_E_ARG,
                 "write it as LAYER[channels]@rows,columns and *0, +1, =2 or =mean, for example "
                 "\"features.7[12]@2:5,3:9*0\"");
}

static int read_number(reader *r, int64_t *out) {
  char *end;
  long long value = strtoll(r->at, &end, 10);
  if (end == r->at || value < 0) return 0;
  r->at = end;
  *out = value;
  return 1;
}

static sl_status read_channels(reader *r, sl_error *err) {
  int64_t *list = SL_NEW_ARRAY(r->arena, int64_t, strlen(r->at) + 1);
  int64_t count = 0;
  r->at++;
  while (*r->at != ']') {
    if (!read_number(r, &list[count])) return wrong(r, "a channel's number is wanted", err);
    if (++count > CHANNELS_MAX) return wrong(r, "too many channels", err);
    if (*r->at == ',') r->at++;
    if (*r->at == '\0') return wrong(r, "\"]\" is missing", err);
  }
  r->at++;
  r->out->channels = list;
  r->out->channel_count = count;
  return SL_OK;
}

static sl_status read_region(reader *r, sl_error *err) {
  r->at++;
  for (int i = 0; i < 2; i++) {
    if (!read_number(r, &r->out->begin[i])) return wrong(r, "a row's number is wanted", err);
    r->out->end[i] = r->out->begin[i] + 1;
    if (*r->at == ':') {
      r->at++;
      if (!read_number(r, &r->out->end[i])) return wrong(r, "a row's number is wanted", err);
    }
    if (r->out->end[i] <= r->out->begin[i]) return wrong(r, "the range is empty", err);
    if (*r->at != ',') break;
    r->at++;
  }
  return SL_OK;
}

static sl_status read_change(reader *r, sl_error *err) {
  char sign = *r->at++;
  if (sign == '=' && strcmp(r->at, "mean") == 0) {
    r->out->kind = SL_EDIT_MEAN;
    return SL_OK;
  }
  r->out->kind = sign == '*' ? SL_EDIT_SCALE : sign == '=' ? SL_EDIT_SET : SL_EDIT_SHIFT;
  char *end;
  r->out->number = strtod(r->at, &end);
  if (sign == '-') r->out->number = -r->out->number;
  if (end == r->at || *end != '\0') return wrong(r, "a number is wanted", err);
  return SL_OK;
}

// Sizes of rows and columns (or of tokens) as the graph knows them; -1 where it does not.
static sl_status check_inside(reader *r, const sl_type *type, sl_error *err) {
  const sl_edit *e = r->out;
  int is_last = type->rank > 2 && e->axis == type->rank - 1;
  if (type->rank < 2) return wrong(r, "the layer has no channels", err);
  for (int64_t i = 0; i < e->channel_count; i++)
    if (type->dims[e->axis].fixed >= 0 && e->channels[i] >= type->dims[e->axis].fixed)
      return sl_fail(err, SL_E_ARG, "edit \"%s\": channel %lld is out of range, the layer is %s",
                     r->text, (long long)e->channels[i], sl_type_text(r->arena, type));
  for (int i = 0; i < 2; i++) {
    int32_t space = is_last ? 1 + i : 2 + i;
    if (e->end[i] == 0) continue;
    if (space >= type->rank || space == e->axis) return wrong(r, "the layer has no such axis", err);
    if (type->dims[space].fixed >= 0 && e->end[i] > type->dims[space].fixed)
      return sl_fail(err, SL_E_ARG, "edit \"%s\": the region ends at %lld, the layer is %s",
                     r->text, (long long)e->end[i], sl_type_text(r->arena, type));
  }
  return SL_OK;
}

// Names may hold any of the signs, so the longest known name that begins the text is the layer.
static sl_status read_layer(reader *r, const sl_white_box *box, sl_error *err) {
  for (size_t size = strlen(r->text); size > 0; size--) {
    if (size < strlen(r->text) && strchr("[@*+-=", r->text[size]) == NULL) continue;
    const char *name = sl_arena_copy_bytes(r->arena, r->text, size);
    if (sl_white_box_value(box, name, &r->out->layer, NULL) == SL_OK) {
      r->at = r->text + size;
      return SL_OK;
    }
  }
  size_t size = strcspn(r->text, "[@*=");
  return sl_white_box_value(box, sl_arena_copy_bytes(r->arena, r->text, size), &r->out->layer, err);
}

sl_status sl_edit_parse(sl_arena *arena, const sl_white_box *box, const char *text, sl_edit *out,
                        sl_error *err) {
  *out = (sl_edit){.text = sl_arena_copy(arena, text)};
  reader r = {.arena = arena, .text = out->text, .at = out->text, .out = out};
  SL_TRY(read_layer(&r, box, err));
  if (*r.at == '[') SL_TRY(read_channels(&r, err));
  if (*r.at == '@') SL_TRY(read_region(&r, err));
  if (*r.at == '\0' || strchr("*+-=", *r.at) == NULL)
    return wrong(&r, "\"*\", \"+\", \"-\" or \"=\" is wanted", err);
  SL_TRY(read_change(&r, err));
  const sl_type *type = &sl_white_box_model(box)->graph->values[out->layer].type;
  out->axis = sl_channel_axis(box, out->layer, type->rank);
  return check_inside(&r, type, err);
}

// ---- applying -----------------------------------------------------------------------------------

// A value's elements as [rows, channels, height, width] with strides.
typedef struct layout {
  int64_t rows, channels, height, width;
  int64_t row, channel, line, column;  // strides in elements
} layout;

static layout layout_of(const sl_shape *shape, int32_t axis) {
  int is_last = shape->rank > 2 && axis == shape->rank - 1;
  int32_t first = is_last ? 1 : 2;  // of the axes of places
  layout l = {.rows = shape->dims[0], .channels = 1, .height = 1, .width = 1};
  if (shape->rank > 1) l.channels = shape->dims[axis];
  if (first < shape->rank && first != axis) l.height = shape->dims[first];
  for (int32_t i = first + 1; i < shape->rank; i++)
    if (i != axis) l.width *= shape->dims[i];
  l.column = is_last ? l.channels : 1;
  l.line = l.width * l.column;
  l.channel = is_last ? 1 : l.height * l.width;
  l.row = l.height * l.width * l.channels;
  return l;
}

typedef struct window {
  int64_t top, bottom, left, right;
} window;

static window window_of(const sl_edit *edit, const layout *l) {
  int whole_rows = edit->end[0] == 0, whole_columns = edit->end[1] == 0;
  window w = {whole_rows ? 0 : edit->begin[0], whole_rows ? l->height : edit->end[0],
              whole_columns ? 0 : edit->begin[1], whole_columns ? l->width : edit->end[1]};
  if (w.bottom > l->height) w.bottom = l->height;
  if (w.right > l->width) w.right = l->width;
  return w;
}

static double mean_of(const float *plane, const layout *l) {
  double sum = 0;
  for (int64_t y = 0; y < l->height; y++)
    for (int64_t x = 0; x < l->width; x++) sum += (double)plane[y * l->line + x * l->column];
  return sum / (double)(l->height * l->width);
}

static void change_plane(const sl_edit *edit, float *plane, const layout *l, const window *w) {
  float number = (float)edit->number;
  if (edit->kind == SL_EDIT_MEAN) number = (float)mean_of(plane, l);
  for (int64_t y = w->top; y < w->bottom; y++)
    for (int64_t x = w->left; x < w->right; x++) {
      float *at = &plane[y * l->line + x * l->column];
      *at = edit->kind == SL_EDIT_SCALE   ? *at * number
            : edit->kind == SL_EDIT_SHIFT ? *at + number
                                          : number;
    }
}

sl_status sl_edit_apply(const sl_edit *edit, sl_tensor *values, sl_error *err) {
  if (values->dtype != SL_DTYPE_F32)
    return sl_fail(err, SL_E_UNSUPPORTED, "edit \"%s\" is of a layer of %s; float32 is needed",
                   edit->text, sl_dtype_name(values->dtype));
  layout l = layout_of(&values->shape, edit->axis);
  window w = window_of(edit, &l);
  int64_t count = edit->channels != NULL ? edit->channel_count : l.channels;
  for (int64_t n = 0; n < l.rows; n++)
    for (int64_t i = 0; i < count; i++) {
      int64_t channel = edit->channels != NULL ? edit->channels[i] : i;
      if (channel < l.channels)
        change_plane(edit, (float *)values->data + n * l.row + channel * l.channel, &l, &w);
    }
  return SL_OK;
}
