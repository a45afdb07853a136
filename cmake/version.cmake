# Run at build time: writes version.cc when it would differ.
#   cmake -DSOURCE_DIR= -DTEMPLATE= -DOUTPUT= -DVERSION= -DCOMPILER= [-DREVISION=] -P cmake/version.cmake
# The revision is what the caller says, else that of the repository, else "unknown".
if(NOT REVISION)
  execute_process(COMMAND git -C "${SOURCE_DIR}" rev-parse --short=12 HEAD
                  OUTPUT_VARIABLE REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed EQUAL 0)
    set(REVISION unknown)
  endif()
endif()
configure_file("${TEMPLATE}" "${OUTPUT}" @ONLY)
