#include <latent/space/neighbors/neighbors.hpp>

#include <latent/core/choice.hpp>
#include <latent/space/neighbors/detail/neighbor_search.hpp>

#include <array>
#include <limits>

namespace latent::space {

namespace {

constexpr std::array<Choice<Metric>, 2> kMetrics = {{{"euclidean", Metric::euclidean}, {"cosine", Metric::cosine}}};

void check(const Tensor& x, const char* function, const char* name) {
  LATENT_CHECK(x.defined() && x.ndim() == 2 && x.dtype() == DType::f32 && x.dim(1) >= 1,
               "[{}] {} (N, D): expected f32, got {} {}", function, name,
               x.defined() ? name_of(x.dtype()) : "undefined", x.defined() ? x.shape().str() : "");
  LATENT_CHECK(x.dim(0) <= std::numeric_limits<int32_t>::max(), "[{}] {}: expected less than 2^31 rows, got {}",
               function, name, x.dim(0));
}

}  // namespace

Metric metric_from(std::string_view name) { return choose("metric", name, kMetrics); }
std::string_view name_of(Metric metric) { return kMetrics[static_cast<size_t>(metric)].name; }

Neighbors nearest(const Tensor& queries, const Tensor& base, int64_t k, Metric metric) {
  check(queries, "nearest", "queries");
  check(base, "nearest", "base");
  LATENT_CHECK(queries.dim(1) == base.dim(1), "[nearest] queries (N, D): expected D = {}, got {}", base.dim(1),
               queries.shape().str());
  LATENT_CHECK(k >= 1 && k <= base.dim(0), "[nearest] k: expected 1 to {}, got {}", base.dim(0), k);
  using detail::Self;
  const detail::SearchPlan plan = detail::plan_search(queries, base, k, metric, Self::allowed);
  return detail::search(queries, base, k, metric, Self::allowed, plan);
}

Neighbors nearest_others(const Tensor& x, int64_t k, Metric metric) {
  check(x, "nearest_others", "x");
  LATENT_CHECK(k >= 1 && k < x.dim(0), "[nearest_others] k: expected 1 to {}, got {}", x.dim(0) - 1, k);
  using detail::Self;
  const detail::SearchPlan plan = detail::plan_search(x, x, k, metric, Self::left_out);
  return detail::search(x, x, k, metric, Self::left_out, plan);
}

}  // namespace latent::space
