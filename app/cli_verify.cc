// `millrace verify`.
#include <iostream>
#include <string>
#include <utility>

#include "app/cli_commands.h"
#include "app/pipeline_start.h"
#include "app/pipeline_versions.h"
#include "app/progress.h"
#include "app/verify_report.h"
#include "app/verify_tables.h"
#include "ingest/partition_ledger.h"
#include "store/directory_lock.h"
#include "store/rocks_files.h"

namespace millrace {
namespace {

std::string size_text(std::uint64_t count, std::uint64_t bytes) {
  return std::to_string(count) + (count == 1 ? " file, " : " files, ") + std::to_string(bytes) + " bytes";
}

void report_files(const StoreFiles& files, VerifyReport& report) {
  report.begin("table files");
  report.found(size_text(files.tables, files.table_bytes));
  for (const DamagedFile& file : files.damaged_tables) report.problem(file.name + ": " + file.problem);
  report.begin("write-ahead log");
  report.found(size_text(files.logs, files.log_bytes));
  if (files.damaged_log) report.problem(*files.damaged_log);
  if (files.continuity == Continuity::kRewound) {
    report.problem(
        "acknowledged commits are missing at its end; a start goes on before them and reads the topics again");
  }
  if (files.continuity == Continuity::kUnknown) {
    report.note("a copy or a restored backup: it may be older than what was last acknowledged");
  }
  if (!files.unreadable) return;
  report.begin("rows");
  report.problem(*files.unreadable);
}

std::uint64_t rows_of(const Store& store) {
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < kTables; ++i) rows += store.size(static_cast<Table>(i)).rows;
  return rows;
}

// What the next start would decide, partition by partition. Returns its first refusal.
Status report_offsets(const Config& config, const Store& store, VerifyReport& report) {
  std::vector<std::string> topics;
  for (const InputTopic& topic : config.ingest.topics) topics.push_back(topic.name);
  MILLRACE_ASSIGN_OR_RETURN(const auto partitions, describe_group(config.kafka.bootstrap_servers,
                                                                  config.kafka.properties, config.kafka.group, topics));
  WriteBatch unused;
  MILLRACE_ASSIGN_OR_RETURN(const Versions versions, Versions::open(store, unused));
  const std::string& identity = versions.identity();
  Status refusal = Ok{};
  report.begin("offsets");
  report.found(std::to_string(partitions.size()) + " partitions of group " + config.kafka.group);
  for (const GroupPartition& each : partitions) {
    MILLRACE_ASSIGN_OR_RETURN(const auto row,
                              store.get(Table::kPartitions, partition_key(each.where.topic, each.where.partition)));
    const GroupNote note = read_note(each.committed.metadata);
    StartFacts facts{std::nullopt, each.committed.offset, each.marks, !note.store.empty() && note.store != identity};
    if (row) {
      MILLRACE_ASSIGN_OR_RETURN(const PartitionState state, decode_partition(*row));
      facts.local = state.next;
    }
    const std::string name =
        topics.at(raw(each.where.topic)) + " partition " + std::to_string(raw(each.where.partition));
    const auto decision = decide_start(name, facts, {config.kafka.start, false, config.kafka.on_moved_partition});
    if (!decision.ok()) {
      report.problem(decision.error().message);
      if (refusal.ok()) refusal = decision.error();
    } else if (decision->behind > 0) {
      report.note(name + ": " + std::to_string(decision->behind) +
                  " records that the group counts as done would be read again");
    }
  }
  return refusal;
}

Status damaged(const std::string& directory, std::uint64_t problems) {
  return stop_error(ErrorCode::kCorruption,
                    "verifying " + directory + ": found " + std::to_string(problems) +
                        (problems == 1 ? " problem" : " problems") +
                        ", listed above; put a backup back (millrace restore), or move the directory away and "
                        "rebuild from the topics (millrace run --rebuild)");
}

}  // namespace

Status run_verify(const VerifyCommand& command, const Config& config) {
  const std::string& directory = config.service.state_directory;
  MILLRACE_ASSIGN_OR_RETURN(const DirectoryLock lock, DirectoryLock::take(directory));
  VerifyReport report;
  StoreFiles files;
  {
    Progress progress(!command.quiet, "checksums", 0, "bytes");
    MILLRACE_ASSIGN_OR_RETURN(
        files, check_rocks_files(rocks_options(config, true), [&](std::uint64_t done, std::uint64_t all) {
          progress.update(done, "of " + std::to_string(all));
        }));
  }
  report_files(files, report);
  if (files.store != nullptr) {
    Progress progress(!command.quiet, "rows", rows_of(*files.store), "rows");
    verify_tables(config, *files.store, report, [&](std::uint64_t done) { progress.update(done, ""); });
  }
  const std::uint64_t problems = report.problems();
  const Status offsets =
      command.brokers && files.store != nullptr ? report_offsets(config, *files.store, report) : Status(Ok{});
  report.print(std::cout);
  return problems > 0 ? damaged(directory, problems) : offsets;
}

}  // namespace millrace
