# SPDX-License-Identifier: Apache-2.0
# Everything from outside: system libraries through pkg-config, pinned C sources compiled here as
# static libraries with their warnings off, and ONNX Runtime.

set(SL_FETCHED "${PROJECT_SOURCE_DIR}/third_party/fetched")

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OnnxRuntime REQUIRED)

# sl_system(NAME MODULE...): third::NAME from pkg-config.
function(sl_system name)
  pkg_check_modules(THIRD_${name} QUIET IMPORTED_TARGET GLOBAL ${ARGN})
  if(NOT THIRD_${name}_FOUND)
    message(FATAL_ERROR "Development files of ${ARGN} are missing (pkg-config does not know them). "
                        "Run tools/setup.sh; it installs what is missing.")
  endif()
  add_library(third::${name} ALIAS PkgConfig::THIRD_${name})
endfunction()

sl_system(jpeg libjpeg)
sl_system(spng spng)
sl_system(webp libwebp)
sl_system(tiff libtiff-4)
sl_system(microhttpd libmicrohttpd)
sl_system(sodium libsodium)
sl_system(yaml yaml-0.1)
sl_system(zlib zlib)

# sl_source(NAME FILE DEFINITION...): third::NAME compiled from third_party/fetched.
function(sl_source name file)
  if(NOT EXISTS "${SL_FETCHED}/${file}")
    message(FATAL_ERROR "third_party/fetched/${file} is missing. Run tools/setup.sh.")
  endif()
  cmake_path(GET file PARENT_PATH folder)
  add_library(third_${name} STATIC EXCLUDE_FROM_ALL "${SL_FETCHED}/${file}")
  target_include_directories(third_${name} SYSTEM INTERFACE "${SL_FETCHED}/${folder}")
  target_compile_options(third_${name} PRIVATE -w)
  target_compile_definitions(third_${name} PRIVATE ${ARGN})
  set_target_properties(third_${name} PROPERTIES C_EXTENSIONS ON)
  add_library(third::${name} ALIAS third_${name})
endfunction()

sl_source(yyjson yyjson/yyjson.c)
sl_source(roaring roaring/roaring.c)
sl_source(
  sqlite
  sqlite/sqlite3.c
  SQLITE_THREADSAFE=2
  SQLITE_DQS=0
  SQLITE_DEFAULT_FOREIGN_KEYS=1
  SQLITE_DEFAULT_MEMSTATUS=0
  SQLITE_DEFAULT_WAL_SYNCHRONOUS=1
  SQLITE_LIKE_DOESNT_MATCH_BLOBS
  SQLITE_MAX_EXPR_DEPTH=200
  SQLITE_OMIT_DEPRECATED
  SQLITE_OMIT_LOAD_EXTENSION
  SQLITE_OMIT_SHARED_CACHE
  SQLITE_STRICT_SUBTYPE=1)

# ONNX Runtime's library is found at run time through lib/ beside the programs, never through an
# absolute path, so that a build folder (and a checkout) can be moved. The link in lib/ has the
# soname, which the linker recorded in the programs.
set(SL_LIB_DIR "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN/lib:$ORIGIN/../lib:$ORIGIN/../lib/slitlamp:$ORIGIN")
