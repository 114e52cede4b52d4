// What an administrator does to topics and rights, for tests. Each call adds a test failure where the broker refuses.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millrace::testing {

void delete_topic(const std::string& bootstrap, const std::string& topic);
// Everything before `offset` of every one of `partitions`.
void delete_records(const std::string& bootstrap, const std::string& topic, std::int32_t partitions,
                    std::int64_t offset);
void add_partitions(const std::string& bootstrap, const std::string& topic, std::int32_t total);
// Replaces all of the topic's own settings by these.
void set_topic(const std::string& bootstrap, const std::string& topic,
               const std::vector<std::pair<std::string, std::string>>& settings);
// Denies everything on the topic to "User:<user>", or takes that back.
void deny(const std::string& bootstrap, const std::string& topic, const std::string& user);
void allow_again(const std::string& bootstrap, const std::string& topic, const std::string& user);

}  // namespace millrace::testing
