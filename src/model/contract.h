// SPDX-License-Identifier: Apache-2.0
// A loaded model and its contract: pipeline, head, class map and state.
//
// Invariant: an sl_model owns its arena, its bytes and its external data; sessions are opened from
// it by sl_model_session() and belong to the caller. Start at sl_model_open().
#ifndef SL_MODEL_CONTRACT_H
#define SL_MODEL_CONTRACT_H

#include "model/classes.h"
#include "model/pipeline.h"
#include "model/prep.h"
#include "onnx/external.h"
#include "onnx/scan.h"
#include "ort/session.h"

typedef struct sl_model_input {
  const char *name;
  sl_dtype dtype;                   // F32, F16, U8 or I8
  int32_t rank;                     // 4, or 3 for [N,H,W]
  int32_t order;                    // SL_ORDER_...
  const char *order_reason;         // how that was seen
  int32_t channels, height, width;  // 0 when free
  int64_t batch;                    // 0 when free
} sl_model_input;

typedef struct sl_model_output {
  const char *name;
  size_t index;     // among the session's outputs
  sl_dtype dtype;   // F32, F16 or F64
  int64_t columns;  // numbers per sample; 0 when the file does not say
} sl_model_output;

// Metadata of a training run, each "" when absent.
typedef struct sl_model_state {
  const char *version, *epoch, *license, *trained_on, *hyperparameters;  // the last as JSON or ""
} sl_model_state;

typedef struct sl_model {
  sl_arena *arena;
  const char *path, *name;
  sl_bytes bytes;
  char key[65];  // SHA-256 of the bytes
  sl_onnx_summary onnx;
  const sl_onnx_file *externals;
  size_t external_count;
  sl_model_input input;
  sl_model_output output;
  sl_model_state state;
} sl_model;

// Maps, scans and checks the file: operators known, external data contained, exactly one image-like
// input, a classification output. Opens no session. Close with sl_model_close().
SL_MUST_CHECK sl_status sl_model_open(sl_arena *parent, const char *path, sl_model **out,
                                      sl_error *err);
void sl_model_close(sl_model *model);  // NULL is allowed

SL_MUST_CHECK sl_status sl_model_session(const sl_model *model, sl_provider provider,
                                         int32_t intra_threads, sl_session **out, sl_error *err);

typedef enum sl_scores {
  SL_SCORES_AUTO = 0,
  SL_SCORES_LOGITS,         // a softmax is applied
  SL_SCORES_PROBABILITIES,  // used as they are
  SL_SCORES_SIGMOID,        // one binary logit or probability per sample
  SL_SCORES_MULTILABEL      // independent classes
} sl_scores;
const char *sl_scores_name(sl_scores scores);  // "logits", ...; never NULL

typedef enum sl_pipeline_origin {
  SL_ORIGIN_GUESS = 0,
  SL_ORIGIN_OPTION,   // preset or file named by the user
  SL_ORIGIN_SIDECAR,  // "<model>.slitlamp.yaml" or ".json"
  SL_ORIGIN_METADATA  // of the .onnx file
} sl_pipeline_origin;

typedef struct sl_contract {
  sl_pipeline pipeline;
  sl_pipeline_origin pipeline_origin;
  const char *pipeline_source;  // "guess", "preset \"clip\"", "file \"x.yaml\"", ...
  bool guessed;                 // pipeline_origin == SL_ORIGIN_GUESS
  sl_texts evidence;            // what was seen and concluded, one sentence each
  sl_scores scores;             // never AUTO after sl_contract_make()
  bool scores_activated;        // the outputs are probabilities already (binary, multi-label)
  bool scores_certain;          // stated, or seen in the graph; else real outputs decide
  bool activation_certain;      // the same for scores_activated
  bool scores_stated;           // by option, sidecar or metadata; known while a model is opened
  sl_texts scores_evidence;
  int64_t columns;       // numbers per sample the model gives
  int64_t class_count;   // 2 for one binary number, else `columns`
  sl_class_map classes;  // its count is 0 or class_count
} sl_contract;

typedef struct sl_contract_options {
  const char *pipeline;  // preset name or path of a YAML or JSON file; NULL = as declared
  sl_pipeline_changes changes;
  const char *classes;  // path; NULL = metadata
  sl_scores scores;
} sl_contract_options;

// Puts the contract together: option, sidecar, metadata, guess, in this order of preference. Runs
// the model once on zeros when the file does not say how many numbers it gives. `arena` owns it.
SL_MUST_CHECK sl_status sl_contract_make(sl_arena *arena, const sl_model *model,
                                         const sl_contract_options *options, sl_contract *out,
                                         sl_error *err);

// Revises `scores` from real outputs, [rows x columns], unless it is certain. Sentences about what
// was seen are added to scores_evidence.
void sl_contract_observe(sl_arena *arena, sl_contract *contract, const float *outputs,
                         int64_t rows);

// The model's numbers of one sample -> class probabilities [class_count], by `scores`. NaN stays.
void sl_contract_probabilities(const sl_contract *contract, const float *outputs,
                               float *probabilities);

// {"pipeline": [...], "pipeline_source": ..., "scores": ..., "classes": [...], ...} and back.
char *sl_contract_print(sl_arena *arena, const sl_contract *contract);
SL_MUST_CHECK sl_status sl_contract_parse(sl_arena *arena, const char *text, size_t size,
                                          sl_contract *out, sl_error *err);

// The prep of a contract's pipeline for a model's input.
SL_MUST_CHECK sl_status sl_contract_prep(sl_arena *arena, const sl_model *model,
                                         const sl_pipeline *pipeline, sl_prep **out, sl_error *err);

#endif
