millrace_test(NAME features LINKS millrace_features)
