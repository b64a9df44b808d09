// SPDX-License-Identifier: Apache-2.0
// A shared library needs one source of its own; all code of libslitlamp.so is in the layers.
typedef int sl_nothing;
