// SPDX-License-Identifier: Apache-2.0
// Is an image file whole? A cheap look at its structure; pixels are not decoded.
//
// What passes may still fail to decode (damage in the middle); that is found when it is evaluated.
#ifndef SL_DATA_WHOLE_CHECK_H
#define SL_DATA_WHOLE_CHECK_H

#include "base/file.h"
#include "image/image.h"

// SL_E_FORMAT when the file ends early; `info` comes from sl_image_probe() of the same bytes.
SL_MUST_CHECK sl_status sl_whole_check(sl_bytes file, const sl_image_info *info, sl_error *err);

#endif
