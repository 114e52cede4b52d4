# The service in one thread on a broker, a disk and a clock in memory: a few hundred seeds as tests, and any number for
# ./dev soak.
find_package(CLI11 REQUIRED)

# The files that have failpoints, compiled once more and with them: what is handed to the linker as an object takes the
# place of the same file in a library.
file(GLOB failpoint_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/app/pipeline*.cc)
add_library(millrace_failpoints OBJECT ${failpoint_sources} ${PROJECT_SOURCE_DIR}/app/step_checkpoint.cc
                                       ${PROJECT_SOURCE_DIR}/publish/publisher.cc)
target_compile_definitions(millrace_failpoints PRIVATE MILLRACE_FAILPOINTS)
target_link_libraries(millrace_failpoints PRIVATE millrace_app millrace_flags)

file(GLOB simulation_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cc)
list(FILTER simulation_sources EXCLUDE REGEX "_(test|main)\\.cc$")
add_library(millrace_simulation STATIC ${simulation_sources} ${PROJECT_SOURCE_DIR}/tests/uninterrupted.cc)
target_link_libraries(millrace_simulation PUBLIC millrace_app PRIVATE millrace_flags)

add_executable(millrace-simulation ${CMAKE_CURRENT_LIST_DIR}/soak_main.cc $<TARGET_OBJECTS:millrace_failpoints>)
target_link_libraries(millrace-simulation PRIVATE millrace_simulation millrace_flags CLI11::CLI11)

millrace_test(NAME simulation SOURCES ${CMAKE_CURRENT_LIST_DIR}/simulation_test.cc $<TARGET_OBJECTS:millrace_failpoints>
              LINKS millrace_simulation)
