#include "tests/deploy/prometheus.h"

#include <httplib.h>
#include <rapidjson/document.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

namespace millrace {
namespace {

std::filesystem::path write_configuration(const std::filesystem::path& folder, int target_port) {
  auto path = folder / "prometheus.yml";
  std::ofstream(path) << "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
                      << "rule_files: [" << MILLRACE_SOURCE_DIR << "/deploy/prometheus/alerts.yml]\n"
                      << "scrape_configs:\n  - job_name: millrace\n    static_configs:\n      - targets: ['127.0.0.1:"
                      << target_port << "']\n";
  return path;
}

ChildOptions command(const std::filesystem::path& folder, int port, int target_port) {
  return {.command = {"prometheus", "--config.file=" + write_configuration(folder, target_port).string(),
                      "--storage.tsdb.path=" + (folder / "data").string(),
                      "--web.listen-address=127.0.0.1:" + std::to_string(port)},
          .log = folder / "prometheus.log"};
}

bool has_finite_value(const rapidjson::Value& series) {
  // A sample is [time, "value"].
  return std::isfinite(std::strtod(series["value"][1].GetString(), nullptr));
}

}  // namespace

bool PrometheusServer::installed() { return std::system("command -v prometheus >/dev/null") == 0; }

PrometheusServer::PrometheusServer(const std::filesystem::path& folder, int target_port)
    : folder_(folder), port_(free_port()), process_(ChildProcess::start(command(folder, port_, target_port))) {}

bool PrometheusServer::ready() const {
  const auto answer = httplib::Client("127.0.0.1", port_).Get("/-/ready");
  return answer && answer->status == 200;
}

QueryAnswer PrometheusServer::query(const std::string& expression) const {
  const auto answer = httplib::Client("127.0.0.1", port_)
                          .Get("/api/v1/query", httplib::Params{{"query", expression}}, httplib::Headers{});
  if (!answer) return {.error = "Prometheus does not answer"};
  rapidjson::Document document;
  document.Parse(answer->body.c_str());
  if (document.HasParseError() || !document.IsObject()) return {.error = answer->body};
  if (document.HasMember("error")) return {.error = document["error"].GetString()};
  QueryAnswer result;
  for (const auto& series : document["data"]["result"].GetArray()) {
    ++result.series;
    result.finite = result.finite || has_finite_value(series);
  }
  return result;
}

std::vector<RuleState> PrometheusServer::rules() const {
  std::vector<RuleState> rules;
  const auto answer = httplib::Client("127.0.0.1", port_).Get("/api/v1/rules");
  rapidjson::Document document;
  if (!answer || document.Parse(answer->body.c_str()).HasParseError() || !document.HasMember("data")) return rules;
  for (const auto& group : document["data"]["groups"].GetArray()) {
    for (const auto& rule : group["rules"].GetArray()) {
      rules.push_back({rule["name"].GetString(), rule["query"].GetString(), rule["health"].GetString(),
                       rule.HasMember("lastError") ? rule["lastError"].GetString() : ""});
    }
  }
  return rules;
}

std::string PrometheusServer::log() const { return tail(folder_ / "prometheus.log", 20); }

}  // namespace millrace
