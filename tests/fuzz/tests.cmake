# Fuzz targets: run over their kept inputs by a test, and with -DMILLRACE_FUZZ=ON (Clang) one program each for ./dev fuzz.
set(fuzz_targets decode configuration stored items http)
list(TRANSFORM fuzz_targets PREPEND ${CMAKE_CURRENT_LIST_DIR}/ OUTPUT_VARIABLE fuzz_sources)
list(TRANSFORM fuzz_sources APPEND .cc)
add_library(millrace_fuzz STATIC ${fuzz_sources})
target_link_libraries(millrace_fuzz PUBLIC millrace_app PRIVATE millrace_flags)

millrace_test(NAME fuzz SOURCES ${CMAKE_CURRENT_LIST_DIR}/corpus_test.cc LINKS millrace_fuzz)

if(MILLRACE_FUZZ)
  foreach(target ${fuzz_targets})
    add_executable(fuzz_${target} ${CMAKE_CURRENT_LIST_DIR}/fuzzer_main.cc)
    target_compile_definitions(fuzz_${target} PRIVATE MILLRACE_FUZZ_TARGET=fuzz_${target})
    target_link_libraries(fuzz_${target} PRIVATE millrace_fuzz millrace_flags)
    target_link_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()
