// How far something long is, on stderr: a bar that is redrawn on a terminal, a line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace millrace {

class Progress {
 public:
  // `total` in `unit`; 0: unknown.
  Progress(bool shown, std::string what, std::uint64_t total, std::string unit = "events");
  ~Progress();
  // `figure`: the headline so far, for instance "recall@20 0.5012".
  void update(std::uint64_t done, const std::string& figure);
  bool due() const;  // whether update() would draw now

 private:
  void draw(std::uint64_t done, const std::string& figure);

  bool shown_;
  bool terminal_;
  bool drawn_ = false;
  std::string what_;
  std::string unit_;
  std::uint64_t total_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace millrace
