// SPDX-License-Identifier: Apache-2.0
// Parameter groups that several operations share: how to read data, how to prepare it, which
// samples.
#ifndef SL_OP_CHOICES_H
#define SL_OP_CHOICES_H

#include <slitlamp/row.h>

// Overrides of a model's pipeline; used by eval, open, demo and stages.
typedef struct sl_pipeline_params {
  const char *pipeline;
  int32_t mode, kernel;
  int64_t resize, crop;
  sl_reals mean, std;
  double scale;
} sl_pipeline_params;

// How a run is made; used by eval, open and demo.
typedef struct sl_run_params {
  sl_pipeline_params pipeline;
  const char *classes;
  int32_t scores, provider, precision, search;
  int64_t batch, threads;
} sl_run_params;

// How data are read; used by import and open.
typedef struct sl_import_params {
  const char *name;
  int32_t format;
  const char *labels, *split;
  bool copy;
} sl_import_params;

// Which samples; used by view, facets, sample and export.
typedef struct sl_view_params {
  const char *run, *other, *dataset;
  sl_texts where;
  const char *sort;
} sl_view_params;

extern const sl_choice sl_choices_preset[];  // suggestions of a text: a file does too
extern const sl_choice sl_choices_mode[], sl_choices_kernel[], sl_choices_scores[],
    sl_choices_provider[], sl_choices_precision[], sl_choices_search[], sl_choices_format[];

// Rows of a group, for a params struct S that holds the group as member g.
#define SL_GROUP_OFFSET_(S, g, G, f, T) (offsetof(S, g) + SL_FIELD(G, f, T))
#define SL_IN_GROUP_TEXT_(S, g, G, f, type_, flags_, kind_, doc)                   \
  {                                                                                \
    .name = #f, .type = (type_), .flags = (flags_), .max = 65536, .kind = (kind_), \
    .offset = SL_GROUP_OFFSET_(S, g, G, f, const char *), .help = (doc)            \
  }
#define SL_IN_GROUP_ENUM_(S, g, G, f, choices_, flags_, doc)                 \
  {                                                                          \
    .name = #f, .type = SL_T_ENUM, .flags = (flags_), .choices = (choices_), \
    .offset = SL_GROUP_OFFSET_(S, g, G, f, int32_t), .help = (doc)           \
  }
#define SL_IN_GROUP_INT_(S, g, G, f, hi, flags_, unit_, doc)                       \
  {                                                                                \
    .name = #f, .type = SL_T_INT, .flags = (flags_), .max = (hi), .unit = (unit_), \
    .offset = SL_GROUP_OFFSET_(S, g, G, f, int64_t), .help = (doc)                 \
  }
#define SL_IN_GROUP_REALS_(S, g, G, f, doc)                                             \
  {                                                                                     \
    .name = #f, .type = SL_T_REAL, .flags = SL_ROW_LIST | SL_ROW_ADVANCED, .min = -1e6, \
    .max = 1e6, .offset = SL_GROUP_OFFSET_(S, g, G, f, sl_reals), .help = (doc)         \
  }

#define SL_ROWS_PIPELINE(S, g)                                                                 \
  {.name = "pipeline",                                                                         \
   .type = SL_T_TEXT,                                                                          \
   .max = 65536,                                                                               \
   .choices = sl_choices_preset,                                                               \
   .offset = SL_GROUP_OFFSET_(S, g, sl_pipeline_params, pipeline, const char *),               \
   .help = "Preset name, or a YAML or JSON file with the steps; else as the model declares."}, \
      SL_IN_GROUP_ENUM_(S, g, sl_pipeline_params, mode, sl_choices_mode, SL_ROW_ADVANCED,      \
                        "Channel order, in place of the pipeline's."),                         \
      SL_IN_GROUP_ENUM_(S, g, sl_pipeline_params, kernel, sl_choices_kernel, SL_ROW_ADVANCED,  \
                        "Resize kernel, in place of the pipeline's."),                         \
      SL_IN_GROUP_INT_(S, g, sl_pipeline_params, resize, 16384, SL_ROW_ADVANCED, "px",         \
                       "Short side after resizing, in place of the pipeline's; 0 keeps it."),  \
      SL_IN_GROUP_INT_(S, g, sl_pipeline_params, crop, 16384, SL_ROW_ADVANCED, "px",           \
                       "Centre crop, in place of the pipeline's; 0 keeps it."),                \
      SL_IN_GROUP_REALS_(S, g, sl_pipeline_params, mean,                                       \
                         "Mean per channel, in place of the pipeline's."),                     \
      SL_IN_GROUP_REALS_(S, g, sl_pipeline_params, std,                                        \
                         "Standard deviation per channel, in place of the pipeline's."),       \
  {                                                                                            \
    .name = "scale", .type = SL_T_REAL, .flags = SL_ROW_ADVANCED, .min = 0, .max = 1e6,        \
    .offset = SL_GROUP_OFFSET_(S, g, sl_pipeline_params, scale, double),                       \
    .help = "Factor on pixel values, in place of the pipeline's; 0 keeps it."                  \
  }

