#include "model/ratings/rating_log.h"

#include <algorithm>

#include "core/bytes.h"
#include "model/families/row_error.h"

namespace millrace {
namespace {

constexpr std::uint8_t kRowVersion = 1;

}  // namespace

void RatingLog::append(const LoggedRating& rating) {
  const std::size_t slot = appended_++ % capacity_;
  if (slot == ratings_.size()) ratings_.emplace_back();
  ratings_[slot] = rating;
}

void RatingLog::save(std::string_view table, const RowSink& sink, bool all) {
  const std::uint64_t kept_from = appended_ - ratings_.size();
  for (std::uint64_t i = all ? kept_from : std::max(saved_, kept_from); i < appended_; ++i) {
    const auto slot = static_cast<std::uint32_t>(i % capacity_);
    ByteWriter row;
    row.u8(kRowVersion);
    row.varint(raw(ratings_[slot].user));
    row.varint(raw(ratings_[slot].item));
    row.f32(ratings_[slot].rating);
    sink(table, key_u32(slot), row.take());
  }
  saved_ = appended_;
}

Status RatingLog::load(std::string_view key, std::string_view value) {
  ByteReader row(value);
  const std::uint8_t version = row.u8();
  const LoggedRating rating{UserIndex{row.varint()}, ItemIndex{static_cast<std::uint32_t>(row.varint())}, row.f32()};
  const std::uint64_t slot = key.size() == 4 ? read_key(key, 0, 4) : capacity_;
  if (version != kRowVersion || !row.done() || slot != ratings_.size() || slot >= capacity_) {
    return unreadable_row("ratings", "of the log");
  }
  ratings_.push_back(rating);
  return Ok{};
}

Status RatingLog::loaded(std::uint64_t appended) {
  if (ratings_.size() != std::min<std::uint64_t>(appended, capacity_)) return unreadable_row("ratings", "of the log");
  appended_ = saved_ = appended;
  return Ok{};
}

}  // namespace millrace
