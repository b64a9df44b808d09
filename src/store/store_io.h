// SPDX-License-Identifier: Apache-2.0
// Writing workspace files: create, write, sync, rename. Tests make the nth of these calls fail.
//
// Only files of src/store and their tests include this.
#ifndef SL_STORE_STORE_IO_H
#define SL_STORE_STORE_IO_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

// A new file for reading and writing; one that is there already is an error.
SL_MUST_CHECK sl_status sl_io_create(const char *path, int *fd, sl_error *err);
SL_MUST_CHECK sl_status sl_io_write(int fd, const char *path, const void *bytes, size_t size,
                                    int64_t at, sl_error *err);
// SL_E_FORMAT when the file ends before.
SL_MUST_CHECK sl_status sl_io_read(int fd, const char *path, void *bytes, size_t size, int64_t at,
                                   sl_error *err);
// Gives the file `size` bytes and reserves them where the file system can.
SL_MUST_CHECK sl_status sl_io_reserve(int fd, const char *path, int64_t size, sl_error *err);
SL_MUST_CHECK sl_status sl_io_resize(int fd, const char *path, int64_t size, sl_error *err);
SL_MUST_CHECK sl_status sl_io_sync(int fd, const char *path, sl_error *err);
// Renames; with `sync` the new name is on the disk when it returns.
SL_MUST_CHECK sl_status sl_io_rename(const char *from, const char *to, int sync, sl_error *err);
SL_MUST_CHECK sl_status sl_io_sync_dir(const char *path, sl_error *err);

// Test hook: the nth write, reserve, sync or rename from now fails with `error_number`; 0 switches
// off. Process-wide. Returns how many calls the fault set before was still away (0 = it was met).
int64_t sl_io_fail_after(int64_t n, int error_number);

#endif
