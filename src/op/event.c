// SPDX-License-Identifier: Apache-2.0
// Events for the pages: a ring with sequence numbers. Who falls behind is told so and asks again;
// the ring never grows.
//
// Numbers begin at the time of the start in milliseconds, so that those of an earlier server are
// smaller than any of this one: who comes back after a restart is told that it missed something.
#include <errno.h>
#include <slitlamp/slitlamp.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "op/engine_state.h"

void sl_event_log_open(sl_event_log *log) {
  pthread_mutex_init(&log->lock, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&log->arrived, &attributes);
  pthread_condattr_destroy(&attributes);
  log->first_seq = log->next_seq = sl_clock_utc_ms();
}

void sl_event_log_close(sl_event_log *log) {
  pthread_mutex_lock(&log->lock);
  log->closed = 1;
  pthread_cond_broadcast(&log->arrived);
  pthread_mutex_unlock(&log->lock);
  for (int i = 0; i < SL_EVENT_RING; i++) sl_heap_free(log->ring[i].json);
  memset(log->ring, 0, sizeof log->ring);
}

void sl_event_put(sl_engine *engine, const char *event, int64_t job, const char *member_key,
                  const char *member_json) {
  sl_event_log *log = &engine->events;
  sl_text text = {0};
  sl_json_writer w;
  pthread_mutex_lock(&log->lock);
  sl_json_begin(&w, &text);
  sl_json_open_object(&w);
  sl_json_key(&w, "seq");
  sl_json_put_int(&w, log->next_seq);
  sl_json_key(&w, "event");
  sl_json_put_text(&w, event);
  if (job != 0) {
    sl_json_key(&w, "job");
    sl_json_put_text(&w, sl_record_text_of(SL_RECORD_JOB, job).text);
  }
  if (member_key != NULL) {
    sl_json_key(&w, member_key);
    sl_json_put_raw(&w, member_json);
  }
  sl_json_close_object(&w);
  sl_event *slot = &log->ring[log->next_seq % SL_EVENT_RING];
  sl_heap_free(slot->json);
  *slot = (sl_event){log->next_seq++, text.at};
  pthread_cond_broadcast(&log->arrived);
  pthread_mutex_unlock(&log->lock);
}

static void wait_for_news(sl_event_log *log, int64_t after, int32_t wait_ms) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += wait_ms / 1000;
  until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  while (!log->closed && log->next_seq <= after + 1)
    if (pthread_cond_timedwait(&log->arrived, &log->lock, &until) == ETIMEDOUT) break;
}

static void collect(const sl_event_log *log, int64_t after, sl_text *out) {
  int64_t kept = log->next_seq - SL_EVENT_RING;
  int64_t oldest = kept > log->first_seq ? kept : log->first_seq;
  int64_t from = after + 1 > oldest ? after + 1 : oldest;
  sl_text_putc(out, '[');
  if (from > after + 1)
    sl_text_printf(out, "{\"seq\":%lld,\"event\":\"missed\"}%s", (long long)(from - 1),
                   from < log->next_seq ? "," : "");
  for (int64_t seq = from; seq < log->next_seq; seq++) {
    if (seq > from) sl_text_putc(out, ',');
    sl_text_puts(out, log->ring[seq % SL_EVENT_RING].json);
  }
  sl_text_putc(out, ']');
}

sl_status sl_events(sl_engine *engine, int64_t after, int32_t wait_ms, sl_reply **out,
                    int64_t *next, sl_error *err) {
  sl_event_log *log = &engine->events;
  if (after < 0 || wait_ms < 0 || wait_ms > 60000)
    return sl_fail(err, SL_E_ARG,
                   "events are asked for with after >= 0 and a wait of 0 to 60000 ms");
  sl_text text = {0};
  pthread_mutex_lock(&log->lock);
  if (after == 0 || after >= log->next_seq) after = log->next_seq - 1;
  wait_for_news(log, after, wait_ms);
  collect(log, after, &text);
  *next = log->next_seq - 1;
  pthread_mutex_unlock(&log->lock);
  sl_arena *arena = sl_arena_new(engine->arena, "events");
  size_t size = text.size;
  *out = sl_reply_new(arena, sl_text_take(&text, arena), size);
  return SL_OK;
}
