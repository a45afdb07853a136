# Compiler options of every room (docs/style.md section 9, SEC-50). One flavor per build directory.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)  # A12: each public header compiles alone
set(CMAKE_BUILD_TYPE "" CACHE STRING "unused: KAIZEN_FLAVOR decides" FORCE)

find_program(KAIZEN_CCACHE ccache)
if(KAIZEN_CCACHE)
  # Relative paths and no working directory in the hash: a second clone hits the same cache.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_NOHASHDIR=1
               CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${KAIZEN_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
find_program(KAIZEN_LLD NAMES mold ld.lld ld.lld-19)
if(KAIZEN_LLD MATCHES "mold$" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
elseif(KAIZEN_LLD MATCHES "ld.lld$")
  add_link_options(-fuse-ld=lld)
endif()

add_library(kaizen_options INTERFACE)
target_compile_options(kaizen_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wformat=2 -Werror
  -Werror=format-security)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of GCC 12: in its own std::string, and in std::optional after inlining.
  target_compile_options(kaizen_options INTERFACE -Wno-restrict -Wno-error=maybe-uninitialized)
else()
  target_compile_options(kaizen_options INTERFACE -Wthread-safety -Wmissing-prototypes)
endif()
add_compile_options("-ffile-prefix-map=${CMAKE_BINARY_DIR}/rooms=controller"
                    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")

set(hardening -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero
              -D_GLIBCXX_ASSERTIONS -fexceptions)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  list(APPEND hardening -mbranch-protection=standard)
else()
  list(APPEND hardening -fcf-protection=full)
endif()

if(KAIZEN_FLAVOR STREQUAL "release")
  add_compile_options(-O2 -g1 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 ${hardening})
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed)
elseif(KAIZEN_FLAVOR STREQUAL "dev")
  add_compile_options(-O1 -g1 -D_GLIBCXX_ASSERTIONS)
elseif(KAIZEN_FLAVOR STREQUAL "asan")
  add_compile_options(-O1 -g1 -D_GLIBCXX_ASSERTIONS -fno-omit-frame-pointer
                      -fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(KAIZEN_FLAVOR STREQUAL "tsan")
  add_compile_options(-O1 -g1 -fno-omit-frame-pointer -fsanitize=thread)
  add_link_options(-fsanitize=thread)
  target_compile_options(kaizen_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-error=tsan>)
else()
  message(FATAL_ERROR "KAIZEN_FLAVOR=${KAIZEN_FLAVOR}: use dev, release, asan or tsan")
endif()
