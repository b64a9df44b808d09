// SPDX-License-Identifier: Apache-2.0
// Reading many samples for a model.
#include "op/sample_feed.h"

#include <string.h>

#include "attrib/attrib_sweep.h"

enum { BATCH_MAX = 32 };
static const int64_t batch_bytes_max = INT64_C(256) << 20;  // of activations

sl_status sl_feed_open(sl_op_call *call, const sl_opened *opened, sl_feed *out, sl_error *err) {
  *out = (sl_feed){.call = call};
  SL_TRY(sl_opened_prep(call, opened, &out->prep, err));
  sl_prep_row(out->prep, &out->row, &out->dtype, &out->row_bytes);
  out->reader = sl_sample_reader_new(call->arena, call->store);
  return SL_OK;
}

static sl_status read_one(sl_feed *feed, const sl_sample_row *sample, void *row, sl_error *err) {
  sl_sample_data data;
  sl_input input = {0};
  SL_TRY(sl_sample_read(feed->reader, sample, &data, err));
  if (data.is_pixels)
    input.pixels = data.pixels;
  else
    input.file = data.file;
  return sl_prep_run(feed->prep, &input, row, err);
}

static void note_problem(sl_feed *feed, const sl_error *why) {
  if (feed->skipped++ == 0) feed->problem = sl_arena_copy(feed->call->arena, sl_error_message(why));
}

sl_status sl_feed_read(sl_feed *feed, const int64_t *ids, int64_t count, sl_tensor *out,
                       int64_t *at, int64_t *kept, sl_error *err) {
  sl_shape shape = {.rank = feed->row.rank + 1, .dims = {count}};
  for (int32_t d = 0; d < feed->row.rank; d++) shape.dims[d + 1] = feed->row.dims[d];
  *kept = 0;
  *out = (sl_tensor){0};
  sl_arena *scratch = sl_arena_new(NULL, "samples");
  sl_sample_row *samples;
  sl_status status =
      sl_store_get_samples(feed->call->store, scratch, ids, (size_t)count, &samples, err);
  if (status == SL_OK) status = sl_tensor_new(feed->dtype, &shape, out, err);
  for (int64_t i = 0; status == SL_OK && i < count; i++) {
    sl_error why = {0};
    uint8_t *row = (uint8_t *)out->data + (size_t)*kept * feed->row_bytes;
    if (read_one(feed, &samples[i], row, &why) == SL_OK)
      at[(*kept)++] = i;
    else
      note_problem(feed, &why);
  }
  sl_arena_free(scratch);
  out->shape.dims[0] = *kept;
  if (status != SL_OK || *kept == 0) sl_tensor_release(out);
  return status;
}

const char *sl_feed_note(const sl_feed *feed) {
  if (feed->skipped == 0) return NULL;
  return sl_arena_printf(feed->call->arena, "%lld %s could not be read, the first because: %s",
                         (long long)feed->skipped, sl_plural(feed->skipped, "sample", "samples"),
                         feed->problem);
}

// ---- the samples of a view ----------------------------------------------------------------------

static sl_status spread_rows(sl_view_feed *feed, int64_t limit, sl_error *err) {
  const sl_order *order = &feed->view->order;
  feed->found = order->count;
  feed->wanted = order->count < limit ? order->count : limit;
  if (feed->wanted == 0) {
    sl_fail(err, SL_E_NOT_FOUND, "no sample matches: there is nothing to look at");
    return sl_hint(err, SL_E_NOT_FOUND, "Leave out clauses of \"where\", or import data first.");
  }
  feed->rows = SL_NEW_ARRAY(feed->feed.call->arena, int64_t, feed->wanted);
  for (int64_t i = 0; i < feed->wanted; i++)
    feed->rows[i] = order->rows[i * order->count / feed->wanted];
  return SL_OK;
}

static int64_t id_of(const sl_view_feed *feed, int64_t index) {
  return ((const int64_t *)feed->view->table->members.values)[feed->rows[index]];
}

