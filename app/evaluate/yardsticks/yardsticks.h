// The yardsticks, one file each: what is read and which protocol it is scored by.
#pragma once

#include <string>

#include "app/evaluate/bench.h"
#include "app/evaluate/protocols/protocols.h"
#include "app/evaluate/yardsticks/yardstick.h"
#include "app/progress.h"

namespace millrace {

// The file `name` in `data`, in a folder of it, or `data` itself.
Result<std::string> find_data_file(const std::string& data, const std::string& name);

// `options` with the yardstick's own kinds.
YardstickOptions with_kinds(YardstickOptions options, const KindTable& kinds);

Result<EvaluationReport> run_clicks(const YardstickOptions& options);         // A
Result<EvaluationReport> run_news(const YardstickOptions& options);           // B
Result<EvaluationReport> run_gift_shop(const YardstickOptions& options);      // C
Result<EvaluationReport> run_movie_ratings(const YardstickOptions& options);  // D
Result<EvaluationReport> run_five_star(const YardstickOptions& options);      // E
Result<EvaluationReport> run_sessions(const YardstickOptions& options);       // G

}  // namespace millrace
