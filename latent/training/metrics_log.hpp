#pragma once
// metrics.jsonl: one line of JSON for each epoch. See docs/files.md.

#include <latent/training/observer.hpp>

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <span>
#include <string>

namespace latent {

/// {"epoch", "seconds", "samples_per_second", "lr", "train": {...}, HELD_OUT_NAME: {...}, "kl_per_dim": [...]}; what is
/// empty is left out. Numbers that are not finite become null.
nlohmann::json to_json(const EpochReport& report, const std::string& held_out_name);
/// @throws nlohmann::json::exception if the JSON is not what to_json() writes
EpochReport epoch_report_from_json(const nlohmann::json& value, const std::string& held_out_name);

/// Replaces the file by the lines of `history`, atomically. @throws IoError
void rewrite_metrics_log(const std::filesystem::path& path, std::span<const EpochReport> history,
                         const std::string& held_out_name);
/// Adds one line. @throws IoError
void append_metrics_log(const std::filesystem::path& path, const EpochReport& report, const std::string& held_out_name);

}  // namespace latent
