// SPDX-License-Identifier: Apache-2.0
// How a model's numbers are read: logits, probabilities, one binary number, independent classes.
//
// The order of evidence is: stated by option, sidecar or metadata; the last operator of the graph;
// the numbers of real outputs. Each conclusion leaves a sentence.
#include <math.h>
#include <string.h>

#include "model/contract_state.h"

static const char *const names[] = {"auto", "logits", "probabilities", "sigmoid", "multilabel"};

enum { SENTENCES_MAX = 8 };

const char *sl_scores_name(sl_scores scores) { return names[scores]; }

static void say(sl_arena *arena, sl_contract *out, const char *fmt, ...) SL_PRINTF(3, 4);
static void say(sl_arena *arena, sl_contract *out, const char *fmt, ...) {
  if (out->scores_evidence.count == SENTENCES_MAX) return;
  const char **list = SL_NEW_ARRAY(arena, const char *, out->scores_evidence.count + 1);
  for (int64_t i = 0; i < out->scores_evidence.count; i++) list[i] = out->scores_evidence.at[i];
  va_list args;
  va_start(args, fmt);
  list[out->scores_evidence.count] = sl_arena_vprintf(arena, fmt, args);
  va_end(args);
  out->scores_evidence = (sl_texts){list, out->scores_evidence.count + 1};
}

// ---- stated
// --------------------------------------------------------------------------------------

static sl_status parse_name(const char *name, const char *where, sl_scores *out, sl_error *err) {
  for (int i = 0; i <= SL_SCORES_MULTILABEL; i++) {
    if (strcmp(name, names[i]) != 0) continue;
    *out = (sl_scores)i;
    return SL_OK;
  }
  sl_fail(err, SL_E_FORMAT, "%s says \"scores\" are \"%.80s\"", where, name);
  return sl_hint(err, SL_E_FORMAT, "Choose one of: logits, probabilities, sigmoid, multilabel.");
}

static sl_status read_stated(sl_draft *d, sl_scores option, sl_error *err) {
  const char *where = "option \"scores\"", *name = NULL;
  d->out->scores = option;
  if (option == SL_SCORES_AUTO) {
    where = "the file beside the model";
    name = sl_json_text(sl_json_get(d->sidecar, "scores"), NULL);
  }
  if (option == SL_SCORES_AUTO && name == NULL) {
    where = "metadata \"slitlamp.scores\"";
    name = sl_onnx_metadata(&d->model->onnx, "slitlamp.scores");
  }
  if (name != NULL) SL_TRY(parse_name(name, where, &d->out->scores, err));
  if (d->out->scores == SL_SCORES_AUTO) return SL_OK;
  d->out->scores_certain = d->out->scores_stated = true;
  // A softmax follows logits whatever their range: no real outputs need to be looked at.
  d->out->activation_certain = d->out->scores == SL_SCORES_LOGITS && d->out->columns > 1;
  say(d->arena, d->out, "%s states that the scores are %s", where, names[d->out->scores]);
  if (d->out->scores == SL_SCORES_SIGMOID && d->out->columns != 1)
    return sl_fail(err, SL_E_MODEL, "scores cannot be \"sigmoid\": the model gives %lld numbers",
                   (long long)d->out->columns);
  return SL_OK;
}

// ---- the graph
// -----------------------------------------------------------------------------------

static int passes_through(const char *type) {
  static const char *const types[] = {"Identity",  "Reshape", "Flatten", "Squeeze",
                                      "Unsqueeze", "Cast",    "Dropout", "Transpose"};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (strcmp(type, types[i]) == 0) return 1;
  return 0;
}

// The operator that computes the output, seen through those that only move numbers.
static const sl_onnx_node *last_node(const sl_model *model) {
  const sl_onnx_node *node = sl_onnx_maker(&model->onnx, model->output.name);
  for (int hops = 0; node != NULL && hops < 16 && passes_through(node->type); hops++) {
    if (node->input_count == 0) return NULL;
    node = sl_onnx_maker(&model->onnx, node->inputs[0]);
  }
  return node;
}

static void conclude(sl_draft *d, sl_scores scores, int activated, const char *type) {
  sl_contract *out = d->out;
  if (!out->scores_certain) {
    out->scores = scores;
    out->scores_certain = true;
    say(d->arena, out, "the last operator is %s: scores are %s", type, names[scores]);
  }
  out->scores_activated = activated;
  out->activation_certain = true;
}

