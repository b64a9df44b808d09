// SPDX-License-Identifier: Apache-2.0
// Results by key: same operation, parameters, inputs and version give the same JSON text.
//
// The key is the caller's: 64 hex digits over operation, canonical parameters, the keys it read and
// Slitlamp's version.
#ifndef SL_STORE_RESULT_CACHE_H
#define SL_STORE_RESULT_CACHE_H

#include "store/store.h"

SL_MUST_CHECK sl_status sl_store_put_result(sl_store *store, const char *key, const char *result,
                                            sl_error *err);
// *result is NULL when there is none.
SL_MUST_CHECK sl_status sl_store_get_result(sl_store *store, sl_arena *arena, const char *key,
                                            char **result, sl_error *err);

#endif
