// SPDX-License-Identifier: Apache-2.0
// Operation "parity": whether two models, or one model on two providers, say the same, and which
// layer is to blame where they do not.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attrib/row_run.h"
#include "base/clock.h"
#include "op/choices.h"
#include "op/parity_scan.h"
#include "pass/outline.h"

enum { NODES_MAX = 64 };
static const double rounding = 1e-4;  // of a probability: below it nobody is to blame

static const sl_choice optimisations[] = {{"all", "everything ONNX Runtime does"},
                                          {"extended", "without changes of layout"},
                                          {"basic", "folding and dead code only"},
                                          {"off", "the graph as it is"},
                                          {0}};

typedef struct parity_params {
  sl_case_params which;
  const char *other;
  int32_t other_provider, other_optimise;
  sl_texts where, layer;
  int64_t limit, top;
} parity_params;

#define P parity_params
static const sl_row params[] = {
    SL_ROWS_CASE(P, which),
    SL_P_PATH(P, other, SL_ROW_POSITIONAL,
              "Second model: an .onnx file, or the id of one seen before; the first one when left "
              "out."),
    SL_P_ENUM(P, other_provider, sl_choices_provider, 0, "Execution provider of the second."),
    SL_P_ENUM(P, other_optimise, optimisations, 0, "How far ONNX Runtime rewrites the second."),
    SL_P_TEXTS(P, where, 0, "In place of a sample: those of a view, as in \"view\"."),
    SL_P_INT(P, limit, 1, 1e7, 500, "samples", "Of a view: at most so many, spread evenly."),
    SL_P_TEXTS(P, layer, SL_ROW_ADVANCED,
               "Layers to compare; the feature layers of the first model when left out."),
    SL_P_INT(P, top, 1, 100000, 100, "samples", "How many flips to list."),
    SL_ROW_END};
#undef P

typedef struct flip_record {
  const char *sample, *name, *label, *image, *before, *after;
  int64_t row, before_index, after_index;
  double before_score, after_score, kl;
} flip_record;

#define R flip_record
static const sl_row flip_rows[] = {
    SL_R_ID(R, sample, "sample", "The sample; null for a ready tensor."),
    SL_R_INT(R, row, NULL, "Its place among those compared, from 0."),
    SL_R_TEXT(R, name, "Its name."),
    SL_R_TEXT(R, label, "Its label; null without one."),
    SL_R_KEY(R, image, "Content key of its image."),
    SL_R_INT(R, before_index, NULL,
             "Class by the first model; -1 for outputs that are no numbers."),
    SL_R_TEXT(R, before, "Its name; null where not known."),
    SL_R_REAL(R, before_score, NULL, "Probability the first gives it."),
    SL_R_INT(R, after_index, NULL, "Class by the second; -1 for outputs that are no numbers."),
    SL_R_TEXT(R, after, "Its name."),
    SL_R_REAL(R, after_score, NULL, "Probability the second gives it."),
    SL_R_REAL(R, kl, "nats", "Divergence of the second's probabilities from the first's."),
    SL_ROW_END};
#undef R

typedef struct slice_record {
  const char *label;
  int64_t samples, flips;
  double accuracy_before, accuracy_after, kl;
} slice_record;

#define R slice_record
static const sl_row slice_rows[] = {
    SL_R_TEXT(R, label, "The label."),
    SL_R_INT(R, samples, "samples", "Samples with it."),
    SL_R_INT(R, flips, "samples", "Of these: the two models do not agree."),
    SL_R_REAL(R, accuracy_before, NULL, "Accuracy of the first model, 0 to 1."),
    SL_R_REAL(R, accuracy_after, NULL, "Accuracy of the second."),
    SL_R_REAL(R, kl, "nats", "Mean divergence."),
    SL_ROW_END};
#undef R

typedef struct parity_layer_record {
  const char *layer, *title;
  double cosine, relative, worst, moved, own;
  int64_t follows;
} parity_layer_record;

