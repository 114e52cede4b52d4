#include "tests/simulation/memory_disk.h"

#include "core/check.h"
#include "store/memory_store.h"

namespace millrace::testing {
namespace {

constexpr double kReadErrors = 0.02;  // for one error of a commit

class DiskStore final : public Store {
 public:
  DiskStore(MemoryDisk& disk, World& world) : disk_(disk), world_(world), life_(world.life()) {}

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    if (auto error = read_error()) return *std::move(error);
    return disk_.image().get(table, key);
  }
  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    if (auto error = read_error()) return *std::move(error);
    return disk_.image().multi_get(table, keys);
  }
  Status scan(Table table, std::string_view prefix, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    if (auto error = read_error()) return *std::move(error);
    return disk_.image().scan(table, prefix, from, visit);
  }
  TableSize size(Table table) const override { return disk_.image().size(table); }

  Status commit(const WriteBatch& batch) override {
    if (life_ != world_.life()) return Ok{};
    world_.crash_here();
    if (world_.hazards.fatal && world_.chance(world_.hazards.error)) {
      ++world_.errors;
      if (world_.chance(0.5)) disk_.append(batch);  // it may have got there all the same
      return stop_error(world_.chance(0.5) ? ErrorCode::kNoSpace : ErrorCode::kIo, std::string(kInjected) + "commit");
    }
    disk_.append(batch);
    world_.crash_here();
    return Ok{};
  }

 private:
  std::optional<Error> read_error() const {
    if (life_ != world_.life()) return std::nullopt;
    world_.crash_here();
    if (!world_.hazards.fatal || !world_.chance(world_.hazards.error * kReadErrors)) return std::nullopt;
    ++world_.errors;
    return stop_error(ErrorCode::kIo, std::string(kInjected) + "read the store");
  }

  MemoryDisk& disk_;
  World& world_;
  std::uint64_t life_;
};

}  // namespace

MemoryDisk::MemoryDisk() : image_(make_memory_store()) {}

void MemoryDisk::append(const WriteBatch& batch) {
  MILLRACE_CHECK(image_->commit(batch).ok());
  commits_.push_back(batch);
}

void MemoryDisk::rewind(std::size_t commits) {
  commits_.resize(std::min(commits, commits_.size()));
  image_ = make_memory_store();
  for (const WriteBatch& batch : commits_) MILLRACE_CHECK(image_->commit(batch).ok());
}

std::unique_ptr<Store> open_disk(MemoryDisk& disk, World& world) { return std::make_unique<DiskStore>(disk, world); }

}  // namespace millrace::testing
