// SPDX-License-Identifier: Apache-2.0
// Every pipeline step, in the order of the manual. Include with SL_STEP(name) defined.
SL_STEP(decode)
SL_STEP(mode)
SL_STEP(resize)
SL_STEP(crop)
SL_STEP(letterbox)
SL_STEP(pad)
SL_STEP(scale)
SL_STEP(normalize)
SL_STEP(layout)
