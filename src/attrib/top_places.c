// SPDX-License-Identifier: Apache-2.0
// Strongest places.
#include "attrib/top_places.h"

#include <math.h>

void sl_top_places_new(sl_arena *arena, const sl_feature_layer *layer, int64_t keep,
                       sl_top_places *out) {
  *out = (sl_top_places){.layer = *layer,
                         .keep = keep,
                         .channels = SL_NEW_ARRAY(arena, sl_top_channel, layer->channels + 1)};
  for (int64_t c = 0; c < layer->channels; c++)
    out->channels[c].places = SL_NEW_ARRAY(arena, sl_top_place, keep + 1);
}

static void insert(sl_top_channel *channel, int64_t keep, sl_top_place place) {
  int64_t at = channel->count < keep ? channel->count : keep;
  while (at > 0 && channel->places[at - 1].value < place.value) {
    channel->places[at] = channel->places[at - 1];
    at--;
  }
  channel->places[at] = place;  // places has room for one more than are kept
  if (channel->count < keep) channel->count++;
}

static void add_channel(sl_top_places *top, int64_t c, const float *values, int64_t sample) {
  sl_top_channel *channel = &top->channels[c];
  int64_t places = top->layer.height * top->layer.width, best = -1;
  double highest = 0;
  for (int64_t i = 0; i < places; i++) {
    double value = (double)values[sl_feature_at(&top->layer, c, i)];
    if (!isfinite(value)) continue;
    channel->max = channel->elements == 0 ? value : fmax(channel->max, value);
    channel->elements++;
    channel->sum += value;
    channel->squares += value * value;
    if (best >= 0 && value <= highest) continue;
    best = i;
    highest = value;
  }
  if (best < 0) return;
  insert(channel, top->keep,
         (sl_top_place){.value = highest,
                        .sample = sample,
                        .row = best / top->layer.width,
                        .column = best % top->layer.width});
}

void sl_top_places_add(sl_top_places *top, const float *values, int64_t sample) {
  for (int64_t c = 0; c < top->layer.channels; c++) add_channel(top, c, values, sample);
}

double sl_top_channel_peak(const sl_top_channel *channel) {
  if (channel->elements == 0) return 0;
  double n = (double)channel->elements, mean = channel->sum / n;
  double variance = channel->squares / n - mean * mean;
  return variance > 0 ? (channel->max - mean) / sqrt(variance) : 0;
}