#define R parity_layer_record
static const sl_row layer_rows[] = {
    SL_R_TEXT(R, layer, "Name of the value in the first model."),
    SL_R_TEXT(R, title, "What to call it."),
    SL_R_REAL(R, cosine, NULL, "Cosine of the values of the two, over all samples."),
    SL_R_REAL(R, relative, NULL, "Norm of the difference over the norm in the first."),
    SL_R_REAL(R, worst, NULL, "The same for the sample where it is largest."),
    SL_R_REAL(R, moved, NULL,
              "With the second's values here, the first goes this part of the way to the second's "
              "scores (measured): 1 is all of it."),
    SL_R_REAL(R, own, NULL, "Of that: more than with the layer before."),
    SL_R_INT(R, follows, "samples", "Flips looked at that happen then (measured)."),
    SL_ROW_END};
#undef R

typedef struct parity_node_record {
  const char *node, *type;
  double moved, own;
  int64_t follows;
} parity_node_record;

#define R parity_node_record
static const sl_row node_rows[] = {
    SL_R_TEXT(R, node, "Name of the node in the first model."),
    SL_R_TEXT(R, type, "Operator."),
    SL_R_REAL(R, moved, NULL, "As for layers; null when the second has no such value."),
    SL_R_REAL(R, own, NULL, "Of that: more than with what comes before it."),
    SL_R_INT(R, follows, "samples", "As for layers."),
    SL_ROW_END};
#undef R

typedef struct parity_result {
  const char *run, *first, *second, *jump, *blame;
  bool same;
  int64_t samples, flips, not_finite, looked_at, looked_at_flips;
  double agreement, accuracy_before, accuracy_after, max_score, mean_score, mean_kl, max_kl,
      max_output, blame_share, seconds;
  sl_records flip_list, slices, layers, nodes;
  sl_texts exclude, notes;
} parity_result;

#define R parity_result
static const sl_row result[] = {
    SL_R_ID(R, run, "run", "Run whose pipeline and classes were used."),
    SL_R_TEXT(R, first, "File of the first model."),
    SL_R_TEXT(R, second, "File of the second."),
    SL_R_BOOL(R, same, "Every output is equal to the last bit."),
    SL_R_INT(R, samples, "samples", "Samples compared."),
    SL_R_INT(R, flips, "samples", "Samples on which they do not agree."),
    SL_R_INT(
        R, not_finite, "samples",
        "Samples for which an output is NaN or infinite: counted as flips, left out of means."),
    SL_R_REAL(R, agreement, NULL, "Part on which they do, 0 to 1."),
    SL_R_REAL(R, accuracy_before, NULL, "Accuracy of the first model; null without labels."),
    SL_R_REAL(R, accuracy_after, NULL, "Accuracy of the second."),
    SL_R_REAL(R, max_score, NULL, "Largest difference of a probability."),
    SL_R_REAL(R, mean_score, NULL, "Mean over samples of the largest difference of each."),
    SL_R_REAL(R, mean_kl, "nats", "Mean divergence of the second from the first."),
    SL_R_REAL(R, max_kl, "nats", "Largest divergence of a sample."),
    SL_R_REAL(R, max_output, NULL, "Largest difference of an output as the model gives it."),
    SL_R_RECORDS(R, flip_list, flip_record, flip_rows, "Flips, the largest divergence first."),
    SL_R_RECORDS(R, slices, slice_record, slice_rows, "By label, those that suffer most first."),
    SL_R_RECORDS(R, layers, parity_layer_record, layer_rows, "From input to output."),
    SL_R_TEXT(R, jump, "First layer where the values part suddenly; null when none is."),
    SL_R_INT(R, looked_at, "samples", "Samples the gating was measured on."),
    SL_R_INT(R, looked_at_flips, "samples", "Of these: flips."),
    SL_R_TEXT(R, blame,
              "The stretch that brings most of the difference ends in this value; null when there "
              "is no difference."),
    SL_R_REAL(R, blame_share, NULL, "Part of the difference it brings (measured)."),
    SL_R_RECORDS(R, nodes, parity_node_record, node_rows,
                 "Nodes with weights in that stretch, in order."),
    SL_R_TEXTS(R, exclude, "Nodes to leave out of a conversion: those that bring most of it."),
    SL_R_REAL(R, seconds, "s", "Time it took, without loading the models."),
    SL_R_TEXTS(R, notes, "What to know when reading this."),
    SL_ROW_END};
