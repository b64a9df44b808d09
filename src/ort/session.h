// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime behind three nouns: the runtime (one per process), sessions, and bindings (tensors
// tied to a session so that a run allocates nothing).
//
// Invariant: models reach ONNX Runtime as bytes, never as paths. Sessions may be run from many
// threads at once; a binding belongs to one thread at a time. Start at sl_session_open().
#ifndef SL_ORT_SESSION_H
#define SL_ORT_SESSION_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/file.h"
#include "tensor/tensor.h"

const char *sl_ort_version(void);  // of the library, "1.32.0"; "" when it cannot be used
// Names of the execution providers the library was built with, most capable first; in `arena`.
SL_MUST_CHECK sl_status sl_ort_providers(sl_arena *arena, const char *const **out, size_t *count,
                                         sl_error *err);

typedef enum sl_provider {
  SL_PROVIDER_AUTO = 0,  // the fastest that is there
  SL_PROVIDER_CPU,
  SL_PROVIDER_CUDA,
  SL_PROVIDER_TENSORRT,
  SL_PROVIDER_OPENVINO,
  SL_PROVIDER_COREML,
  SL_PROVIDER_COUNT
} sl_provider;
const char *sl_provider_name(sl_provider provider);  // "cpu", ...; never NULL
// 1 when the library was built with it (the hardware may still be absent).
int sl_provider_built(sl_provider provider);

typedef enum sl_optimise {
  SL_OPTIMISE_ALL = 0,
  SL_OPTIMISE_EXTENDED,
  SL_OPTIMISE_BASIC,
  SL_OPTIMISE_OFF
} sl_optimise;

typedef struct sl_session_options {
  sl_provider provider;
  int32_t intra_threads;  // within one run; 0 = all processors
  sl_optimise optimise;
  bool deterministic;  // where the library offers a choice
  bool rests;  // threads stop waiting in a spin when a run ends: for sessions that take turns,
               // whose idle threads would take the processors from each other
  const char *profile_prefix;  // writes "<prefix>_<time>.json" when closed; NULL = no profile
  const char *const *external_names;  // external data: location as the model names it ...
  const sl_bytes *external_bytes;     // ... and its bytes, borrowed during sl_session_open() only
  size_t external_count;
  // Initializers that the model marks as external data, given as tensors by name. Their memory is
  // used in place and must outlive the session.
  const char *const *weight_names;
  const sl_tensor *weights;
  size_t weight_count;
} sl_session_options;

// An input or output as the session knows it.
typedef struct sl_port {
  const char *name;
  sl_dtype dtype;                    // SL_DTYPE_NONE when it is not a tensor of numbers
  const char *type;                  // in words, for messages
  int32_t rank;                      // -1 when above SL_RANK_MAX
  int64_t dims[SL_RANK_MAX];         // -1 when free
  const char *symbols[SL_RANK_MAX];  // "" when it has none
} sl_port;

typedef struct sl_session sl_session;

// `name` stands in messages. The bytes are borrowed during the call only. Errors: SL_E_MODEL when
// ONNX Runtime refuses the model, SL_E_UNSUPPORTED when the provider is not there, SL_E_RUNTIME.
SL_MUST_CHECK sl_status sl_session_open(const char *name, sl_bytes model,
                                        const sl_session_options *options, sl_session **out,
                                        sl_error *err);
void sl_session_close(sl_session *session);  // NULL is allowed; no run may be in flight

sl_provider sl_session_provider(const sl_session *session);  // never SL_PROVIDER_AUTO
size_t sl_session_input_count(const sl_session *session);
size_t sl_session_output_count(const sl_session *session);
const sl_port *sl_session_input(const sl_session *session, size_t index);   // borrowed
const sl_port *sl_session_output(const sl_session *session, size_t index);  // borrowed

// Runs all inputs to all outputs. Inputs are wrapped, not copied; outputs are new tensors that wrap
// ONNX Runtime's memory (release each). SL_E_CANCELLED after sl_session_stop().
SL_MUST_CHECK sl_status sl_session_run(sl_session *session, const sl_tensor *inputs,
                                       sl_tensor *outputs, sl_error *err);

// Ends the runs in flight and refuses new ones until sl_session_resume(). Any thread.
void sl_session_stop(sl_session *session);
void sl_session_resume(sl_session *session);

// Ends profiling and returns the path of the JSON file; in `arena`. SL_E_ARG without profiling.
SL_MUST_CHECK sl_status sl_session_end_profile(sl_session *session, sl_arena *arena,
                                               const char **path, sl_error *err);

// One input and one output in memory that stays: the buffers of `input` and `output` are kept, so
// fill the first, run, read the second. `output_index` picks the output.
typedef struct sl_binding sl_binding;
SL_MUST_CHECK sl_status sl_binding_new(sl_session *session, const sl_tensor *input,
                                       size_t output_index, const sl_tensor *output,
                                       sl_binding **out, sl_error *err);
SL_MUST_CHECK sl_status sl_binding_run(sl_binding *binding, sl_error *err);
void sl_binding_free(sl_binding *binding);  // NULL is allowed

#endif
