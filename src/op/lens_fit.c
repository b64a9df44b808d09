// SPDX-License-Identifier: Apache-2.0
// Fitting and keeping probes.
//
// Invariant: what is kept is named after all it depends on; a damaged or foreign blob counts as
// absent. Start at sl_lens_fit_make().
#include "op/lens_fit.h"

#include "op/kept_numbers.h"
#include "op/lookup.h"
#include "op/sample_feed.h"

enum { SAMPLES_MAX = 4096, JUDGED_MAX = 1024, BATCH = 16, CLASSES_MAX = 65536 };

typedef struct fitter {
  sl_op_call *call;
  const sl_opened *opened;
  const sl_layer_features *features;
  sl_run_row run;
  sl_column members, target, pred;
  sl_lens_fit *out;
  const char *key;
} fitter;

// ---- which samples ------------------------------------------------------------------------------

static sl_status open_columns(fitter *f, sl_error *err) {
  sl_op_call *call = f->call;
  sl_record_ref run = {SL_RECORD_RUN, f->run.id}, version = {SL_RECORD_VERSION, f->run.version};
  SL_TRY(sl_column_open(call->store, call->arena, version, SL_COLUMN_MEMBERS, &f->members, err));
  SL_TRY(sl_column_open(call->store, call->arena, run, SL_COLUMN_TARGET, &f->target, err));
  return sl_column_open(call->store, call->arena, run, SL_COLUMN_PRED, &f->pred, err);
}

// Class of a row's label; -1 for rows without, or that the model could not read.
static int32_t label_of(const fitter *f, int64_t row) {
  int32_t label = ((const int32_t *)f->target.values)[row];
  int is_read = ((const int32_t *)f->pred.values)[row] >= 0;
  return is_read && label < CLASSES_MAX ? label : -1;
}

static int64_t *count_labels(const fitter *f, int64_t *classes) {
  int64_t *counts = SL_NEW_ARRAY(f->call->arena, int64_t, CLASSES_MAX);
  for (int64_t row = 0; row < f->members.rows; row++) {
    int32_t label = label_of(f, row);
    if (label >= 0) *classes += counts[label]++ == 0;
  }
  return counts;
}

static sl_status check_classes(const fitter *f, int64_t classes, sl_error *err) {
  if (classes >= 2) return SL_OK;
  sl_fail(err, SL_E_UNSUPPORTED, "run \"%s\" has labelled samples of %lld %s: a probe needs two",
          f->opened->run, (long long)classes, sl_plural(classes, "class", "classes"));
  return sl_hint(err, SL_E_UNSUPPORTED, "Evaluate the model on a dataset with labels.");
}

// Takes label row k of m when it is among `wanted` spread evenly over the m.
static int is_taken(int64_t k, int64_t m, int64_t wanted) {
  if (wanted >= m) return 1;
  int64_t nearest = (k * wanted + m - 1) / m;
  return nearest < wanted && nearest * m / wanted == k;
}

static sl_status choose_samples(fitter *f, sl_error *err) {
  sl_lens_fit *out = f->out;
  sl_arena *arena = f->call->arena;
  int64_t *counts = count_labels(f, &out->classes), *seen, *position, found = 0;
  SL_TRY(check_classes(f, out->classes, err));
  int64_t bound = SAMPLES_MAX / out->classes < 2 ? 2 : SAMPLES_MAX / out->classes;
  if (out->per_class > bound) out->per_class = bound;
  seen = SL_NEW_ARRAY(arena, int64_t, CLASSES_MAX);
  position = SL_NEW_ARRAY(arena, int64_t, CLASSES_MAX);
  out->class_index = SL_NEW_ARRAY(arena, int64_t, out->classes);
  for (int64_t c = 0; c < CLASSES_MAX; c++) {
    if (counts[c] == 0) continue;
    position[c] = found;
    out->class_index[found++] = c;
  }
  out->ids = SL_NEW_ARRAY(arena, int64_t, out->classes * out->per_class);
  out->members = SL_NEW_ARRAY(arena, int64_t, out->classes * out->per_class);
  for (int64_t row = 0; row < f->members.rows; row++) {
    int32_t label = label_of(f, row);
    if (label < 0 || !is_taken(seen[label]++, counts[label], out->per_class)) continue;
    out->ids[out->samples] = ((const int64_t *)f->members.values)[row];
    out->members[out->samples++] = position[label];
  }
  return SL_OK;
}

// ---- features -----------------------------------------------------------------------------------

