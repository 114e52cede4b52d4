// The command line as plain values; cli.cc is the boundary to CLI11. Every command ends with one of the exit codes
// below.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/result.h"

namespace millrace {

enum class ExitCode : int {
  kOk = 0,
  kFailure = 1,     // anything not below: input/output, the broker, a bug
  kUsage = 2,       // command line, configuration, or a file that is not there
  kCorruption = 3,  // the state directory is damaged
  kGap = 4,         // records were lost between the state and the topic
  kLocked = 5,      // another process uses the state directory
  kFatal = 6,       // the Kafka client gave up for good
  kNoSpace = 7,     // the disk is full
  kDenied = 8,      // the state directory cannot be written: permissions, a read-only disk
};
ExitCode exit_code(ErrorCode code);

struct ConfigFlags {
  std::string path;  // empty: $MILLRACE_CONFIG, else ./millrace.toml if there is one, else the defaults
  std::vector<std::string> overrides;  // "KEY=VALUE"
};

// How a file of events is read; what is absent is as in the configuration's first topic.
struct InputFlags {
  std::string file;
  std::string format;  // empty: by the file's name
  std::optional<std::string> user, item, time, time_unit, time_format, kind, default_kind, value, price, quantity,
      session;
};

struct RunCommand {
  ConfigFlags config;
  bool rebuild = false;
};
struct ReplayCommand {
  ConfigFlags config;
  InputFlags input;
  bool quiet = false;
};
struct StepFlags {
  std::size_t batch = 128;             // events a step
  std::vector<double> efforts{100.0};  // percent
};

// What an evaluation goes through and how it is scored; as parsed, checked where it is used.
struct EvaluateFlags {
  InputFlags input;                 // one of these three
  std::string state;                // a state directory
  std::vector<std::string> topics;  // live
  std::string from, to;             // of the topics: offsets or times
  std::string protocol = "prequential";
  std::vector<std::size_t> at;  // empty: the usual ones
  double skip_share = 0.0;
  std::size_t periods = 10;
  std::string period;  // "7d"; empty: by number
  std::size_t events_min = 3;
  StepFlags steps;
  std::optional<std::uint64_t> seed;
};
struct EvaluateCommand {
  ConfigFlags config;
  EvaluateFlags evaluate;
  std::vector<std::string> sync{"event"};
  bool shuffle = false;
  bool quiet = false;
  std::string json;   // empty: none
  std::string plots;  // empty: none
};
struct TuneCommand {
  ConfigFlags config;
  EvaluateFlags evaluate;
  std::string space;
  std::size_t candidates = 9;
  std::size_t keep = 3;
  double share = 0.2;
  std::string metric;  // empty: the headline
  std::string out;
  bool quiet = false;
};
struct YardstickCommand {
  ConfigFlags config;
  std::string letter;
  std::string data;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> sync{"event"};
  bool shuffle = false;
  bool quiet = false;
  std::string json;
  std::string plots;
  StepFlags steps;
};
struct InspectCommand {
  ConfigFlags config;
  bool user = true;  // else an item
  std::string id;
};
struct VerifyCommand {
  ConfigFlags config;
  bool brokers = false;  // also hold the offsets against the topics and the group
  bool quiet = false;
};
struct BackupCommand {
  ConfigFlags config;
  std::string directory;
  std::uint32_t keep = 0;  // 0: all
  bool list = false;
};
struct RestoreCommand {
  ConfigFlags config;
  std::string directory;
  std::optional<std::uint32_t> id;  // absent: the newest
  bool replace = false;
};
struct CheckConfigCommand {
  ConfigFlags config;
};
struct PrintConfigCommand {
  ConfigFlags config;
};
struct VersionCommand {};

using Command =
    std::variant<RunCommand, ReplayCommand, EvaluateCommand, TuneCommand, YardstickCommand, InspectCommand,
                 VerifyCommand, BackupCommand, RestoreCommand, CheckConfigCommand, PrintConfigCommand, VersionCommand>;

// A command, or what to say instead of running one: help, or what is wrong with the line.
struct CommandLine {
  std::optional<Command> command;
  ExitCode exit = ExitCode::kOk;
  std::string output;  // for stdout
  std::string error;   // for stderr
};
CommandLine parse_command_line(const std::vector<std::string>& arguments);

// Runs the program: everything but main().
int run_command_line(const std::vector<std::string>& arguments);

}  // namespace millrace
