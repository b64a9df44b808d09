# SPDX-License-Identifier: Apache-2.0
# The built pages (web/dist, made by `make pages`) become one C file that sl_http compiles. Without
# web/dist a single page says how to build them.

set(SL_ASSETS_C "${PROJECT_BINARY_DIR}/assets.c")
set(SL_DIST "${PROJECT_SOURCE_DIR}/web/dist")

add_executable(embed "${PROJECT_SOURCE_DIR}/tools/embed.c")
target_link_libraries(embed PRIVATE sl_flags)

file(GLOB_RECURSE SL_DIST_FILES CONFIGURE_DEPENDS "${SL_DIST}/*")
add_custom_command(
  OUTPUT "${SL_ASSETS_C}"
  COMMAND embed "${SL_ASSETS_C}" "${SL_DIST}"
  DEPENDS embed ${SL_DIST_FILES}
  COMMENT "Embedding the pages"
  VERBATIM)
