#include <latent/space/probes/probe.hpp>

#include <latent/core/rng.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/probes/knn_classifier.hpp>
#include <latent/space/probes/logistic.hpp>
#include <latent/space/probes/ridge.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace latent::space {

namespace {

constexpr uint64_t kFoldStream = 0x666f6c6473;      // "folds"
constexpr uint64_t kScarceStream = 0x736361726365;  // "scarce"
constexpr uint64_t kStrengthStream = 0x737472656e;  // "stren"
// From the strongest: each fit begins at the last one's weights.
constexpr std::array<double, 9> kRidgeStrengths = {1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1e0, 1e-1, 1e-2};
constexpr std::array<double, 7> kStrengths = {1e4, 1e3, 1e2, 1e1, 1e0, 1e-1, 1e-2};

void check_target(const Target& target) {
  for (const int64_t label : target.labels) {
    LATENT_CHECK(0 <= label && label < target.classes, "[probe] labels from 0 to {}, got {}", target.classes - 1,
                 label);
  }
  for (const double value : target.values) LATENT_CHECK(std::isfinite(value), "[probe] values: NaN or infinity");
}

void check_train(const Target& target) {
  LATENT_CHECK(target.size() >= 2, "[probe] at least 2 training rows expected, got {}", target.size());
  const std::set<int64_t> classes(target.labels.begin(), target.labels.end());
  LATENT_CHECK(!target.is_class() || classes.size() >= 2, "[probe] at least two classes in the training rows expected");
}

// A number in [0, folds) for each row. Rows of a class take the folds in turn; the next class goes on where the last
// one stopped.
std::vector<int64_t> draw_folds(const Target& target, int64_t folds, uint64_t seed) {
  const std::vector<int64_t> order = Rng(seed).fork(kFoldStream).permutation(target.size());
  std::vector<int64_t> fold(order.size());
  int64_t next = 0;
  for (int64_t c = 0; c < std::max<int64_t>(target.classes, 1); ++c) {
    for (const int64_t row : order) {
      if (target.is_class() && target.labels[static_cast<size_t>(row)] != c) continue;
      fold[static_cast<size_t>(row)] = next++ % folds;
    }
  }
  return fold;
}

// The strength with the least log loss on held-out rows.
double choose_strength(const Tensor& x, const Target& target, uint64_t seed) {
  constexpr int64_t kMostRows = 10'000, kFolds = 3;
  std::vector<int64_t> rows = Rng(seed).fork(kStrengthStream).permutation(x.dim(0));
  rows.resize(static_cast<size_t>(std::min(kMostRows, x.dim(0))));
  const Target chosen = target.at(rows);
  struct Fold {
    Tensor fit, test;
    Target fit_target, test_target;
    std::optional<Logistic> model;
  };
  const Tensor sample = rows_at(x, rows);
  std::vector<Fold> folds;
  for (const Round& round : cross_validation_rounds(chosen, std::min(kFolds, chosen.size()), seed)) {
    folds.push_back({rows_at(sample, round.train), rows_at(sample, round.test), chosen.at(round.train),
                     chosen.at(round.test), std::nullopt});
  }
  double best = std::numeric_limits<double>::infinity(), strength = kStrengths.front();
  for (const double l2 : kStrengths) {
    double loss = 0.0;
    for (Fold& f : folds) {
      const LogisticOptions options{.l2 = l2, .max_iterations = 200, .tolerance = 1e-4, .min_decrease = 1e-6};
      f.model = fit_logistic(f.fit, f.fit_target.labels, target.classes, options, f.model ? &*f.model : nullptr);
      loss += logistic_loss(*f.model, f.test, f.test_target.labels) * static_cast<double>(f.test.dim(0));
    }
    if (loss >= best) break;  // weaker ones only follow the noise further
    best = loss;
    strength = l2;
  }
  return strength;
}

// What a fitted probe says of test rows, and the settings that it was fitted with.
struct Predicted {
  Target target;
  std::string settings;
};

Predicted predict_linear(const Tensor& train, const Target& target, const Tensor& test, uint64_t seed) {
  const Standardizer standardizer = Standardizer::fit(train);
  const Tensor x = standardizer.apply(train), x_test = standardizer.apply(test);
  Predicted result;
  double l2 = 0.0;
  if (target.is_class()) {
    l2 = choose_strength(x, target, seed);
    const LogisticOptions options{.l2 = l2, .max_iterations = 500, .tolerance = 1e-5, .min_decrease = 1e-6};
    result.target.labels = fit_logistic(x, target.labels, target.classes, options).predict(x_test);
  } else {
    const Ridge model = fit_ridge(x, target.values, kRidgeStrengths, seed);
    l2 = model.l2;
    result.target.values = model.predict(x_test);
  }
  result.settings = fmt::format("l2 = {:g}", l2);
  return result;
}

Predicted predict_knn(const Tensor& train, const Target& target, const Tensor& test, uint64_t seed) {
  const KnnOptions options =
      target.is_class() ? choose_knn(train, target.labels, seed) : choose_knn_for_values(train, target.values, seed);
  const Knn knn(train, options);
  Predicted result;
  if (target.is_class()) {
    result.target.labels = knn.predict_classes(test, target.labels);
  } else {
    result.target.values = knn.predict_values(test, target.values);
  }
  result.settings = options.str();
  return result;
}

Tensor concatenated(const Tensor& a, const Tensor& b) {
  Tensor both = Tensor::empty({a.dim(0) + b.dim(0), a.dim(1)});
  both.rows(0, a.dim(0)).copy_from(a);
  both.rows(a.dim(0), both.dim(0)).copy_from(b);
  return both;
}

double score_of(const Target& truth, const Target& predicted) {
  return truth.is_class() ? accuracy(truth.labels, predicted.labels) : r_squared(truth.values, predicted.values);
}

// Fills in the mean, its error and, for numbers, the mean absolute error.
void summarize(ProbeScore& result) {
  const MeanError mean = mean_error(result.scores);
  result.score = mean.mean;
  if (result.scores.size() > 1) {
    result.standard_error = mean.standard_error;
  } else if (result.truth.is_class()) {
    result.standard_error = std::sqrt(mean.mean * (1.0 - mean.mean) / static_cast<double>(result.truth.size()));
  }
  if (!result.truth.is_class()) {
    result.mean_absolute_error = mean_absolute_error(result.truth.values, result.predicted.values);
  }
}

template <class T>
std::vector<T> chosen_of(const std::vector<T>& all, std::span<const int64_t> indices) {
  std::vector<T> chosen;
  if (all.empty()) return chosen;
  chosen.reserve(indices.size());
  for (const int64_t index : indices) {
    LATENT_CHECK(0 <= index && index < static_cast<int64_t>(all.size()), "[probe] target {} of {}", index, all.size());
    chosen.push_back(all[static_cast<size_t>(index)]);
  }
  return chosen;
}

}  // namespace

