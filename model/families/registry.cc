#include "model/families/registry.h"

#include <array>
#include <string>

#include "model/families/memory.h"
#include "model/families/popular.h"

namespace millrace {
namespace {

using FamilyPointer = std::unique_ptr<Family>;

FamilyPointer make_memory(const ModelOptions& options, const ItemTable& items) {
  return std::make_unique<MemoryFamily>(options.memory, items);
}

FamilyPointer make_popular(const ModelOptions& /*options*/, const ItemTable& items) {
  return std::make_unique<PopularFamily>(PopularitySettings{}, items);
}

FamilyPointer make_trending(const ModelOptions& options, const ItemTable& items) {
  return std::make_unique<PopularFamily>(
      PopularitySettings{"trending", Reason::kTrending, options.popularity.half_life_hours, true}, items);
}

struct Entry {
  std::string_view name;
  FamilyPointer (*make)(const ModelOptions& options, const ItemTable& items);
};

constexpr std::array kEntries{
    Entry{"memory", make_memory},
    Entry{"trending", make_trending},
    Entry{"popular", make_popular},
};

}  // namespace

Result<std::unique_ptr<Family>> make_family(std::string_view name, const ModelOptions& options,
                                            const ItemTable& items) {
  std::string known;
  for (const Entry& entry : kEntries) {
    if (entry.name == name) return entry.make(options, items);
    known += known.empty() ? "" : ", ";
    known += entry.name;
  }
  return stop_error(ErrorCode::kInvalid, "choosing a model family: '" + std::string(name) +
                                             "' is none; expected one of: " + known +
                                             "; correct [model] families in the configuration");
}

std::vector<std::string_view> family_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kEntries) names.push_back(entry.name);
  return names;
}

}  // namespace millrace
