millrace_test(NAME app LINKS millrace_app)
