// Everything about the model that a user may set; documented key by key in millrace.toml.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/event.h"

namespace millrace {

struct EncoderOptions {
  std::size_t dimension = 128;          // a multiple of 16
  std::size_t length = 10;              // newest interactions attended to
  std::size_t negatives = 4096;         // shared by a mini-batch; full softmax where the catalogue is no larger
  std::size_t recent_window = 200'000;  // examples from which half of the negatives are drawn
  float row_rate = 0.006F;              // lazy Adam on embedding rows
  float dense_rate = 0.001F;
  float dropout = 0.2F;
  bool bf16 = true;                      // products with negatives in bfloat16, where the processor has such
  float recent_replay_mean = 40'000.0F;  // the second replay draws index now − Exp(mean)
  float gradient_clip = 0.0F;            // global norm of dense gradients, 0: off
  float weight_decay = 0.0F;
  bool use_kinds = true;       // kind embedding added to each attended item's key
  bool use_gaps = true;        // time-gap bucket added to each attended item's key
  bool use_user = false;       // user features added to the context
  bool use_categories = true;  // hashed categories added to item embeddings
  bool use_titles = true;      // hashed words of titles added to item embeddings
  bool use_content() const { return use_categories || use_titles; }
  std::size_t token_buckets = 1U << 16;
  std::uint64_t admit_count = 1;      // an item gets a row after this many events
  std::uint64_t expire_examples = 0;  // a row untouched for that many examples is dropped; 0: never
  std::size_t max_rows = 1'000'000;
};

struct MemoryOptions {
  std::size_t sessions_per_item = 250;
  std::size_t neighbours = 500;
  std::size_t session_items = 50;  // items kept per session
  std::size_t max_sessions = 1'000'000;
  float position_decay = 2.0F;
  float following_decay = 3.0F;
  float before_weight = 0.5F;
  float age_decay = 400'000.0F;  // examples
};

struct RelatedOptions {  // item-item co-visitation with position decay
  std::size_t window = 50;
  std::size_t neighbours_per_item = 100;
};

struct PopularityOptions {
  float half_life_hours = 24.0F;  // of "trending"
};

struct FactorsOptions {  // matrix factorisation
  std::size_t dimension = 32;
  float rate = 0.05F;
  float regularisation = 0.02F;
  std::size_t max_users = 1'000'000;
};

struct RatingsOptions {
  std::size_t max_users = 1'000'000;
  std::size_t log_ratings = 262'144;  // newest ratings, of which some are learnt again
};

struct HeadOptions {  // score = click · ln odds of a touch + purchase · ln p(purchase | touch) + rating · predicted
                      // rating
  float click = 1.0F;
  float purchase = 0.0F;
  float rating = 0.0F;
};

struct RankerOptions {
  std::size_t candidates_per_source = 26;
  float rate = 0.007F;          // Adam, of a full mini-batch
  std::size_t minibatch = 128;  // predictions an update at most; young rankers learn in smaller ones
  float label_smoothing = 0.05F;
  bool learn = true;
  HeadOptions heads;
  bool first_touches = false;  // learn from, and rank for, items the user has not seen yet; set with lists.exclude_seen
};

struct ContestOptions {  // how learners are compared
  float hedge_rate = 0.05F;
  float weight_min = 0.001F;       // of the best learner's weight
  float confidence = 0.95F;        // with which a new champion is better
  std::uint64_t horizon = 20'000;  // trials after which a comparison begins anew
};

struct RollbackOptions {
  bool enabled = true;
  std::uint64_t checkpoints = 5;  // that a state has to prove itself for
};

struct ModelOptions {
  std::uint64_t seed = 1;
  KindTable kinds;
  bool learning = true;            // off: nothing is learnt, for floors and tests
  std::size_t threads = 0;         // that make lists; 0: as many as there are processors, at most four
  std::size_t minibatch = 128;     // examples at most
  std::size_t minibatch_min = 16;  // fewer wait for the next step
  std::vector<std::string> families{"encoder", "memory",  "related", "trending", "rising",  "popular",
                                    "habit",   "factors", "visit",   "pulse",    "content", "ratings"};
  // What is served: "champion", "mixture", "interleave" or one of the learners.
  std::string serve = "ranker";
  std::vector<std::string> learners;  // side by side: "ranker", families that have lists; empty: all of them
  std::size_t list_length = 20;       // places that count in their trials; set with lists.length
  bool evaluate_learners = false;     // also answer queries with each learner alone
  EncoderOptions encoder;
  MemoryOptions memory;
  RelatedOptions related;
  PopularityOptions popularity;
  FactorsOptions factors;
  RankerOptions ranker;
  RatingsOptions ratings;
  ContestOptions contest;
  RollbackOptions rollback;
};

}  // namespace millrace
