#include <cli/commands/quality_report.hpp>

#include <latent/core/detail/json_value.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::cli {

namespace {

Json shares_of(const std::vector<std::string>& names, const std::vector<double>& shares) {
  Json json = Json::object();
  for (size_t c = 0; c < names.size(); ++c) json[names[c]] = shares[c];
  return json;
}

}  // namespace

void add_generated_quality(Report& report, const GeneratedQuality& found, const std::string& features, uint64_t seed) {
  const auto least = std::min_element(found.class_shares.begin(), found.class_shares.end());
  report.json["generated_samples"] = {{"samples", found.samples},
                                      {"compared_with", found.compared},
                                      {"frechet_distance", found.frechet_distance},
                                      {"frechet_floor", number_or_null(found.frechet_floor)},
                                      {"floor_samples", found.floor_samples},
                                      {"precision", found.manifold.precision},
                                      {"recall", found.manifold.recall},
                                      {"classes", shares_of(found.class_names, found.class_shares)},
                                      {"classes_of_data", shares_of(found.class_names, found.class_shares_of_data)},
                                      {"least_class", *least},
                                      {"features",
                                       {{"run", features},
                                        {"dims", found.dims},
                                        {"accuracy", number_or_null(found.accuracy)},
                                        {"recipe", *found.recipe}}},
                                      {"seed", seed},
                                      {"protocol", found.protocol}};
  std::string distance = fmt::format("{:.3f}", found.frechet_distance);
  distance += found.frechet_floor ? fmt::format("  (training samples: {:.3f})", *found.frechet_floor)
                                  : std::string("  (0: as the data)");
  report.row("frechet distance", distance);
  report.row("precision",
             fmt::format("{:.1f}% of the new samples lie among those of the data", 100.0 * found.manifold.precision));
  report.row("recall", fmt::format("{:.1f}% of the data lie among the new samples", 100.0 * found.manifold.recall));
  std::string shares;
  for (size_t c = 0; c < found.class_names.size(); ++c) {
    shares += fmt::format("{}{} {:.1f}%", shares.empty() ? "" : "  ", one_line(found.class_names[c]),
                          100.0 * found.class_shares[c]);
  }
  report.row("classes", shares + "  (of the new samples, by the classifier)");
  std::string judge = fmt::format("{}, {} features", one_line(features), found.dims);
  if (found.accuracy) judge += fmt::format(", right about {:.2f}% of the data", 100.0 * *found.accuracy);
  report.row("judged by", judge);
  report.row("", one_line(found.protocol));
}

void add_factors(Report& report, const FactorScores& factors) {
  const auto& [disentanglement, completeness, informativeness] = factors.dci.scores;
  const double mig = factors.mutual_information_gap;
  report.row("mig", fmt::format("{:.4f}  (mutual information gap; 1: each factor in one dimension)", mig));
  report.row("dci", fmt::format("disentanglement {:.4f}  completeness {:.4f}  informativeness {:.4f}", disentanglement,
                                completeness, informativeness));
  Json predicted = Json::object();
  std::string text;
  for (size_t f = 0; f < factors.names.size(); ++f) {
    const double score = factors.dci.informativeness[f];
    predicted[factors.names[f]] = number_or_null(score);
    text += fmt::format("{}{} {:.3f}", text.empty() ? "" : "  ", factors.names[f], score);
  }
  report.row("factors", text + "  (R2 by a random forest; accuracy of a class)");
  report.json["factors"] = {{"mig", mig},
                            {"disentanglement", disentanglement},
                            {"completeness", completeness},
                            {"informativeness", informativeness},
                            {"predicted", predicted}};
}

void add_generated_rows(Report& report, const space::SampleAgreement& found, const std::vector<std::string>& names,
                        const RunData& data) {
  const auto worst = static_cast<size_t>(found.worst_column());
  Json columns = Json::object();
  for (size_t c = 0; c < found.columns.size(); ++c) columns[names[c]] = found.columns[c];
  report.json["generated"] = {{"rows", found.rows},
                              {"columns", columns},
                              {"columns_mean", found.mean_of_columns()},
                              {"pairs", number_or_null(found.pairs)},
                              {"classifier_auroc", found.classifier_auroc}};
  report.row("generated",
             fmt::format("columns agree with the data by {:.3f} (1: the same distribution; least: {} {:.3f})",
                         found.mean_of_columns(), one_line(names[worst]), found.columns[worst]));
  if (std::isfinite(found.pairs)) {
    report.row("", fmt::format("pairs of columns agree by {:.3f} (1: the same correlations)", found.pairs));
  }
  report.row("",
             fmt::format("a classifier tells them from the data with an AUROC of {:.3f} (0.5: it cannot, 1: always)",
                         found.classifier_auroc));
  report.row(
      "", fmt::format("{} drawn from prior and p(x|z), beside {}", counted(found.rows, "row"), one_line(data.part())));
}

}  // namespace latent::cli