#define SL_ROWS_RUN(S, g)                                                                          \
  SL_ROWS_PIPELINE(S, g.pipeline),                                                                 \
      SL_IN_GROUP_TEXT_(                                                                           \
          S, g, sl_run_params, classes, SL_T_PATH, 0, NULL,                                        \
          "File with the class names in output order: a name per line, or id and name, or JSON."), \
      SL_IN_GROUP_ENUM_(S, g, sl_run_params, scores, sl_choices_scores, SL_ROW_ADVANCED,           \
                        "How the model's outputs are read; detected when auto."),                  \
      SL_IN_GROUP_ENUM_(S, g, sl_run_params, search, sl_choices_search, 0,                         \
                        "Whether plausible other pipelines are tried on a labelled subset."),      \
      SL_IN_GROUP_ENUM_(S, g, sl_run_params, provider, sl_choices_provider, SL_ROW_ADVANCED,       \
                        "ONNX Runtime execution provider."),                                       \
      SL_IN_GROUP_ENUM_(S, g, sl_run_params, precision, sl_choices_precision, SL_ROW_ADVANCED,     \
                        "Element type in which scores are kept."),                                 \
      SL_IN_GROUP_INT_(S, g, sl_run_params, batch, 4096, SL_ROW_ADVANCED, "samples",               \
                       "Batch size; 0 measures the best."),                                        \
      SL_IN_GROUP_INT_(S, g, sl_run_params, threads, 1024, SL_ROW_ADVANCED, NULL,                  \
                       "Worker threads; 0 uses every processor.")

#define SL_ROWS_IMPORT(S, g)                                                                   \
  SL_IN_GROUP_TEXT_(S, g, sl_import_params, name, SL_T_TEXT, 0, NULL,                          \
                    "Name of the dataset; else that of the folder or file."),                  \
      SL_IN_GROUP_ENUM_(S, g, sl_import_params, format, sl_choices_format, 0,                  \
                        "Format of the data; recognised by content when auto."),               \
      SL_IN_GROUP_TEXT_(                                                                       \
          S, g, sl_import_params, labels, SL_T_PATH, 0, NULL,                                  \
          "CSV, TSV or JSONL with a label per file name, for folders without class folders."), \
      SL_IN_GROUP_TEXT_(S, g, sl_import_params, split, SL_T_TEXT, 0, NULL,                     \
                        "Split to note on every sample that states none."),                    \
  {                                                                                            \
    .name = "copy", .type = SL_T_BOOL, .max = 1,                                               \
    .offset = SL_GROUP_OFFSET_(S, g, sl_import_params, copy, bool),                            \
    .help = "Copy the images into the workspace instead of pointing at them."                  \
  }

#define SL_ROWS_VIEW(S, g)                                                                 \
  SL_IN_GROUP_TEXT_(S, g, sl_view_params, run, SL_T_ID, 0, "run",                          \
                    "Run whose predictions are looked at; the newest one when left out."), \
      SL_IN_GROUP_TEXT_(S, g, sl_view_params, other, SL_T_ID, 0, "run",                    \
                        "Second run on the same data, for change and other_pred."),        \
      SL_IN_GROUP_TEXT_(S, g, sl_view_params, dataset, SL_T_ID, 0, "dataset",              \
                        "Dataset, when there is no run."),                                 \
      {.name = "where",                                                                    \
       .type = SL_T_TEXT,                                                                  \
       .flags = SL_ROW_LIST,                                                               \
       .max = 65536,                                                                       \
       .offset = SL_GROUP_OFFSET_(S, g, sl_view_params, where, sl_texts),                  \
       .help =                                                                             \
           "Clauses that must all hold, such as \"outcome=wrong\", \"label=cat|dog\", "    \
           "\"confidence>=0.9\", \"entropy=0.1..0.5\", \"name~night\"."},                  \
      SL_IN_GROUP_TEXT_(S, g, sl_view_params, sort, SL_T_TEXT, 0, NULL,                    \
                        "Field to order by; a leading - turns the order round.")

#endif
