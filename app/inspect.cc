#include "app/inspect.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "features/features.h"
#include "publish/delivery_marks.h"
#include "publish/publisher.h"

namespace millrace {
namespace {

constexpr std::size_t kNeighboursShown = 10;

std::string time_text(Millis time) {
  const std::time_t seconds = time.count / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> buffer{};
  const std::size_t size = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return std::string(buffer.data(), size);
}

std::string number_text(double value) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.4g", value);
  return buffer.data();
}

// Ids and titles come from outside: what could move a terminal's cursor is shown as '?'.
std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

class Inspector {
 public:
  Inspector(const Config& config, Features& features, std::ostream& out)
      : config_(config), features_(features), out_(out) {}

  Status user(const Store& store, const UserId& id);
  Status item(const ItemId& id);

 private:
  std::string kind_name(KindIndex kind) const { return config_.kinds.at(kind).name; }
  Result<std::string> title(ItemIndex item) {
    MILLRACE_ASSIGN_OR_RETURN(const auto content, features_.content(features_.item_id(item)));
    return content ? printable(content->title) : std::string();
  }
  Result<std::string> label(ItemIndex item) {
    if (item == kUnknownItem) return std::string("(an item that is not known)");
    MILLRACE_ASSIGN_OR_RETURN(const std::string name, title(item));
    return padded(printable(features_.item_id(item).view()), 14) + "  " + name;
  }
  void line(const std::string& name, const std::string& value) { out_ << "  " << padded(name, 24) << value << '\n'; }
  void counters(const std::vector<double>& stored, Millis newest, Millis reference) {
    const double growth = decay_growth(newest, reference, config_.features.counter_half_life);
    for (std::size_t kind = 0; kind < stored.size(); ++kind) {
      line("recent " + kind_name(KindIndex{static_cast<std::uint8_t>(kind)}), number_text(stored[kind] / growth));
    }
  }
  Status history(const UserState& user);
  Status categories(const UserState& user);
  Status list(const Store& store, const UserId& id);
  Status neighbours(const ItemId& id, Relation relation, const std::string& heading);

