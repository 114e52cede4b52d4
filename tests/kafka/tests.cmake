millrace_test(NAME kafka LINKS millrace_kafka)
