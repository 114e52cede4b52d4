// The steps that a store recorded, run again without interruption over an empty store in memory: whatever happened to
// the service, the bytes must be the same.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/config.h"
#include "core/catalogue.h"
#include "core/event.h"
#include "store/store.h"

namespace millrace::testing {

// What the items topic said of an item when a step applied its next change of it; asked in order of the changes.
using ContentOfChange = std::function<std::optional<ItemContent>(const ItemId& item)>;

// Compares every table that a step writes, byte for byte but for the base of list versions. One line for each table
// that differs, for missing steps and for a step that fails; empty: all is the same. `records`: everything on the event
// topics. `compared`, where given, becomes the number of rows by table.
std::vector<std::string> differences_from_uninterrupted(std::span<const Record> records, const Config& config,
                                                        const Store& store, const ContentOfChange& content,
                                                        std::vector<std::pair<Table, std::size_t>>* compared = nullptr);

}  // namespace millrace::testing