#undef R

typedef struct parity_work {
  sl_op_call *call;
  const parity_params *in;
  sl_opened opened;
  sl_view_feed feed;
  sl_arena *second;  // of the second model
  sl_parity_scan scan;
  double *moved;  // [layer_count]
  int64_t *follows;
  double moved_last;  // of the last layer that could be measured
  int32_t worst;      // layer whose stretch is to blame; layer_count: that before the output; -1
  double share;
  int64_t unmatched;
  const char *why_not;  // why gating could not be done
} parity_work;

// ---- opening ------------------------------------------------------------------------------------

static sl_status open_first(parity_work *w, sl_error *err) {
  const parity_params *in = w->in;
  const char *const *keep = in->layer.at;
  size_t count = (size_t)in->layer.count;
  if (in->which.sample == NULL && in->which.tensor == NULL) {
    sl_view_ask ask = {.run = in->which.run, .where = in->where, .limit = in->limit};
    return sl_view_feed_open(w->call, &in->which, &ask, keep, count, &w->opened, &w->feed, err);
  }
  if (in->where.count > 0)
    return sl_fail(err, SL_E_ARG, "a view and a single case cannot both be compared");
  return sl_opened_open(w->call, &in->which, keep, count, &w->opened, err);
}

static sl_status find_second(const parity_work *w, const char **out, sl_error *err) {
  const parity_params *in = w->in;
  int is_first = in->other == NULL && in->other_provider == in->which.provider;
  if (is_first && in->other_optimise == 0) {
    sl_fail(err, SL_E_ARG, "there is nothing to compare the model with");
    return sl_hint(err, SL_E_ARG,
                   "Name a second model, or another provider or optimisation for it.");
  }
  int64_t id = in->other != NULL ? sl_record_parse(SL_RECORD_MODEL, in->other) : 0;
  *out = in->other != NULL ? in->other : w->opened.path;
  if (id == 0 || w->call->store == NULL) return SL_OK;
  sl_model_row row;
  SL_TRY(sl_store_get_model(w->call->store, w->call->arena, id, &row, err));
  *out = row.path;
  return SL_OK;
}

// Not one of the boxes the engine keeps: two calls that want the same two must not wait for each
// other.
static sl_status open_second(parity_work *w, sl_error *err) {
  const char *path = NULL;
  sl_white_box *box;
  SL_TRY(find_second(w, &path, err));
  sl_white_box_options options = {.provider = (sl_provider)w->in->other_provider,
                                  .threads = (int32_t)w->in->which.threads,
                                  .optimise = (sl_optimise)w->in->other_optimise,
                                  .input_shape = &w->opened.input.shape,
                                  .keep = w->in->layer.at,
                                  .keep_count = (size_t)w->in->layer.count};
  w->second = sl_arena_new(NULL, "second model");
  sl_status status = sl_white_box_open(w->second, path, &options, &box, err);
  if (status != SL_OK) sl_context(err, "the second model, \"%s\"", path);
  SL_TRY(status);
  w->scan.call = w->call;
  return sl_model_pair_open(w->call->arena, w->opened.box, box, &w->scan.pair, err);
}

static void add_layer(parity_work *w, sl_value_id value, const char *title) {
  sl_value_id other = sl_model_pair_match(&w->scan.pair, value);
  if (other == 0) {
    w->unmatched++;
    return;
  }
  w->scan.layers[w->scan.layer_count++] =
      (sl_parity_layer){.a = value, .b = other, .title = sl_arena_copy(w->call->arena, title)};
}

