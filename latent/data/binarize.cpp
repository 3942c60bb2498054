#include <latent/data/dataset.hpp>
#include <latent/data/dataset_over.hpp>

#include <cmath>

namespace latent::data {

namespace {

class Binarized final : public DatasetOver {
 public:
  Binarized(std::shared_ptr<const Dataset> base, double threshold)
      : DatasetOver(std::move(base)), threshold_(static_cast<float>(threshold)) {}

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    base().gather(indices, out);
    for (float& value : out) value = value > threshold_ ? 1.0f : 0.0f;
  }

 private:
  float threshold_;
};

}  // namespace

std::shared_ptr<const Dataset> binarized(std::shared_ptr<const Dataset> base, double threshold) {
  LATENT_CHECK(base != nullptr, "[binarized] no set to binarize");
  LATENT_CHECK(std::isfinite(threshold), "[binarized] a finite threshold expected, got {}", threshold);
  LATENT_CHECK(base->kind() != Kind::table, "[binarized] columns of a table have no common threshold");
  return std::make_shared<Binarized>(std::move(base), threshold);
}

}  // namespace latent::data
