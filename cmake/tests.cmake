# SPDX-License-Identifier: Apache-2.0
# Everything CTest runs. C tests are found by name; the other kinds register when their file exists.
# Labels: unit, tools, ops, http, cli, docs, schema, fuzz, browser.

find_package(PkgConfig REQUIRED)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)

set(SL_TEST_ENV
    "SLITLAMP=${PROJECT_BINARY_DIR}/slitlamp"
    "SL_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    "SL_BUILD_DIR=${PROJECT_BINARY_DIR}"
    "PYTHONDONTWRITEBYTECODE=1"
    "ASAN_OPTIONS=detect_stack_use_after_return=1:allocator_may_return_null=1"
    "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:ignore_noninstrumented_modules=1")

function(sl_test name label timeout)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout}
                                          ENVIRONMENT "${SL_TEST_ENV}")
endfunction()

function(sl_c_test file libraries)
  cmake_path(GET file STEM name)
  add_executable(${name} "${file}")
  target_link_libraries(${name} PRIVATE ${libraries} sl_flags PkgConfig::CMOCKA third::zlib m)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src"
                                             "${PROJECT_SOURCE_DIR}/include")
  # cmocka.h needs these before it, which sorted includes would not give.
  target_compile_options(${name} PRIVATE "SHELL:-include stdarg.h" "SHELL:-include stddef.h"
                                         "SHELL:-include stdint.h" "SHELL:-include setjmp.h")
  target_compile_definitions(${name} PRIVATE SL_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             SL_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  sl_test(${name} unit 300 ${name})
endfunction()

# ---- C unit tests: beside the code (linked with their layer), and in tests/unit (with all) ------
file(GLOB beside CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*/*_test.c")
foreach(file IN LISTS beside)
  cmake_path(GET file PARENT_PATH folder)
  cmake_path(GET folder FILENAME layer)
  if(TARGET sl_${layer})
    # With the layer's own outside libraries: a test may look behind the door its layer keeps.
    get_target_property(libraries sl_${layer} LINK_LIBRARIES)
    sl_c_test("${file}" "sl_${layer};${libraries}")
  endif()
endforeach()

file(GLOB units CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/unit/*.c")
foreach(file IN LISTS units)
  sl_c_test("${file}" "${SL_LAYER_TARGETS}")
endforeach()

# ---- helpers of the scripts: programs that use the shared library as anybody would ---------------
file(GLOB helpers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/*.c")
foreach(file IN LISTS helpers)
  if(TARGET slitlamp_shared)
    cmake_path(GET file STEM name)
    add_executable(${name} "${file}")
    target_link_libraries(${name} PRIVATE slitlamp_shared sl_flags)
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/include")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  endif()
endforeach()

# ---- programs for developers and scripts, built on request --------------------------------------
# Linked with the layers they include, so that they build whatever state the others are in.
file(GLOB drivers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/tools/*.c")
foreach(file IN LISTS drivers)
  cmake_path(GET file STEM name)
  set(layers "")
  file(STRINGS "${file}" includes REGEX "^#include \"[a-z]+/")
  foreach(line IN LISTS includes)
    string(REGEX REPLACE "^#include \"([a-z]+)/.*" "sl_\\1" layer "${line}")
    list(APPEND layers ${layer})
  endforeach()
  add_executable(${name} EXCLUDE_FROM_ALL "${file}")
  target_link_libraries(${name} PRIVATE ${layers} sl_flags m)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
endforeach()

# The round trip of model files uses this one in the ordinary tests.
if(TARGET onnx_copy)
  set_target_properties(onnx_copy PROPERTIES EXCLUDE_FROM_ALL FALSE)
endif()

# ---- fuzz corpora, replayed by the ordinary build -----------------------------------------------
file(GLOB harnesses CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/fuzz/*_fuzz.c")
foreach(file IN LISTS harnesses)
  cmake_path(GET file STEM name)
  # Linked with the layers it includes, so that it builds whatever state the others are in.
  set(layers "")
  file(STRINGS "${file}" includes REGEX "^#include \"[a-z]+/")
  foreach(line IN LISTS includes)
    string(REGEX REPLACE "^#include \"([a-z]+)/.*" "sl_\\1" layer "${line}")
    list(APPEND layers ${layer})
  endforeach()
  add_executable(${name} "${file}" "${PROJECT_SOURCE_DIR}/tools/replay.c")
  target_link_libraries(${name} PRIVATE ${layers} sl_flags)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src"
                                             "${PROJECT_SOURCE_DIR}/include")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
  string(REGEX REPLACE "_fuzz$" "" corpus ${name})
  sl_test(${name} fuzz 300 ${name} "${PROJECT_SOURCE_DIR}/fuzz/corpus/${corpus}")
endforeach()

# ---- benchmarks are built on request (make bench) -----------------------------------------------
file(GLOB benches CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/*.c")
add_custom_target(benches)
foreach(file IN LISTS benches)
  cmake_path(GET file STEM name)
  add_executable(${name} EXCLUDE_FROM_ALL "${file}")
  target_link_libraries(${name} PRIVATE ${SL_LAYER_TARGETS} sl_flags m)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src"
                                             "${PROJECT_SOURCE_DIR}/include")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
  add_dependencies(benches ${name})
endforeach()

# ---- scripts ------------------------------------------------------------------------------------
# sl_script(name label timeout file args...): registered when the file exists. CONFIGURE_DEPENDS
# makes the build notice when one arrives.
function(sl_script name label timeout file)
  file(GLOB found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${file}")
  if(NOT found)
    return()
  endif()
  if(file MATCHES "\\.py$")
    sl_test(${name} ${label} ${timeout} ${Python3_EXECUTABLE} "${found}" ${ARGN})
  else()
    sl_test(${name} ${label} ${timeout} bash "${found}" ${ARGN})
  endif()
endfunction()

sl_test(tools tools 120 ${Python3_EXECUTABLE} -m unittest discover -q -s tests/tools -t tests/tools)
sl_script(layers tools 60 tools/check_layers.py)
sl_script(rows tools 60 tools/check_rows.py)
sl_script(style tools 60 tools/check_style.py)
sl_script(format tools 60 tools/format.sh --check)
if(TARGET slitlamp)
  sl_script(build tools 60 tools/check_build.sh "${PROJECT_BINARY_DIR}")
endif()
if(TARGET slitlamp AND EXISTS "${PROJECT_SOURCE_DIR}/schema/ops.json")
  sl_test(schema schema 60 bash tools/check_schema.sh)
endif()
sl_script(clients schema 60 tools/gen_clients.py --check)
sl_script(onnx_round_trip unit 300 tests/onnx/roundtrip.py)
sl_script(ops ops 900 tests/run_ops.py)
sl_script(http http 900 tests/http/run_http.py)
sl_script(docs docs 900 tests/run_docs.py)

file(GLOB scripts CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/cli/*.sh")
foreach(file IN LISTS scripts)
  cmake_path(GET file STEM name)
  sl_test(cli_${name} cli 600 bash "${file}")
endforeach()

# ---- pages: `npm test` for the units, `npm run test:browser` for the real server in Chromium -------
find_program(SL_NPM npm HINTS "${SL_FETCHED}/node/bin")
set(package "${PROJECT_SOURCE_DIR}/web/package.json")
file(GLOB pages CONFIGURE_DEPENDS "${package}" "${SL_DIST}/index.html")
list(LENGTH pages pages_count)
if(SL_NPM AND pages_count EQUAL 2)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${package}")
  file(READ "${package}" manifest)
  sl_test(web_unit browser 300 ${SL_NPM} --prefix web run --silent test)
  if(manifest MATCHES "\"test:browser\"")
    sl_test(web_browser browser 1200 ${SL_NPM} --prefix web run --silent test:browser)
    set_tests_properties(web_browser PROPERTIES RUN_SERIAL ON)
  endif()
endif()
