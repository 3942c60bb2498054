#include <latent/training/metrics_log.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/formats/file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <fstream>
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

constexpr uint64_t kFnvBasis = 0xcbf29ce484222325, kFnvPrime = 0x100000001b3;

// The mark of a log to which `text` was added.
LogMark advanced(LogMark mark, std::string_view text) {
  uint64_t hash = mark.bytes == 0 ? kFnvBasis : mark.checksum;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
  return {mark.bytes + text.size(), hash};
}

}  // namespace

Json to_json(const EpochReport& report, const std::string& held_out_name) {
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

EpochReport epoch_report_from_json(const Json& value, const std::string& held_out_name) {
  EpochReport report;
  value->at("epoch").get_to(report.epoch);
  report.seconds = number_from(value->at("seconds"));
  report.samples_per_second = number_from(value->at("samples_per_second"));
  report.lr = number_from(value->at("lr"));
  report.train = metrics_from(value->at("train"));
  if (value->contains(held_out_name)) report.held_out = metrics_from(value->at(held_out_name));
  if (value->contains("kl_per_dim")) {
    for (const json& kl : value->at("kl_per_dim").get<json::array_t>()) report.kl_per_dim.push_back(number_from(kl));
  }
  return report;
}

MetricsLog::MetricsLog(std::filesystem::path path, std::string held_out_name)
    : path_(std::move(path)), held_out_name_(std::move(held_out_name)) {}

void MetricsLog::rewrite(std::span<const EpochReport> history) {
  LogMark mark;
  replace_file(path_, [&](Sink& sink) {
    for (const EpochReport& report : history) {
      const std::string text = line(report, held_out_name_);
      sink.write(std::string_view(text));
      mark = advanced(mark, text);
    }
  });
  mark_ = mark;
}

void MetricsLog::cut(const LogMark& mark) {
  if (mark.bytes == 0) return rewrite({});  // a run that was killed before its log was begun has none
  std::error_code error;
  if (std::filesystem::file_size(path_, error) != mark.bytes && !error) {
    std::filesystem::resize_file(path_, mark.bytes, error);
  }
  if (error) throw IoError(path_.string(), "cut", error.value());
  mark_ = mark;
}

void MetricsLog::append(const EpochReport& report) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path_.c_str(), "ae"), close);
  if (!file) throw IoError(path_.string(), "append", errno);
  const std::string text = line(report, held_out_name_);
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  if (!written || std::fflush(file.get()) != 0) throw IoError(path_.string(), "append", errno);
  mark_ = advanced(mark_, text);
}

void MetricsLog::flush() const {
  if (mark_.bytes == 0) return;
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) throw IoError(path_.string(), "open", errno);
  const int failed = ::fsync(fd) != 0 && errno != EINVAL ? errno : 0;  // EINVAL: a place that cannot be flushed
  ::close(fd);
  if (failed != 0) throw IoError(path_.string(), "flush", failed);
}

LoggedHistory read_metrics_log(const std::filesystem::path& path, const LogMark& mark, int64_t last_epoch,
                               const std::string& held_out_name) {
  LoggedHistory found;
  std::ifstream file(path, std::ios::binary);
  LogMark read;
  bool is_beginning = true;  // of bytes that the mark may be of
  for (std::string text; std::getline(file, text);) {
    text += '\n';
    if (is_beginning && read.bytes < mark.bytes) {
      read = advanced(read, text);
    } else {
      is_beginning = false;
    }
    try {
      EpochReport report = epoch_report_from_json(json::parse(text, nullptr, false), held_out_name);
      const int64_t before = found.reports.empty() ? 0 : found.reports.back().epoch;
      if (report.epoch > before && report.epoch <= last_epoch) found.reports.push_back(std::move(report));
    } catch (const json::exception&) {
      continue;  // a torn or foreign line
    }
  }
  found.is_intact = read == mark;
  return found;
}

}  // namespace latent