typedef struct gathered {
  double **features;  // [layers], each [samples * channels]
  double **now;       // where the next batch goes
  int32_t *class_of;
  int64_t *ids, count;
} gathered;

static void new_room(const fitter *f, gathered *g, sl_arena *scratch) {
  int64_t samples = f->out->samples;
  g->features = SL_NEW_ARRAY(scratch, double *, f->features->count);
  g->now = SL_NEW_ARRAY(scratch, double *, f->features->count);
  g->class_of = SL_NEW_ARRAY(scratch, int32_t, samples);
  g->ids = SL_NEW_ARRAY(scratch, int64_t, samples);
  for (int32_t i = 0; i < f->features->count; i++)
    g->features[i] = SL_NEW_ARRAY(scratch, double, samples * f->features->layers[i].channels);
}

static sl_status gather_batch(fitter *f, sl_feed *feed, int64_t first, int64_t count, gathered *g,
                              sl_error *err) {
  sl_tensor input, scores = {0};
  int64_t at[BATCH], kept;
  SL_TRY(sl_feed_read(feed, f->out->ids + first, count, &input, at, &kept, err));
  if (kept == 0) return SL_OK;
  for (int32_t i = 0; i < f->features->count; i++)
    g->now[i] = g->features[i] + g->count * f->features->layers[i].channels;
  sl_status status = sl_layer_features_run(f->features, &input, g->now, &scores, err);
  for (int64_t i = 0; i < kept; i++, g->count++) {
    g->class_of[g->count] = (int32_t)f->out->members[first + at[i]];
    g->ids[g->count] = f->out->ids[first + at[i]];
  }
  sl_tensor_release(&scores);
  sl_tensor_release(&input);
  return status;
}

static sl_status gather(fitter *f, gathered *g, sl_error *err) {
  sl_feed feed;
  SL_TRY(sl_feed_open(f->call, f->opened, &feed, err));
  for (int64_t first = 0; first < f->out->samples; first += BATCH) {
    int64_t left = f->out->samples - first, count = left < BATCH ? left : BATCH;
    if (atomic_load(f->call->cancel)) return sl_fail(err, SL_E_CANCELLED, "lens was stopped");
    SL_TRY(gather_batch(f, &feed, first, count, g, err));
    sl_op_progress(f->call, "fit probes", "samples", first + count, f->out->samples);
  }
  f->out->note = sl_feed_note(&feed);
  return SL_OK;
}

// Classes whose samples could all not be read go.
static void close_gaps(sl_lens_fit *out, gathered *g, sl_arena *scratch) {
  int64_t *place = SL_NEW_ARRAY(scratch, int64_t, out->classes), found = 0;
  for (int64_t i = 0; i < g->count; i++) place[g->class_of[i]] = 1;
  for (int64_t c = 0; c < out->classes; c++) {
    if (place[c] == 0) continue;
    out->class_index[found] = out->class_index[c];
    place[c] = found++;
  }
  out->classes = found;
  out->samples = g->count;
  for (int64_t i = 0; i < g->count; i++) {
    g->class_of[i] = (int32_t)place[g->class_of[i]];
    out->members[i] = g->class_of[i];
    out->ids[i] = g->ids[i];
  }
}

static sl_status fit(fitter *f, sl_arena *scratch, sl_error *err) {
  gathered g = {0};
  sl_lens_fit *out = f->out;
  SL_TRY(choose_samples(f, err));
  new_room(f, &g, scratch);
  SL_TRY(gather(f, &g, err));
  close_gaps(out, &g, scratch);
  SL_TRY(check_classes(f, out->classes, err));
  for (int64_t i = 0; i < out->layers; i++) {
    sl_class_means_new(f->call->arena, out->classes, f->features->layers[i].channels,
                       &out->probes[i]);
    sl_class_means_fit(g.features[i], g.class_of, out->samples, JUDGED_MAX, &out->probes[i]);
  }
  return SL_OK;
}

// ---- keeping ------------------------------------------------------------------------------------

static sl_status make_key(fitter *f, int64_t per_class, sl_error *err) {
  sl_text text = {0};
  sl_text_printf(&text, "r%lld %lld", (long long)f->run.id, (long long)per_class);
  const sl_graph *graph = sl_white_box_model(f->opened->box)->graph;
  for (int32_t i = 0; i < f->features->count; i++)
    sl_text_printf(&text, "\n%s", graph->values[f->features->layers[i].value].name);
  sl_status status = sl_kept_depend_on_file(f->call, f->opened->path, &text, err);
  f->key = sl_kept_key(f->call, "lens", &text);
  return status;
}

