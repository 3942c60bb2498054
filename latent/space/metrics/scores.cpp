#include <latent/space/metrics/scores.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace latent::space {

namespace {

template <class T>
void check_pair(const char* name, std::span<const T> a, std::span<const T> b) {
  LATENT_CHECK(!a.empty() && a.size() == b.size(), "[{}] two lists of one length, not empty: got {} and {}", name,
               a.size(), b.size());
}

// How many samples each pair of parts shares, and how many each part holds.
struct Contingency {
  std::map<std::pair<int64_t, int64_t>, double> both;
  std::map<int64_t, double> a, b;

  Contingency(std::span<const int64_t> first, std::span<const int64_t> second) {
    for (size_t i = 0; i < first.size(); ++i) {
      both[{first[i], second[i]}] += 1;
      a[first[i]] += 1;
      b[second[i]] += 1;
    }
  }
};

template <class Key>
double sum_of_squares(const std::map<Key, double>& counts) {
  double sum = 0.0;
  for (const auto& [key, count] : counts) sum += count * count;
  return sum;
}

double entropy(const std::map<int64_t, double>& counts, double n) {
  double sum = 0.0;
  for (const auto& [part, count] : counts) sum -= count / n * std::log(count / n);
  return sum;
}

}  // namespace

double accuracy(std::span<const int64_t> truth, std::span<const int64_t> predicted) {
  check_pair("accuracy", truth, predicted);
  int64_t equal = 0;
  for (size_t i = 0; i < truth.size(); ++i) equal += truth[i] == predicted[i] ? 1 : 0;
  return static_cast<double>(equal) / static_cast<double>(truth.size());
}

Tensor confusion_matrix(std::span<const int64_t> truth, std::span<const int64_t> predicted, int64_t classes) {
  check_pair("confusion_matrix", truth, predicted);
  LATENT_CHECK(classes >= 1, "[confusion_matrix] at least one class expected, got {}", classes);
  Tensor matrix = Tensor::zeros({classes, classes}, DType::i64);
  for (size_t i = 0; i < truth.size(); ++i) {
    LATENT_CHECK(0 <= truth[i] && truth[i] < classes && 0 <= predicted[i] && predicted[i] < classes,
                 "[confusion_matrix] classes from 0 to {}, got {} and {}", classes - 1, truth[i], predicted[i]);
    ++matrix.data<int64_t>()[truth[i] * classes + predicted[i]];
  }
  return matrix;
}

std::vector<double> class_accuracies(const Tensor& confusion) {
  LATENT_CHECK(confusion.ndim() == 2 && confusion.dim(0) == confusion.dim(1),
               "[class_accuracies] a square matrix expected, got {}", confusion.shape().str());
  const int64_t C = confusion.dim(0);
  const auto* counts = confusion.data<int64_t>();
  std::vector<double> shares;
  for (int64_t c = 0; c < C; ++c) {
    int64_t total = 0;
    for (int64_t other = 0; other < C; ++other) total += counts[c * C + other];
    shares.push_back(total == 0 ? std::numeric_limits<double>::quiet_NaN()
                                : static_cast<double>(counts[c * C + c]) / static_cast<double>(total));
  }
  return shares;
}

double adjusted_rand_index(std::span<const int64_t> a, std::span<const int64_t> b) {
  check_pair("adjusted_rand_index", a, b);
  const Contingency table(a, b);
  const auto n = static_cast<double>(a.size());
  // Ordered pairs of samples that lie together in both partitions, in one alone, in none.
  const double together = sum_of_squares(table.both);
  const double only_a = sum_of_squares(table.a) - together, only_b = sum_of_squares(table.b) - together;
  const double apart = n * n - only_a - only_b - together;
  if (only_a == 0.0 && only_b == 0.0) return 1.0;
  const double same = together - n;  // without each sample's pair with itself
  return 2.0 * (same * apart - only_a * only_b) /
         ((same + only_a) * (only_a + apart) + (same + only_b) * (only_b + apart));
}

double normalized_mutual_information(std::span<const int64_t> a, std::span<const int64_t> b) {
  check_pair("normalized_mutual_information", a, b);
  const Contingency table(a, b);
  if (table.a.size() == 1 && table.b.size() == 1) return 1.0;
  const auto n = static_cast<double>(a.size());
  double information = 0.0;
  for (const auto& [parts, count] : table.both) {
    information += count / n * std::log(n * count / (table.a.at(parts.first) * table.b.at(parts.second)));
  }
  const double mean_entropy = (entropy(table.a, n) + entropy(table.b, n)) / 2.0;
  return std::clamp(information / mean_entropy, 0.0, 1.0);
}

double r_squared(std::span<const double> truth, std::span<const double> predicted) {
  check_pair("r_squared", truth, predicted);
  double mean = 0.0;
  for (const double value : truth) mean += value;
  mean /= static_cast<double>(truth.size());
  double errors = 0.0, squares = 0.0;
  for (size_t i = 0; i < truth.size(); ++i) {
    errors += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
    squares += (truth[i] - mean) * (truth[i] - mean);
  }
  if (squares == 0.0) return errors == 0.0 ? 1.0 : 0.0;
  return 1.0 - errors / squares;
}

double mean_absolute_error(std::span<const double> truth, std::span<const double> predicted) {
  check_pair("mean_absolute_error", truth, predicted);
  double sum = 0.0;
  for (size_t i = 0; i < truth.size(); ++i) sum += std::abs(truth[i] - predicted[i]);
  return sum / static_cast<double>(truth.size());
}

MeanError mean_error(std::span<const double> scores) {
  LATENT_CHECK(!scores.empty(), "[mean_error] of no scores");
  const auto n = static_cast<double>(scores.size());
  MeanError result;
  for (const double score : scores) result.mean += score / n;
  if (scores.size() == 1) return result;
  double squares = 0.0;
  for (const double score : scores) squares += (score - result.mean) * (score - result.mean);
  result.standard_error = std::sqrt(squares / (n - 1.0) / n);
  return result;
}

}  // namespace latent::space
