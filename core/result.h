// Errors are values. A function that can fail on what it was handed from outside returns Result<T>; a broken
// precondition is a programmer's fault and ends the process (see check.h). Absence is std::optional, not an error.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace millrace {

enum class ErrorCode {
  kInvalid,      // input or configuration that can never work as it is
  kNotFound,     // a named thing that must exist does not
  kIo,           // the operating system or the network failed
  kCorruption,   // stored bytes are not what was written
  kLocked,       // another process owns the resource
  kNoSpace,      // the disk is full
  kDenied,       // the operating system does not let us: permissions, a read-only disk
  kGap,          // records were lost between our offset and the topic
  kUnavailable,  // a remote side does not answer now
  kFatal,        // a client library gave up for good
};

// What the pipeline does about an error; it switches on this exhaustively.
enum class Disposition { kRetry, kDeadLetter, kRestartClient, kStop };

// `message` says action, object, what was found, what was expected, and the remedy.
struct Error {
  ErrorCode code = ErrorCode::kFatal;
  Disposition disposition = Disposition::kStop;
  std::string message;
};

inline Error stop_error(ErrorCode code, std::string message) {
  return Error{code, Disposition::kStop, std::move(message)};
}

struct Ok {};

template <class T = Ok>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  // Requires ok().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  // Requires !ok().
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<Ok>;

}  // namespace millrace

#define MILLRACE_CONCAT_INNER(a, b) a##b
#define MILLRACE_CONCAT(a, b) MILLRACE_CONCAT_INNER(a, b)

// Returns the error of `expression` (a Result of any type) from the calling function, if it is one.
#define MILLRACE_RETURN_IF_ERROR(expression)                          \
  do {                                                                \
    if (auto millrace_status = (expression); !millrace_status.ok()) { \
      return std::move(millrace_status).error();                      \
    }                                                                 \
  } while (false)

// Declares `target` with the value of `expression`, or returns its error.
#define MILLRACE_ASSIGN_OR_RETURN(target, expression)                      \
  auto MILLRACE_CONCAT(millrace_result_, __LINE__) = (expression);         \
  if (!MILLRACE_CONCAT(millrace_result_, __LINE__).ok()) {                 \
    return std::move(MILLRACE_CONCAT(millrace_result_, __LINE__)).error(); \
  }                                                                        \
  target = std::move(MILLRACE_CONCAT(millrace_result_, __LINE__)).value()
