#include <latent/words/training/embedding_options.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/error.hpp>

#include <algorithm>
#include <cmath>

namespace latent::words {

namespace {

constexpr std::array<Choice<EmbeddingMethod>, 2> kMethods{
    {{"skipgram", EmbeddingMethod::skipgram}, {"cbow", EmbeddingMethod::cbow}}};

void check_count(const char* name, int64_t value, int64_t least, int64_t most) {
  LATENT_CHECK(value >= least && value <= most, "[words] {} from {} to {} expected, got {}", name, least, most, value);
}

}  // namespace

EmbeddingMethod embedding_method_from(std::string_view name) { return choose("method", name, kMethods); }

std::string_view name_of(EmbeddingMethod method) {
  return method == EmbeddingMethod::cbow ? kMethods[1].name : kMethods[0].name;
}

double EmbeddingOptions::first_lr() const {
  if (lr != 0.0) return lr;
  return method == EmbeddingMethod::cbow ? 0.05 : 0.025;
}

double EmbeddingOptions::shift_for(int64_t words) const {
  constexpr double kSmallText = 4e6, kLargeText = 10e6;
  if (hierarchical_softmax) return 0.0;
  if (shift) return *shift;
  const double size =
      std::log(std::max(static_cast<double>(words), 1.0) / kSmallText) / std::log(kLargeText / kSmallText);
  return (1.0 - std::clamp(size, 0.0, 1.0)) * (std::log(static_cast<double>(negative)) + 1.0);
}

void check(const EmbeddingOptions& options) {
  check_count("dim", options.dim, 1, 4096);
  check_count("window", options.window, 1, 100);
  check_count("negative", options.negative, 1, 100);
  check_count("epochs", options.epochs, 1, 1'000'000);
  LATENT_CHECK(options.sample >= 0.0 && std::isfinite(options.sample), "[words] sample >= 0 expected, got {}",
               options.sample);
  LATENT_CHECK(options.ns_exponent >= -1.0 && options.ns_exponent <= 1.0,
               "[words] ns_exponent from -1 to 1 expected, got {}", options.ns_exponent);
  LATENT_CHECK(!options.shift || std::abs(*options.shift) <= 20.0, "[words] shift from -20 to 20 expected, got {}",
               options.shift.value_or(0.0));
  const double lr = options.first_lr();
  LATENT_CHECK(lr > 0.0 && lr <= 10.0, "[words] lr from 0 to 10 expected, got {}", options.lr);
  LATENT_CHECK(options.min_lr >= 0.0 && options.min_lr <= lr, "[words] min_lr from 0 to lr = {} expected, got {}", lr,
               options.min_lr);
  if (!options.has_subwords()) return;
  check_count("max_n", options.max_n, 1, 100);
  check_count("min_n", options.min_n, 1, options.max_n);
  check_count("buckets", options.buckets, 1, 1'000'000'000);
}

}  // namespace latent::words