static sl_status find_layers(parity_work *w, sl_error *err) {
  const sl_graph *graph = sl_white_box_model(w->opened.box)->graph;
  const sl_outline *outline = sl_outline_make(w->call->arena, graph);
  int64_t wanted = w->in->layer.count;
  w->scan.layers = SL_NEW_ARRAY(w->call->arena, sl_parity_layer, outline->layer_count + wanted + 1);
  for (int64_t i = 0; i < wanted; i++) {
    sl_value_id value;
    SL_TRY(sl_white_box_value(w->opened.box, w->in->layer.at[i], &value, err));
    add_layer(w, value, w->in->layer.at[i]);
  }
  for (int32_t i = 0; wanted == 0 && i < outline->layer_count; i++) {
    const sl_layer *layer = &outline->layers[i];
    if (layer->kind == SL_LAYER_MAP || layer->kind == SL_LAYER_TOKENS)
      add_layer(w, layer->value, layer->title);
  }
  return SL_OK;
}

// ---- comparing ----------------------------------------------------------------------------------

static sl_status scan_all(parity_work *w, sl_error *err) {
  if (w->feed.view == NULL) return sl_parity_scan_add(&w->scan, &w->opened.input, NULL, err);
  for (;;) {
    sl_tensor input;
    int64_t count;
    SL_TRY(sl_view_feed_next(&w->feed, &input, &count, err));
    if (count == 0) return SL_OK;
    sl_status status = sl_parity_scan_add(&w->scan, &input, w->feed.samples, err);
    sl_tensor_release(&input);
    SL_TRY(status);
  }
}

static const sl_parity_row *row_at(const parity_work *w, int64_t row) {
  return (const sl_parity_row *)(const void *)w->scan.rows.at + row;
}

// -1 when one is no number.
static int64_t best_of(const float *scores, int64_t count) {
  int64_t best = 0;
  for (int64_t i = 0; i < count; i++) {
    if (!isfinite(scores[i])) return -1;
    if (scores[i] > scores[best]) best = i;
  }
  return best;
}

// ---- who is to blame ----------------------------------------------------------------------------

// The second's value put into the first, over the samples looked at more closely.
static sl_status gate(const parity_work *w, sl_value_id a, sl_value_id b, double *moved,
                      int64_t *follows, sl_error *err) {
  double sum = 0;
  int64_t classes = w->scan.classes, counted = 0;
  *follows = 0;
  for (int32_t i = 0; i < w->scan.close_count; i++) {
    const sl_parity_close *close = &w->scan.close[i];
    const sl_parity_row *row = row_at(w, close->row);
    sl_tensor patched;
    if (atomic_load(w->call->cancel)) return sl_fail(err, SL_E_CANCELLED, "parity was stopped");
    SL_TRY(sl_model_pair_patch(&w->scan.pair, a, b, &close->input, &patched, err));
    double part = sl_pair_moved(close->a, close->b, patched.data, classes);
    if (isfinite(part)) sum += part;
    counted += isfinite(part);
    *follows += row->pred_a != row->pred_b && best_of(patched.data, classes) == row->pred_b;
    sl_tensor_release(&patched);
  }
  *moved = counted > 0 ? sum / (double)counted : NAN;
  return SL_OK;
}

// Where numbers stop being numbers, that is to blame, whatever else parts. layer_count for none.
static int32_t first_not_finite(const parity_work *w) {
  int32_t i = 0;
  while (i < w->scan.layer_count && isfinite(w->scan.layers[i].sum.squares_b)) i++;
  return i;
}

static void find_worst(parity_work *w) {
  double before = 0;
  int32_t lost = first_not_finite(w);
  if (lost < w->scan.layer_count) {
    w->worst = lost;
    w->share = NAN;
    return;
  }
  for (int32_t i = 0; i <= w->scan.layer_count; i++) {
    double now = i < w->scan.layer_count ? w->moved[i] : 1;
    if (isnan(now)) continue;
    if (w->worst < 0 || now - before > w->share) {
      w->worst = i;
      w->share = now - before;
    }
    before = now;
  }
}

