#pragma once
// Strips: what becomes of samples step by step, as a picture with names, as an animation, or as data.

#include <cli/decoded.hpp>

#include <string>
#include <vector>

namespace latent::cli {

/// Decoded samples, one strip after the other.
struct Strips {
  Tensor x_hat;       ///< (strips * steps, ...) model values
  Tensor codes;       ///< (strips * steps, D)
  int64_t steps = 0;  ///< of each strip
  std::vector<std::string> strip_names, step_names;
};

/// Writes strips in the form of `file`: .png with their names, one strip in each row (columns of tables: as lines over
/// the steps); .gif, one frame for each step, forth and back, so that the end meets the beginning; the others as
/// write_decoded().
/// @return what a picture shows where it is not all: Picture::shown   @throws IoError
std::string write_strips(const Run& run, const Strips& strips, const ResultFile& file);

/// "-3:3": from where to where.
struct Span {
  double low = 0.0, high = 0.0;
};
/// @throws UsageError naming the option, unless `text` is LOW:HIGH with finite numbers, low below high
Span parse_span(std::string_view option, const std::string& text);
/// `steps` >= 2 numbers from low to high, both included.
std::vector<double> spaced(const Span& span, int64_t steps);

/// "-1.5", "0", "+3": a step's name.
std::string signed_text(double value);

/// @throws UsageError if one of the samples does not exist
void check_items(const RunData& data, const std::vector<int64_t>& items);

/// @throws UsageError unless the model has both halves. @param what  "editing samples"
void check_has_both_halves(const Run& run, std::string_view what);

}  // namespace latent::cli
