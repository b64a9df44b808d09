# SPDX-License-Identifier: Apache-2.0
# One static library per folder of src/, and the programs made of them.

set(SL_LAYER_TARGETS "") # libraries that exist, in layer order

# sl_layer("name: deps" DOORS): library sl_<name> from src/<name>/*.c (not *_test.c, not main.c).
# A folder without sources is skipped, and who uses it gets what it would have used instead, so that
# layers can arrive one by one.
function(sl_layer row doors)
  string(REGEX MATCH "^([a-z]+):(.*)$" _ "${row}")
  set(name ${CMAKE_MATCH_1})
  separate_arguments(uses UNIX_COMMAND "${CMAKE_MATCH_2}")
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*.c")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.c$")
  if(name STREQUAL "http")
    list(APPEND sources "${SL_ASSETS_C}")
  endif()
  set(linked "")
  foreach(use IN LISTS uses)
    if(TARGET sl_${use})
      list(APPEND linked sl_${use})
    else()
      list(APPEND linked ${SL_LINKS_${use}})
    endif()
  endforeach()
  set(SL_LINKS_${name} "${linked}" PARENT_SCOPE)
  if(NOT sources)
    return()
  endif()
  add_library(sl_${name} STATIC ${sources})
  target_include_directories(sl_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src"
                                               "${PROJECT_SOURCE_DIR}/include")
  target_link_libraries(sl_${name} PRIVATE sl_flags PUBLIC ${linked})
  foreach(door IN LISTS doors)
    if(door MATCHES "^${name}:(.*)$")
      separate_arguments(libraries UNIX_COMMAND "${CMAKE_MATCH_1}")
      target_link_libraries(sl_${name} PRIVATE ${libraries})
    endif()
  endforeach()
  set(SL_LAYER_TARGETS ${SL_LAYER_TARGETS} sl_${name} PARENT_SCOPE)
endfunction()

# The command line program and the shared library.
function(sl_programs)
  if(TARGET sl_op)
    # Objects, not archives, of the layers with public symbols: nothing in the library itself refers
    # to them, so the linker would leave them out.
    add_library(slitlamp_shared SHARED)
    foreach(layer base op api)
      if(TARGET sl_${layer})
        target_sources(slitlamp_shared PRIVATE $<TARGET_OBJECTS:sl_${layer}>)
        target_link_libraries(slitlamp_shared PRIVATE sl_${layer})
      endif()
    endforeach()
    target_link_libraries(slitlamp_shared PRIVATE sl_flags)
    target_link_options(slitlamp_shared PRIVATE LINKER:--exclude-libs,ALL)
    set_target_properties(
      slitlamp_shared
      PROPERTIES OUTPUT_NAME slitlamp
                 SOVERSION ${PROJECT_VERSION_MAJOR}
                 VERSION ${PROJECT_VERSION}
                 LINKER_LANGUAGE C
                 LIBRARY_OUTPUT_DIRECTORY "${SL_LIB_DIR}")
    install(TARGETS slitlamp_shared LIBRARY DESTINATION lib)
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/slitlamp" DESTINATION include)
  endif()

  file(GLOB main CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/cli/main.c")
  if(main)
    add_executable(slitlamp ${main})
    target_link_libraries(slitlamp PRIVATE sl_flags ${SL_LAYER_TARGETS})
    install(TARGETS slitlamp RUNTIME DESTINATION bin)
  endif()
  if(OnnxRuntime_SOURCE STREQUAL "system")
    return()
  endif()
  file(GLOB libraries "${OnnxRuntime_LIBRARY}*")
  install(FILES ${libraries} DESTINATION lib/slitlamp)
endfunction()

# Links ONNX Runtime's libraries into the build's lib/ (relative where it lies in this checkout).
function(sl_link_runtime)
  file(MAKE_DIRECTORY "${SL_LIB_DIR}")
  cmake_path(GET OnnxRuntime_LIBRARY PARENT_PATH folder)
  file(GLOB libraries "${folder}/libonnxruntime*.so*")
  foreach(library IN LISTS libraries)
    cmake_path(GET library FILENAME file)
    set(target "${library}")
    cmake_path(IS_PREFIX PROJECT_SOURCE_DIR "${library}" NORMALIZE inside)
    cmake_path(IS_PREFIX PROJECT_SOURCE_DIR "${SL_LIB_DIR}" NORMALIZE built_inside)
    if(inside AND built_inside)
      file(RELATIVE_PATH target "${SL_LIB_DIR}" "${library}")
    endif()
    file(CREATE_LINK "${target}" "${SL_LIB_DIR}/${file}" SYMBOLIC)
  endforeach()
endfunction()
if(NOT OnnxRuntime_SOURCE STREQUAL "system")
  sl_link_runtime()
endif()
