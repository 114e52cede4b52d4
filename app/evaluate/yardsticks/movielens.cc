#include "app/evaluate/yardsticks/movielens.h"

#include <algorithm>
#include <utility>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/yardsticks.h"
#include "ingest/delimited.h"

namespace millrace {
namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + ' ') {
    if (c != ' ') {
      word.push_back(c);
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

bool is_year(const std::string& text) {
  return text.size() == 4 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<std::vector<Event>> read_movielens(const YardstickOptions& options) {
  FileOptions file;
  MILLRACE_ASSIGN_OR_RETURN(file.path, find_data_file(options.data, "ml-100k.inter"));
  file.format = FileFormat::kTsv;
  file.kinds = options.step.features.kinds;
  file.mapping.user = "user_id:token";
  file.mapping.item = "item_id:token";
  file.mapping.value = "rating:float";
  file.mapping.time = "timestamp:float";
  file.mapping.time_unit = TimeUnit::kSeconds;
  file.mapping.default_kind = file.kinds.at(KindIndex{0}).name;
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_events(file));
  sort_by_time(events);
  return events;
}

Result<EvaluationReport> run_twice(const std::function<Result<EvaluationReport>(bool hide_second)>& run) {
  MILLRACE_ASSIGN_OR_RETURN(EvaluationReport report, run(false));
  MILLRACE_ASSIGN_OR_RETURN(EvaluationReport hidden, run(true));
  report.served.parts.push_back({"same_second_hidden", std::move(hidden.served)});
  return report;
}

Result<ItemContents> read_movies(const YardstickOptions& options) {
  MILLRACE_ASSIGN_OR_RETURN(const std::string path, find_data_file(options.data, "ml-100k.item"));
  MILLRACE_ASSIGN_OR_RETURN(DelimitedReader rows, DelimitedReader::open(path, Delimited::kTab));
  ItemContents contents;
  std::vector<std::string> cells;
  for (bool header = true;; header = false) {
    MILLRACE_ASSIGN_OR_RETURN(const bool more, rows.next(cells));
    if (!more) return contents;
    if (cells.size() != 4) {
      return stop_error(ErrorCode::kInvalid, "reading " + path + ", line " + std::to_string(rows.line()) +
                                                 ": expected four columns: item, title, year, genres");
    }
    if (header) continue;
    ItemContent movie;
    movie.title = cells[1];
    movie.categories = words_of(cells[3]);
    if (is_year(cells[2])) movie.categories.push_back(cells[2].substr(0, 3) + "0s");
    contents.add(ItemId(cells[0]), std::move(movie));
  }
}

}  // namespace millrace
