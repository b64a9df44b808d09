// SPDX-License-Identifier: Apache-2.0
// What the base layer is linked with.
#include "base/libraries.h"

#include <sodium.h>
#include <yaml.h>
#include <yyjson.h>

const sl_library *sl_base_libraries(size_t *count) {
  static sl_library libraries[3];
  libraries[0] = (sl_library){"yyjson", YYJSON_VERSION_STRING};
  libraries[1] = (sl_library){"libsodium", sodium_version_string()};
  libraries[2] = (sl_library){"libyaml", yaml_get_version_string()};
  *count = sizeof libraries / sizeof libraries[0];
  return libraries;
}
