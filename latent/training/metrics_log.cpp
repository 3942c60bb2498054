#include <latent/training/metrics_log.hpp>

#include <latent/formats/file.hpp>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>

namespace latent {

namespace {

using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
double number_from(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

json object(const Metrics& metrics) {
  json result = json::object();
  for (const auto& [name, value] : metrics) result[name] = number(value);
  return result;
}
Metrics metrics_from(const json& value) {
  Metrics metrics;
  for (const auto& [name, element] : value.get<json::object_t>()) metrics[name] = number_from(element);
  return metrics;
}

std::string line(const EpochReport& report, const std::string& held_out_name) {
  return to_json(report, held_out_name).dump() + "\n";
}

}  // namespace

json to_json(const EpochReport& report, const std::string& held_out_name) {
  json result = {{"epoch", report.epoch},
                 {"seconds", number(report.seconds)},
                 {"samples_per_second", number(report.samples_per_second)},
                 {"lr", number(report.lr)},
                 {"train", object(report.train)}};
  if (!report.held_out.empty()) result[held_out_name] = object(report.held_out);
  if (!report.kl_per_dim.empty()) {
    for (const double kl : report.kl_per_dim) result["kl_per_dim"].push_back(number(kl));
  }
  return result;
}

EpochReport epoch_report_from_json(const json& value, const std::string& held_out_name) {
  EpochReport report;
  value.at("epoch").get_to(report.epoch);
  report.seconds = number_from(value.at("seconds"));
  report.samples_per_second = number_from(value.at("samples_per_second"));
  report.lr = number_from(value.at("lr"));
  report.train = metrics_from(value.at("train"));
  if (value.contains(held_out_name)) report.held_out = metrics_from(value.at(held_out_name));
  if (value.contains("kl_per_dim")) {
    for (const json& kl : value.at("kl_per_dim").get<json::array_t>()) report.kl_per_dim.push_back(number_from(kl));
  }
  return report;
}

void rewrite_metrics_log(const std::filesystem::path& path, std::span<const EpochReport> history,
                         const std::string& held_out_name) {
  replace_file(path, [&](Sink& sink) {
    for (const EpochReport& report : history) sink.write(std::string_view(line(report, held_out_name)));
  });
}

void append_metrics_log(const std::filesystem::path& path, const EpochReport& report,
                        const std::string& held_out_name) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "ae"), close);
  if (!file) throw IoError(path.string(), "append", errno);
  const std::string text = line(report, held_out_name);
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  if (!written || std::fflush(file.get()) != 0) throw IoError(path.string(), "append", errno);
}

}  // namespace latent