Target Target::at(std::span<const int64_t> indices) const {
  return {chosen_of(labels, indices), classes, chosen_of(values, indices)};
}

void append(Target& target, const Target& more) {
  LATENT_CHECK(target.classes == more.classes, "[probe] targets of {} and {} classes do not go together",
               target.classes, more.classes);
  target.labels.insert(target.labels.end(), more.labels.begin(), more.labels.end());
  target.values.insert(target.values.end(), more.values.begin(), more.values.end());
}

std::string_view name_of(ProbeKind kind, const Target& target) {
  if (kind == ProbeKind::knn) return "k-NN";
  return target.is_class() ? "logistic" : "ridge";
}

std::vector<Round> cross_validation_rounds(const Target& target, int64_t folds, uint64_t seed) {
  LATENT_CHECK(2 <= folds && folds <= target.size(), "[probe] folds: from 2 to the {} rows, got {}", target.size(),
               folds);
  const std::vector<int64_t> fold = draw_folds(target, folds, seed);
  std::vector<Round> rounds(static_cast<size_t>(folds));
  for (size_t i = 0; i < fold.size(); ++i) {
    for (size_t f = 0; f < rounds.size(); ++f) {
      (fold[i] == static_cast<int64_t>(f) ? rounds[f].test : rounds[f].train).push_back(static_cast<int64_t>(i));
    }
  }
  return rounds;
}

