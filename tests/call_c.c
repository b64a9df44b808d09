// SPDX-License-Identifier: Apache-2.0
// The C door of the operation cases: calls an operation through libslitlamp and prints what came.
//
// usage: call_c WORKSPACE OPERATION PARAMS; prints the result, or {"error": ...} with its texts.
#include <slitlamp/slitlamp.h>
#include <stdio.h>
#include <string.h>

static void put_text(const char *key, const char *text) {
  printf("\"%s\":\"", key);
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\') putchar('\\');
    if ((unsigned char)*text >= 0x20) putchar(*text);
  }
  putchar('"');
}

static int print_error(const sl_error *err) {
  printf("{\"error\":{");
  put_text("code", sl_status_name((sl_status)err->status));
  putchar(',');
  put_text("message", sl_error_message(err));
  putchar(',');
  put_text("detail", sl_error_detail(err));
  putchar(',');
  put_text("hint", sl_error_hint(err));
  printf("}}\n");
  return sl_status_exit_code((sl_status)err->status);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  sl_error err = {0};
  sl_engine_options options = SL_ENGINE_OPTIONS_INIT;
  options.workspace = argv[1];
  options.create = 1;
  sl_engine *engine;
  if (sl_engine_open(&options, &engine, &err) != SL_OK) return print_error(&err);
  sl_reply *reply = NULL;
  sl_status status = sl_call(engine, argv[2], argv[3], strlen(argv[3]), &reply, &err);
  if (status == SL_OK) printf("%s\n", sl_reply_json(reply, NULL));
  sl_reply_free(reply);
  sl_engine_close(engine);
  return status == SL_OK ? 0 : print_error(&err);
}
