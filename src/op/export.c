// SPDX-License-Identifier: Apache-2.0
// Operation "export": predictions as a table, or the images of a view in a folder.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/sample_reader.h"
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"
#include "op/table_cache.h"
#include "tensor/dtype.h"

typedef struct export_params {
  int32_t what;
  const char *to;
  sl_view_params view;
  int32_t format, files, group;
  int64_t limit;
} export_params;

typedef struct export_result {
  const char *path;
  int64_t written, skipped, bytes;
  sl_records problems;
} export_result;

static const sl_choice what_choices[] = {
    {"predictions", "a table of samples and predictions"}, {"images", "the image files"}, {0}};
static const sl_choice format_choices[] = {{"auto", "by the file name"},
                                           {"csv", "comma separated, formula cells defused"},
                                           {"jsonl", "one JSON object per line"},
                                           {0}};
static const sl_choice files_choices[] = {{"copy", "copy the bytes"},
                                          {"hardlink", "hard links; copies across file systems"},
                                          {"symlink", "symbolic links"},
                                          {0}};
static const sl_choice group_choices[] = {{"flat", "no sub-folders"},
                                          {"label", "one per label"},
                                          {"pred", "one per prediction"},
                                          {"confusion", "label, then prediction"},
                                          {0}};
#define P export_params
static const sl_row params[] = {
    SL_P_ENUM(P, what, what_choices, 0, "What to export."),
    SL_P_TEXT_(P, to, SL_T_PATH, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, NULL, NULL,
               "File to write, or folder for images; an existing one is refused."),
    SL_ROWS_VIEW(P, view),
    SL_P_ENUM(P, format, format_choices, 0, "Format of predictions; by the file name when auto."),
    SL_P_ENUM(P, files, files_choices, 0, "How images get into the folder."),
    SL_P_ENUM(P, group, group_choices, 0, "Sub-folders of the images."),
    SL_P_INT(P, limit, 0, 1e9, 0, "samples",
             "Most samples to export, in the view's order; 0 exports all."),
    SL_ROW_END};
#undef P

#define R export_result
static const sl_row result[] = {
    SL_R_PATH(R, path, "What was written."),
    SL_R_INT(R, written, "samples", "Samples exported."),
    SL_R_INT(R, skipped, "samples", "Samples that could not be."),
    SL_R_INT(R, bytes, "bytes", "Bytes written."),
    SL_R_RECORDS(R, problems, sl_rec_fact, sl_rows_fact,
                 "The first samples that could not be, with the reason."),
    SL_ROW_END};
#undef R

enum { WHAT_PREDICTIONS, WHAT_IMAGES };
enum { FORMAT_AUTO, FORMAT_CSV, FORMAT_JSONL };
enum { PROBLEMS_MAX = 20 };

static int64_t export_count(const export_params *in, const sl_open_view *view) {
  return in->limit > 0 && in->limit < view->order.count ? in->limit : view->order.count;
}

static sl_status refuse_existing(const char *path, sl_error *err) {
  if (!sl_file_exists(path)) return SL_OK;
  sl_fail(err, SL_E_ARG, "\"%s\" exists already", path);
  return sl_hint(err, SL_E_ARG, "Name something new; nothing is ever overwritten.");
}

// ---- predictions
// ---------------------------------------------------------------------------------

typedef struct score_table {
  int there;
  sl_column column;
  const sl_texts *classes;
} score_table;

static sl_status open_scores(sl_op_call *call, const sl_open_table *open, score_table *out,
                             sl_error *err) {
  sl_record_ref owner = {SL_RECORD_RUN, open->run};
  memset(out, 0, sizeof *out);
  out->classes = &open->classes;
  if (open->run == 0) return SL_OK;
  SL_TRY(sl_column_exists(call->store, owner, SL_COLUMN_SCORES, &out->there, err));
  if (!out->there) return SL_OK;
  return sl_column_open(call->store, call->arena, owner, SL_COLUMN_SCORES, &out->column, err);
}

static double score_at(const score_table *scores, int64_t row, int64_t c) {
  sl_dtype dtype = scores->column.type == SL_COLUMN_F16 ? SL_DTYPE_F16 : SL_DTYPE_F32;
  return sl_dtype_load(dtype, scores->column.values, (size_t)(row * scores->column.cols + c));
}

