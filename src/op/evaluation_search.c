// SPDX-License-Identifier: Apache-2.0
// Trying other pipelines on a labelled subset, and remembering what came of it.
//
// The trial costs seconds and depends only on model, data, labels and the pipeline it starts from,
// so its outcome is kept in the result cache under these. Start at sl_evaluation_search().
#include <slitlamp/op.h>
#include <string.h>

#include "base/hash.h"
#include "op/evaluation.h"
#include "store/result_cache.h"

enum { SEARCH_SAMPLES = 512, LEAST_LABELLED = 30 };

typedef struct search_outcome {
  bool found_better;
  const char *pipeline;  // canonical text of the best one
  int64_t tried, samples;
  sl_records alternatives;  // sl_rec_alternative; `used` marks the one the search started from
  const char *sentence, *remark;
} search_outcome;

#define S search_outcome
static const sl_row outcome_rows[] = {
    SL_R_BOOL(S, found_better, "Whether one is clearly better."),
    SL_R_TEXT(S, pipeline, "The best one."),
    SL_R_INT(S, tried, NULL, "Pipelines tried."),
    SL_R_INT(S, samples, "samples", "Samples of the final."),
    SL_R_RECORDS(S, alternatives, sl_rec_alternative, sl_rows_alternative, "All of them."),
    SL_R_TEXT(S, sentence, "What it showed."),
    SL_R_TEXT(S, remark, "What is worth knowing besides."),
    SL_ROW_END};
#undef S

// ---- remembering -------------------------------------------------------------------------------

static void outcome_key(const sl_evaluation *e, char key[65]) {
  sl_hasher hasher;
  sl_hasher_init(&hasher);
  const char *parts[] = {"pipeline search", sl_version(), e->model->key, e->version.key,
                         e->contract.pipeline.key};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    sl_hasher_add(&hasher, parts[i], strlen(parts[i]) + 1);
  sl_hasher_add(&hasher, e->target, (size_t)e->rows * sizeof *e->target);
  sl_hash hash = sl_hasher_done(&hasher);
  sl_hash_hex(&hash, key);
}

static sl_status recall(sl_evaluation *e, const char *key, search_outcome *out, int *known,
                        sl_error *err) {
  char *text;
  const sl_json *object;
  sl_arena *arena = e->call->arena;
  SL_TRY(sl_store_get_result(e->call->store, arena, key, &text, err));
  *known = text != NULL;
  if (!*known) return SL_OK;
  SL_TRY(sl_json_parse(arena, text, strlen(text), "a remembered search", &object, err));
  return sl_rows_read(arena, outcome_rows, object, "a remembered search", out, err);
}

static sl_status remember(sl_evaluation *e, const char *key, const search_outcome *outcome,
                          sl_error *err) {
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_rows_write(&w, outcome_rows, outcome, 0);
  sl_status status = sl_store_put_result(e->call->store, key, text.at, err);
  sl_text_free(&text);
  return status;
}

// ---- trying ------------------------------------------------------------------------------------

static void show_search(void *ctx, int64_t done, int64_t total) {
  sl_op_progress(ctx, "try pipelines", "runs", done, total);
}

static void summarise(sl_arena *arena, const sl_alternatives *found, search_outcome *out) {
  sl_rec_alternative *list = SL_NEW_ARRAY(arena, sl_rec_alternative, found->count + 1);
  for (size_t i = 0; i < found->count; i++) {
    const sl_alternative *a = &found->at[i];
    list[i] = (sl_rec_alternative){.title = a->title,
                                   .pipeline = sl_pipeline_lines(arena, &a->pipeline),
                                   .accuracy = a->accuracy,
                                   .p_value = a->p_value,
                                   .samples = a->samples,
                                   .significant = found->found_better && i == found->best,
                                   .used = i == found->declared};
  }
  *out = (search_outcome){.found_better = found->found_better,
                          .pipeline = found->at[found->best].pipeline.text,
                          .tried = (int64_t)found->count,
                          .samples = found->at[found->best].samples,
                          .alternatives = {list, (int64_t)found->count},
                          .sentence = found->sentence,
                          .remark = found->remark};
}

