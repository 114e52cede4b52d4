#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <sstream>
#include <utility>

#include "app/cli_help.h"
#include "app/config_toml.h"
#include "app/evaluate/protocol.h"

namespace millrace {
namespace {

void add_config(CLI::App& app, ConfigFlags& flags) {
  app.add_option("-c,--config", flags.path,
                 "Configuration. Default: $MILLRACE_CONFIG, else ./millrace.toml if it is there")
      ->type_name("FILE");
  app.add_option("--set", flags.overrides, "One setting, over the file's: --set lists.length=10. May be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

CLI::Option* add_file(CLI::App& app, InputFlags& flags) {
  return app.add_option("file", flags.file, "Events: CSV, TSV, JSON lines, or lines of \"session item\"")
      ->type_name("FILE");
}

void add_mapping(CLI::App& app, InputFlags& flags) {
  app.add_option("--format", flags.format, "csv, tsv, jsonl or session-item. Default: by the file's name")
      ->check(CLI::IsMember({"csv", "tsv", "jsonl", "session-item"}));
  const auto field = [&app](const std::string& name, std::optional<std::string>& target, const std::string& what) {
    app.add_option(name, target, what)->type_name("FIELD")->group("Where things stand (columns, or paths in JSON)");
  };
  field("--user", flags.user, "Default here and below: as in the first [[ingest.topics]]");
  field("--item", flags.item, "");
  field("--time", flags.time, "Empty: the line number");
  field("--time-unit", flags.time_unit, "s, ms, us or text");
  field("--time-format", flags.time_format, "For text, as for strptime. Default: RFC 3339");
  field("--kind", flags.kind, "");
  field("--default-kind", flags.default_kind, "The kind of an event that names none");
  field("--value", flags.value, "Of a rating");
  field("--price", flags.price, "");
  field("--quantity", flags.quantity, "");
  field("--session", flags.session, "");
}

// Each add_… declares a subcommand and returns how to turn what was parsed into its command.
using Build = std::function<Command()>;

CLI::App* subcommand(CLI::App& app, const std::string& name, const std::string& what, std::string_view more) {
  CLI::App* sub = app.add_subcommand(name, what);
  sub->footer(std::string(more));
  return sub;
}

template <class Parsed>
Build build_from(std::shared_ptr<Parsed> parsed) {
  return [parsed]() -> Command { return *parsed; };
}

Build add_run(CLI::App& app) {
  CLI::App* sub = subcommand(app, "run", "Consume, learn and publish until SIGTERM or SIGINT", kRunHelp);
  auto parsed = std::make_shared<RunCommand>();
  add_config(*sub, parsed->config);
  sub->add_flag("--rebuild", parsed->rebuild,
                "Begin again from the topics where the group has offsets but the state is gone");
  return build_from(parsed);
}

Build add_replay(CLI::App& app) {
  CLI::App* sub = subcommand(app, "replay", "Apply a file of events to an empty state directory", kReplayHelp);
  auto parsed = std::make_shared<ReplayCommand>();
  add_file(*sub, parsed->input)->required();
  add_mapping(*sub, parsed->input);
  add_config(*sub, parsed->config);
  sub->add_flag("-q,--quiet", parsed->quiet, "No progress");
  return build_from(parsed);
}

void add_steps(CLI::App& app, StepFlags& steps) {
  app.add_option("--batch", steps.batch, "Events a step")->capture_default_str()->check(CLI::Range(1, 100'000));
  app.add_option("--effort", steps.efforts,
                 "Between the least of [model.effort], 0, and the most, 100; several, as --effort 0,50,100, give the "
                 "curve of what quality costs")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
}

void add_evaluate_flags(CLI::App& app, EvaluateFlags& flags) {
  CLI::Option_group* source = app.add_option_group("What to go through (one of these)");
  add_file(*source, flags.input);
  source->add_option("--state", flags.state, "The example log of a state directory")->type_name("FOLDER");
  CLI::Option* topic = source->add_option("--topic", flags.topics, "A live topic of [[ingest.topics]]; may be repeated")
                           ->allow_extra_args(false);
  source->require_option(1);
  add_mapping(app, flags.input);
  app.add_option("--from", flags.from, "Of the topics: an offset, the same in every partition, or a time (RFC 3339)")
      ->needs(topic);
  app.add_option("--to", flags.to, "Likewise, exclusive. Default: the end as it is now")->needs(topic);
  app.add_option("--protocol", flags.protocol, "What is asked when, and how it is scored (below)")
      ->capture_default_str()
      ->check(CLI::IsMember(protocol_names()));
  app.add_option("--at", flags.at, "Lengths of list to measure, the headline first: --at 5,10,20")
      ->delimiter(',')
      ->check(CLI::Range(1, 1000));
  app.add_option("--skip", flags.skip_share, "Share of the targets at the beginning that is learnt but not scored")
      ->check(CLI::Range(0.0, 0.99));
  app.add_option("--periods", flags.periods, "So many periods of equally many events (or baskets)")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  app.add_option("--period", flags.period, "Periods of this length instead: 12h, 1d, 7d")->type_name("DURATION");
  app.add_option("--min-events", flags.events_min, "leave-last-out: of a user; with fewer nothing is left out")
      ->capture_default_str()
      ->check(CLI::Range(2, 1'000'000));
  app.add_option("--seed", flags.seed, "Of the model. Default: model.seed");
  add_steps(app, flags.steps);
}

void add_sync(CLI::App& app, std::vector<std::string>& sync) {
  app.add_option("--sync", sync,
                 "How often lists learn of what was learnt: event, period, or N times a period; several give the "
                 "staleness curve: --sync period,10,100,event")
      ->delimiter(',')
      ->capture_default_str();
}

Build add_evaluate(CLI::App& app) {
  CLI::App* sub =
      subcommand(app, "evaluate", "Measure quality on a stream: predict each event, then learn it", kEvaluateHelp);
  auto parsed = std::make_shared<EvaluateCommand>();
  add_config(*sub, parsed->config);
  add_evaluate_flags(*sub, parsed->evaluate);
  add_sync(*sub, parsed->sync);
  sub->add_flag(
      "--shuffle-control,--shuffle", parsed->shuffle,
      "Control: items, and ratings, permuted over the events. Fails where more is predicted than chance allows");
  sub->add_option("--json", parsed->json, "Write the report there")->type_name("OUT");
  sub->add_option("--plots", parsed->plots, "Write plots there, as SVG")->type_name("FOLDER");
  sub->add_flag("-q,--quiet", parsed->quiet, "No progress");
  return build_from(parsed);
}

Build add_tune(CLI::App& app) {
  CLI::App* sub = subcommand(app, "tune", "Search settings on the first part of a stream", kTuneHelp);
  auto parsed = std::make_shared<TuneCommand>();
  add_config(*sub, parsed->config);
  add_evaluate_flags(*sub, parsed->evaluate);
  sub->add_option("--space", parsed->space, "The settings to search, and what each may be: TOML")
      ->required()
      ->type_name("FILE");
  sub->add_option("--candidates", parsed->candidates, "Configurations to begin with, besides the one that is")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  sub->add_option("--keep", parsed->keep, "One of so many goes on, on so many times as many events")
      ->capture_default_str()
      ->check(CLI::Range(2, 100));
  sub->add_option("--share", parsed->share, "The first part of the stream that is tuned on")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 1.0));
  sub->add_option("--metric", parsed->metric, "What decides, for instance ndcg@10 or rmse. Default: the headline");
  sub->add_option("--out", parsed->out, "Write the winning configuration there, with its table")
      ->required()
      ->type_name("FILE");
  sub->add_flag("-q,--quiet", parsed->quiet, "No progress");
  return build_from(parsed);
}

Build add_yardstick(CLI::App& app) {
  CLI::App* sub = subcommand(app, "yardstick", "Run a published protocol on its public data", kYardstickHelp);
  auto parsed = std::make_shared<YardstickCommand>();
  sub->add_option("letter", parsed->letter, "A, B, C, D, E or G")
      ->required()
      ->check(CLI::IsMember({"A", "B", "C", "D", "E", "G"}));
  sub->add_option("--data", parsed->data, "Folder of the unpacked data. Default: $MILLRACE_DATA")
      ->envname("MILLRACE_DATA")
      ->required()
      ->type_name("FOLDER");
  add_config(*sub, parsed->config);
  sub->add_option("--seed", parsed->seed, "Of the model. Default: model.seed");
  add_sync(*sub, parsed->sync);
  add_steps(*sub, parsed->steps);
  sub->add_flag("--shuffle", parsed->shuffle, "Control: targets permuted; the figures must fall to chance");
  sub->add_option("--json", parsed->json, "Write the report there")->type_name("OUT");
  sub->add_option("--plots", parsed->plots, "Write plots there, as SVG")->type_name("FOLDER");
  sub->add_flag("-q,--quiet", parsed->quiet, "No progress");
  return build_from(parsed);
}

Build add_inspect(CLI::App& app) {
  CLI::App* sub = subcommand(app, "inspect", "Show what is known of a user or an item", kInspectHelp);
  auto parsed = std::make_shared<InspectCommand>();
  auto what = std::make_shared<std::string>();
  sub->add_option("what", *what, "user or item")->required()->check(CLI::IsMember({"user", "item"}));
  sub->add_option("id", parsed->id, "As it stands in the events")->required();
  add_config(*sub, parsed->config);
  return [parsed, what]() -> Command {
    parsed->user = *what == "user";
    return *parsed;
  };
}

Build add_verify(CLI::App& app) {
  CLI::App* sub = subcommand(app, "verify", "Check a state directory that no service runs on", kVerifyHelp);
  auto parsed = std::make_shared<VerifyCommand>();
  add_config(*sub, parsed->config);
  sub->add_flag("--brokers", parsed->brokers, "Also hold the offsets against the topics and the group");
  sub->add_flag("-q,--quiet", parsed->quiet, "No progress");
  return build_from(parsed);
}

Build add_backup(CLI::App& app) {
  CLI::App* sub = subcommand(app, "backup", "Copy the state, of a running service too", kBackupHelp);
  auto parsed = std::make_shared<BackupCommand>();
  sub->add_option("directory", parsed->directory, "Folder of backups, as the service sees it; made if it is missing")
      ->required()
      ->type_name("FOLDER");
  sub->add_option("--keep", parsed->keep, "Remove all but the newest so many. Default: keep all")
      ->check(CLI::Range(1, 1'000'000));
  sub->add_flag("--list", parsed->list, "Only show the backups that are there");
  add_config(*sub, parsed->config);
  return build_from(parsed);
}

Build add_restore(CLI::App& app) {
  CLI::App* sub = subcommand(app, "restore", "Put a backup back as the state directory", kRestoreHelp);
  auto parsed = std::make_shared<RestoreCommand>();
  sub->add_option("directory", parsed->directory, "Folder of backups")->required()->type_name("FOLDER");
  sub->add_option("--id", parsed->id, "Which backup. Default: the newest");
  sub->add_flag("--replace", parsed->replace, "Even where the state directory is not empty: what is in it goes");
  add_config(*sub, parsed->config);
  return build_from(parsed);
}

template <class Parsed>
Build add_config_command(CLI::App& app, const std::string& name, const std::string& what) {
  CLI::App* sub = subcommand(app, name, what, "");
  auto parsed = std::make_shared<Parsed>();
  sub->add_option("file", parsed->config.path, "The same as --config")->type_name("FILE");
  add_config(*sub, parsed->config);
  return build_from(parsed);
}

CommandLine instead(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream output;
  std::ostringstream problem;
  CommandLine line;
  line.exit = app.exit(error, output, problem) == 0 ? ExitCode::kOk : ExitCode::kUsage;
  line.output = output.str();
  line.error = problem.str();
  return line;
}

// CLI11 only says that it misses a command.
std::optional<CommandLine> unknown_command(const std::vector<std::string>& arguments,
                                           const std::vector<std::string>& known) {
  if (arguments.empty() || arguments.front().starts_with('-')) return std::nullopt;
  if (std::find(known.begin(), known.end(), arguments.front()) != known.end()) return std::nullopt;
  CommandLine line;
  line.exit = ExitCode::kUsage;
  line.error = "millrace: there is no command \"" + arguments.front() + "\"; the nearest is " +
               std::string(nearest_name(arguments.front(), known)) + ", and \"millrace --help\" lists all\n";
  return line;
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  CLI::App app{std::string(kProgramHelp), "millrace"};
  app.footer(std::string(kProgramFooter));
  app.require_subcommand(1);
  std::vector<std::pair<std::string, Build>> builders;
  builders.emplace_back("run", add_run(app));
  builders.emplace_back("replay", add_replay(app));
  builders.emplace_back("evaluate", add_evaluate(app));
  builders.emplace_back("tune", add_tune(app));
  builders.emplace_back("yardstick", add_yardstick(app));
  builders.emplace_back("inspect", add_inspect(app));
  builders.emplace_back("verify", add_verify(app));
  builders.emplace_back("backup", add_backup(app));
  builders.emplace_back("restore", add_restore(app));
  builders.emplace_back("check-config", add_config_command<CheckConfigCommand>(
                                            app, "check-config", "Say what is wrong with a configuration"));
  builders.emplace_back("print-config", add_config_command<PrintConfigCommand>(
                                            app, "print-config", "Show the configuration in force, secrets hidden"));
  app.add_subcommand("version", "Show the version");
  builders.emplace_back("version", [] { return Command(VersionCommand{}); });
  if (arguments.empty()) {
    CommandLine line;
    line.exit = ExitCode::kUsage;
    line.error = app.help();
    return line;
  }
  // CLI11 takes them from the back.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    std::vector<std::string> known;
    known.reserve(builders.size());
    for (const auto& [name, build] : builders) known.push_back(name);
    if (auto line = unknown_command(arguments, known)) return *std::move(line);
    return instead(app, error);
  }
  CommandLine line;
  for (const auto& [name, build] : builders) {
    if (app.got_subcommand(name)) line.command = build();
  }
  return line;
}

}  // namespace millrace
