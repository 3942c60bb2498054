#pragma once
// What `latent evaluate` says of new samples, and of known factors.

#include <cli/report.hpp>

#include <latent/run/evaluation/evaluation.hpp>
#include <latent/run/evaluation/generated_quality.hpp>

namespace latent::cli {

/// For both: "generated_samples" with everything that was measured, and lines for people.
void add_generated_quality(Report& report, const GeneratedQuality& found, const std::string& features, uint64_t seed);
/// "generated": how far rows that a model drew can pass for rows of the data.
void add_generated_rows(Report& report, const space::SampleAgreement& found, const std::vector<std::string>& names,
                        const RunData& data);
/// "factors": how far single dimensions stand for the factors of the data.
void add_factors(Report& report, const FactorScores& factors);

}  // namespace latent::cli
