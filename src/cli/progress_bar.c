// SPDX-License-Identifier: Apache-2.0
// The progress line.
#include "cli/progress_bar.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR_CELLS = 28 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int drawn;
static char last_phase[64];

static void put_time(double seconds, char out[16]) {
  int whole = (int)(seconds + 0.5);
  if (whole >= 3600)
    snprintf(out, 16, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  else
    snprintf(out, 16, "%d:%02d", whole / 60, whole % 60);
}

static void draw(const sl_progress *progress) {
  static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  fprintf(stderr, "\r\033[K%-14s ", progress->phase);
  if (progress->total > 0) {
    double share = (double)progress->done / (double)progress->total;
    int filled = (int)(share * BAR_CELLS * 8);
    int cells = filled / 8;
    for (int i = 0; i < cells; i++) fputs("█", stderr);
    if (cells < BAR_CELLS) fputs(eighths[filled % 8], stderr);
    for (int i = cells + (filled % 8 > 0); i < BAR_CELLS; i++) fputc(' ', stderr);
    fprintf(stderr, " %3d%%  %lld/%lld", (int)(share * 100), (long long)progress->done,
            (long long)progress->total);
  } else {
    fprintf(stderr, "%lld", (long long)progress->done);
  }
  if (progress->rate > 0) fprintf(stderr, "  %.0f %s/s", progress->rate, progress->unit);
  if (progress->eta_s > 0.5) {
    char left[16];
    put_time(progress->eta_s, left);
    fprintf(stderr, "  %s left", left);
  }
  fflush(stderr);
  drawn = 1;
}

void sl_progress_bar_show(void *ctx, const sl_progress *progress) {
  (void)ctx;
  pthread_mutex_lock(&lock);
  int fresh = strncmp(last_phase, progress->phase, sizeof last_phase - 1) != 0;
  if (fresh) snprintf(last_phase, sizeof last_phase, "%s", progress->phase);
  if (isatty(STDERR_FILENO))
    draw(progress);
  else if (fresh)
    fprintf(stderr, "%s ...\n", progress->phase);
  pthread_mutex_unlock(&lock);
}

void sl_progress_bar_clear(void) {
  pthread_mutex_lock(&lock);
  if (drawn) fputs("\r\033[K", stderr);
  drawn = 0;
  pthread_mutex_unlock(&lock);
}