// Whether something flips, or scores part by more than rounding does.
static int is_worth_it(const parity_work *w) {
  for (int32_t i = 0; i < w->scan.close_count; i++) {
    const sl_parity_row *row = row_at(w, w->scan.close[i].row);
    if (row->pred_a != row->pred_b || !(row->max_score <= rounding)) return 1;
  }
  return 0;
}

// A model whose layers cannot be replaced (float16) is still compared: the reason becomes a note.
static sl_status gate_layers(parity_work *w, sl_error *err) {
  sl_error why = {0};
  w->worst = -1;
  w->moved = SL_NEW_ARRAY(w->call->arena, double, w->scan.layer_count + 1);
  w->follows = SL_NEW_ARRAY(w->call->arena, int64_t, w->scan.layer_count + 1);
  for (int32_t i = 0; i < w->scan.layer_count; i++) w->moved[i] = NAN;
  if (!is_worth_it(w)) return SL_OK;
  for (int32_t i = 0; i < w->scan.layer_count; i++) {
    const sl_parity_layer *layer = &w->scan.layers[i];
    sl_status status = gate(w, layer->a, layer->b, &w->moved[i], &w->follows[i], &why);
    if (status == SL_E_UNSUPPORTED) {
      w->moved[i] = NAN;
      w->why_not = sl_arena_copy(w->call->arena, sl_error_message(&why));
      continue;
    }
    if (status != SL_OK && err != NULL) *err = why;
    SL_TRY(status);
    sl_op_progress(w->call, "gate layers", "layers", i + 1, w->scan.layer_count);
  }
  find_worst(w);
  return SL_OK;
}

typedef struct stretch {
  const sl_node_id *nodes;
  parity_node_record *records;
  sl_value_id *values;
  int32_t count;
} stretch;

// More than the most that anything before it in the stretch (or the layer before) already brings.
static double own_part(const parity_work *w, const stretch *s, int32_t index, double before) {
  double most = before;
  for (int32_t i = 0; i < index; i++)
    if (s->records[i].moved > most &&
        sl_model_pair_follows(&w->scan.pair, s->values[i], s->values[index]))
      most = s->records[i].moved;
  return s->records[index].moved - most;
}

static sl_status gate_node(const parity_work *w, stretch *s, int32_t index, double before,
                           sl_error *err) {
  const sl_graph *graph = sl_white_box_model(w->opened.box)->graph;
  const sl_node *node = &graph->nodes[s->nodes[index]];
  sl_value_id value = sl_node_output(node, 0), other = sl_model_pair_match(&w->scan.pair, value);
  const char *name = node->origin != NULL && node->origin[0] != '\0' ? node->origin : node->name;
  parity_node_record *record = &s->records[index];
  s->values[index] = value;
  *record = (parity_node_record){.node = sl_arena_copy(w->call->arena, name),
                                 .type = sl_arena_copy(w->call->arena, node->type),
                                 .moved = NAN,
                                 .own = NAN};
  if (name[0] == '\0') record->node = sl_arena_copy(w->call->arena, graph->values[value].name);
  if (other == 0) return SL_OK;
  SL_TRY(gate(w, value, other, &record->moved, &record->follows, err));
  record->own = own_part(w, s, index, before);
  return SL_OK;
}

// Numbers are lost in a node when flips follow with its value and with none that it depends on.
static int is_where_lost(const parity_work *w, const stretch *s, int32_t index) {
  if (s->records[index].follows == 0) return 0;
  for (int32_t i = 0; i < index; i++)
    if (s->records[i].follows > 0 &&
        sl_model_pair_follows(&w->scan.pair, s->values[i], s->values[index]))
      return 0;
  return 1;
}