static sl_status try_pipelines(sl_evaluation *e, search_outcome *out, sl_error *err) {
  sl_arena *arena = e->call->arena;
  int64_t *rows = SL_NEW_ARRAY(arena, int64_t, SEARCH_SAMPLES);
  int32_t *classes = SL_NEW_ARRAY(arena, int32_t, SEARCH_SAMPLES);
  sl_subset subset = {e, rows};
  sl_run_source source = {.count = sl_evaluation_pick(e, SEARCH_SAMPLES, 1, rows),
                          .fetch = sl_subset_fetch,
                          .ctx = &subset};
  for (int64_t i = 0; i < source.count; i++) classes[i] = e->target[rows[i]];
  sl_alternatives_options options = {.samples_max = SEARCH_SAMPLES,
                                     .threads = e->workers,
                                     .cancel = e->call->cancel,
                                     .progress = show_search,
                                     .progress_ctx = e->call};
  sl_alternatives found;
  SL_TRY(sl_pipeline_alternatives(arena, e->model, &e->contract, &source, classes, &options, &found,
                                  err));
  summarise(arena, &found, out);
  return SL_OK;
}

// ---- what follows from it ----------------------------------------------------------------------

// Only a guess gives way: what somebody declared stays, and the report says what would be better.
static sl_status take_better(sl_evaluation *e, search_outcome *outcome, sl_error *err) {
  sl_arena *arena = e->call->arena;
  sl_text_list evidence = {0};
  for (int64_t i = 0; i < e->contract.evidence.count; i++)
    sl_text_list_add(arena, &evidence, e->contract.evidence.at[i]);
  sl_text_list_add(
      arena, &evidence,
      sl_arena_printf(arena, "tried %lld %s on %lld labelled samples: %s",
                      (long long)outcome->tried, sl_plural(outcome->tried, "pipeline", "pipelines"),
                      (long long)outcome->samples, outcome->sentence));
  e->contract.pipeline_source = "guessed from the file, then chosen by trial on labelled samples";
  e->contract.evidence = sl_text_list_done(&evidence);
  sl_rec_alternative *list = (sl_rec_alternative *)(uintptr_t)outcome->alternatives.at;
  for (int64_t i = 0; i < outcome->alternatives.count; i++) list[i].used = list[i].significant;
  return sl_pipeline_parse_text(arena, outcome->pipeline, strlen(outcome->pipeline),
                                "the pipeline found by trial", &e->contract.pipeline, err);
}

static void note(sl_evaluation *e, const search_outcome *outcome) {
  e->notes.alternatives = outcome->alternatives;
  e->notes.alternatives_sentence = outcome->sentence;
  sl_text_list_add(e->call->arena, &e->remarks, outcome->sentence);
  if (outcome->remark != NULL && outcome->remark[0] != '\0')
    sl_text_list_add(e->call->arena, &e->remarks, outcome->remark);
}

sl_status sl_evaluation_search(sl_evaluation *e, sl_error *err) {
  enum { AUTO, NEVER };
  char key[65];
  int known;
  search_outcome outcome = {0};
  if (e->params->search == NEVER) return SL_OK;
  if (e->labelled < LEAST_LABELLED) {
    if (e->contract.guessed)
      sl_text_list_add(
          e->call->arena, &e->remarks,
          "the pipeline is a guess that could not be tried: fewer than 30 labelled samples");
    return SL_OK;
  }
  outcome_key(e, key);
  SL_TRY(recall(e, key, &outcome, &known, err));
  if (!known) {
    SL_TRY(try_pipelines(e, &outcome, err));
    SL_TRY(remember(e, key, &outcome, err));
  }
  if (e->contract.guessed && outcome.found_better) SL_TRY(take_better(e, &outcome, err));
  note(e, &outcome);
  return SL_OK;
}
