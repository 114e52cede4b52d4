pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
millrace_test(NAME metrics LINKS millrace_metrics PkgConfig::HTTPLIB)
