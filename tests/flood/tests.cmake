# A flood of users and items that come once each: a hundred thousand as a test, and millions for ./dev soak.
find_package(CLI11 REQUIRED)
add_library(millrace_flood STATIC ${CMAKE_CURRENT_LIST_DIR}/flood.cc)
target_link_libraries(millrace_flood PUBLIC millrace_app PRIVATE millrace_flags)

add_executable(millrace-flood ${CMAKE_CURRENT_LIST_DIR}/soak_main.cc)
target_link_libraries(millrace-flood PRIVATE millrace_flood millrace_flags CLI11::CLI11)

millrace_test(NAME flood SOURCES ${CMAKE_CURRENT_LIST_DIR}/flood_test.cc LINKS millrace_flood)