// A cell a spreadsheet would run as a formula gets an apostrophe in front.
static void put_csv_text(sl_text *out, const char *text) {
  if (text == NULL) return;
  int formula = strchr("=+-@\t\r", text[0]) != NULL && text[0] != '\0';
  int quoted = formula || strpbrk(text, ",\"\n\r") != NULL;
  if (quoted) sl_text_putc(out, '"');
  if (formula) sl_text_putc(out, '\'');
  for (; *text != '\0'; text++) {
    if (*text == '"') sl_text_putc(out, '"');
    sl_text_putc(out, *text);
  }
  if (quoted) sl_text_putc(out, '"');
}

static void put_csv_real(sl_text *out, double value) {
  char text[32];
  sl_text_putc(out, ',');
  if (isnan(value)) return;
  sl_format_real(value, text);
  sl_text_puts(out, text);
}

static const char *const outcome_names[] = {"unknown", "right", "wrong", "broken"};

static void put_csv_head(sl_text *out, const score_table *scores) {
  sl_text_puts(out, "sample,name,split,label,pred,outcome,confidence,entropy,margin,loss,error");
  for (int64_t c = 0; scores->there && c < scores->classes->count; c++) {
    sl_text_putc(out, ',');
    put_csv_text(out, scores->classes->at[c]);
  }
  sl_text_putc(out, '\n');
}

static void put_csv_row(sl_text *out, const sl_rec_sample *s, const score_table *scores) {
  const char *const texts[] = {s->sample, s->name, s->split,
                               s->label,  s->pred, outcome_names[s->outcome]};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (i > 0) sl_text_putc(out, ',');
    put_csv_text(out, texts[i]);
  }
  put_csv_real(out, s->confidence);
  put_csv_real(out, s->entropy);
  put_csv_real(out, s->margin);
  put_csv_real(out, s->loss);
  sl_text_putc(out, ',');
  put_csv_text(out, s->error);
  for (int64_t c = 0; scores->there && c < scores->classes->count; c++)
    put_csv_real(out, score_at(scores, s->row, c));
  sl_text_putc(out, '\n');
}

static void put_jsonl_row(sl_text *out, const sl_rec_sample *s, const score_table *scores) {
  sl_text inner = {0};
  sl_json_writer w;
  sl_json_begin(&w, &inner);
  sl_rows_write(&w, sl_rows_sample, s, 0);
  if (!scores->there) {
    sl_text_append(out, inner.at, inner.size);
  } else {
    sl_text_append(out, inner.at, inner.size - 1);
    sl_text_puts(out, ",\"scores\":");
    sl_json_begin(&w, out);
    sl_json_open_object(&w);
    for (int64_t c = 0; c < scores->classes->count; c++) {
      sl_json_key(&w, scores->classes->at[c]);
      sl_json_put_real(&w, score_at(scores, s->row, c));
    }
    sl_json_close_object(&w);
    sl_text_putc(out, '}');
  }
  sl_text_free(&inner);
  sl_text_putc(out, '\n');
}

static sl_status flush(FILE *file, const char *path, sl_text *text, int64_t *bytes, sl_error *err) {
  if (text->size > 0 && fwrite(text->at, 1, text->size, file) != text->size)
    return sl_fail_errno(err, errno, "cannot write \"%s\"", path);
  *bytes += (int64_t)text->size;
  sl_text_clear(text);
  return SL_OK;
}

static sl_status write_rows(sl_op_call *call, const export_params *in, const sl_open_view *view,
                            FILE *file, export_result *out, sl_error *err) {
  enum { CHUNK = 1 << 16 };
  score_table scores;
  sl_text text = {0};
  int64_t count = export_count(in, view);
  int csv =
      in->format == FORMAT_CSV || (in->format == FORMAT_AUTO && !sl_ends_with(in->to, ".jsonl"));
  SL_TRY(open_scores(call, view->table, &scores, err));
  if (csv) put_csv_head(&text, &scores);
  sl_op_call row_call = *call;
  sl_status status = SL_OK;
  for (int64_t i = 0; i < count && status == SL_OK; i++) {
    sl_rec_sample sample;
    row_call.arena = sl_arena_new(call->arena, "export row");
    sl_view_sample(&row_call, view, view->order.rows[i], &sample);
    if (csv)
      put_csv_row(&text, &sample, &scores);
    else
      put_jsonl_row(&text, &sample, &scores);
    sl_arena_free(row_call.arena);
    out->written++;
    if (text.size >= CHUNK) {
      status = flush(file, in->to, &text, &out->bytes, err);
      sl_op_progress(call, "export", "samples", i + 1, count);
    }
    if (status == SL_OK && atomic_load(call->cancel))
      status = sl_fail(err, SL_E_CANCELLED, "the export was stopped");
  }
  if (status == SL_OK) status = flush(file, in->to, &text, &out->bytes, err);
  sl_text_free(&text);
  return status;
}

