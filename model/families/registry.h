// The names by which configuration selects families.
#pragma once

#include <memory>
#include <string_view>

#include "core/result.h"
#include "model/families/family.h"
#include "model/item_table.h"
#include "model/options.h"

namespace millrace {

// An unknown name is an error that lists the known ones. `items` must outlive the family.
Result<std::unique_ptr<Family>> make_family(std::string_view name, const ModelOptions& options, const ItemTable& items);

// Whether the family of this name recommends(); false where there is none.
bool family_has_lists(std::string_view name);

// Every name that make_family() knows, in a fixed order.
std::vector<std::string_view> family_names();

}  // namespace millrace
