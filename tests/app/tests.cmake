millrace_test(NAME app LINKS millrace_app)
file(GLOB evaluate_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/evaluate/*.cc)
millrace_test(NAME evaluate SOURCES ${evaluate_sources} LINKS millrace_app)
