// A check is for programmer faults, never for input: it holds in every build and ends the process with place and
// reason.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace millrace {

[[noreturn]] inline void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: internal check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace millrace

#define MILLRACE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::millrace::check_failed(__FILE__, __LINE__, #condition))
