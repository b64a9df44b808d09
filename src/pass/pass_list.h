// SPDX-License-Identifier: Apache-2.0
// Passes without options, in the order sl_pass_prepare() uses them. Include with SL_PASS defined:
// SL_PASS(name, is_idempotent, help): the function is sl_pass_<name>() in src/pass/<name>.c.
SL_PASS(raise, 1, "operator set 17 or later: older spellings become today's")
SL_PASS(inline, 1, "calls of the model's functions become the nodes of their bodies")
SL_PASS(fold, 1, "constant work is done now, no-ops go, constant branches are chosen")
SL_PASS(unroll, 1, "loops with a known number of rounds become the nodes of these rounds")
SL_PASS(fuse_batch_norm, 1, "batch normalisation goes into the weights of the layer before it")
SL_PASS(dedupe, 1, "equal constants and equal nodes with equal inputs become one")
SL_PASS(dead, 1, "nodes and constants that no output depends on go")
