millrace_test(NAME ingest LINKS millrace_ingest millrace_store)
