#include "app/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t kBarWidth = 30;
constexpr std::chrono::milliseconds kTerminalInterval{200};
constexpr std::chrono::milliseconds kLogInterval{15'000};

}  // namespace

Progress::Progress(bool shown, std::string what, std::uint64_t total, std::string unit)
    : shown_(shown),
      terminal_(::isatty(STDERR_FILENO) == 1),
      what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      start_(std::chrono::steady_clock::now()),
      next_(start_ + (terminal_ ? kTerminalInterval : kLogInterval)) {}

Progress::~Progress() {
  if (drawn_ && terminal_) std::fputs("\r\033[K", stderr);
}

bool Progress::due() const { return shown_ && std::chrono::steady_clock::now() >= next_; }

void Progress::update(std::uint64_t done, const std::string& figure) {
  if (!due()) return;
  next_ = std::chrono::steady_clock::now() + (terminal_ ? kTerminalInterval : kLogInterval);
  draw(done, figure);
}

void Progress::draw(std::uint64_t done, const std::string& figure) {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
  const double share = total_ == 0 ? 0.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
  const auto filled = static_cast<std::size_t>(share * kBarWidth);
  const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, '.');
  std::fprintf(stderr, "%s%s [%s] %3.0f %%  %llu %s  %.0f/s  %s%s", terminal_ ? "\r" : "", what_.c_str(), bar.c_str(),
               100.0 * share, static_cast<unsigned long long>(done), unit_.c_str(),
               static_cast<double>(done) / std::max(passed.count(), 1e-9), figure.c_str(), terminal_ ? "\033[K" : "\n");
  drawn_ = true;
}

}  // namespace millrace
