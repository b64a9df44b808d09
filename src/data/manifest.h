// SPDX-License-Identifier: Apache-2.0
// Manifests: files with a row per sample. The formats csv and jsonl read them with this.
#ifndef SL_DATA_MANIFEST_H
#define SL_DATA_MANIFEST_H

#include "data/format.h"

// Adds a record per row: image by path below the manifest's folder or as base64, label or labels,
// split, everything else as metadata with the types of whole columns. Errors name the line.
SL_MUST_CHECK sl_status sl_manifest_read(sl_reading *reading, sl_error *err);

#endif