static void pass_probe(sl_kept_numbers *t, sl_class_means *probe) {
  sl_kept_pass(t, &probe->samples, 1);
  sl_kept_pass(t, &probe->accuracy, 1);
  sl_kept_pass(t, &probe->judged, 1);
  sl_kept_pass(t, probe->counts, probe->classes);
  sl_kept_pass(t, probe->means, probe->classes * probe->features);
  sl_kept_pass(t, probe->scatter, probe->features);
  sl_kept_pass(t, probe->centre, probe->features);
  sl_kept_pass(t, probe->total, probe->features);
}

static void pass_samples(sl_kept_numbers *t, sl_lens_fit *fit) {
  sl_kept_pass(t, fit->class_index, fit->classes);
  sl_kept_pass(t, fit->ids, fit->samples);
  sl_kept_pass(t, fit->members, fit->samples);
}

static int find_kept(fitter *f) {
  sl_lens_fit *out = f->out;
  sl_kept_numbers t;
  int64_t head[3] = {0};
  if (!sl_kept_find(f->call, f->key, &t)) return 0;
  sl_kept_pass(&t, head, 3);
  int64_t room = (int64_t)(t.left / 8);
  if (head[0] < 2 || head[0] > room || head[1] < 2 || head[1] > room) return 0;
  out->classes = head[0];
  out->samples = head[1];
  out->per_class = head[2];
  out->class_index = SL_NEW_ARRAY(f->call->arena, int64_t, out->classes);
  out->ids = SL_NEW_ARRAY(f->call->arena, int64_t, out->samples);
  out->members = SL_NEW_ARRAY(f->call->arena, int64_t, out->samples);
  pass_samples(&t, out);
  for (int64_t i = 0; i < out->layers && !t.is_short; i++) {
    int64_t channels = f->features->layers[i].channels;
    if (channels * out->classes > (int64_t)(t.left / 8)) return 0;
    sl_class_means_new(f->call->arena, out->classes, channels, &out->probes[i]);
    pass_probe(&t, &out->probes[i]);
  }
  return !t.is_short && t.left == 0;
}

static sl_status keep(fitter *f, sl_error *err) {
  sl_lens_fit *out = f->out;
  sl_text text = {0};
  sl_kept_numbers t = {.out = &text};
  int64_t head[3] = {out->classes, out->samples, out->per_class};
  sl_kept_pass(&t, head, 3);
  pass_samples(&t, out);
  for (int64_t i = 0; i < out->layers; i++) pass_probe(&t, &out->probes[i]);
  return sl_kept_store(f->call, f->key, &text, err);
}

static sl_status start(fitter *f, int64_t per_class, sl_error *err) {
  if (f->opened->run == NULL) {
    sl_fail(err, SL_E_ARG, "probes are fitted on the labelled samples of a run: none was named");
    return sl_hint(err, SL_E_ARG, "Name a run, or leave the model out.");
  }
  SL_TRY(sl_need_done_run(f->call, f->opened->run, &f->run, err));
  SL_TRY(make_key(f, per_class, err));
  *f->out =
      (sl_lens_fit){.layers = f->features->count,
                    .per_class = per_class,
                    .probes = SL_NEW_ARRAY(f->call->arena, sl_class_means, f->features->count)};
  return SL_OK;
}

sl_status sl_lens_fit_find(sl_op_call *call, const sl_opened *opened,
                           const sl_layer_features *features, int64_t per_class, sl_lens_fit *out,
                           bool *found, sl_error *err) {
  fitter f = {.call = call, .opened = opened, .features = features, .out = out};
  SL_TRY(start(&f, per_class, err));
  *found = find_kept(&f) != 0;
  return SL_OK;
}

sl_status sl_lens_fit_make(sl_op_call *call, const sl_opened *opened,
                           const sl_layer_features *features, int64_t per_class, sl_lens_fit *out,
                           sl_error *err) {
  fitter f = {.call = call, .opened = opened, .features = features, .out = out};
  SL_TRY(start(&f, per_class, err));
  SL_TRY(open_columns(&f, err));
  sl_arena *scratch = sl_arena_new(NULL, "lens");
  sl_status status = fit(&f, scratch, err);
  sl_arena_free(scratch);
  return status == SL_OK ? keep(&f, err) : status;
}
