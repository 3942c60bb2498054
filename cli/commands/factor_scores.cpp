#include <cli/commands/factor_scores.hpp>

#include <cli/exit_status.hpp>

#include <latent/space/metrics/factors.hpp>
#include <latent/training/evaluate.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::cli {

namespace {

std::vector<space::Factor> factors_of(const data::Dataset& samples) {
  std::vector<space::Factor> factors;
  const auto names = samples.factor_names();
  for (size_t f = 0; f < names.size(); ++f) {
    space::Factor factor{names[f], samples.factor(static_cast<int64_t>(f)), false};
    // The factor that is the class has no order.
    factor.is_class = std::ranges::equal(factor.values, samples.labels(), [](double value, int64_t label) {
      return value == static_cast<double>(label);
    });
    factors.push_back(std::move(factor));
  }
  return factors;
}

}  // namespace

void check_factors(const LatentModel& model, const data::Dataset& samples) {
  if (!model.has_encoder()) throw UsageError("--factors: the model has no encoder");
  if (!samples.factor_names().empty()) return;
  throw UsageError("--factors: the factors of this data are not known", "The generated set has some: shapes.");
}

Json add_factor_scores(Table& table, const LatentModel& model, const data::Dataset& samples, int64_t batch,
                       uint64_t seed) {
  check_factors(model, samples);
  const std::vector<space::Factor> factors = factors_of(samples);
  const Tensor codes = encode_all(model, samples, batch);
  const double mig = space::mutual_information_gap(codes, factors);
  const space::DciResult dci = space::dci(codes, factors, {.seed = seed});
  table.row("mig", fmt::format("{:.4f}  (mutual information gap; 1: each factor in one dimension)", mig));
  table.row("dci", fmt::format("disentanglement {:.4f}  completeness {:.4f}  informativeness {:.4f}",
                               dci.scores.disentanglement, dci.scores.completeness, dci.scores.informativeness));
  Json predicted = Json::object();
  std::string text;
  for (size_t f = 0; f < factors.size(); ++f) {
    const double score = dci.informativeness[f];
    predicted[factors[f].name] = std::isnan(score) ? Json() : Json(score);
    text += fmt::format("{}{} {:.3f}", text.empty() ? "" : "  ", factors[f].name, score);
  }
  table.row("factors", text + "  (R2 by a random forest; accuracy of a class)");
  return {{"mig", mig},
          {"disentanglement", dci.scores.disentanglement},
          {"completeness", dci.scores.completeness},
          {"informativeness", dci.scores.informativeness},
          {"predicted", predicted}};
}

}  // namespace latent::cli