static void list_exclude(const parity_work *w, const stretch *s, parity_result *out) {
  const char **list = SL_NEW_ARRAY(w->call->arena, const char *, s->count + 1);
  int is_lost = w->worst == first_not_finite(w) && w->worst < w->scan.layer_count;
  double most = 0;
  int64_t count = 0;
  for (int32_t i = 0; i < s->count; i++) most = fmax(most, s->records[i].own);
  for (int32_t i = 0; i < s->count; i++)
    if (is_lost ? is_where_lost(w, s, i) : !(s->records[i].own < 0.25 * most))
      list[count++] = s->records[i].node;
  out->exclude = (sl_texts){list, count};
}

static sl_status look_into(parity_work *w, parity_result *out, sl_error *err) {
  int32_t end = w->worst, begin = end - 1, count;
  const sl_parity_layer *layers = w->scan.layers;
  while (begin >= 0 && isnan(w->moved[begin]) && end != first_not_finite(w)) begin--;
  sl_value_id output = sl_white_box_output(w->opened.box);
  sl_value_id to = end < w->scan.layer_count ? layers[end].a : output;
  stretch s = {.nodes = sl_model_pair_between(&w->scan.pair, w->call->arena,
                                              begin >= 0 ? layers[begin].a : 0, to, &count)};
  s.count = count < NODES_MAX ? count : NODES_MAX;
  s.records = SL_NEW_ARRAY(w->call->arena, parity_node_record, s.count + 1);
  s.values = SL_NEW_ARRAY(w->call->arena, sl_value_id, s.count + 1);
  for (int32_t i = 0; i < s.count; i++)
    SL_TRY(gate_node(w, &s, i, begin >= 0 ? w->moved[begin] : 0, err));
  const sl_graph *graph = sl_white_box_model(w->opened.box)->graph;
  out->blame = sl_arena_copy(w->call->arena, graph->values[to].name);
  out->blame_share = w->share;
  out->nodes = (sl_records){s.records, s.count};
  list_exclude(w, &s, out);
  return SL_OK;
}

// ---- what came out ------------------------------------------------------------------------------

// A model that was named without a run has the classes of the view's run.
static sl_texts classes_of(const parity_work *w) {
  int is_named = w->opened.classes.count > 0 || w->feed.view == NULL;
  return is_named ? w->opened.classes : w->feed.view->table->classes;
}

static const char *class_name(const parity_work *w, int64_t index) {
  sl_texts classes = classes_of(w);
  return index >= 0 && index < classes.count ? sl_arena_copy(w->call->arena, classes.at[index])
                                             : NULL;
}

static int is_right(const parity_work *w, const sl_parity_row *row, int64_t pred) {
  sl_texts classes = classes_of(w);
  const char *name = pred < classes.count ? classes.at[pred] : NULL;
  return name != NULL && row->sample.label != NULL && strcmp(name, row->sample.label) == 0;
}

static int by_kl(const void *a, const void *b) {
  const flip_record *x = a, *y = b;
  double u = isnan(x->kl) ? INFINITY : x->kl, v = isnan(y->kl) ? INFINITY : y->kl;
  if (u != v) return u < v ? 1 : -1;
  return (x->row > y->row) - (x->row < y->row);
}

static void list_flips(const parity_work *w, parity_result *out) {
  flip_record *list = SL_NEW_ARRAY(w->call->arena, flip_record, out->flips + 1);
  int64_t count = 0;
  for (int64_t i = 0; i < w->scan.rows.count; i++) {
    const sl_parity_row *row = row_at(w, i);
    if (row->pred_a == row->pred_b && row->is_finite) continue;
    list[count++] = (flip_record){.sample = row->sample.sample,
                                  .name = row->sample.name,
                                  .label = row->sample.label,
                                  .image = row->sample.image,
                                  .row = i,
                                  .before_index = row->pred_a,
                                  .before = class_name(w, row->pred_a),
                                  .before_score = row->score_a,
                                  .after_index = row->pred_b,
                                  .after = class_name(w, row->pred_b),
                                  .after_score = row->score_b,
                                  .kl = row->kl};
  }
  qsort(list, (size_t)count, sizeof *list, by_kl);
  out->flip_list = (sl_records){list, count < w->in->top ? count : w->in->top};
}

