# Rooms: one folder of controller/ = one static library = one namespace (A10).
#
# add_room(NAME USES room... HEADERS h... SOURCES cc... [LIBS private third party...])
#   The only public include path of a room is <build>/rooms/NAME, which holds one link NAME -> controller/NAME: a room
#   that is not among USES (or what those use) cannot be included at all.
# add_room_test(NAME SOURCES cc... [USES room...] [LIBS ...])
#   One test executable per room (A92) with the only precompiled header (A91).
set(KAIZEN_ROOMS "" CACHE INTERNAL "")

function(add_room name)
  cmake_parse_arguments(ARG "" "" "USES;HEADERS;SOURCES;LIBS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "add_room(${name}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set(include_dir "${CMAKE_BINARY_DIR}/rooms/${name}")
  file(MAKE_DIRECTORY "${include_dir}")
  if(NOT IS_SYMLINK "${include_dir}/${name}")
    file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${include_dir}/${name}" SYMBOLIC)
  endif()
  add_library(${name} STATIC ${ARG_SOURCES})
  list(TRANSFORM ARG_HEADERS PREPEND "${include_dir}/${name}/")
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS "${include_dir}" FILES ${ARG_HEADERS})
  target_link_libraries(${name} PUBLIC ${ARG_USES} PRIVATE kaizen_options ${ARG_LIBS})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME kaizen_${name})
  set(KAIZEN_ROOMS "${KAIZEN_ROOMS};${name}" CACHE INTERNAL "")
endfunction()

# KAIZEN_SOURCE_DIR of tests (tests/support/source_dir.h).
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/source_dir.cc" @ONLY CONTENT
  "#include \"source_dir.h\"\n\nconst char* kaizen_source_dir() {\n  return \"@CMAKE_SOURCE_DIR@\";\n}\n")
add_library(source_dir STATIC EXCLUDE_FROM_ALL "${CMAKE_BINARY_DIR}/source_dir.cc")
target_include_directories(source_dir PUBLIC "${CMAKE_SOURCE_DIR}/tests/support")

function(add_room_test name)
  if(NOT KAIZEN_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${name} ${ARG_USES} kaizen_options ${ARG_LIBS} source_dir
                        GTest::gmock GTest::gtest GTest::gtest_main)
  # Not with clang: its precompiled headers hold absolute paths, which would keep the compiler cache from serving a
  # second clone. That build also shows a test that forgot an include.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_precompile_headers(${name}_test PRIVATE <gtest/gtest.h> <gmock/gmock.h> <string> <vector>
                              <map> <optional> <source_dir.h>)
  endif()
  add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES LABELS unit)
endfunction()
