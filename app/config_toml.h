// TOML into whatever is visited: the boundary to toml++.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config_visitor.h"
#include "app/evaluate/tune_space.h"
#include "core/result.h"

namespace millrace {

// `walk` visits every known key. In texts ${NAME} stands for an environment variable ($${ for a plain ${), and { file =
// "PATH" } in place of a text for what is in that file less line ends at its end. kInvalid with all mistakes, one a
// line.
Status read_toml(const std::string& text, const std::string& name, const std::function<void(ConfigVisitor&)>& walk);

// A space to be tuned over: "a.b = [1, 2]", or "a.b = { min = 0.001, max = 0.1, scale = \"log\" }" (linear where it is
// not said; whole numbers where both ends are). kInvalid with the key, what was found and what was expected.
Result<std::vector<SpaceKey>> read_space_toml(const std::string& text, const std::string& name);

bool is_toml(const std::string& text);
// A basic TOML string that reads as `text`, but for ${, which stays what it is.
std::string quoted_toml(std::string_view text);

// Of `known`, the name with the fewest single-letter changes from `name`; the first of equals. Empty where none is
// known.
std::string_view nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace millrace
