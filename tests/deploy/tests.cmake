pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
millrace_test(NAME deploy LABELS integration LINKS millrace_metrics millrace_demo PkgConfig::HTTPLIB)
target_sources(test_deploy PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/metrics/example_metrics.cc)
