millrace_test(NAME plot LINKS millrace_plot)
