pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
millrace_test(NAME deploy LABELS integration LINKS millrace_metrics millrace_demo PkgConfig::HTTPLIB)
add_dependencies(test_deploy millrace millrace-demo)