// Written beside its name and renamed, so that half a table never stands under it.
static sl_status export_predictions(sl_op_call *call, const export_params *in,
                                    const sl_open_view *view, export_result *out, sl_error *err) {
  const char *temporary = sl_arena_printf(call->arena, "%s.tmp", in->to);
  FILE *file = fopen(temporary, "wxe");
  if (file == NULL) return sl_fail_errno(err, errno, "cannot create \"%s\"", in->to);
  sl_status status = write_rows(call, in, view, file, out, err);
  if (fclose(file) != 0 && status == SL_OK)
    status = sl_fail_errno(err, errno, "cannot write \"%s\"", in->to);
  if (status == SL_OK && rename(temporary, in->to) != 0)
    status = sl_fail_errno(err, errno, "cannot put \"%s\" in place", in->to);
  if (status != SL_OK) unlink(temporary);
  return status;
}

// ---- images
// --------------------------------------------------------------------------------------

// Anything that is not a plain file name letter becomes _, so that labels and names stay below
// `to`.
static char *safe_name(sl_arena *arena, const char *text) {
  char *name = sl_arena_copy(arena, text != NULL && text[0] != '\0' ? text : "none");
  for (char *c = name; *c != '\0'; c++) {
    unsigned char u = (unsigned char)*c;
    if (u < 0x20 || u == 0x7F || *c == '/' || *c == '\\') *c = '_';
  }
  if (name[0] == '.') name[0] = '_';
  return name;
}

// A long name loses letters of its middle, never its ending, and never half a letter.
static char *short_name(sl_arena *arena, const char *text) {
  enum { BYTES_MAX = 180, TAIL_MAX = 16 };
  char *name = safe_name(arena, text);
  size_t size = strlen(name);
  if (size <= BYTES_MAX) return name;
  const char *dot = strrchr(name, '.');
  const char *tail = dot != NULL && name + size - dot <= TAIL_MAX ? dot : "";
  size_t head = BYTES_MAX - strlen(tail);
  while (head > 0 && ((unsigned char)name[head] & 0xC0) == 0x80) head--;
  return sl_arena_printf(arena, "%.*s%s", (int)head, name, tail);
}

static const char *group_dir(sl_arena *arena, const export_params *in, const sl_rec_sample *s) {
  enum { FLAT, BY_LABEL, BY_PRED, BY_CONFUSION };
  switch (in->group) {
    case BY_LABEL:
      return sl_path_join(arena, in->to, short_name(arena, s->label));
    case BY_PRED:
      return sl_path_join(arena, in->to, short_name(arena, s->pred));
    case BY_CONFUSION:
      return sl_path_join(arena, sl_path_join(arena, in->to, short_name(arena, s->label)),
                          short_name(arena, s->pred));
    default:
      return in->to;
  }
}

static sl_status encode_pixels(const sl_image *pixels, sl_buffer **out, sl_error *err) {
  return sl_image_encode(pixels, SL_ENCODING_PNG, 6, out, err);
}

