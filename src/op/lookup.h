// SPDX-License-Identifier: Apache-2.0
// From ids in parameters to records, and from records to the structs results are made of.
#ifndef SL_OP_LOOKUP_H
#define SL_OP_LOOKUP_H

#include "op/op.h"
#include "op/records.h"
#include "store/column.h"
#include "store/dataset_table.h"
#include "store/model_table.h"
#include "store/run_table.h"
#include "store/sample_table.h"

// Columns of a run, one row per member of its version.
#define SL_COLUMN_SCORES "scores"          // f32 or f16 matrix: class probabilities, NaN where none
#define SL_COLUMN_TARGETS "targets"        // u8 matrix: set of label classes as 64-bit words
#define SL_COLUMN_PRED "pred"              // i32 class, -1 where none
#define SL_COLUMN_TARGET "target"          // i32 class of the label, -1 where none
#define SL_COLUMN_CONFIDENCE "confidence"  // f32
#define SL_COLUMN_ENTROPY "entropy"        // f32, nats
#define SL_COLUMN_MARGIN "margin"          // f32
#define SL_COLUMN_LOSS "loss"              // f32, nats
#define SL_COLUMN_RANK "rank"              // i32, 1 = the label scored best; 0 where unknown
#define SL_COLUMN_OUTCOME "outcome"        // u8, SL_OUTCOME_...
#define SL_COLUMN_RUN_ERROR "error"        // text: why the row has no scores

// "r3" -> run; NULL -> the newest finished run. The hint of SL_E_NOT_FOUND says how to make one.
SL_MUST_CHECK sl_status sl_need_run(sl_op_call *call, const char *id, sl_run_row *out,
                                    sl_error *err);
// As sl_need_run, but the run must be finished.
SL_MUST_CHECK sl_status sl_need_done_run(sl_op_call *call, const char *id, sl_run_row *out,
                                         sl_error *err);
// "d1" -> its latest version, "v2" -> that one, NULL -> the newest version of all.
SL_MUST_CHECK sl_status sl_need_version(sl_op_call *call, const char *id, sl_version_row *out,
                                        sl_error *err);
SL_MUST_CHECK sl_status sl_need_sample(sl_op_call *call, const char *id, sl_sample_row *out,
                                       sl_error *err);

SL_MUST_CHECK sl_status sl_fill_run(sl_op_call *call, const sl_run_row *row, sl_rec_run *out,
                                    sl_error *err);
SL_MUST_CHECK sl_status sl_fill_dataset(sl_op_call *call, const sl_version_row *row,
                                        sl_rec_dataset *out, sl_error *err);
SL_MUST_CHECK sl_status sl_fill_model(sl_op_call *call, const sl_model_row *row, sl_rec_model *out,
                                      sl_error *err);

struct sl_journal_row;
struct sl_job_row;
void sl_fill_journal(sl_op_call *call, const struct sl_journal_row *row, sl_rec_journal *out);
void sl_fill_job(sl_op_call *call, const struct sl_job_row *row, sl_rec_job *out);

// Texts of a JSON list; empty for NULL or anything else.
sl_texts sl_texts_of_json(sl_arena *arena, const char *json);
char *sl_texts_print(sl_arena *arena, const sl_texts *texts);  // as a JSON list
sl_texts sl_texts_of_value(sl_arena *arena, const sl_json *list);
const char *sl_id_text(sl_arena *arena, sl_record_kind kind, int64_t id);  // NULL for 0
const char *sl_time_text(sl_arena *arena, int64_t utc_ms);                 // NULL for 0

// A growing list of records for a result.
typedef struct sl_record_list {
  unsigned char *at;
  int64_t count, capacity;
  size_t size;
} sl_record_list;
void *sl_record_add(sl_arena *arena, sl_record_list *list, size_t size);  // zeroed
sl_records sl_record_done(const sl_record_list *list);
void sl_fact_add(sl_arena *arena, sl_record_list *list, const char *group, const char *name,
                 const char *journal, const char *fmt, ...) SL_PRINTF(6, 7);

typedef struct sl_text_list {
  const char **at;
  int64_t count, capacity;
} sl_text_list;
void sl_text_list_add(sl_arena *arena, sl_text_list *list, const char *text);  // borrowed
sl_texts sl_text_list_done(const sl_text_list *list);

#endif
