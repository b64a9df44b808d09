// SPDX-License-Identifier: Apache-2.0
// Operation "exemplars": the patches of a view that drive channels of a layer hardest.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attrib/receptive_field.h"
#include "attrib/row_run.h"
#include "attrib/top_places.h"
#include "base/clock.h"
#include "op/choices.h"
#include "op/kept_numbers.h"
#include "op/sample_feed.h"

enum { KEPT = 32, CHOSEN = 8 };

typedef struct exemplars_params {
  const char *model, *run, *layer;
  sl_ints channel;
  sl_texts where;
  int64_t top, limit, threads;
  int32_t provider;
} exemplars_params;

#define P exemplars_params
static const sl_row params[] = {
    SL_P_PATH(P, model, SL_ROW_POSITIONAL,
              "Model as an .onnx file, or the id of one seen before; that of the run when left "
              "out."),
    SL_P_ID(P, run, "run", 0,
            "Run whose model, pipeline and data are used; the newest one when left out."),
    SL_P_TEXT_(P, layer, SL_T_TEXT, SL_ROW_REQUIRED, NULL, NULL,
               "Value to look at, by its name or that of its node."),
    {.name = "channel",
     .type = SL_T_INT,
     .flags = SL_ROW_LIST,
     .offset = SL_FIELD(P, channel, sl_ints),
     .max = 1e9,
     .help = "Channels; the eight whose maximum stands out most when left out."},
    SL_P_TEXTS(P, where, 0, "Which samples, as in \"view\"."),
    SL_P_INT(P, top, 1, KEPT, 9, "samples", "Patches of each channel, one of a sample."),
    SL_P_INT(P, limit, 1, 1e7, 1000, "samples", "Samples to look at, spread evenly over the view."),
    {.name = "provider",
     .type = SL_T_ENUM,
     .flags = SL_ROW_ADVANCED,
     .choices = sl_choices_provider,
     .offset = SL_FIELD(P, provider, int32_t),
     .help = "ONNX Runtime execution provider."},
    SL_P_INT(P, threads, 0, 1024, 0, NULL, "Threads inside a run; 0 uses every processor."),
    SL_ROW_END};
#undef P

typedef struct exemplar_record {
  const char *sample, *name, *label, *pred, *image;
  double value;
  int64_t row, column, x0, y0, x1, y1;
} exemplar_record;

#define R exemplar_record
static const sl_row exemplar_rows[] = {
    SL_R_ID(R, sample, "sample", "The sample."),
    SL_R_TEXT(R, name, "Its name."),
    SL_R_TEXT(R, label, "Its label; null without one."),
    SL_R_TEXT(R, pred, "What the run says."),
    SL_R_KEY(R, image, "Content key of its image."),
    SL_R_REAL(R, value, NULL, "The channel's value there: its largest in this sample."),
    SL_R_INT(R, row, NULL, "Row of the layer's grid."),
    SL_R_INT(R, column, NULL, "Column of it."),
    SL_R_INT(R, x0, "px", "Left edge of what the place sees, in the model's input."),
    SL_R_INT(R, y0, "px", "Upper edge."),
    SL_R_INT(R, x1, "px", "Right edge, past the last pixel."),
    SL_R_INT(R, y1, "px", "Lower edge, past the last pixel."),
    SL_ROW_END};
#undef R

typedef struct exemplar_channel {
  int64_t channel;
  double mean, std, max, peak;
  sl_records exemplars;
} exemplar_channel;

#define R exemplar_channel
static const sl_row channel_rows[] = {
    SL_R_INT(R, channel, NULL, "Number of the channel."),
    SL_R_REAL(R, mean, NULL, "Mean over samples and places."),
    SL_R_REAL(R, std, NULL, "Standard deviation."),
    SL_R_REAL(R, max, NULL, "Largest element."),
    SL_R_REAL(R, peak, NULL, "How far the largest stands out, in standard deviations."),
    SL_R_RECORDS(R, exemplars, exemplar_record, exemplar_rows, "Strongest first."),
    SL_ROW_END};
#undef R

static const sl_choice fields[] = {
    {"window", "kernels, strides and dilations on the way from the input, clipped to it"},
    {"cell", "every place sees everything: the part of the input it covers"},
    {0}};

typedef struct exemplars_result {
  const char *run, *layer;
  int64_t samples, channels, height, width, input_width, input_height;
  int32_t field;
  double field_width, field_height, step;
  sl_records list;
  double seconds;
  sl_texts notes;
} exemplars_result;

