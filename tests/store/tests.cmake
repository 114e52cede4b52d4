millrace_test(NAME store LINKS millrace_store)
