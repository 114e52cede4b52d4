millrace_test(NAME demo LINKS millrace_demo millrace_ingest)