static int by_harm(const void *a, const void *b) {
  const slice_record *x = a, *y = b;
  if (x->flips != y->flips) return x->flips < y->flips ? 1 : -1;
  if (x->kl != y->kl) return x->kl < y->kl ? 1 : -1;
  return strcmp(x->label, y->label);
}

static void list_slices(const parity_work *w, parity_result *out) {
  sl_map *places = sl_map_new(w->call->arena);
  sl_record_list list = {0};
  for (int64_t i = 0; i < w->scan.rows.count; i++) {
    const sl_parity_row *row = row_at(w, i);
    if (row->sample.label == NULL) continue;
    int64_t at = sl_map_get_text(places, row->sample.label, -1);
    if (at < 0) {
      sl_map_set_text(places, row->sample.label, list.count);
      at = list.count;
      sl_record_add(w->call->arena, &list, sizeof(slice_record));
    }
    slice_record *slice = (slice_record *)(void *)list.at + at;
    slice->label = row->sample.label;
    slice->samples++;
    slice->flips += row->pred_a != row->pred_b || !row->is_finite;
    slice->accuracy_before += is_right(w, row, row->pred_a);
    slice->accuracy_after += is_right(w, row, row->pred_b);
    slice->kl += row->is_finite ? row->kl : 0;
  }
  for (int64_t i = 0; i < list.count; i++) {
    slice_record *slice = (slice_record *)(void *)list.at + i;
    slice->accuracy_before /= (double)slice->samples;
    slice->accuracy_after /= (double)slice->samples;
    slice->kl /= (double)slice->samples;
  }
  if (list.count > 0) qsort(list.at, (size_t)list.count, sizeof(slice_record), by_harm);
  out->slices = sl_record_done(&list);
}

static void sum_up(const parity_work *w, parity_result *out) {
  double n = 0, labelled = 0, right_a = 0, right_b = 0;
  for (int64_t i = 0; i < w->scan.rows.count; i++) {
    const sl_parity_row *row = row_at(w, i);
    out->flips += row->pred_a != row->pred_b || !row->is_finite;
    out->not_finite += !row->is_finite;
    out->max_score = fmax(out->max_score, row->max_score);
    out->mean_score += row->is_finite ? row->max_score : 0;
    out->mean_kl += row->is_finite ? row->kl : 0;
    out->max_kl = fmax(out->max_kl, row->kl);
    out->max_output = fmax(out->max_output, row->max_raw);
    n += row->is_finite;
    labelled += row->sample.label != NULL;
    right_a += is_right(w, row, row->pred_a);
    right_b += is_right(w, row, row->pred_b);
  }
  out->mean_score /= n;
  out->mean_kl /= n;
  out->samples = w->scan.rows.count;
  out->same = out->max_output == 0 && out->not_finite == 0;
  out->agreement = 1 - (double)out->flips / (double)out->samples;
  int is_known = labelled > 0 && classes_of(w).count > 0;
  out->accuracy_before = is_known ? right_a / labelled : NAN;
  out->accuracy_after = is_known ? right_b / labelled : NAN;
}

// The values part suddenly where the error is five times what any layer before had.
static int is_jump(const parity_work *w, int32_t index) {
  double most = 1e-4;
  if (index == first_not_finite(w)) return 1;
  for (int32_t i = 0; i < index; i++)
    most = fmax(most, sl_divergence_relative(&w->scan.layers[i].sum));
  return sl_divergence_relative(&w->scan.layers[index].sum) > 5 * most;
}

