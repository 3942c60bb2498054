#include <latent/data/dataset.hpp>

#include <cmath>

namespace latent::data {

namespace {

class Binarized final : public Dataset {
 public:
  Binarized(std::shared_ptr<const Dataset> base, double threshold)
      : base_(std::move(base)), threshold_(static_cast<float>(threshold)) {}

  int64_t size() const override { return base_->size(); }
  Shape sample_shape() const override { return base_->sample_shape(); }
  Kind kind() const override { return base_->kind(); }
  DType stored_dtype() const override { return base_->stored_dtype(); }
  std::span<const int64_t> labels() const override { return base_->labels(); }
  std::span<const std::string> class_names() const override { return base_->class_names(); }
  std::span<const std::string> factor_names() const override { return base_->factor_names(); }
  std::vector<double> factor(int64_t f) const override { return base_->factor(f); }
  Storage storage() const override { return base_->storage(); }

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    base_->gather(indices, out);
    for (float& value : out) value = value > threshold_ ? 1.0f : 0.0f;
  }

 private:
  std::shared_ptr<const Dataset> base_;
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
