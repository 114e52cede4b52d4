millrace_test(NAME demo LINKS millrace_app millrace_demo millrace_ingest)
