# SPDX-License-Identifier: Apache-2.0
# Language, warnings, hardening and sanitizers for our own code. Outside sources do not link
# sl_flags (see third_party.cmake).

set(SL_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
option(SL_WERROR "Warnings are errors" ON)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_C_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)
add_compile_definitions(_GNU_SOURCE _FILE_OFFSET_BITS=64)
# Results must not depend on whether a machine fuses multiply and add, nor on where the checkout is.
add_compile_options(-ffp-contract=off "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

add_library(sl_flags INTERFACE)
target_compile_options(
  sl_flags
  INTERFACE -Wall
            -Wextra
            -Wconversion
            -Wshadow
            -Wvla
            -Wstrict-prototypes
            -Wmissing-prototypes
            -Wpointer-arith
            -Wwrite-strings
            -fstack-protector-strong
            $<$<BOOL:${SL_WERROR}>:-Werror>)
target_compile_definitions(sl_flags INTERFACE SL_VERSION="${PROJECT_VERSION}")
target_link_options(sl_flags INTERFACE LINKER:-z,relro,-z,now,--as-needed)

if(SL_SANITIZE)
  add_compile_options(-fsanitize=${SL_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SL_SANITIZE})
  target_compile_definitions(sl_flags INTERFACE SL_SANITIZED=1)
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(sl_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