static void read_graph(sl_draft *d) {
  const sl_onnx_node *node = last_node(d->model);
  const char *type = node != NULL ? node->type : "";
  int single = d->out->columns == 1;
  if (strcmp(type, "Softmax") == 0) conclude(d, SL_SCORES_PROBABILITIES, 1, type);
  if (strcmp(type, "LogSoftmax") == 0) conclude(d, SL_SCORES_LOGITS, 0, type);
  if (strcmp(type, "Sigmoid") == 0 || strcmp(type, "HardSigmoid") == 0)
    conclude(d, single ? SL_SCORES_SIGMOID : SL_SCORES_MULTILABEL, 1, type);
  if (d->out->scores != SL_SCORES_AUTO) return;
  d->out->scores = single ? SL_SCORES_SIGMOID : SL_SCORES_LOGITS;
  d->out->scores_certain = single;
  say(d->arena, d->out, "the last operator is %s, not an activation: scores are taken as %s",
      type[0] != '\0' ? type : "unknown", single ? "one logit" : "logits");
}

sl_status sl_contract_read_scores(sl_draft *d, sl_scores option, sl_error *err) {
  SL_TRY(read_stated(d, option, err));
  read_graph(d);
  if (d->out->scores == SL_SCORES_PROBABILITIES) d->out->scores_activated = true;
  return SL_OK;
}

// ---- real outputs
// --------------------------------------------------------------------------------

typedef struct range {
  float min, max;
  double sum_low, sum_high;  // of rows
  int64_t rows;
} range;

static range measure(const sl_contract *contract, const float *outputs, int64_t rows) {
  range r = {INFINITY, -INFINITY, INFINITY, -INFINITY, 0};
  for (int64_t i = 0; i < rows; i++, outputs += contract->columns) {
    double sum = 0;
    for (int64_t c = 0; c < contract->columns; c++) {
      sum += outputs[c];
      if (outputs[c] < r.min) r.min = outputs[c];
      if (outputs[c] > r.max) r.max = outputs[c];
    }
    if (!isfinite(sum)) continue;
    r.rows++;
    if (sum < r.sum_low) r.sum_low = sum;
    if (sum > r.sum_high) r.sum_high = sum;
  }
  return r;
}

void sl_contract_observe(sl_arena *arena, sl_contract *contract, const float *outputs,
                         int64_t rows) {
  range r = measure(contract, outputs, rows);
  if (r.rows == 0) return;
  int unit = r.min >= -1e-6F && r.max <= 1 + 1e-6F;
  int sums_to_one = unit && r.sum_low > 0.98 && r.sum_high < 1.02 && contract->columns > 1;
  if (!contract->activation_certain) contract->scores_activated = unit;
  if (contract->scores_certain) {
    if (contract->columns == 1 && !contract->activation_certain && unit)
      say(arena, contract, "%lld real outputs reach from %g to %g: the number is a probability",
          (long long)r.rows, (double)r.min, (double)r.max);
    if (contract->scores == SL_SCORES_PROBABILITIES && !unit)
      say(arena, contract, "but real outputs reach from %g to %g, which probabilities cannot",
          (double)r.min, (double)r.max);
    return;
  }
  sl_scores was = contract->scores;
  if (sums_to_one)
    contract->scores = SL_SCORES_PROBABILITIES;
  else
    contract->scores = unit ? SL_SCORES_MULTILABEL : SL_SCORES_LOGITS;
  say(arena, contract, "%lld real outputs reach from %g to %g%s: scores %s %s", (long long)r.rows,
      (double)r.min, (double)r.max,
      sums_to_one ? " and sum to 1"
      : unit      ? " and do not sum to 1"
                  : "",
      contract->scores == was ? "stay" : "become", names[contract->scores]);
}

// ---- probabilities
// -------------------------------------------------------------------------------

static float sigmoid(float x) {
  double e = exp(-fabs((double)x));
  return (float)(x >= 0 ? 1 / (1 + e) : e / (1 + e));
}

static void softmax(const float *in, int64_t count, float *out) {
  float most = in[0];
  for (int64_t i = 1; i < count; i++)
    if (in[i] > most) most = in[i];
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += exp((double)in[i] - (double)most);
  for (int64_t i = 0; i < count; i++) out[i] = (float)(exp((double)in[i] - (double)most) / sum);
}

void sl_contract_probabilities(const sl_contract *contract, const float *outputs,
                               float *probabilities) {
  int64_t count = contract->columns;
  int ready = contract->scores_activated;
  if (count == 1) {
    float p = ready ? outputs[0] : sigmoid(outputs[0]);
    probabilities[0] = 1 - p;
    probabilities[1] = p;
  } else if (contract->scores == SL_SCORES_LOGITS) {
    softmax(outputs, count, probabilities);
  } else if (contract->scores == SL_SCORES_MULTILABEL && !ready) {
    for (int64_t i = 0; i < count; i++) probabilities[i] = sigmoid(outputs[i]);
  } else {
    memcpy(probabilities, outputs, (size_t)count * sizeof *outputs);
  }
}
