millrace_test(NAME model LINKS millrace_model)
