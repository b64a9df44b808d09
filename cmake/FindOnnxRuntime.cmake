# SPDX-License-Identifier: Apache-2.0
# Finds ONNX Runtime and defines the imported target OnnxRuntime::OnnxRuntime.
#
# Order: ONNXRUNTIME_ROOT (cache or environment), the system, third_party/fetched (filled by
# tools/setup.sh). A header older than the library is fine: the C interface is versioned.
# Sets OnnxRuntime_SOURCE to "root", "system" or "pinned" and OnnxRuntime_VERSION to the library's.

set(ONNXRUNTIME_ROOT "$ENV{ONNXRUNTIME_ROOT}" CACHE PATH "An unpacked ONNX Runtime release")
set(_ort_suffixes onnxruntime onnxruntime/core/session core/session)
set(_ort_fetched "${CMAKE_CURRENT_LIST_DIR}/../third_party/fetched")
set(OnnxRuntime_SOURCE "")

function(_ort_try source)
  unset(_include CACHE)
  unset(_library CACHE)
  find_path(_include onnxruntime_c_api.h PATH_SUFFIXES ${_ort_suffixes} NO_CACHE ${ARGN})
  find_library(_library onnxruntime PATH_SUFFIXES lib lib64 NO_CACHE ${ARGN})
  if(_include AND _library)
    set(OnnxRuntime_INCLUDE_DIR "${_include}" PARENT_SCOPE)
    set(OnnxRuntime_LIBRARY "${_library}" PARENT_SCOPE)
    set(OnnxRuntime_SOURCE ${source} PARENT_SCOPE)
  endif()
endfunction()

if(ONNXRUNTIME_ROOT)
  _ort_try(root PATHS "${ONNXRUNTIME_ROOT}" "${ONNXRUNTIME_ROOT}/include" NO_DEFAULT_PATH)
  if(NOT OnnxRuntime_SOURCE)
    message(FATAL_ERROR "ONNXRUNTIME_ROOT=${ONNXRUNTIME_ROOT} holds no onnxruntime_c_api.h or no "
                        "libonnxruntime. Point it at an unpacked ONNX Runtime release, or unset it.")
  endif()
else()
  _ort_try(system)
  if(NOT OnnxRuntime_SOURCE)
    _ort_try(pinned PATHS "${_ort_fetched}/onnxruntime-header/include"
             "${_ort_fetched}/onnxruntime" NO_DEFAULT_PATH)
  endif()
endif()

if(OnnxRuntime_LIBRARY)
  file(REAL_PATH "${OnnxRuntime_LIBRARY}" _ort_real)
  string(REGEX MATCH "[0-9]+\\.[0-9]+(\\.[0-9]+)?$" OnnxRuntime_VERSION "${_ort_real}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  OnnxRuntime
  REQUIRED_VARS OnnxRuntime_LIBRARY OnnxRuntime_INCLUDE_DIR
  VERSION_VAR OnnxRuntime_VERSION
  REASON_FAILURE_MESSAGE "run tools/setup.sh, or set ONNXRUNTIME_ROOT")

if(OnnxRuntime_FOUND AND NOT TARGET OnnxRuntime::OnnxRuntime)
  add_library(OnnxRuntime::OnnxRuntime SHARED IMPORTED)
  set_target_properties(
    OnnxRuntime::OnnxRuntime
    PROPERTIES IMPORTED_LOCATION "${OnnxRuntime_LIBRARY}"
               INTERFACE_INCLUDE_DIRECTORIES "${OnnxRuntime_INCLUDE_DIR}")
endif()
