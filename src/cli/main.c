// SPDX-License-Identifier: Apache-2.0
// The command line: a client of the public interface that parses, calls, prints and serves.
//
// Start at main(). Standard output carries the result and nothing else; progress and errors go to
// standard error.
#include <signal.h>
#include <slitlamp/slitlamp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/args.h"
#include "cli/help.h"
#include "cli/print.h"
#include "cli/progress_bar.h"
#include "cli/schema.h"
#include "http/server.h"

static sl_engine *running_engine;
static volatile sig_atomic_t stop_signals;

// The first signal asks the operation to stop and keeps what it committed; the second ends at once.
static void on_signal(int signal_number) {
  if (++stop_signals > 1) _exit(128 + signal_number);
  if (running_engine != NULL) sl_engine_cancel(running_engine);
}

static void on_log(void *ctx, sl_log_level level, const char *line) {
  (void)ctx;
  static const char *const names[] = {"debug", "info", "warning", "error"};
  sl_progress_bar_clear();
  fprintf(stderr, "slitlamp: %s: %s\n", names[level], line);
}

static int wants_colour(const sl_args *args, int fd) {
  const char *no_color = getenv("NO_COLOR");
  return !args->no_color && (no_color == NULL || no_color[0] == '\0') && isatty(fd);
}

static int terminal_width(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 120;
}

// ---- the command line's own verbs
// ----------------------------------------------------------------

static sl_status help_on(sl_text *out, const char *verb, int all, sl_error *err) {
  const sl_op_info *op = sl_op_find(verb);
  if (op == NULL) {
    sl_fail(err, SL_E_ARG, "there is no verb \"%s\"", verb);
    return sl_hint(err, SL_E_ARG, "\"slitlamp help\" lists the verbs.");
  }
  sl_help_verb(out, op, all);
  return SL_OK;
}

static sl_status run_help(const sl_args *args, sl_text *out, sl_error *err) {
  const char *verb = NULL;
  int all = 0;
  for (int i = 0; i < args->rest_count; i++) {
    if (sl_streq(args->rest[i], "--json")) {
      sl_schema_write(out);
      return SL_OK;
    }
    if (sl_streq(args->rest[i], "--all"))
      all = 1;
    else
      verb = args->rest[i];
  }
  if (verb != NULL) return help_on(out, verb, all, err);
  sl_help_overview(out);
  return SL_OK;
}

static sl_status run_own_verb(const sl_args *args, sl_text *out, sl_error *err) {
  if (sl_streq(args->verb, "help")) return run_help(args, out, err);
  if (sl_streq(args->verb, "man")) {
    sl_help_man(out);
    return SL_OK;
  }
  return sl_help_completion(out, args->rest_count > 0 ? args->rest[0] : NULL, err);
}

// ---- results -----------------------------------------------------------------------------------

typedef void (*result_printer)(sl_printer *p, const sl_json *result);

