#include "model/families/registry.h"

#include <algorithm>
#include <array>
#include <string>

#include "model/families/content.h"
#include "model/families/encoder.h"
#include "model/families/factors.h"
#include "model/families/habit.h"
#include "model/families/memory.h"
#include "model/families/popular.h"
#include "model/families/pulse.h"
#include "model/families/ratings.h"
#include "model/families/related.h"
#include "model/families/visit.h"

namespace millrace {
namespace {

using FamilyPointer = std::unique_ptr<Family>;

FamilyPointer make_encoder(const ModelOptions& options, const ItemTable& items) {
  return std::make_unique<EncoderFamily>(options, items);
}

FamilyPointer make_memory(const ModelOptions& options, const ItemTable& items) {
  return std::make_unique<MemoryFamily>(options.memory, items);
}

FamilyPointer make_related(const ModelOptions& options, const ItemTable& items) {
  return std::make_unique<RelatedFamily>(options.related, items);
}

FamilyPointer make_factors(const ModelOptions& options, const ItemTable& /*items*/) {
  return std::make_unique<FactorsFamily>(options.factors, options.seed);
}

FamilyPointer make_ratings(const ModelOptions& options, const ItemTable& items) {
  return std::make_unique<RatingsFamily>(options.ratings, options.seed, items);
}

FamilyPointer make_habit(const ModelOptions& options, const ItemTable& items) {
  return std::make_unique<HabitFamily>(options.popularity, items);
}

FamilyPointer make_popular(const ModelOptions& /*options*/, const ItemTable& items) {
  return std::make_unique<PopularFamily>(PopularitySettings{}, items);
}

FamilyPointer make_trending(const ModelOptions& options, const ItemTable& items) {
  return std::make_unique<PopularFamily>(
      PopularitySettings{"trending", Reason::kTrending, options.popularity.half_life_hours, true}, items);
}

// The same on a clock ten times as fast, for what is read within hours.
FamilyPointer make_rising(const ModelOptions& options, const ItemTable& items) {
  return std::make_unique<PopularFamily>(
      PopularitySettings{"rising", Reason::kTrending, options.popularity.half_life_hours / 10.0, true}, items);
}

FamilyPointer make_visit(const ModelOptions& /*options*/, const ItemTable& /*items*/) {
  return std::make_unique<VisitSource>();
}

FamilyPointer make_pulse(const ModelOptions& /*options*/, const ItemTable& /*items*/) {
  return std::make_unique<PulseSource>();
}

FamilyPointer make_content(const ModelOptions& /*options*/, const ItemTable& items) {
  return std::make_unique<ContentSource>(items);
}

struct Entry {
  std::string_view name;
  FamilyPointer (*make)(const ModelOptions& options, const ItemTable& items);
};

constexpr std::array kEntries{
    Entry{"encoder", make_encoder}, Entry{"memory", make_memory},   Entry{"related", make_related},
    Entry{"factors", make_factors}, Entry{"habit", make_habit},     Entry{"trending", make_trending},
    Entry{"rising", make_rising},   Entry{"popular", make_popular}, Entry{"visit", make_visit},
    Entry{"pulse", make_pulse},     Entry{"ratings", make_ratings}, Entry{"content", make_content},
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

bool family_has_lists(std::string_view name) {
  constexpr std::array<std::string_view, 5> kSources{"factors", "visit", "pulse", "content", "ratings"};
  return std::find(kSources.begin(), kSources.end(), name) == kSources.end() &&
         std::any_of(kEntries.begin(), kEntries.end(), [name](const Entry& e) { return e.name == name; });
}

std::vector<std::string_view> family_names() {
  std::vector<std::string_view> names;
  names.reserve(kEntries.size());
  for (const Entry& entry : kEntries) names.push_back(entry.name);
  return names;
}

}  // namespace millrace
