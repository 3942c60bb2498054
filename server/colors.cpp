#include <server/colors.hpp>

#include <latent/run/clusters/clustering.hpp>
#include <latent/run/units.hpp>
#include <latent/training/sample_terms.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace latent::server {

namespace {

constexpr std::string_view kDim = "dim:", kColumn = "column:", kAnomaly = "anomaly:";

Tensor floats(const std::vector<double>& values) {
  Tensor x = Tensor::empty({static_cast<int64_t>(values.size())});
  for (size_t i = 0; i < values.size(); ++i) x.data<float>()[i] = static_cast<float>(values[i]);
  return x;
}

Json range_json(const Tensor& x) {
  float low = std::numeric_limits<float>::infinity(), high = -low;
  for (const float value : x.span<float>()) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return low <= high ? Json::array({low, high}) : Json(nullptr);
}

std::optional<int64_t> number_after(std::string_view id, std::string_view prefix) {
  const std::string_view digits = id.substr(prefix.size());
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

[[noreturn]] void unknown(const std::string& id) {
  throw HttpError(404, fmt::format("there is no colour '{}'", id.substr(0, 40)));
}

// What can be said of samples one by one, without others beside them.
std::vector<std::string> terms_of(const Session& session) {
  std::vector<std::string> terms;
  if (session.is_words() || !session.model().has_encoder() || !session.model().has_decoder()) return terms;
  if (session.is_generated()) return terms;  // made of their codes without a remainder
  terms.emplace_back("reconstruction");
  if (session.model().has_likelihood()) terms.emplace_back("neg_elbo");
  return terms;
}

}  // namespace

Json Colors::list() const {
  Json all = Json::array();
  const auto classes = session_.samples().class_names();
  if (!session_.samples().labels().empty()) {
    all.push_back({{"id", "label"},
                   {"name", "label"},
                   {"type", "category"},
                   {"names", std::vector<std::string>(classes.begin(), classes.end())}});
  }
  const auto number = [&](const std::string& id, const std::string& name) {
    Json one = {{"id", id}, {"name", name}, {"type", "number"}};
    const std::lock_guard lock(mutex_);
    if (const auto found = made_.find(id); found != made_.end()) one["range"] = range_json(found->second);
    all.push_back(one);
  };
  if (session_.has_codes()) all.push_back({{"id", "cluster"}, {"name", "cluster"}, {"type", "category"}});
  for (const std::string& term : terms_of(session_)) {
    number("anomaly:" + term, term == "neg_elbo" ? "-ELBO (nats)" : "reconstruction (nats)");
  }
  if (session_.data().is_trained_on && session_.has_codes() && !session_.is_words() &&
      !session_.model().encodes_by_search()) {
    number("anomaly:combined", "anomaly score");
  }
  if (session_.view().look == Look::columns && !session_.is_words()) {
    for (const std::string& name : value_names(session_.run(), session_.model().data_shape().numel())) {
      number("column:" + name, name);
    }
  }
  if (session_.has_codes()) {
    for (const space::Dimension& d : session_.dimensions()) {
      number(fmt::format("dim:{}", d.index), fmt::format("code {}{}", d.index, d.active ? "" : " (inactive)"));
    }
  }
  return all;
}

Tensor Colors::values(const std::string& id) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = made_.find(id); found != made_.end()) return found->second;
  }
  const Tensor values = computed(id);
  constexpr size_t kMostKept = 64;
  const std::lock_guard lock(mutex_);
  if (made_.size() >= kMostKept) made_.clear();
  return made_.try_emplace(id, values).first->second;
}

std::vector<std::string> Colors::names(const std::string& id) {
  if (id == "label") {
    const auto classes = session_.samples().class_names();
    return {classes.begin(), classes.end()};
  }
  if (id != "cluster") return {};
  std::vector<std::string> names;
  const Tensor clusters = values(id);
  for (const int64_t c : clusters.span<int64_t>()) {
    while (static_cast<int64_t>(names.size()) <= c) names.push_back(fmt::format("cluster {}", names.size()));
  }
  return names;
}

