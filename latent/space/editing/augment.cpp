#include <latent/space/editing/augment.hpp>

#include <latent/core/choice.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace latent::space {

namespace {

constexpr std::array<Choice<AugmentMethod>, 2> kMethods = {
    {{"posterior", AugmentMethod::posterior}, {"neighbors", AugmentMethod::neighbors}}};
constexpr std::array<Choice<Balance>, 2> kBalances = {
    {{"proportional", Balance::proportional}, {"equal", Balance::equal}}};

// The given samples of one class, and how many new ones it gets.
struct Class {
  int64_t label = 0;
  std::vector<int64_t> rows;
  int64_t count = 0;
};

void check(const Tensor& codes, const Tensor& stddev, std::span<const int64_t> labels, const AugmentOptions& options) {
  LATENT_CHECK(codes.defined() && codes.ndim() == 2 && codes.dtype() == DType::f32 && codes.numel() > 0,
               "[augment] codes (N, D): expected f32, not empty, got {}",
               codes.defined() ? codes.shape().str() : "undefined");
  LATENT_CHECK(std::ranges::all_of(codes.span<float>(), [](float value) { return std::isfinite(value); }),
               "[augment] codes: expected finite values");
  LATENT_CHECK(labels.empty() || static_cast<int64_t>(labels.size()) == codes.dim(0),
               "[augment] labels: expected {} or none, got {}", codes.dim(0), labels.size());
  LATENT_CHECK(options.count >= 1, "[augment] count: expected at least 1, got {}", options.count);
  if (options.method == AugmentMethod::neighbors) {
    LATENT_CHECK(options.neighbors >= 1, "[augment] neighbors: expected at least 1, got {}", options.neighbors);
    return;
  }
  LATENT_CHECK(options.spread > 0.0 && std::isfinite(options.spread), "[augment] spread: expected above 0, got {}",
               options.spread);
  LATENT_CHECK(stddev.defined() && stddev.shape() == codes.shape() && stddev.dtype() == DType::f32,
               "[augment] stddev: expected {} f32, got {}", codes.shape().str(),
               stddev.defined() ? stddev.shape().str() : "undefined");
  const auto widths = stddev.span<float>();
  LATENT_CHECK(std::ranges::all_of(widths, [](float width) { return std::isfinite(width) && width >= 0.0F; }),
               "[augment] stddev: expected finite values, none negative");
  LATENT_CHECK(std::ranges::any_of(widths, [](float width) { return width > 0.0F; }),
               "[augment] stddev: all zeros, as of a plain autoencoder; every draw would be a copy, so use the method "
               "'neighbors'");
}

std::vector<Class> classes_of(std::span<const int64_t> labels, int64_t N) {
  std::map<int64_t, Class> classes;
  for (int64_t row = 0; row < N; ++row) {
    const int64_t label = labels.empty() ? 0 : labels[static_cast<size_t>(row)];
    if (label < 0) continue;
    Class& of_label = classes[label];
    of_label.label = label;
    of_label.rows.push_back(row);
  }
  LATENT_CHECK(!classes.empty(), "[augment] none of the {} samples has a label", N);
  std::vector<Class> list;
  list.reserve(classes.size());
  for (auto& [label, of_label] : classes) list.push_back(std::move(of_label));
  return list;
}

// Divides the count by largest remainders; of equal remainders the first class wins.
void share_out(std::vector<Class>& classes, int64_t count, Balance balance) {
  const auto weight = [&](const Class& c) {
    return balance == Balance::equal ? 1.0 : static_cast<double>(c.rows.size());
  };
  double total = 0.0;
  for (const Class& c : classes) total += weight(c);
  int64_t given = 0;
  std::vector<std::pair<double, size_t>> remainders;
  for (size_t i = 0; i < classes.size(); ++i) {
    const double share = static_cast<double>(count) * weight(classes[i]) / total;
    classes[i].count = static_cast<int64_t>(std::floor(share));
    given += classes[i].count;
    remainders.emplace_back(static_cast<double>(classes[i].count) - share, i);
  }
  std::sort(remainders.begin(), remainders.end());
  for (size_t i = 0; given < count; ++i, ++given) ++classes[remainders[i % remainders.size()].second].count;
}

// `count` of the rows: each as often as the others, what is left over drawn without repetition.
std::vector<int64_t> choose_sources(const Class& of, Rng& rng) {
  const auto rows = static_cast<int64_t>(of.rows.size());
  std::vector<int64_t> chosen;
  for (int64_t round = 0; round < of.count / rows; ++round) {
    chosen.insert(chosen.end(), of.rows.begin(), of.rows.end());
  }
  const std::vector<int64_t> order = rng.permutation(rows);
  for (int64_t i = 0; i < of.count % rows; ++i) {
    chosen.push_back(of.rows[static_cast<size_t>(order[static_cast<size_t>(i)])]);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

// For each source one of its nearest neighbours within the class.
std::vector<int64_t> choose_partners(const Tensor& codes, const Class& of, std::span<const int64_t> sources,
                                     int64_t neighbors, Rng& rng) {
  const auto rows = static_cast<int64_t>(of.rows.size());
  LATENT_CHECK(rows >= 2, "[augment] neighbors: class {} has one sample, which has no neighbour of its class",
               of.label);
  const int64_t k = std::min(neighbors, rows - 1);
  // A source is searched once however often it is used, and its own row is looked past.
  std::vector<int64_t> distinct(sources.begin(), sources.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  const Neighbors found = nearest(rows_at(codes, distinct), rows_at(codes, of.rows), k + 1);
  std::vector<int64_t> partners;
  for (const int64_t source : sources) {
    const auto at = std::lower_bound(distinct.begin(), distinct.end(), source) - distinct.begin();
    std::vector<int64_t> others;
    for (int64_t j = 0; j <= k; ++j) {
      const int64_t row = of.rows[static_cast<size_t>(found.index.data<int64_t>()[at * (k + 1) + j])];
      if (row != source) others.push_back(row);
    }
    others.resize(static_cast<size_t>(k));  // k + 1 where duplicates stand before the source itself
    partners.push_back(others[rng.below(static_cast<uint64_t>(k))]);
  }
  return partners;
}

// z = mu + spread * stddev * eps, in place of the means.
void draw_from_posteriors(Tensor& z, const Tensor& stddev, std::span<const int64_t> sources, double spread, Rng& rng) {
  std::vector<float> eps(static_cast<size_t>(z.numel()));
  rng.normal(std::span<float>(eps));
  const Tensor widths = rows_at(stddev, sources);
  const std::span<const float> sigma = widths.span<float>();
  const std::span<float> values = z.span<float>();
  for (size_t i = 0; i < values.size(); ++i) values[i] += static_cast<float>(spread) * sigma[i] * eps[i];
}

// z = mu_i + u (mu_j - mu_i), in place of the means.
void mix_with_partners(Tensor& z, const Tensor& codes, std::span<const int64_t> partners, Rng& rng) {
  std::vector<float> u(partners.size());
  rng.uniform(u);
  const Tensor ends = rows_at(codes, partners);
  const auto D = static_cast<size_t>(z.dim(1));
  const std::span<const float> end = ends.span<float>();
  const std::span<float> values = z.span<float>();
  for (size_t i = 0; i < values.size(); ++i) values[i] += u[i / D] * (end[i] - values[i]);
}

}  // namespace

AugmentMethod augment_method_from(std::string_view name) { return choose("method", name, kMethods); }
std::string_view name_of(AugmentMethod method) { return kMethods[static_cast<size_t>(method)].name; }
Balance balance_from(std::string_view name) { return choose("balance", name, kBalances); }
std::string_view name_of(Balance balance) { return kBalances[static_cast<size_t>(balance)].name; }

Augmented augment(const Tensor& codes, const Tensor& stddev, std::span<const int64_t> labels,
                  const AugmentOptions& options, Rng& rng) {
  check(codes, stddev, labels, options);
  std::vector<Class> classes = classes_of(labels, codes.dim(0));
  share_out(classes, options.count, options.balance);
  Augmented result;
  for (const Class& of : classes) {
    if (of.count == 0) continue;
    const std::vector<int64_t> sources = choose_sources(of, rng);
    result.sources.insert(result.sources.end(), sources.begin(), sources.end());
    if (!labels.empty()) result.labels.insert(result.labels.end(), sources.size(), of.label);
    if (options.method == AugmentMethod::posterior) continue;
    const std::vector<int64_t> partners = choose_partners(codes, of, sources, options.neighbors, rng);
    result.partners.insert(result.partners.end(), partners.begin(), partners.end());
  }
  result.codes = rows_at(codes, result.sources);
  if (options.method == AugmentMethod::posterior) {
    draw_from_posteriors(result.codes, stddev, result.sources, options.spread, rng);
  } else {
    mix_with_partners(result.codes, codes, result.partners, rng);
  }
  return result;
}

}  // namespace latent::space