  const Config& config_;
  Features& features_;
  std::ostream& out_;
};

Status Inspector::user(const Store& store, const UserId& id) {
  MILLRACE_ASSIGN_OR_RETURN(const auto state, features_.user(id));
  if (!state) {
    return stop_error(ErrorCode::kNotFound,
                      "inspecting the user " + printable(id.view()) +
                          ": nothing is known of this user; is the id as it stands in the events?");
  }
  out_ << "User " << printable(id.view()) << '\n';
  line("first seen", time_text(state->first_seen));
  line("last seen", time_text(state->last_seen));
  line("interactions", std::to_string(state->interactions));
  line("items remembered", std::to_string(state->seen.size()));
  line("session", std::to_string(state->session) + (state->session_key == 0 ? " (by gaps)" : " (given)"));
  if (state->rating_count > 0) {
    line("mean rating",
         number_text(static_cast<double>(state->mean_rating())) + " of " + std::to_string(state->rating_count));
  }
  counters(state->kinds, state->last_seen, state->reference);
  MILLRACE_RETURN_IF_ERROR(categories(*state));
  MILLRACE_RETURN_IF_ERROR(history(*state));
  return list(store, id);
}

// Only hashes are stored; the names come from the contents of the items in the history.
Status Inspector::categories(const UserState& user) {
  std::map<std::uint32_t, std::string> names;
  for (const Interaction& entry : user.history) {
    if (entry.item == kUnknownItem) continue;
    MILLRACE_ASSIGN_OR_RETURN(const auto content, features_.content(features_.item_id(entry.item)));
    if (!content) continue;
    for (const std::string& category : content->categories) names[category_hash(category)] = printable(category);
  }
  const double growth = decay_growth(user.last_seen, user.reference, config_.features.counter_half_life);
  std::vector<WeightedKey> heaviest = user.categories;
  std::stable_sort(heaviest.begin(), heaviest.end(), [](const auto& a, const auto& b) { return a.weight > b.weight; });
  for (const WeightedKey& category : heaviest) {
    const auto name = names.find(category.key);
    line("category", padded(name == names.end() ? "(no longer in the history)" : name->second, 28) +
                         number_text(static_cast<double>(category.weight) / growth));
  }
  return Ok{};
}

Status Inspector::history(const UserState& user) {
  out_ << "\nHistory, newest first\n";
  for (std::size_t i = user.history.size(); i-- > 0;) {
    const Interaction& entry = user.history[i];
    MILLRACE_ASSIGN_OR_RETURN(const std::string item, label(entry.item));
    out_ << "  " << time_text(entry.time) << "  " << padded(kind_name(entry.kind), 10) << padded(item, 48);
    if (entry.value != 0.0F) out_ << "  " << number_text(static_cast<double>(entry.value));
    if (i > 0 && user.sessions[i - 1] != user.sessions[i]) out_ << "\n  --- session";
    out_ << '\n';
  }
  return Ok{};
}

Status Inspector::list(const Store& store, const UserId& id) {
  MILLRACE_ASSIGN_OR_RETURN(const auto bytes, store.get(Table::kLists, id.view()));
  if (!bytes) {
    out_ << "\nNo list yet\n";
    return Ok{};
  }
  MILLRACE_ASSIGN_OR_RETURN(const RecommendationList list, decode_list(id, *bytes));
  MILLRACE_ASSIGN_OR_RETURN(const bool undelivered, is_marked(store, list));
  out_ << "\nNewest list: version " << list.version << ", step " << list.step << ", model of step " << list.model_step
       << ", newest event " << time_text(list.event_time)
       << (undelivered ? ", not all lists of its step are delivered yet" : ", delivered") << '\n';
  std::size_t place = 0;
  for (const RankedItem& entry : list.items) {
    MILLRACE_ASSIGN_OR_RETURN(const std::string item, label(entry.item));
    out_ << "  " << padded(std::to_string(++place) + ".", 5) << padded(item, 48) << "  "
         << padded(number_text(static_cast<double>(entry.score)), 10) << reason_name(entry.reason);
    if (entry.because != kUnknownItem) {
      MILLRACE_ASSIGN_OR_RETURN(const std::string because, title(entry.because));
      out_ << ", because of " << printable(features_.item_id(entry.because).view())
           << (because.empty() ? "" : " (" + because + ")");
    }
    out_ << '\n';
  }
  return Ok{};
}

Status Inspector::item(const ItemId& id) {
  MILLRACE_ASSIGN_OR_RETURN(const auto state, features_.item(id));
  MILLRACE_ASSIGN_OR_RETURN(const auto content, features_.content(id));
  if (!state && !content) {
    return stop_error(ErrorCode::kNotFound,
                      "inspecting the item " + printable(id.view()) +
                          ": nothing is known of this item; is the id as it stands in the events?");
  }
  out_ << "Item " << printable(id.view()) << '\n';
  if (content) {
    line("title", printable(content->title));
    for (const std::string& category : content->categories) line("category", printable(category));
    line("available", content->available ? "yes" : "no");
  }
  if (!state || state->week.empty()) {
    out_ << "  No event yet\n";
    return Ok{};
  }
  line("first seen", time_text(state->first_seen));
  line("last seen", time_text(state->last_seen));
  if (state->price > 0.0F) line("price", number_text(static_cast<double>(state->price)));
  line("interactions", std::to_string(state->interactions));
  line("clicks", std::to_string(state->clicks));
  line("purchases", std::to_string(state->purchases));
  line("purchases per click", number_text(static_cast<double>(state->conversion())));
  if (state->rating_count > 0) {
    line("mean rating", number_text(static_cast<double>(state->mean_rating())) + " of " +
                            std::to_string(state->rating_count) + ", " +
                            number_text(static_cast<double>(state->mean_relative_rating())) + " to its users' means");
  }
  counters(state->kinds, state->last_seen, state->reference);
  const Millis now = state->last_seen;
  line("hour, day, week before", std::to_string(state->hour.sum(now)) + ", " + std::to_string(state->day.sum(now)) +
                                     ", " + std::to_string(state->week.sum(now)));
  MILLRACE_RETURN_IF_ERROR(neighbours(id, Relation::kNext, "Next in the same session"));
  return neighbours(id, Relation::kTogether, "Before it in the same session");
}

Status Inspector::neighbours(const ItemId& id, Relation relation, const std::string& heading) {
  MILLRACE_ASSIGN_OR_RETURN(const auto ranked, features_.neighbours(id, relation));
  if (ranked.empty()) return Ok{};
  out_ << '\n' << heading << '\n';
  for (std::size_t i = 0; i < std::min(ranked.size(), kNeighboursShown); ++i) {
    MILLRACE_ASSIGN_OR_RETURN(const std::string item, label(ranked[i].item));
    out_ << "  " << padded(item, 48) << "  " << number_text(static_cast<double>(ranked[i].weight)) << '\n';
  }
  return Ok{};
}

}  // namespace

Status inspect_user(const Config& config, const Store& store, const UserId& user, std::ostream& out) {
  MILLRACE_ASSIGN_OR_RETURN(const auto features, open_features(config.features, store));
  return Inspector(config, *features, out).user(store, user);
}

Status inspect_item(const Config& config, const Store& store, const ItemId& item, std::ostream& out) {
  MILLRACE_ASSIGN_OR_RETURN(const auto features, open_features(config.features, store));
  return Inspector(config, *features, out).item(item);
}

}  // namespace millrace
