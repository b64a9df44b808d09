// SPDX-License-Identifier: Apache-2.0
// Notes of a run, printed and read by rows like everything else.
#include <math.h>
#include <string.h>

#include "op/run_notes.h"

#define S sl_run_notes
static const sl_row rows[] = {
    SL_R_REAL(S, accuracy, NULL, "Share of labelled samples that are right."),
    SL_R_REAL(S, accuracy_low, NULL, "Lower end of its Wilson interval."),
    SL_R_REAL(S, accuracy_high, NULL, "Upper end."),
    SL_R_REAL(S, seconds, "s", "Time the run took."),
    SL_R_REAL(S, samples_per_s, "samples/s", "Speed."),
    SL_R_INT(S, broken, "samples", "Samples without scores."),
    SL_R_TEXTS(S, pipeline, "Steps, one line each."),
    SL_R_TEXT(S, pipeline_source, "Where the pipeline came from."),
    SL_R_BOOL(S, guessed, "Whether it was guessed."),
    SL_R_TEXTS(S, evidence, "What the guess rests on."),
    SL_R_TEXTS(S, remarks, "Remarks on classes and scores."),
    SL_R_INT(S, unmatched_labels, NULL, "Labels that no class of the model matches."),
    SL_R_RECORDS(S, alternatives, sl_rec_alternative, sl_rows_alternative, "Pipelines tried."),
    SL_R_TEXT(S, alternatives_sentence, "What the trial showed."),
    SL_ROW_END};
#undef S

char *sl_run_notes_print(sl_arena *arena, const sl_run_notes *notes) {
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_rows_write(&w, rows, notes, 0);
  return sl_text_take(&text, arena);
}

sl_status sl_run_notes_parse(sl_arena *arena, const char *text, sl_run_notes *out, sl_error *err) {
  const sl_json *object = NULL;
  memset(out, 0, sizeof *out);
  if (text != NULL)
    SL_TRY(sl_json_parse(arena, text, strlen(text), "notes of a run", &object, err));
  return sl_rows_read(arena, rows, object, "notes of a run", out, err);
}