Tensor Colors::computed(const std::string& id) {
  const int64_t N = session_.size();
  if (id == "label") {
    const std::span<const int64_t> labels = session_.samples().labels();
    if (labels.empty()) unknown(id);
    return Tensor::from(labels, {N});
  }
  if (id == "cluster") return clusters();
  if (id.starts_with(kDim)) {
    const auto d = number_after(id, kDim);
    if (!session_.has_codes() || !d || *d >= session_.model().latent_dim()) unknown(id);
    return dimensions_of(session_.codes(), {*d}).view_as({N});
  }
  if (id.starts_with(kColumn)) return column(id.substr(kColumn.size()));
  if (!id.starts_with(kAnomaly)) unknown(id);
  const std::string method = id.substr(kAnomaly.size());
  const std::vector<std::string> terms = terms_of(session_);
  if (std::ranges::find(terms, method) != terms.end()) return term(method);
  return floats(anomaly_scores(method));
}

// As many groups as classes, or ten.
Tensor Colors::clusters() {
  constexpr int64_t kUsual = 10;
  const int64_t N = session_.size();
  const auto classes = static_cast<int64_t>(session_.samples().class_names().size());
  ClusterOptions options{.k = std::min(N, classes > 1 ? classes : kUsual), .restarts = 1};
  return Tensor::from(cluster_codes(session_.codes(), options).clusters, {N});
}

Tensor Colors::term(const std::string& name) {
  constexpr int64_t kAtOnce = 4096;
  const int64_t N = session_.size();
  if (session_.model().encodes_by_search()) {
    const Tensor nats = floats(session_.nats_at_codes(0, N));
    const std::lock_guard lock(mutex_);
    return made_.try_emplace("anomaly:reconstruction", nats).first->second;
  }
  std::vector<double> reconstruction, neg_elbo;
  for (int64_t begin = 0; begin < N; begin += kAtOnce) {
    const SampleTerms terms =
        sample_terms(session_.model(), session_.samples(), begin, std::min(begin + kAtOnce, N), {.draws = 1});
    reconstruction.insert(reconstruction.end(), terms.reconstruction.begin(), terms.reconstruction.end());
    neg_elbo.insert(neg_elbo.end(), terms.neg_elbo.begin(), terms.neg_elbo.end());
  }
  const std::lock_guard lock(mutex_);  // both come of one pass
  made_.try_emplace("anomaly:reconstruction", floats(reconstruction));
  if (!neg_elbo.empty()) made_.try_emplace("anomaly:neg_elbo", floats(neg_elbo));
  return made_.at("anomaly:" + name);
}

Tensor Colors::column(const std::string& name) const {
  constexpr int64_t kAtOnce = 4096;
  const int64_t N = session_.size(), D = session_.model().data_shape().numel();
  const std::vector<std::string> names = value_names(session_.run(), D);
  const auto found = std::ranges::find(names, name);
  if (found == names.end() || session_.is_words()) unknown("column:" + name);
  const int64_t column = found - names.begin();
  Tensor values = Tensor::empty({N});
  for (int64_t begin = 0; begin < N; begin += kAtOnce) {
    const int64_t end = std::min(begin + kAtOnce, N);
    Tensor rows = session_.samples().stored_range(begin, end);
    if (!rows.defined()) rows = to_units(session_.run(), session_.samples().range(begin, end)).to(DType::f64);
    for (int64_t n = begin; n < end; ++n) {
      values.data<float>()[n] = static_cast<float>(rows.data<double>()[(n - begin) * D + column]);
    }
  }
  return values;
}

const AnomalyValues& Colors::anomalies() {
  const std::lock_guard lock(anomalies_mutex_);
  if (anomalies_) return *anomalies_;
  auto made = std::make_unique<AnomalyValues>();
  made->scored = score_data(session_.run(), session_.source(), session_.data(), {.importance_samples = 0});
  made->methods.emplace_back("combined");
  for (const space::AnomalyComponent& one : made->scored.scores.components) made->methods.push_back(one.name);
  anomalies_ = std::move(made);
  return *anomalies_;
}

std::vector<double> Colors::anomaly_scores(const std::string& method) {
  if (session_.model().encodes_by_search()) {
    throw HttpError(404, fmt::format("there is no score '{}' here, because it would search for the code of every "
                                     "training sample; latent anomalies does",
                                     method.substr(0, 40)));
  }
  const AnomalyValues& all = anomalies();
  if (method == "combined") return all.scored.scores.score;
  for (const space::AnomalyComponent& one : all.scored.scores.components) {
    if (one.name == method) return one.values;
  }
  std::string names;
  for (const std::string& name : all.methods) names += (names.empty() ? "" : ", ") + name;
  throw HttpError(404, fmt::format("there is no score '{}'; there is {}", method.substr(0, 40), names));
}

}  // namespace latent::server