static sl_status place(const export_params *in, const sl_sample_row *row,
                       const sl_sample_data *data, const char *target, int64_t *bytes,
                       sl_error *err) {
  enum { COPY, HARDLINK, SYMLINK };
  sl_arena *scratch = sl_arena_new(NULL, "place");
  const char *source = sl_path_join(scratch, row->root, row->path);
  int whole = !data->is_pixels && row->item < 0 && row->path[0] != '\0' && sl_file_exists(source);
  int done = whole && in->files == SYMLINK && symlink(source, target) == 0;
  done = done || (whole && in->files == HARDLINK && link(source, target) == 0);
  sl_arena_free(scratch);
  if (done) return SL_OK;
  if (!data->is_pixels) {
    *bytes += (int64_t)data->file.size;
    return sl_file_write_atomic(target, data->file.at, data->file.size, err);
  }
  sl_buffer *png;
  SL_TRY(encode_pixels(data->pixels, &png, err));
  *bytes += (int64_t)png->size;
  sl_status status = sl_file_write_atomic(target, png->bytes, png->size, err);
  sl_buffer_release(png);
  return status;
}

// The row number goes first, so that the folder keeps the view's order and no two names collide.
static char *target_name(sl_arena *arena, const sl_rec_sample *s, int is_pixels, int64_t position) {
  const char *base = short_name(arena, sl_path_base(s->name));
  return sl_arena_printf(arena, "%06lld-%s%s", (long long)position, base, is_pixels ? ".png" : "");
}

static sl_status export_one(sl_op_call *call, sl_sample_reader *reader, const export_params *in,
                            const sl_open_view *view, int64_t position, export_result *out,
                            sl_error *err) {
  sl_rec_sample sample;
  sl_sample_row row;
  sl_sample_data data;
  int64_t table_row = view->order.rows[position];
  sl_view_sample(call, view, table_row, &sample);
  SL_TRY(sl_store_get_sample(call->store, call->arena,
                             ((const int64_t *)view->table->members.values)[table_row], &row, err));
  SL_TRY(sl_sample_read(reader, &row, &data, err));
  const char *dir = group_dir(call->arena, in, &sample);
  SL_TRY(sl_file_make_dirs(dir, err));
  const char *name = target_name(call->arena, &sample, data.is_pixels, position);
  return place(in, &row, &data, sl_path_join(call->arena, dir, name), &out->bytes, err);
}

static sl_status export_images(sl_op_call *call, const export_params *in, const sl_open_view *view,
                               export_result *out, sl_error *err) {
  sl_record_list problems = {0};
  sl_sample_reader *reader = sl_sample_reader_new(call->arena, call->store);
  int64_t count = export_count(in, view);
  SL_TRY(sl_file_make_dirs(in->to, err));
  sl_op_call row_call = *call;
  for (int64_t i = 0; i < count; i++) {
    sl_error reason = {0};
    if (atomic_load(call->cancel)) return sl_fail(err, SL_E_CANCELLED, "the export was stopped");
    row_call.arena = sl_arena_new(call->arena, "export row");
    sl_status status = export_one(&row_call, reader, in, view, i, out, &reason);
    sl_arena_free(row_call.arena);
    if (status == SL_E_IO || status == SL_E_MEMORY) {  // a full disk fails for every image alike
      if (err != NULL) *err = reason;
      return status;
    }
    out->written += status == SL_OK;
    out->skipped += status != SL_OK;
    if (status != SL_OK && problems.count < PROBLEMS_MAX)
      sl_fact_add(call->arena, &problems, "not exported",
                  sl_arena_printf(call->arena, "row %u", view->order.rows[i]), NULL, "%s",
                  sl_error_message(&reason));
    sl_op_progress(call, "export", "images", i + 1, count);
  }
  out->problems = sl_record_done(&problems);
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const export_params *in = params_in;
  export_result *out = result_out;
  sl_open_view *view;
  SL_TRY(refuse_existing(in->to, err));
  SL_TRY(sl_view_open(call, &in->view, &view, err));
  out->path = in->to;
  sl_status status = in->what == WHAT_IMAGES ? export_images(call, in, view, out, err)
                                             : export_predictions(call, in, view, out, err);
  sl_view_release(call, view);
  return status;
}

const sl_op sl_op_export = {
    .info =
        {.name = "export",
         .title = "Export predictions or images",
         .help =
             "Write predictions as CSV or JSON Lines, or put the images of a view into a folder.",
         .example = "slitlamp export failures/ --what images --where outcome=wrong",
         .since = "0.1.0",
         .flags = SL_OP_SLOW | SL_OP_LOCAL,
         .params = params,
         .params_size = sizeof(export_params),
         .result = result,
         .result_size = sizeof(export_result)},
    .run = run};
