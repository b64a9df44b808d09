// SPDX-License-Identifier: Apache-2.0
// Every finder; order decides nothing but ties. Include with SL_FINDER(function) defined.
SL_FINDER(sl_find_broken)
SL_FINDER(sl_find_nan)
SL_FINDER(sl_find_pipeline)
SL_FINDER(sl_find_class_order)
SL_FINDER(sl_find_class_map)
SL_FINDER(sl_find_confused)
SL_FINDER(sl_find_weak_classes)
SL_FINDER(sl_find_confident)
SL_FINDER(sl_find_calibration)
SL_FINDER(sl_find_class_calibration)
SL_FINDER(sl_find_duplicates)
