// `millrace tune`: a space and a stream in, the winning configuration with its table out.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>

#include "app/cli_commands.h"
#include "app/cli_evaluate.h"
#include "app/cli_input.h"
#include "app/config_toml.h"
#include "app/evaluate/stream.h"
#include "app/evaluate/tune.h"

namespace millrace {
namespace {

Result<std::vector<SpaceKey>> read_space(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (file) return read_space_toml(text.str(), path);
  return stop_error(ErrorCode::kNotFound, "reading the space: " + path + " cannot be read");
}

ConfigFlags with_settings(ConfigFlags flags, const Settings& settings) {
  flags.overrides.insert(flags.overrides.end(), settings.begin(), settings.end());
  return flags;
}

std::string words_of(const Settings& settings) {
  std::string words;
  for (const std::string& setting : settings) words += (words.empty() ? "" : "  ") + setting;
  return words.empty() ? "as it is" : words;
}

// Every line a comment.
std::string commented(const std::string& text) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    while (line.ends_with(' ')) line.pop_back();
    result += line.empty() ? "#\n" : "# " + line + "\n";
  }
  return result;
}

void print_rungs(const TuneOutcome& outcome, std::ostream& out) {
  for (const TuneRung& rung : outcome.rungs) {
    out << outcome.metric << " on the first " << rung.events << " events:\n";
    for (const TuneTrial& trial : rung.trials) {
      char figure[32];
      std::snprintf(figure, sizeof figure, "  %.4f  ", trial.figure);
      out << figure << words_of(trial.settings) << '\n';
    }
  }
}

std::string table_of(const TuneTrial& trial) {
  std::ostringstream text;
  print_report(trial.report, text);
  return text.str();
}

Status write_winner(const TuneCommand& command, const TuneOutcome& outcome, const std::string& what) {
  MILLRACE_ASSIGN_OR_RETURN(const Config winner, configuration(with_settings(command.config, outcome.winner.settings)));
  std::ostringstream rungs;
  print_rungs(outcome, rungs);
  std::ofstream file(command.out, std::ios::binary | std::ios::trunc);
  file << "# Tuned on " << what << ".\n# The best: " << words_of(outcome.winner.settings) << "\n#\n"
       << commented(table_of(outcome.winner)) << "#\n# The configuration as it was:\n"
       << commented(table_of(outcome.as_it_is)) << "#\n"
       << commented(rungs.str()) << '\n'
       << print_config(winner);
  file.close();
  if (file) return Ok{};
  return stop_error(ErrorCode::kIo, "writing " + command.out + ": the file cannot be written; check path and rights");
}

}  // namespace

Status run_tune(const TuneCommand& command) {
  MILLRACE_RETURN_IF_ERROR(check_report_path(command.out));
  if (command.evaluate.steps.efforts.size() > 1) {
    return stop_error(ErrorCode::kInvalid, "reading --effort: several, expected one to tune at");
  }
  MILLRACE_ASSIGN_OR_RETURN(const Config config, configuration(command.config));
  TuneOptions options;
  MILLRACE_ASSIGN_OR_RETURN(options.space, read_space(command.space));
  MILLRACE_ASSIGN_OR_RETURN(EventStream stream, read_stream(command.evaluate, config));
  sort_by_time(stream.events);
  const auto events = static_cast<std::size_t>(std::ceil(command.share * static_cast<double>(stream.events.size())));
  options.events = std::max<std::size_t>(events, 1);
  options.candidates = command.candidates;
  options.keep = command.keep;
  options.metric = command.metric;
  options.seed = command.evaluate.seed.value_or(config.model.seed);
  const auto measure = [&](const Settings& settings, std::size_t first) -> Result<EvaluationReport> {
    MILLRACE_ASSIGN_OR_RETURN(const Config candidate, configuration(with_settings(command.config, settings)));
    MILLRACE_ASSIGN_OR_RETURN(EvaluateOptions evaluation, evaluate_options(command.evaluate, candidate));
    evaluation.progress = false;
    const auto end = stream.events.begin() + static_cast<std::ptrdiff_t>(std::min(first, stream.events.size()));
    EventStream part{stream.name, {stream.events.begin(), end}, stream.contents};
    if (!command.quiet) std::fprintf(stderr, "%zu events: %s\n", part.events.size(), words_of(settings).c_str());
    return evaluate(evaluation, std::move(part));
  };
  MILLRACE_ASSIGN_OR_RETURN(const TuneOutcome outcome, tune(options, measure));
  print_rungs(outcome, std::cout);
  std::cout << "\nThe best: " << words_of(outcome.winner.settings) << '\n';
  print_report(outcome.winner.report, std::cout);
  const std::string what = "the first " + std::to_string(options.events) + " events of " + stream.name + ", protocol " +
                           command.evaluate.protocol + ", seed " + std::to_string(options.seed);
  MILLRACE_RETURN_IF_ERROR(write_winner(command, outcome, what));
  std::cout << "Written to " << command.out
            << ". See how it does on the rest, for instance with \"millrace evaluate … --skip " << command.share
            << "\".\n";
  return Ok{};
}

}  // namespace millrace
