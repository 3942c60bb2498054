#pragma once
// Kinds of samples: what messages call them, and what may be done with their values.

#include <span>
#include <string>
#include <string_view>

namespace latent::data {

/// What is true of all samples of a kind. Readers say of which kind their samples are; nobody else asks for the kind,
/// but for what is true of it. How samples are drawn, written and brought to units is run_kind() of latent/run/kinds/.
struct Kind {
  std::string_view name;           ///< in messages, files and JSON: "images", "table", "array", "sound"
  std::string_view article = "a";  ///< in messages: "an array"
  /// The arrays that hold them, for messages: "(N, D)".
  std::string_view arrays = "(N, D)";
  /// Samples (C, H, W), whose neighbours belong together: they can be resized, flipped, moved, blurred and convolved.
  bool is_spatial = false;
  /// Whether a sample mirrored left to right is another one of its kind; of sound that would turn time around.
  bool may_be_mirrored = true;
  /// Samples (C, L), whose neighbours belong together.
  bool is_series = false;
  /// Model values lie in [0, 1] unless they are standardised, in whatever type they are stored; else only those of u8.
  bool are_pixels = false;
  /// Each value means something by itself: it has a name or a number, and may be constant or odd.
  bool has_columns = true;
  /// All values of a sample are on one scale: bytes are pixels, and one threshold makes all of them 0 or 1.
  bool has_one_scale = true;
  /// What to do about values outside [0, 1] where a model needs them there.
  std::string_view unit_interval_advice;
  /// What a sample's name says (Dataset::sample_name()): its file, the word itself, or where a window starts.
  std::string_view sample_name = "file";

  /// `sound` are pictures of sound (spectrograms), `waves` its samples.
  static const Kind images, table, array, words, series, sound, waves;

  /// "a table", "an array".
  std::string described() const;
  friend bool operator==(const Kind& a, const Kind& b) { return a.name == b.name; }
};

inline std::string_view name_of(const Kind& kind) { return kind.name; }

/// All kinds.
std::span<const Kind* const> kinds();

/// The kind of that name: "images", "table", ... @throws std::invalid_argument for others, with the
/// nearest one
const Kind& kind_from(std::string_view name);

}  // namespace latent::data
