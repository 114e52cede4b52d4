// `millrace inspect`: what the store says of one user or item, for people to read.
#pragma once

#include <iosfwd>

#include "app/config.h"
#include "core/ids.h"
#include "core/result.h"
#include "store/store.h"

namespace millrace {

// Reads only. kNotFound where nothing is known of the user or item.
Status inspect_user(const Config& config, const Store& store, const UserId& user, std::ostream& out);
Status inspect_item(const Config& config, const Store& store, const ItemId& item, std::ostream& out);

}  // namespace millrace
