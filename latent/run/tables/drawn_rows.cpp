#include <latent/run/tables/drawn_rows.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/threads.hpp>
#include <latent/run/codes.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

constexpr uint64_t kReferenceSeed = 0x72616e6b73;  // "ranks"

// (M, D) draws by which ranks are known: the same in every call, so that a value becomes the same one everywhere.
Tensor reference_draws(const Run& run) {
  constexpr int64_t kMostRows = 10'000, kLeastRows = 1'000, kMostValues = 1 << 24;
  const int64_t D = run.model->data_shape().numel();
  const int64_t M = std::clamp(kMostValues / D, kLeastRows, kMostRows);
  Rng code_rng(kReferenceSeed), value_rng = code_rng.fork(1);
  return draw_all(*run.model, run.model->sample_prior(M, code_rng), value_rng).view_as({M, D});
}

// Whether the likelihood draws nothing but values of the training there.
std::vector<bool> are_exact(const Run& run) {
  const nlohmann::json::json_pointer at("/likelihood/columns");
  const nlohmann::json columns = run.model->config()->value(at, nlohmann::json::array());
  std::vector<bool> exact;
  for (const nlohmann::json& column : columns) {
    const std::string kind = column.value("kind", "");
    exact.push_back(kind == "binary" || kind == "constant");
  }
  exact.resize(static_cast<size_t>(run.model->data_shape().numel()), false);
  return exact;
}

// The share of `ranked` (ascending) below a value, between its neighbours in proportion; of equals a random part.
double share_below(const std::vector<float>& ranked, float value, double random) {
  const auto [first, last] = std::ranges::equal_range(ranked, value);
  const auto M = static_cast<double>(ranked.size());
  const auto below = static_cast<double>(first - ranked.begin());
  if (first != last) return (below + random * static_cast<double>(last - first)) / M;
  if (first == ranked.begin()) return 0.5 * random / M;
  if (first == ranked.end()) return (M - 0.5 * random) / M;
  const double low = *(first - 1), high = *first;
  return (below - 0.5 + (value - low) / (high - low)) / M;
}

}  // namespace

bool knows_column_values(const Run& run) {
  return run.data && static_cast<int64_t>(run.data->columns.size()) == run.model->data_shape().numel();
}

Tensor with_training_values(const Run& run, const Tensor& x, Rng rng) {
  if (!knows_column_values(run)) return x;
  const int64_t N = x.dim(0), D = run.model->data_shape().numel();
  const Tensor ranks = reference_draws(run);
  const std::vector<bool> exact = are_exact(run);
  const data::Transform to = run.transform().per_value(run.model->data_shape());
  const bool is_scaled = !to.identity();
  Tensor random = Tensor::empty(x.shape());
  rng.uniform(random.span<float>());
  Tensor rows = Tensor::empty(x.shape());
  rows.copy_from(x);
  const auto M = static_cast<size_t>(ranks.dim(0));
  parallel_for(D, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> ranked(M);
    for (int64_t c = begin; c < end; ++c) {
      const auto at = static_cast<size_t>(c);
      if (exact[at]) continue;
      for (size_t m = 0; m < M; ++m) ranked[m] = ranks.data<float>()[static_cast<int64_t>(m) * D + c];
      std::ranges::sort(ranked);
      for (int64_t i = c; i < N * D; i += D) {
        const double share = share_below(ranked, rows.data<float>()[i], random.data<float>()[i]);
        const double value = run.data->columns[at].quantile(share);
        rows.data<float>()[i] = static_cast<float>(is_scaled ? (value - to.shift[at]) * to.scale[at] : value);
      }
    }
  });
  return rows;
}

}  // namespace latent
