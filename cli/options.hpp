#pragma once
// Options that several commands share, and checks of their values.

#include <cli/arguments.hpp>
#include <cli/series_flags.hpp>

#include <latent/data/augmentation.hpp>
#include <latent/data/corrupt.hpp>
#include <latent/data/dataset.hpp>
#include <latent/data/read_options.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latent::cli {

/// Checks an option's text before it is converted: a whole number in [low, high].
Check whole_number(int64_t low, int64_t high = std::numeric_limits<int64_t>::max());

enum class Bound : uint8_t { closed, open };
/// A finite number between `low` and `high`; an open bound is itself refused.
Check number(double low, Bound low_bound, double high = std::numeric_limits<double>::infinity(),
             Bound high_bound = Bound::open);
/// "400" or "400,400": whole numbers in [low, high] between commas.
Check whole_number_list(int64_t low, int64_t high);
/// One of these words.
Check one_of(std::vector<std::string> words);
/// The numbers of a text that whole_number_list() has passed.
std::vector<int64_t> parse_list(const std::string& text);

/// The two whole numbers of "20x30"; nothing for other texts.
std::optional<std::pair<int64_t, int64_t>> parse_cross(const std::string& text);
/// The number of a text; nothing where it is none, or not finite.
std::optional<double> parse_finite(std::string_view text);
/// "-3:3": from where to where.
struct Span {
  double low = 0.0, high = 0.0;
};
/// @throws UsageError naming the option, unless `text` is LOW:HIGH with finite numbers, low below high
Span parse_span(std::string_view option, const std::string& text);
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

/// --size, --fit, --background, --grayscale, --binarize, --label-column, --drop, --header, --missing and those of
/// SoundFlags: how to read data.
struct DataOptions {
  std::string size, fit, background;
  bool grayscale = false;
  std::string binarize;
  std::string label_column;
  std::string drop;
  std::string header;
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
