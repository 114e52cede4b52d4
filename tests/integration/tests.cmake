# Tests on a real Apache Kafka. Each starts its own broker.
millrace_test(NAME integration TIMEOUT 900 LABELS kafka LINKS millrace_app millrace_demo millrace_kafka)
target_sources(test_integration PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/uninterrupted.cc)
if(TARGET millrace)
  add_dependencies(test_integration millrace millrace-demo)
endif()
add_library(full_disk MODULE ${CMAKE_CURRENT_SOURCE_DIR}/integration/full_disk.c)
target_link_libraries(full_disk PRIVATE ${CMAKE_DL_LIBS})
add_dependencies(test_integration full_disk)