static void list_layers(const parity_work *w, parity_result *out) {
  const sl_graph *graph = sl_white_box_model(w->opened.box)->graph;
  parity_layer_record *list =
      SL_NEW_ARRAY(w->call->arena, parity_layer_record, w->scan.layer_count + 1);
  double before = 0;
  for (int32_t i = 0; i < w->scan.layer_count; i++) {
    const sl_parity_layer *layer = &w->scan.layers[i];
    list[i] =
        (parity_layer_record){.layer = sl_arena_copy(w->call->arena, graph->values[layer->a].name),
                              .title = layer->title,
                              .cosine = sl_divergence_cosine(&layer->sum),
                              .relative = sl_divergence_relative(&layer->sum),
                              .worst = layer->sum.worst,
                              .moved = w->moved[i],
                              .own = w->moved[i] - before,
                              .follows = w->follows[i]};
    if (!isnan(w->moved[i])) before = w->moved[i];
    if (out->jump == NULL && is_jump(w, i)) out->jump = list[i].layer;
  }
  out->layers = (sl_records){list, w->scan.layer_count};
}

static void list_notes(const parity_work *w, parity_result *out) {
  const char **list = SL_NEW_ARRAY(w->call->arena, const char *, 7);
  int64_t count = 0;
  const char *skipped = w->feed.view != NULL ? sl_feed_note(&w->feed.feed) : NULL;
  if (skipped != NULL) list[count++] = skipped;
  int32_t lost = first_not_finite(w);
  if (lost < w->scan.layer_count)
    list[count++] = sl_arena_printf(w->call->arena,
                                    "from layer \"%s\" on the second model holds NaN or infinity",
                                    w->scan.layers[lost].title);
  if (w->unmatched > 0)
    list[count++] = sl_arena_printf(
        w->call->arena, "%lld %s of the first model %s no counterpart in the second",
        (long long)w->unmatched, sl_plural(w->unmatched, "layer", "layers"),
        w->unmatched == 1 ? "has" : "have");
  if (w->why_not != NULL) list[count++] = w->why_not;
  if (out->flips == 0 && w->worst >= 0)
    list[count++] = "nothing flips: the gating was measured where the scores part most";
  if (!is_worth_it(w) && !out->same)
    list[count++] = "the scores differ by no more than rounding does: no layer was looked at";
  if (w->scan.softmax) list[count++] = "a softmax was applied to the outputs";
  out->notes = (sl_texts){list, count};
}

static sl_status compare(parity_work *w, parity_result *out, sl_error *err) {
  SL_TRY(open_first(w, err));
  SL_TRY(sl_opened_own(w->call, &w->in->which, w->in->layer.at, (size_t)w->in->layer.count,
                       &w->opened, err));
  SL_TRY(open_second(w, err));
  SL_TRY(find_layers(w, err));
  int64_t began = sl_clock_ns();
  SL_TRY(scan_all(w, err));
  SL_TRY(gate_layers(w, err));
  sum_up(w, out);
  if (w->worst >= 0) SL_TRY(look_into(w, out, err));
  list_flips(w, out);
  list_slices(w, out);
  list_layers(w, out);
  list_notes(w, out);
  if (w->worst < 0) out->blame_share = NAN;
  out->run = w->opened.run;
  out->first = sl_arena_copy(w->call->arena, sl_white_box_name(w->scan.pair.a));
  out->second = sl_arena_copy(w->call->arena, sl_white_box_name(w->scan.pair.b));
  out->looked_at = w->worst >= 0 ? w->scan.close_count : 0;
  for (int32_t i = 0; i < out->looked_at; i++)
    out->looked_at_flips +=
        row_at(w, w->scan.close[i].row)->pred_a != row_at(w, w->scan.close[i].row)->pred_b;
  out->seconds = (double)(sl_clock_ns() - began) * 1e-9;
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  parity_work w = {.call = call, .in = params_in};
  sl_status status = compare(&w, result_out, err);
  sl_parity_scan_release(&w.scan);
  sl_arena_free(w.second);
  sl_view_feed_close(&w.feed);
  sl_opened_close(call, &w.opened);
  return status;
}

const sl_op sl_op_parity = {
    .info = {.name = "parity",
             .title = "Hold two models against each other",
             .help = "Which cases flip between two models, precisions or providers, and which "
                     "layer is to blame.",
             .example = "slitlamp parity --other model_int8.onnx --where outcome=right",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(parity_params),
             .result = result,
             .result_size = sizeof(parity_result)},
    .run = run};
