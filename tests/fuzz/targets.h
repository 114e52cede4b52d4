// What is fed with anything: one function a target, linked with libFuzzer by ./dev fuzz, and run over the kept inputs
// by the tests. Each aborts, or is stopped by a sanitizer, where the code under test breaks its word; the input is
// never to blame.
#pragma once

#include <cstddef>
#include <string_view>

namespace millrace::fuzz {

void fuzz_decode(std::string_view input);         // a record's payload, key and headers under several mappings
void fuzz_configuration(std::string_view input);  // the text of a configuration
void fuzz_stored(std::string_view input);         // one stored value, or whole tables as a start reads them
void fuzz_items(std::string_view input);          // a record of the items topic
void fuzz_http(std::string_view input);           // what a client sends to the port

// Takes what stands before the first zero byte off `rest`, all of it where there is none.
inline std::string_view take_text(std::string_view& rest) {
  const std::string_view text = rest.substr(0, rest.find('\0'));
  rest.remove_prefix(text.size() < rest.size() ? text.size() + 1 : rest.size());
  return text;
}
inline unsigned char take_byte(std::string_view& rest) {
  if (rest.empty()) return 0;
  const char byte = rest.front();
  rest.remove_prefix(1);
  return static_cast<unsigned char>(byte);
}

}  // namespace millrace::fuzz
