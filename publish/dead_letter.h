// Dead letters as stored rows and as messages. The message carries the original key, value, timestamp and headers, and
// the header names of Kafka Connect, so that existing tools read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/event.h"
#include "core/result.h"
#include "kafka/client.h"

namespace millrace {

std::string encode_dead_letter(const DeadLetter& letter);  // docs/formats.md, table dead_letters
Result<DeadLetter> decode_dead_letter(std::uint64_t sequence, std::string_view bytes);

// `input_topic`: where the record came from; the message goes to `topic`. A value longer than `bytes_max` is cut to it,
// its true size and xxh64 going into headers; a longer key is cut, and original headers beyond it are left out.
Message dead_letter_message(const DeadLetter& letter, const std::string& input_topic, const std::string& topic,
                            std::size_t bytes_max);

}  // namespace millrace
