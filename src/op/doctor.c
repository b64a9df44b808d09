// SPDX-License-Identifier: Apache-2.0
// Operation "doctor": what was found on this machine, and what is missing.
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/libraries.h"
#include "base/thread.h"
#include "image/codec_versions.h"
#include "op/choices.h"
#include "op/demo_data.h"
#include "op/lookup.h"
#include "op/op.h"
#include "op/records.h"
#include "ort/session.h"

typedef struct doctor_result {
  bool ok;
  sl_records facts, missing;
} doctor_result;

static const sl_row params[] = {SL_ROW_END};

#define R doctor_result
static const sl_row result[] = {
    SL_R_BOOL(R, ok, "Whether everything needed is there."),
    SL_R_RECORDS(R, facts, sl_rec_fact, sl_rows_fact, "What was found."),
    SL_R_RECORDS(R, missing, sl_rec_fact, sl_rows_fact,
                 "What is missing, with the command that installs it."),
    SL_ROW_END};
#undef R

typedef struct examination {
  sl_op_call *call;
  sl_record_list facts, missing;
} examination;

static void fact(examination *x, const char *group, const char *name, const char *value) {
  sl_fact_add(x->call->arena, &x->facts, group, name, NULL, "%s", value);
}

static void lacks(examination *x, const char *name, const char *remedy) {
  sl_fact_add(x->call->arena, &x->missing, "missing", name, NULL, "%s", remedy);
}

static void examine_runtime(examination *x) {
  const char *version = sl_ort_version();
  const char *const *providers;
  size_t count;
  sl_text text = {0};
  fact(x, "ONNX Runtime", "version", version[0] != '\0' ? version : "not usable");
  if (version[0] == '\0')
    lacks(x, "ONNX Runtime", "tools/setup.sh fetches it; or set ONNXRUNTIME_ROOT and build again");
  if (sl_ort_providers(x->call->arena, &providers, &count, NULL) == SL_OK)
    for (size_t i = 0; i < count; i++)
      sl_text_printf(&text, "%s%s", i > 0 ? ", " : "", providers[i]);
  fact(x, "ONNX Runtime", "providers",
       text.size > 0 ? sl_text_take(&text, x->call->arena) : "none");
}

static void examine_libraries(examination *x) {
  size_t count;
  fact(x, "libraries", "SQLite", sl_store_library_version());
  const sl_library *libraries = sl_base_libraries(&count);
  for (size_t i = 0; i < count; i++) fact(x, "libraries", libraries[i].name, libraries[i].version);
  libraries = sl_image_libraries(x->call->arena, &count);
  for (size_t i = 0; i < count; i++) fact(x, "libraries", libraries[i].name, libraries[i].version);
}

static void examine_machine(examination *x) {
  sl_arena *arena = x->call->arena;
  struct utsname name;
  struct sysinfo info;
  fact(x, "machine", "processors", sl_arena_printf(arena, "%d", sl_cpu_count()));
  if (sysinfo(&info) == 0)
    fact(x, "machine", "memory",
         sl_arena_printf(arena, "%.1f GiB", (double)info.totalram * info.mem_unit / (1 << 30)));
  if (uname(&name) == 0)
    fact(x, "machine", "system",
         sl_arena_printf(arena, "%s %s %s", name.sysname, name.release, name.machine));
}

// What the kernel offers for running untrusted work apart; decoding and inference run in this
// process.
static void examine_sandbox(examination *x) {
  sl_arena *arena = x->call->arena;
  long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1u);
  fact(x, "sandbox", "landlock",
       abi > 0 ? sl_arena_printf(arena, "available, ABI %ld", abi) : "not available");
  fact(x, "sandbox", "seccomp", prctl(PR_GET_SECCOMP) >= 0 ? "available" : "not available");
  fact(x, "sandbox", "openat2", sl_file_is_contained() ? "available" : "not available");
  if (!sl_file_is_contained())
    lacks(x, "openat2", "Linux 5.6 or later; without it files below a dataset folder are refused");
}

static void examine_paths(examination *x) {
  char workspace[4096], self[4096];
  sl_workspace_find(workspace, sizeof workspace);
  fact(x, "paths", "workspace",
       sl_arena_printf(x->call->arena, "%s%s", workspace,
                       sl_file_is_dir(workspace) ? "" : " (not made yet)"));
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length > 0)
    fact(x, "paths", "program", sl_arena_copy_bytes(x->call->arena, self, (size_t)length));
  const char *demo = sl_demo_data_find(x->call->arena);
  fact(x, "paths", "demo images", demo != NULL ? demo : "not found");
  if (demo == NULL) lacks(x, "demo images", "apt-get install dataset-fashion-mnist");
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  (void)params_in;
  (void)err;
  doctor_result *out = result_out;
  examination x = {.call = call};
  fact(&x, "Slitlamp", "version", sl_version());
  examine_runtime(&x);
  examine_libraries(&x);
  examine_machine(&x);
  examine_sandbox(&x);
  examine_paths(&x);
  out->facts = sl_record_done(&x.facts);
  out->missing = sl_record_done(&x.missing);
  out->ok = x.missing.count == 0;
  return SL_OK;
}

const sl_op sl_op_doctor = {
    .info = {.name = "doctor",
             .title = "Examine the installation",
             .help = "What Slitlamp found on this machine, and what is missing.",
             .example = "slitlamp doctor",
             .since = "0.1.0",
             .flags = SL_OP_NO_WORKSPACE | SL_OP_PEEK,
             .params = params,
             .params_size = 0,
             .result = result,
             .result_size = sizeof(doctor_result)},
    .run = run};