static result_printer printer_of(const char *verb) {
#define SL_VERB(name, printer) \
  if (sl_streq(verb, #name)) return printer;
#include "cli/verb_list.h"
#undef SL_VERB
  return NULL;
}

static sl_status print_reply(sl_arena *arena, const sl_args *args, const sl_reply *reply,
                             sl_error *err) {
  size_t size;
  const char *json = sl_reply_json(reply, &size);
  if (args->quiet) return SL_OK;
  if (args->json) {
    fwrite(json, 1, size, stdout);
    fputc('\n', stdout);
    return SL_OK;
  }
  const sl_json *result;
  SL_TRY(sl_json_parse(arena, json, size, "the result", &result, err));
  sl_printer p = {
      .arena = arena, .colour = wants_colour(args, STDOUT_FILENO), .width = terminal_width()};
  result_printer printer = printer_of(args->op->name);
  if (printer != NULL)
    printer(&p, result);
  else
    sl_print_result(&p, args->op->result, result);
  fwrite(sl_text_z(&p.out), 1, p.out.size, stdout);
  sl_text_free(&p.out);
  return SL_OK;
}

// ---- serving -----------------------------------------------------------------------------------

static void wait_for_signal(void) {
  sigset_t empty;
  sigemptyset(&empty);
  while (stop_signals == 0) sigsuspend(&empty);
}

static void open_browser(const char *url) {
  if (fork() != 0) return;
  execlp("xdg-open", "xdg-open", url, (char *)NULL);
  _exit(127);
}

// The address goes to `to`: with --json standard output holds the result and nothing else.
static sl_status serve(sl_engine *engine, const sl_json *params, FILE *to, sl_error *err) {
  const char *hosts[64];
  sl_server_options options = {.host = sl_json_text(sl_json_get(params, "host"), NULL),
                               .port = (int)sl_json_int(sl_json_get(params, "port"), 0),
                               .allow_hosts = hosts};
  const sl_json *allowed = sl_json_get(params, "allow_host");
  for (sl_json_iter it = sl_json_each(allowed);
       options.allow_hosts_count < 64 && sl_json_next(&it);)
    hosts[options.allow_hosts_count++] = sl_json_text(it.value, "");
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);  // inherited by the server's threads
  sl_server *server;
  sl_status status = sl_server_start(engine, &options, &server, err);
  if (status == SL_OK) {
    fprintf(to, "\nopen %s\nstop with Ctrl-C\n", sl_server_url(server));
    fflush(to);
    if (sl_json_bool(sl_json_get(params, "browser"), 0)) open_browser(sl_server_url(server));
    wait_for_signal();
    sl_server_stop(server);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return status;
}

static sl_status serve_if_asked(sl_arena *arena, sl_engine *engine, const sl_args *args,
                                sl_error *err) {
  if (!(args->op->flags & SL_OP_SERVES)) return SL_OK;
  sl_reply *filled;
  SL_TRY(sl_call_check(engine, args->op->name, args->params.at, args->params.size, &filled, err));
  size_t size;
  const char *json = sl_reply_json(filled, &size);
  const sl_json *params;
  sl_status status = sl_json_parse(arena, json, size, "the parameters", &params, err);
  if (status == SL_OK && sl_json_bool(sl_json_get(params, "serve"), 1))
    status = serve(engine, params, args->json ? stderr : stdout, err);
  sl_reply_free(filled);
  return status;
}

// ---- one call
// ------------------------------------------------------------------------------------

static sl_status call(sl_arena *arena, sl_engine *engine, const sl_args *args, sl_error *err) {
  sl_reply *reply;
  sl_status status =
      sl_call(engine, args->op->name, args->params.at, args->params.size, &reply, err);
  sl_progress_bar_clear();
  SL_TRY(status);
  status = print_reply(arena, args, reply, err);
  sl_reply_free(reply);
  fflush(stdout);
  if (status == SL_OK) status = serve_if_asked(arena, engine, args, err);
  return status;
}

static int needs_no_workspace(const sl_args *args) {
  if (args->op->flags & SL_OP_NO_WORKSPACE) return 1;
  if (!(args->op->flags & SL_OP_OPTIONAL) || args->workspace != NULL) return 0;
  char found[4096];
  sl_workspace_find(found, sizeof found);
  return !sl_file_is_dir(found);
}

static sl_status run_operation(sl_arena *arena, const sl_args *args, sl_error *err) {
  sl_engine_options options = SL_ENGINE_OPTIONS_INIT;
  options.workspace = needs_no_workspace(args) ? "" : args->workspace;
  options.create = (args->op->flags & SL_OP_WRITES) != 0;
  options.read_only = args->read_only;
  if (!args->quiet) options.on_progress = sl_progress_bar_show;
  SL_TRY(sl_engine_open(&options, &running_engine, err));
  sl_status status = call(arena, running_engine, args, err);
  sl_engine *engine = running_engine;
  running_engine = NULL;
  sl_engine_close(engine);
  return status;
}

static sl_status run(sl_arena *arena, const sl_args *args, sl_error *err) {
  sl_text out = {0};
  sl_status status = SL_OK;
  if (args->version)
    sl_text_printf(&out, "slitlamp %s\n", sl_version());
  else if (args->op != NULL && args->help)
    sl_help_verb(&out, args->op, 1);
  else if (args->verb == NULL || args->help)
    sl_help_overview(&out);
  else if (args->op == NULL)
    status = run_own_verb(args, &out, err);
  else
    status = run_operation(arena, args, err);
  fwrite(sl_text_z(&out), 1, out.size, stdout);
  sl_text_free(&out);
  if (status == SL_OK && fflush(stdout) != 0)
    status = sl_fail(err, SL_E_IO, "cannot write the result to standard output");
  return status;
}

int main(int argc, char **argv) {
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  sl_log_to(on_log, NULL, SL_LOG_WARNING);
  sl_arena *arena = sl_arena_new(NULL, "command line");
  sl_args args;
  sl_error err = {0};
  sl_status status = sl_args_parse(arena, argc, argv, &args, &err);
  if (status == SL_OK) status = run(arena, &args, &err);
  sl_progress_bar_clear();
  if (status != SL_OK) sl_print_error(&err, wants_colour(&args, STDERR_FILENO));
  sl_text_free(&args.params);
  sl_arena_free(arena);
  return sl_status_exit_code(status);
}
