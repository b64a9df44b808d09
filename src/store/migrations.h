// SPDX-License-Identifier: Apache-2.0
// The numbered migrations. Only catalogue.c and tests include this.
#ifndef SL_STORE_MIGRATIONS_H
#define SL_STORE_MIGRATIONS_H

// Migration i takes a catalogue from version i to i + 1. Never change one that was released: add.
extern const char *const sl_migrations[];

#endif