#define R exemplars_result
static const sl_row result[] = {
    SL_R_ID(R, run, "run", "Run whose model and pipeline were used."),
    SL_R_TEXT(R, layer, "Name of the value."),
    SL_R_INT(R, samples, "samples", "Samples that were looked at."),
    SL_R_INT(R, channels, NULL, "Channels of the layer."),
    SL_R_INT(R, height, NULL, "Rows of its grid."),
    SL_R_INT(R, width, NULL, "Columns of its grid."),
    SL_R_INT(R, input_width, "px", "Width of the model's input, which boxes refer to."),
    SL_R_INT(R, input_height, "px", "Its height."),
    SL_R_ENUM(R, field, fields, "What the boxes are."),
    SL_R_REAL(R, field_width, "px", "Width of what a place sees, before clipping."),
    SL_R_REAL(R, field_height, "px", "Its height."),
    SL_R_REAL(R, step, "px", "From one column of the grid to the next."),
    SL_R_RECORDS(R, list, exemplar_channel, channel_rows, "The channels asked for."),
    SL_R_REAL(R, seconds, "s", "Time it took, without loading the model."),
    SL_R_TEXTS(R, notes, "What to know when reading this."),
    SL_ROW_END};
#undef R

typedef struct exemplars_work {
  sl_op_call *call;
  const exemplars_params *in;
  sl_opened opened;
  sl_view_feed feed;
  sl_feature_layer layer;
  const sl_piece *piece;
  sl_receptive_field field;
  sl_top_places top;
  int64_t samples;
} exemplars_work;

// ---- the layer ----------------------------------------------------------------------------------

// Vectors [N, C] are layers of one place here.
static int read_vector(const exemplars_work *w, sl_value_id value, sl_feature_layer *out) {
  const sl_type *type = &sl_white_box_model(w->opened.box)->graph->values[value].type;
  int64_t places = 1;
  for (int32_t d = 2; d < type->rank; d++) places *= type->dims[d].fixed;
  if (type->rank < 2 || type->dims[1].fixed <= 0 || places != 1) return 0;
  *out = (sl_feature_layer){.value = value,
                            .channels = type->dims[1].fixed,
                            .height = 1,
                            .width = 1,
                            .elements = type->dims[1].fixed};
  return 1;
}

static sl_status find_layer(exemplars_work *w, sl_error *err) {
  sl_value_id value;
  SL_TRY(sl_white_box_value(w->opened.box, w->in->layer, &value, err));
  if (!read_vector(w, value, &w->layer))
    SL_TRY(sl_feature_layer_of(w->opened.box, value, &w->layer, err));
  for (int64_t i = 0; i < w->in->channel.count; i++)
    if (w->in->channel.at[i] >= w->layer.channels)
      return sl_fail(err, SL_E_ARG, "channel %lld is out of range: layer \"%s\" has %lld",
                     (long long)w->in->channel.at[i], w->in->layer, (long long)w->layer.channels);
  SL_TRY(sl_receptive_field_of(w->opened.box, &w->layer, &w->field, err));
  SL_TRY(sl_white_box_tap(w->opened.box, &value, 1, &w->piece, err));
  if (w->piece->input_count == 1) return SL_OK;
  return sl_fail(err, SL_E_UNSUPPORTED, "the model takes %d inputs", w->piece->input_count);
}

// ---- the strongest places -----------------------------------------------------------------------

static sl_status add_batch(exemplars_work *w, const sl_tensor *input, int64_t count,
                           sl_error *err) {
  sl_tensor values, floats;
  sl_row_run how = {.rows = count, .fixed_batch = sl_white_box_batch(w->opened.box)};
  SL_TRY(sl_piece_run_rows(w->piece, &how, input, &values, err));
  sl_status status = sl_tensor_to_f32(&values, &floats, err);
  sl_tensor_release(&values);
  SL_TRY(status);
  if (sl_shape_count(&floats.shape) != count * w->layer.elements)
    status = sl_fail(err, SL_E_UNSUPPORTED, "layer \"%s\" does not have one row for each sample",
                     w->in->layer);
  for (int64_t i = 0; status == SL_OK && i < count; i++)
    sl_top_places_add(&w->top, (const float *)floats.data + i * w->layer.elements,
                      w->feed.samples[i].row);
  w->samples += count;
  sl_tensor_release(&floats);
  return status;
}

