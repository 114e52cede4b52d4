# Tests on a real Apache Kafka. Each starts its own broker; they take turns so that brokers do not starve each other.
millrace_test(NAME integration TIMEOUT 600 LABELS kafka LINKS millrace_demo millrace_kafka)