// A first sample that cannot be read is no reason to give up: the next few are tried.
static sl_status open_model(sl_view_feed *feed, const sl_case_params *params,
                            const char *const *keep, size_t keep_count, sl_opened *opened,
                            sl_error *err) {
  sl_case_params one = *params;
  sl_status status = SL_OK;
  one.tensor = NULL;
  for (int64_t i = 0; i < feed->wanted && i < 8; i++) {
    one.sample = sl_id_text(feed->feed.call->arena, SL_RECORD_SAMPLE, id_of(feed, i));
    status = sl_opened_open(feed->feed.call, &one, keep, keep_count, opened, err);
    int unreadable = status == SL_E_FORMAT || status == SL_E_STALE || status == SL_E_NOT_FOUND;
    if (status == SL_OK || !unreadable) break;
    if (i + 1 < feed->wanted && i < 7) sl_error_clear(err);
  }
  return status;
}

static sl_status open_all(sl_view_feed *feed, const sl_case_params *params, const sl_view_ask *ask,
                          const char *const *keep, size_t keep_count, sl_opened *opened,
                          sl_error *err) {
  sl_op_call *call = feed->feed.call;
  sl_view_params which = {.run = ask->run, .where = ask->where};
  if (call->store == NULL) {
    sl_fail(err, SL_E_ARG, "there is no workspace to take samples from");
    return sl_hint(err, SL_E_ARG, "Name one with --workspace.");
  }
  SL_TRY(sl_view_open(call, &which, &feed->view, err));
  SL_TRY(spread_rows(feed, ask->limit, err));
  SL_TRY(open_model(feed, params, keep, keep_count, opened, err));
  SL_TRY(sl_feed_open(call, opened, &feed->feed, err));
  int64_t row = sl_white_box_row_bytes(opened->box), fit = row > 0 ? batch_bytes_max / row : 1;
  feed->batch = fit < 1 ? 1 : fit > BATCH_MAX ? BATCH_MAX : fit;
  feed->samples = SL_NEW_ARRAY(call->arena, sl_rec_sample, feed->batch);
  return SL_OK;
}

sl_status sl_view_feed_open(sl_op_call *call, const sl_case_params *params, const sl_view_ask *ask,
                            const char *const *keep, size_t keep_count, sl_opened *opened,
                            sl_view_feed *out, sl_error *err) {
  *out = (sl_view_feed){.feed = {.call = call}, .phase = call->op};
  sl_status status = open_all(out, params, ask, keep, keep_count, opened, err);
  if (status != SL_OK) sl_view_feed_close(out);
  return status;
}

sl_status sl_view_feed_next(sl_view_feed *feed, sl_tensor *input, int64_t *count, sl_error *err) {
  sl_op_call *call = feed->feed.call;
  int64_t ids[BATCH_MAX], at[BATCH_MAX];
  *count = 0;
  *input = (sl_tensor){0};
  while (*count == 0 && feed->done < feed->wanted) {
    if (atomic_load(call->cancel))
      return sl_fail(err, SL_E_CANCELLED, "%s was stopped", feed->phase);
    int64_t left = feed->wanted - feed->done, rows = left < feed->batch ? left : feed->batch;
    for (int64_t i = 0; i < rows; i++) ids[i] = id_of(feed, feed->done + i);
    SL_TRY(sl_feed_read(&feed->feed, ids, rows, input, at, count, err));
    for (int64_t i = 0; i < *count; i++)
      sl_view_sample(call, feed->view, feed->rows[feed->done + at[i]], &feed->samples[i]);
    feed->done += rows;
    sl_op_progress(call, feed->phase, "samples", feed->done, feed->wanted);
  }
  return SL_OK;
}

void sl_view_feed_close(sl_view_feed *feed) {
  if (feed->view != NULL) sl_view_release(feed->feed.call, feed->view);
  feed->view = NULL;
}
