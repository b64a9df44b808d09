// SPDX-License-Identifier: Apache-2.0
// The catalogue's schema: numbered migrations, and the check that a file has exactly ours.
//
// Only files of src/store include this.
#ifndef SL_STORE_CATALOGUE_H
#define SL_STORE_CATALOGUE_H

#include "store/connection.h"

enum { SL_CATALOGUE_APPLICATION = 0x534C4D50 };  // "SLMP"

int sl_catalogue_newest(void);  // number of the last migration

typedef struct sl_catalogue_options {
  int create;     // an empty file becomes a catalogue
  int read_only;  // no migration
  int check;      // look for damaged pages first
} sl_catalogue_options;

// Makes, checks and migrates the catalogue behind `connection`. The errors are those of
// sl_store_open().
SL_MUST_CHECK sl_status sl_catalogue_prepare(const sl_store *store, sl_connection *connection,
                                             sl_catalogue_options options, sl_error *err);

#endif
