#include <cli/commands/quality_report.hpp>

#include <fmt/core.h>

#include <algorithm>

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
                                        {"recipe", found.recipe}}},
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

}  // namespace latent::cli