static sl_status look(exemplars_work *w, sl_error *err) {
  for (;;) {
    sl_tensor input;
    int64_t count;
    SL_TRY(sl_view_feed_next(&w->feed, &input, &count, err));
    if (count == 0) return SL_OK;
    sl_status status = add_batch(w, &input, count, err);
    sl_tensor_release(&input);
    SL_TRY(status);
  }
}

static void pass_all(exemplars_work *w, sl_kept_numbers *kept) {
  sl_kept_pass(kept, &w->samples, 1);
  sl_kept_pass(kept, &w->feed.feed.skipped, 1);
  for (int64_t c = 0; c < w->layer.channels && !kept->is_short; c++) {
    sl_top_channel *channel = &w->top.channels[c];
    sl_kept_pass(kept, &channel->sum, 1);
    sl_kept_pass(kept, &channel->squares, 1);
    sl_kept_pass(kept, &channel->max, 1);
    sl_kept_pass(kept, &channel->elements, 1);
    sl_kept_pass(kept, &channel->count, 1);
    if (channel->count < 0 || channel->count > KEPT) kept->is_short = true;
    for (int64_t i = 0; i < channel->count && !kept->is_short; i++)
      sl_kept_pass(kept, &channel->places[i], sizeof(sl_top_place) / 8);
  }
}

static sl_status make_key(const exemplars_work *w, const char **out, sl_error *err) {
  const sl_open_table *table = w->feed.view->table;
  sl_text text = {0};
  sl_text_printf(&text, "v%lld r%lld of %s limit %lld\n%s", (long long)table->version,
                 (long long)table->run, w->opened.run != NULL ? w->opened.run : "",
                 (long long)w->in->limit, w->in->layer);
  for (int64_t i = 0; i < w->in->where.count; i++)
    sl_text_printf(&text, "\n%zu %s", strlen(w->in->where.at[i]), w->in->where.at[i]);
  sl_status status = sl_kept_depend_on_file(w->call, w->opened.path, &text, err);
  *out = sl_kept_key(w->call, "exemplars", &text);
  return status;
}

// A reading that fails half-way leaves half-filled channels: they are made anew.
static int find_kept(exemplars_work *w, const char *key) {
  sl_kept_numbers kept;
  sl_top_places_new(w->call->arena, &w->layer, KEPT, &w->top);
  if (!sl_kept_find(w->call, key, &kept)) return 0;
  pass_all(w, &kept);
  if (!kept.is_short && kept.left == 0) return 1;
  sl_top_places_new(w->call->arena, &w->layer, KEPT, &w->top);
  w->samples = w->feed.feed.skipped = 0;
  return 0;
}

static sl_status find_places(exemplars_work *w, const sl_case_params *which, sl_error *err) {
  const char *key;
  SL_TRY(make_key(w, &key, err));
  if (find_kept(w, key)) return SL_OK;
  SL_TRY(sl_opened_own(w->call, which, &w->in->layer, 1, &w->opened, err));
  SL_TRY(find_layer(w, err));
  SL_TRY(look(w, err));
  sl_text text = {0};
  sl_kept_numbers kept = {.out = &text};
  pass_all(w, &kept);
  return sl_kept_store(w->call, key, &text, err);
}

// ---- what came out ------------------------------------------------------------------------------

static exemplar_record record_of(const exemplars_work *w, const sl_top_place *place) {
  sl_rec_sample sample;
  sl_view_sample(w->call, w->feed.view, place->sample, &sample);
  sl_pixel_box box = sl_receptive_field_box(&w->field, place->row, place->column);
  return (exemplar_record){.sample = sample.sample,
                           .name = sample.name,
                           .label = sample.label,
                           .pred = sample.pred,
                           .image = sample.image,
                           .value = place->value,
                           .row = place->row,
                           .column = place->column,
                           .x0 = box.x0,
                           .y0 = box.y0,
                           .x1 = box.x1,
                           .y1 = box.y1};
}

static void fill_channel(const exemplars_work *w, int64_t index, exemplar_channel *out) {
  const sl_top_channel *channel = &w->top.channels[index];
  int64_t count = channel->count < w->in->top ? channel->count : w->in->top;
  exemplar_record *list = SL_NEW_ARRAY(w->call->arena, exemplar_record, count + 1);
  for (int64_t i = 0; i < count; i++) list[i] = record_of(w, &channel->places[i]);
  double n = channel->elements > 0 ? (double)channel->elements : NAN, mean = channel->sum / n;
  *out = (exemplar_channel){.channel = index,
                            .mean = mean,
                            .std = sqrt(fmax(channel->squares / n - mean * mean, 0)),
                            .max = channel->max,
                            .peak = sl_top_channel_peak(channel),
                            .exemplars = {list, count}};
}

