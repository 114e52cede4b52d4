// What a store says, held against a naive account of the stream; and the same steps run again over an empty store.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "app/config.h"
#include "core/event.h"
#include "demo/auditor.h"
#include "demo/event_source.h"
#include "demo/feeder.h"
#include "store/store.h"

namespace millrace::testing {

// Records of all partitions that have an outcome.
std::uint64_t settled_records(const Store& store);
// By topic and outcome.
FeedCounts settled_counts(const Store& store);

// Users and items of the store against sums over the records that are to be applied: counts, times, ratings, decayed
// counters, and the newest interactions. Adds test failures where they differ.
void expect_features_of(const std::vector<DemoRecord>& sent, const Config& config, const Store& store);

// The same for these users alone: an instance that shares its group has whole those of its partitions.
void expect_users_of(const std::vector<DemoRecord>& sent, const std::set<std::string>& users, const Config& config,
                     const Store& store);

// Runs the store's recorded steps again, without interruption, over an empty store in memory, from the topics' records,
// and compares every table that a step writes, byte for byte. Adds test failures where they differ. `records`:
// everything on the event topics.
void expect_same_as_uninterrupted(const std::vector<Record>& records, const Config& config, const Store& store);

// The newest version that was published to each user is that of the list in the store, and nobody else has a list.
void expect_newest_versions(const Store& store, const Auditor& auditor);

}  // namespace millrace::testing
