// SPDX-License-Identifier: Apache-2.0
// Models the workspace knows: the file's key, where it was, and its contract.
#ifndef SL_STORE_MODEL_TABLE_H
#define SL_STORE_MODEL_TABLE_H

#include "store/store.h"

typedef struct sl_model_row {
  int64_t id;
  const char *key;   // SHA-256 of the file, 64 hex digits; unique
  const char *path;  // where it was seen last, as any bytes
  const char *name;
  int64_t size_bytes;
  const char *contract;  // JSON: pipeline, head, class map; or NULL
  const char *metadata;  // JSON, or NULL
  int64_t created_ms;
  int64_t journal;  // entry that made it, or 0
} sl_model_row;

// Adds the model, or finds the one with the same key and notes its new path.
SL_MUST_CHECK sl_status sl_store_add_model(sl_store *store, const sl_model_row *row, int64_t *id,
                                           sl_error *err);
// Replaces the contract (the journal entry that did so keeps the old one as a parameter).
SL_MUST_CHECK sl_status sl_store_set_model_contract(sl_store *store, int64_t id,
                                                    const char *contract, sl_error *err);
SL_MUST_CHECK sl_status sl_store_get_model(sl_store *store, sl_arena *arena, int64_t id,
                                           sl_model_row *out, sl_error *err);
// *id is 0 when there is none with that key.
SL_MUST_CHECK sl_status sl_store_find_model(sl_store *store, const char *key, int64_t *id,
                                            sl_error *err);
// In order of creation.
SL_MUST_CHECK sl_status sl_store_list_models(sl_store *store, sl_arena *arena, sl_model_row **out,
                                             size_t *count, sl_error *err);

#endif
