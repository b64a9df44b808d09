// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy files, versions 1 to 3 (numpy.lib.format), to and from tensors.
//
// Numbers and booleans only. Arrays in Fortran order and of the other byte order are turned into
// row-major host order exactly; Python objects, structures, strings, complex numbers and dates are
// refused. No byte of a file is ever executed or unpickled.
#ifndef SL_TENSOR_NPY_H
#define SL_TENSOR_NPY_H

#include "tensor/tensor.h"

typedef struct sl_npy_header {
  sl_dtype dtype;
  sl_shape shape;
  int32_t fortran_order;  // first index runs fastest
  int32_t swapped;        // elements are in the other byte order
  size_t data_offset;     // of the first element in the file
  size_t data_size;       // bytes of all elements; present in the file as given
} sl_npy_header;

// Reads and checks the header against the `size` bytes of the whole file; allocates nothing, so
// that a mapped file can be used in place. SL_E_FORMAT when it is no .npy file, is damaged, ends
// early or goes on after its array; SL_E_UNSUPPORTED for element types named above and for more
// than SL_RANK_MAX dimensions.
SL_MUST_CHECK sl_status sl_npy_parse(const void *bytes, size_t size, sl_npy_header *out,
                                     sl_error *err);

// A tensor of its own (row-major, host order). Errors of sl_npy_parse() and sl_tensor_new().
SL_MUST_CHECK sl_status sl_npy_read(const void *bytes, size_t size, sl_tensor *out, sl_error *err);

// The bytes of a version 1 file, equal to those of numpy.save. SL_E_UNSUPPORTED for bfloat16, for
// which NumPy has no name.
SL_MUST_CHECK sl_status sl_npy_write(const sl_tensor *tensor, sl_buffer **out, sl_error *err);

#endif
