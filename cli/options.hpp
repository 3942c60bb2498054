#pragma once
// Options that several commands share.

#include <cli/arguments.hpp>
#include <cli/checks.hpp>
#include <cli/series_flags.hpp>

#include <latent/data/augmentation.hpp>
#include <latent/data/corrupt.hpp>
#include <latent/data/dataset.hpp>
#include <latent/data/read_options.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace latent::cli {

/// --threads and --precision: how to compute.
struct ComputeOptions {
  std::optional<int> threads;
  std::string precision;

  /// @param default_precision  shown in the help: training takes the fastest, figures are computed in f32
  void declare(Arguments& arguments, const std::string& default_precision);
  /// Takes the threads. @throws UsageError for more threads than there are
  void apply() const;
};

/// --threads alone, for what computes in one precision.
void declare_threads(Arguments& arguments, ComputeOptions& compute);

/// --sound, --seconds, --rate, ...: how sounds become samples.
struct SoundFlags {
  std::string features, fit, label_from_name;
  std::optional<int64_t> rate, n_fft, hop, mels;
  std::optional<double> seconds;
  bool stereo = false;

  void declare(Arguments& arguments);
  /// @throws std::invalid_argument for unknown names
  data::SoundOverrides overrides() const;
};

/// --size, --fit, --background, --grayscale, --binarize, --label-column, --drop, --header, --decimal, --missing and those of
/// SoundFlags: how to read data.
struct DataOptions {
  std::string size, fit, background;
  bool grayscale = false;
  std::string binarize;
  std::string label_column;
  std::string drop;
  std::string header, decimal;
  std::string missing;
  SoundFlags sound;
  SeriesFlags series;

  void declare(Arguments& arguments);
  /// What was given on the command line.
  /// @throws UsageError for a malformed --size; std::invalid_argument for an unknown --fit, --missing or --header
  data::ReadOverrides overrides() const;
  /// How to open data that no model was trained on. @throws as overrides(); UsageError for --fit without a size
  data::OpenOptions open_options() const;
};

/// What --corrupt says: "gaussian:0.3", "none". @throws UsageError
data::Corruption parse_corruption(const std::string& text);
/// As data::Augmentation::from_text(). @throws UsageError naming --augment
data::Augmentation parse_augmentation(const std::string& text);

/// --seed, 0 unless given.
void declare_seed(Arguments& arguments, uint64_t& seed, const std::string& what_for);
/// --split train|validation|test|all.
void declare_split(Arguments& arguments, std::string& split);

}  // namespace latent::cli
