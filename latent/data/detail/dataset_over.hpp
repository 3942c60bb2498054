#pragma once
// Private to data/: a dataset that shows another one's samples in another form.

#include <latent/data/dataset.hpp>

#include <utility>

namespace latent::data {

/// Everything but gather() and gather_stored(), which a set of changed samples has not, is the other set's. What is
/// changed is f32, unless value_dtype() says otherwise.
class DatasetOver : public Dataset {
 public:
  explicit DatasetOver(std::shared_ptr<const Dataset> base) : base_(std::move(base)) {}

  int64_t size() const override { return base_->size(); }
  Shape sample_shape() const override { return base_->sample_shape(); }
  Kind kind() const override { return base_->kind(); }
  DType stored_dtype() const override { return base_->stored_dtype(); }
  std::span<const int64_t> labels() const override { return base_->labels(); }
  std::span<const std::string> class_names() const override { return base_->class_names(); }
  std::span<const std::string> column_names() const override { return base_->column_names(); }
  std::span<const std::string> factor_names() const override { return base_->factor_names(); }
  std::vector<double> factor(int64_t f) const override { return base_->factor(f); }
  Storage storage() const override { return base_->storage(); }
  std::string sample_name(int64_t i) const override { return base_->sample_name(i); }
  bool has_sample_names() const override { return base_->has_sample_names(); }
  int64_t source_index(int64_t i) const override { return base_->source_index(i); }
  bool is_standardised() const override { return base_->is_standardised(); }
  std::optional<TimeSplit> split_in_time(double held_out) const override { return base_->split_in_time(held_out); }

 protected:
  const Dataset& base() const { return *base_; }

 private:
  std::shared_ptr<const Dataset> base_;
};

}  // namespace latent::data