std::vector<Round> scarce_rounds(const Target& target, std::span<const int64_t> pool, std::span<const int64_t> test,
                                 const ScarceOptions& options) {
  LATENT_CHECK(target.is_class(), "[probe] scarce labels: classes expected, got numbers");
  LATENT_CHECK(options.per_class >= 1 && options.repeats >= 1,
               "[probe] per_class and repeats: at least 1 expected, got {} and {}", options.per_class, options.repeats);
  const Target of_pool = target.at(pool);
  std::vector<Round> rounds;
  for (int64_t repeat = 0; repeat < options.repeats; ++repeat) {
    Rng rng = Rng(options.seed).fork(kScarceStream).fork(static_cast<uint64_t>(repeat));
    std::vector<int64_t> taken(static_cast<size_t>(target.classes), 0);
    Round round{{}, {test.begin(), test.end()}};
    for (const int64_t i : rng.permutation(of_pool.size())) {
      int64_t& count = taken[static_cast<size_t>(of_pool.labels[static_cast<size_t>(i)])];
      const int64_t row = pool[static_cast<size_t>(i)];
      if (count++ < options.per_class) {
        round.train.push_back(row);
      } else if (test.empty()) {
        round.test.push_back(row);
      }
    }
    LATENT_CHECK(!round.test.empty(), "[probe] {} labels of each class leave no row to measure on", options.per_class);
    std::sort(round.train.begin(), round.train.end());
    if (test.empty()) std::sort(round.test.begin(), round.test.end());
    rounds.push_back(std::move(round));
  }
  return rounds;
}

ProbeScore probe(ProbeKind kind, const Tensor& x, const Target& target, std::span<const Round> rounds, uint64_t seed,
                 const MakeExtra& extra) {
  check_rows("probe", x);
  check_target(target);
  LATENT_CHECK(target.size() == x.dim(0), "[probe] target: expected {}, got {}", x.dim(0), target.size());
  LATENT_CHECK(!rounds.empty(), "[probe] no rounds");
  ProbeScore result;
  result.truth.classes = result.predicted.classes = target.classes;
  for (size_t r = 0; r < rounds.size(); ++r) {
    LATENT_CHECK(!rounds[r].test.empty(), "[probe] round {} has no test rows", r);
    Tensor train = rows_at(x, rounds[r].train);
    Target train_target = target.at(rounds[r].train);
    check_train(train_target);
    if (const ExtraRows more = extra ? extra(r) : ExtraRows{}; more.x.defined()) {
      check_rows("probe", more.x);
      LATENT_CHECK(more.x.dim(1) == x.dim(1) && more.target.size() == more.x.dim(0),
                   "[probe] extra rows (n, {}) with n targets: got {} and {}", x.dim(1), more.x.shape().str(),
                   more.target.size());
      check_target(more.target);
      train = concatenated(train, more.x);
      append(train_target, more.target);
    }
    const Tensor test = rows_at(x, rounds[r].test);
    Predicted found = kind == ProbeKind::linear ? predict_linear(train, train_target, test, seed)
                                                : predict_knn(train, train_target, test, seed);
    found.target.classes = target.classes;
    const Target truth = target.at(rounds[r].test);
    result.scores.push_back(score_of(truth, found.target));
    append(result.truth, truth);
    append(result.predicted, found.target);
    result.settings = found.settings;
  }
  summarize(result);
  return result;
}

}  // namespace latent::space
