#pragma once
// Sums of codes: samples, mean codes of several samples (a class, those above a bound), and files, added and
// subtracted.

#include <latent/data/expressions/sum.hpp>
#include <latent/run/pictures/pictures.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/editing/arithmetic.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latent {

struct SumExpression {
  std::string text = {};
  std::vector<data::Operand> operands = {};
};
/// @throws UsageError naming the expression, as data::parse_sum()
SumExpression sum_from(const std::string& text);

/// An operand as it was found.
struct SumTerm {
  std::string name = {};  ///< "#12", "label:Sneaker", "photo.png"
  double factor = 1.0;
  Tensor code = {};       ///< (1, D)
  Tensor x = {};          ///< (1, ...) model values; undefined for a mean code
  std::string note = {};  ///< of a mean that was not taken over all samples: how many, and why
  /// "+ #3", "- label:bag", "+ 0.5 #3"
  std::string text() const;
};

struct CodeSum {
  std::vector<SumTerm> terms = {};
  Tensor z = {};      ///< (1, D)
  Tensor x_hat = {};  ///< (1, ...) model values
  /// The real sample whose code is nearest to the sum; operands themselves are left out: they are near by nature. None
  /// where the codes of all samples would have to be searched for.
  struct Nearest {
    int64_t index = 0;
    double distance = 0.0;
  };
  std::optional<Nearest> nearest = {};
};

/// Models whose codes are searched for (LatentModel::encodes_by_search()) encode only what the expression names.
/// @param open  opens a file that the expression names, as data for the run
/// @throws UsageError naming the place in the expression: samples, classes and files that are not there
CodeSum sum_codes(const Run& run, const RunData& data, const SumExpression& expression, space::Path path,
                  const std::function<RunData(const std::string&)>& open);

/// The same for those who have the codes of the samples already. @param codes  (N, D) f32, of data.samples; undefined:
/// only what the expression names is encoded
CodeSum sum_codes(const Run& run, const RunData& data, const Tensor& codes, const SumExpression& expression,
                  space::Path path, const std::function<RunData(const std::string&)>& open);

/// Above, the real samples; below, what codes decode to. A mean code has no sample, so its place above is empty.
Picture picture_of_sum(const Run& run, const RunData& data, const CodeSum& sum);

}  // namespace latent
