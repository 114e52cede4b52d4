millrace_test(NAME core LINKS millrace_core)
