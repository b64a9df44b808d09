// SPDX-License-Identifier: Apache-2.0
// The public C interface of Slitlamp: a few nouns by hand, all verbs through sl_call().
//
// Start at engine.h; op.h lists the operations, row.h their parameters and results.
#ifndef SLITLAMP_SLITLAMP_H
#define SLITLAMP_SLITLAMP_H

#include <slitlamp/engine.h>
#include <slitlamp/error.h>
#include <slitlamp/op.h>
#include <slitlamp/row.h>

#define SLITLAMP_VERSION "0.1.0"

#endif
