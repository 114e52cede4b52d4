millrace_test(NAME publish LINKS millrace_publish)
target_include_directories(test_publish SYSTEM PRIVATE ${RapidJSON_INCLUDE_DIRS} ${RAPIDJSON_INCLUDE_DIRS})
