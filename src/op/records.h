// SPDX-License-Identifier: Apache-2.0
// Records that results are made of, shared by several operations; their rows are in records.c.
//
// A struct here and its rows must change together: the row macros check types, the tests check that
// every field has a row.
#ifndef SL_OP_RECORDS_H
#define SL_OP_RECORDS_H

#include <slitlamp/row.h>

typedef struct sl_rec_fact {
  const char *group, *name, *value, *journal;
} sl_rec_fact;

typedef struct sl_rec_metric {
  const char *name, *title, *help, *group;
  double value, low, high;
  int64_t n;
  bool higher_is_better;
  sl_texts where;  // clauses of the view that holds the samples behind the number
  const char *sort;
} sl_rec_metric;

typedef struct sl_rec_class {
  int64_t index;
  const char *name;
  int64_t support, predicted, correct;
  double precision, precision_low, precision_high;
  double recall, recall_low, recall_high;
  double f1, f1_low, f1_high;
  double average_precision, auroc;
  double confidence, gap;
  int32_t calibration;
} sl_rec_class;

typedef struct sl_rec_cell {
  int64_t label, pred, count;
} sl_rec_cell;

typedef struct sl_rec_bin {
  double low, high;
  int64_t count;
  double confidence, accuracy, accuracy_low, accuracy_high;
} sl_rec_bin;

typedef struct sl_rec_curve {
  const char *kind, *title;
  double area;
  sl_reals x, y, threshold;
} sl_rec_curve;

typedef struct sl_rec_calibration {
  double ece_width, ece_mass, mce, brier, log_loss;
  double confidence_auroc, temperature, ece_width_after, log_loss_after;
  sl_records equal_width, equal_mass;  // sl_rec_bin
  sl_texts over_confident, under_confident;
} sl_rec_calibration;

enum { SL_SEVERITY_INFO, SL_SEVERITY_WARNING, SL_SEVERITY_ERROR };

typedef struct sl_rec_finding {
  const char *id, *kind;
  int32_t severity;
  const char *title, *text, *advice;
  int64_t errors, samples;
  double share;
  sl_texts where;
  const char *sort;
  sl_records evidence;  // sl_rec_fact
} sl_rec_finding;

typedef struct sl_rec_run {
  const char *id, *name, *model, *model_name, *version, *dataset, *dataset_name, *state, *created;
  int64_t samples, scored, broken, unlabelled;
  double accuracy, accuracy_low, accuracy_high, seconds, samples_per_s;
  int64_t batch, threads;
  const char *provider, *scores;
  sl_texts pipeline;
  const char *pipeline_source;
  bool guessed;
  sl_texts evidence;
  const char *journal;
} sl_rec_run;

typedef struct sl_rec_dataset {
  const char *id, *name, *version, *format, *source, *created, *journal;
  int64_t versions, samples, labelled, broken, duplicates, added, removed, relabelled, moved;
  sl_texts classes;
} sl_rec_dataset;

typedef struct sl_rec_port {
  const char *name, *dtype, *shape;
} sl_rec_port;

typedef struct sl_rec_count {
  const char *name;
  int64_t count;
} sl_rec_count;

typedef struct sl_rec_pair {
  const char *name, *value;
} sl_rec_pair;

typedef struct sl_rec_model {
  const char *id, *name, *path, *key, *created, *journal;
  int64_t size_bytes;
  const char *version, *epoch, *producer, *opset;
  int64_t ir_version, parameters, nodes;
  sl_records hyperparameters;  // sl_rec_pair
  sl_records metadata;         // sl_rec_pair
  sl_records operators;        // sl_rec_count
  sl_records inputs, outputs;  // sl_rec_port
  sl_texts classes, pipeline;
  const char *pipeline_source, *scores;
} sl_rec_model;

typedef struct sl_rec_journal {
  const char *id, *op, *status, *started, *params, *error, *parent, *version;
  double seconds;
  sl_texts reads, writes;
} sl_rec_journal;

typedef struct sl_rec_job {
  const char *id, *op, *state, *message, *created, *finished, *error, *params;
  int64_t done, total;
} sl_rec_job;

enum { SL_OUTCOME_UNKNOWN, SL_OUTCOME_RIGHT, SL_OUTCOME_WRONG, SL_OUTCOME_BROKEN };

typedef struct sl_rec_sample {
  int64_t row;
  const char *sample, *name, *label, *pred, *image, *split, *error, *other_pred;
  int32_t outcome, other_outcome;
  int64_t width, height;
  double confidence, entropy, margin, loss, other_confidence;
} sl_rec_sample;

enum { SL_FACET_NUMBER, SL_FACET_CATEGORY, SL_FACET_FLAG };

typedef struct sl_rec_facet {
  const char *field, *title, *unit;
  int32_t kind;
  double min, max;
  sl_reals edges;                 // of numbers: bins + 1
  sl_texts values;                // of categories and flags
  sl_ints total, matched, wrong;  // per bin or value
  int64_t missing, missing_matched, missing_wrong, distinct;
} sl_rec_facet;

typedef struct sl_rec_score {
  int64_t index;
  const char *name;
  double score;
} sl_rec_score;

typedef struct sl_rec_link {
  const char *title, *text, *journal, *id;
} sl_rec_link;

typedef struct sl_rec_stage {
  const char *name, *title, *params;
  int32_t kind;
  int64_t width, height, channels;
  const char *dtype, *shape, *image;
  double min, max, mean, std;
  int64_t nan_count, inf_count;
} sl_rec_stage;

typedef struct sl_rec_class_change {
  const char *name;
  int64_t support;
  double accuracy_a, accuracy_b, difference;
  int64_t fixed, broken;
} sl_rec_class_change;

typedef struct sl_rec_alternative {
  const char *title;
  sl_texts pipeline;
  double accuracy, p_value;
  int64_t samples;
  bool significant, used;
} sl_rec_alternative;

// The report of a run; also what open and demo answer.
typedef struct sl_rec_report {
  double accuracy;
  sl_reals accuracy_interval;  // low, high
  sl_rec_run run;
  sl_rec_dataset dataset;
  sl_rec_model model;  // empty for predictions made elsewhere
  int64_t classes_count, errors;
  sl_texts class_names;
  sl_records metrics;    // sl_rec_metric
  sl_records classes;    // sl_rec_class
  sl_records confusion;  // sl_rec_cell, most frequent errors first, then the diagonal
  sl_rec_calibration calibration;
  sl_records curves;        // sl_rec_curve, micro-averaged
  sl_records findings;      // sl_rec_finding
  sl_records alternatives;  // sl_rec_alternative
  sl_texts notes;
  const char *html;
} sl_rec_report;

extern const sl_row sl_rows_fact[], sl_rows_metric[], sl_rows_class[], sl_rows_cell[],
    sl_rows_bin[], sl_rows_curve[], sl_rows_calibration[], sl_rows_finding[], sl_rows_run[],
    sl_rows_dataset[], sl_rows_port[], sl_rows_count_of[], sl_rows_pair[], sl_rows_model[],
    sl_rows_journal[], sl_rows_job[], sl_rows_sample[], sl_rows_facet[], sl_rows_score[],
    sl_rows_link[], sl_rows_stage[], sl_rows_class_change[], sl_rows_alternative[],
    sl_rows_report[];

#endif