typedef struct ranked {
  double peak;
  int64_t channel;
} ranked;

static int by_peak(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->peak != y->peak) return x->peak < y->peak ? 1 : -1;
  return (x->channel > y->channel) - (x->channel < y->channel);
}

static sl_ints choose_channels(const exemplars_work *w) {
  if (w->in->channel.count > 0) return w->in->channel;
  int64_t channels = w->layer.channels, count = channels < CHOSEN ? channels : CHOSEN;
  ranked *list = SL_NEW_ARRAY(w->call->arena, ranked, channels);
  int64_t *chosen = SL_NEW_ARRAY(w->call->arena, int64_t, count);
  for (int64_t c = 0; c < channels; c++)
    list[c] = (ranked){sl_top_channel_peak(&w->top.channels[c]), c};
  qsort(list, (size_t)channels, sizeof *list, by_peak);
  for (int64_t i = 0; i < count; i++) chosen[i] = list[i].channel;
  return (sl_ints){chosen, count};
}

static sl_texts list_notes(const exemplars_work *w) {
  const char **list = SL_NEW_ARRAY(w->call->arena, const char *, 3);
  int64_t count = 0, skipped = w->feed.feed.skipped;
  if (skipped > 0)
    list[count++] = sl_arena_printf(w->call->arena, "%lld %s could not be read", (long long)skipped,
                                    sl_plural(skipped, "sample", "samples"));
  if (w->field.is_window && w->field.has_gates)
    list[count++] =
        "gates that look at the whole input are on the way; boxes are what places see without them";
  return (sl_texts){list, count};
}

static void fill_result(const exemplars_work *w, exemplars_result *out) {
  sl_ints channels = choose_channels(w);
  exemplar_channel *list = SL_NEW_ARRAY(w->call->arena, exemplar_channel, channels.count + 1);
  for (int64_t i = 0; i < channels.count; i++) fill_channel(w, channels.at[i], &list[i]);
  const sl_graph *graph = sl_white_box_model(w->opened.box)->graph;
  const sl_receptive_field *field = &w->field;
  *out =
      (exemplars_result){.run = w->opened.run,
                         .layer = sl_arena_copy(w->call->arena, graph->values[w->layer.value].name),
                         .samples = w->samples,
                         .channels = w->layer.channels,
                         .height = w->layer.height,
                         .width = w->layer.width,
                         .input_width = field->size[1],
                         .input_height = field->size[0],
                         .field = field->is_window ? 0 : 1,
                         .field_width = field->high[1] - field->low[1] + 1,
                         .field_height = field->high[0] - field->low[0] + 1,
                         .step = field->step[1],
                         .list = {list, channels.count},
                         .notes = list_notes(w)};
}

static sl_status find_exemplars(exemplars_work *w, exemplars_result *out, sl_error *err) {
  const exemplars_params *in = w->in;
  sl_case_params which = {
      .model = in->model, .run = in->run, .provider = in->provider, .threads = in->threads};
  sl_view_ask ask = {.run = in->run, .where = in->where, .limit = in->limit};
  SL_TRY(sl_view_feed_open(w->call, &which, &ask, &in->layer, 1, &w->opened, &w->feed, err));
  int64_t began = sl_clock_ns();
  SL_TRY(find_layer(w, err));
  SL_TRY(find_places(w, &which, err));
  fill_result(w, out);
  out->seconds = (double)(sl_clock_ns() - began) * 1e-9;
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  exemplars_work w = {.call = call, .in = params_in};
  sl_status status = find_exemplars(&w, result_out, err);
  sl_view_feed_close(&w.feed);
  sl_opened_close(call, &w.opened);
  return status;
}

const sl_op sl_op_exemplars = {
    .info = {.name = "exemplars",
             .title = "Find what drives a channel",
             .help = "The patches that drive channels of a layer hardest, over the samples of a "
                     "view.",
             .example = "slitlamp exemplars --layer layer3 --channel 12 --channel 40",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(exemplars_params),
             .result = result,
             .result_size = sizeof(exemplars_result)},
    .run = run};
