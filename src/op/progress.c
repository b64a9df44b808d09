// SPDX-License-Identifier: Apache-2.0
// Throttled progress. Ten times a second to people, once a second to the job record; a phase's last
// report always goes out.
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "op/engine_state.h"
#include "op/progress.h"
#include "store/job_table.h"

enum { TELL_NS = 100000000, STORE_NS = 1000000000 };

void sl_op_meter_open(sl_op_meter *meter) {
  memset(meter, 0, sizeof *meter);
  pthread_mutex_init(&meter->lock, NULL);
}

void sl_op_meter_close(sl_op_meter *meter) { pthread_mutex_destroy(&meter->lock); }

static void measure(const sl_op_meter *meter, int64_t now, sl_progress *progress) {
  progress->rate = progress->eta_s = -1;
  double seconds = (double)(now - meter->phase_started_ns) * 1e-9;
  int64_t done = progress->done - meter->first_done;
  if (seconds < 0.2 || done <= 0) return;
  progress->rate = (double)done / seconds;
  if (progress->total > 0)
    progress->eta_s = (double)(progress->total - progress->done) / progress->rate;
}

static void tell(sl_op_call *call, const sl_progress *progress) {
  if (call->engine->on_progress != NULL) call->engine->on_progress(call->engine->ctx, progress);
  if (call->job == 0) return;
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_json_open_object(&w);
  sl_json_key(&w, "op");
  sl_json_put_text(&w, progress->operation);
  sl_json_key(&w, "phase");
  sl_json_put_text(&w, progress->phase);
  sl_json_key(&w, "unit");
  sl_json_put_text(&w, progress->unit);
  sl_json_key(&w, "done");
  sl_json_put_int(&w, progress->done);
  sl_json_key(&w, "total");
  sl_json_put_int(&w, progress->total);
  sl_json_key(&w, "rate");
  sl_json_put_real(&w, progress->rate);
  sl_json_key(&w, "eta_s");
  sl_json_put_real(&w, progress->eta_s);
  sl_json_close_object(&w);
  sl_event_put(call->engine, "progress", call->job, "progress", text.at);
  sl_text_free(&text);
}

static void keep(sl_op_call *call, const sl_progress *progress) {
  sl_error err = {0};
  if (call->job == 0 || call->store == NULL) return;
  if (sl_store_progress_job(call->store, call->job, progress->done, progress->total,
                            progress->phase, &err) != SL_OK)
    sl_log(SL_LOG_WARNING, "cannot record progress: %s", sl_error_message(&err));
}

void sl_op_progress(sl_op_call *call, const char *phase, const char *unit, int64_t done,
                    int64_t total) {
  sl_op_meter *meter = call->meter;
  int64_t now = sl_clock_ns();
  sl_progress progress = {
      .operation = call->op, .phase = phase, .unit = unit, .done = done, .total = total};
  pthread_mutex_lock(&meter->lock);
  int fresh = !sl_streq(meter->phase, phase);
  if (fresh) {
    meter->phase = phase;
    meter->phase_started_ns = now;
    meter->first_done = done;
  }
  int last = total > 0 && done >= total;
  int must_tell = fresh || last || now - meter->told_ns >= TELL_NS;
  int must_store = fresh || last || now - meter->stored_ns >= STORE_NS;
  if (must_tell) meter->told_ns = now;
  if (must_store) meter->stored_ns = now;
  measure(meter, now, &progress);
  pthread_mutex_unlock(&meter->lock);
  if (must_tell) tell(call, &progress);
  if (must_store) keep(call, &progress);
}
