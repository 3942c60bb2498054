#include <latent/training/term_means.hpp>

#include <latent/core/detail/json_value.hpp>

namespace latent {

namespace {

double sum_of_elements(const Tensor& values) {
  double total = 0.0;
  if (values.dtype() == DType::f32) {
    for (const float value : values.span<float>()) total += static_cast<double>(value);
  } else {
    for (const double value : values.to_vector()) total += value;
  }
  return total;
}

}  // namespace

// Terms come in the same order in every batch, so that no name has to be looked up.
double& TermMeans::sum_of(size_t index, const char* name) {
  if (index == sums_.size()) sums_.emplace_back(name, 0.0);
  LATENT_CHECK(sums_[index].first == name, "[training] a model's terms must keep their order: expected {}, got {}",
               sums_[index].first, name);
  return sums_[index].second;
}

void TermMeans::add(const LossTerms& terms) {
  const int64_t n = terms.loss.numel();
  sum_of(0, "loss") += sum_of_elements(terms.loss);
  for (size_t i = 0; i < terms.terms.size(); ++i) {
    sum_of(i + 1, terms.terms[i].name) += sum_of_elements(terms.terms[i].value);
  }
  if (terms.kl_per_dim.defined()) {
    kl_sums_.resize(static_cast<size_t>(terms.kl_per_dim.numel()));
    const std::vector<double> kl = terms.kl_per_dim.to_vector();
    for (size_t d = 0; d < kl.size(); ++d) kl_sums_[d] += kl[d] * static_cast<double>(n);
  }
  samples_ += n;
}

Metrics TermMeans::means() const {
  Metrics metrics;
  if (samples_ == 0) return metrics;
  for (const auto& [name, sum] : sums_) metrics[name] = sum / static_cast<double>(samples_);
  const auto reconstruction = metrics.find("reconstruction"), kl = metrics.find("kl");
  if (reconstruction != metrics.end() && kl != metrics.end()) metrics["elbo"] = -(reconstruction->second + kl->second);
  return metrics;
}

std::vector<double> TermMeans::kl_per_dim() const {
  std::vector<double> kl = kl_sums_;
  for (double& value : kl) value /= static_cast<double>(samples_);
  return kl;
}

Json TermMeans::to_json() const {
  return nlohmann::json{{"sums", sums_}, {"kl_sums", kl_sums_}, {"samples", samples_}};
}

TermMeans TermMeans::from_json(const Json& json) {
  TermMeans means;
  json->at("sums").get_to(means.sums_);
  json->at("kl_sums").get_to(means.kl_sums_);
  json->at("samples").get_to(means.samples_);
  return means;
}

}  // namespace latent
