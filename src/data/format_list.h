// SPDX-License-Identifier: Apache-2.0
// The dataset formats, in the order of the choices of "import"; one file each.
SL_FORMAT(folder)
SL_FORMAT(csv)
SL_FORMAT(jsonl)
SL_FORMAT(idx)
