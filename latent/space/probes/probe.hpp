#pragma once
// Probes: how much of the labels, or of a number, a simple model can tell from codes.

#include <latent/core/tensor.hpp>
#include <latent/space/metrics/scores.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latent::space {

/// What is to be told: a class of each row, or a number.
struct Target {
  std::vector<int64_t> labels;  ///< in [0, classes); empty for numbers
  int64_t classes = 0;          ///< 0 for numbers
  std::vector<double> values;   ///< empty for classes

  bool is_class() const { return classes > 0; }
  int64_t size() const { return static_cast<int64_t>(is_class() ? labels.size() : values.size()); }
  /// Those of rows `indices`. @throws std::invalid_argument for an index out of range
  Target at(std::span<const int64_t> indices) const;
};

/// Adds those of `more` behind those of `target`. @throws std::invalid_argument if the kinds differ
void append(Target& target, const Target& more);

enum class ProbeKind : uint8_t {
  linear,  ///< logistic regression of classes, ridge regression of numbers; on standardised columns
  knn      ///< nearest neighbours
};
/// "logistic" or "k-NN"; "ridge" or "k-NN".
std::string_view name_of(ProbeKind kind, const Target& target);

/// Rows to fit a probe to, and rows to measure it on.
struct Round {
  std::vector<int64_t> train, test;
};

/// Cross-validation: each of `folds` random parts in turn is measured by a probe fitted to the others. Each class (if
/// there are classes) is spread evenly over the parts.
/// @throws std::invalid_argument unless 2 <= folds <= rows
std::vector<Round> cross_validation_rounds(const Target& target, int64_t folds, uint64_t seed);

struct ScarceOptions {
  int64_t per_class = 10;  ///< labelled rows of each class, or all of a class that has fewer
  int64_t repeats = 10;    ///< draws of them
  uint64_t seed = 0;
};
/// What a few labels are worth: probes fitted to a few random rows of each class, measured on `test`, or on all other
/// rows of the pool if `test` is empty.
/// @throws std::invalid_argument for numbers instead of classes, options below 1, rows out of range, or nothing left to
///         measure on
std::vector<Round> scarce_rounds(const Target& target, std::span<const int64_t> pool, std::span<const int64_t> test,
                                 const ScarceOptions& options);

/// Rows that a round's training rows get beside them, and are not measured on.
struct ExtraRows {
  Tensor x;  ///< (n, D) f32; undefined for none
  Target target;
};
using MakeExtra = std::function<ExtraRows(size_t round)>;

/// How well a probe does on rows that it was not fitted to.
struct ProbeScore {
  std::vector<double> scores;            ///< scores of each round: accuracy of classes, R^2 of numbers
  double score = 0.0;                    ///< their mean
  std::optional<double> standard_error;  ///< over rounds; of one round: binomial for an accuracy, unknown for R^2
  double mean_absolute_error = 0.0;      ///< mean absolute error of numbers, over all rows measured
  Target truth, predicted;               ///< numbers or classes of the rows measured, round after round
  std::string settings;                  ///< settings of the last fit, chosen on its training rows: "l2 = 10"
};

/// Fits the probe to each round's training rows and measures it on its test rows. All settings are chosen on the
/// training rows: the strength of the penalty by 3-fold cross-validation of the log loss on at most 10,000 of them for
/// classes, as fit_ridge() does for numbers; what neighbours are by choose_knn(). The same bits with any number of
/// threads.
/// @param x (N, D) f32, finite   @param target  of N rows   @param extra  may be empty
/// @throws std::invalid_argument for other shapes, targets of other length or kind, rows out of range, rounds with
/// fewer
///         than 2 training rows, of fewer than two classes, or without test rows; values that are not finite
ProbeScore probe(ProbeKind kind, const Tensor& x, const Target& target, std::span<const Round> rounds, uint64_t seed,
                 const MakeExtra& extra = {});

}  // namespace latent::space
