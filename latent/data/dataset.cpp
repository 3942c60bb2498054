#include <latent/data/dataset.hpp>

#include <numeric>

namespace latent::data {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::images: return "images";
    case Kind::table: return "table";
    case Kind::array: return "array";
  }
  return "?";
}

std::vector<double> Dataset::factor(int64_t f) const {
  detail::throw_invalid_argument(fmt::format("[factor] {}: this set has no known factors of variation", f));
}

Tensor Dataset::batch(std::span<const int64_t> indices) const {
  Tensor x = Tensor::empty(sample_shape().prepend(static_cast<int64_t>(indices.size())));
  gather(indices, x.span<float>());
  return x;
}

Tensor Dataset::range(int64_t begin, int64_t end) const {
  LATENT_CHECK(0 <= begin && begin <= end && end <= size(), "[range] [{}, {}) of {} samples", begin, end, size());
  std::vector<int64_t> indices(static_cast<size_t>(end - begin));
  std::iota(indices.begin(), indices.end(), begin);
  return batch(indices);
}

namespace {

class Subset final : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> base, std::vector<int64_t> indices)
      : base_(std::move(base)), indices_(std::move(indices)) {
    for (const int64_t index : indices_) {
      LATENT_CHECK(0 <= index && index < base_->size(), "[subset] sample {} of {}", index, base_->size());
    }
    if (const auto labels = base_->labels(); !labels.empty()) labels_ = chosen(labels);
  }

  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  Shape sample_shape() const override { return base_->sample_shape(); }
  Kind kind() const override { return base_->kind(); }
  DType stored_dtype() const override { return base_->stored_dtype(); }
  std::span<const int64_t> labels() const override { return labels_; }
  std::span<const std::string> class_names() const override { return base_->class_names(); }
  std::span<const std::string> column_names() const override { return base_->column_names(); }
  std::span<const std::string> factor_names() const override { return base_->factor_names(); }
  std::vector<double> factor(int64_t f) const override { return chosen(std::span<const double>(base_->factor(f))); }
  Storage storage() const override { return base_->storage(); }

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    std::vector<int64_t> base_indices(indices.size());
    for (size_t i = 0; i < indices.size(); ++i) {
      LATENT_CHECK(0 <= indices[i] && indices[i] < size(), "[gather] sample {} of {}", indices[i], size());
      base_indices[i] = indices_[static_cast<size_t>(indices[i])];
    }
    base_->gather(base_indices, out);
  }

 private:
  template <class T>
  std::vector<T> chosen(std::span<const T> values) const {
    std::vector<T> result(indices_.size());
    for (size_t i = 0; i < indices_.size(); ++i) result[i] = values[static_cast<size_t>(indices_[i])];
    return result;
  }

  std::shared_ptr<const Dataset> base_;
  std::vector<int64_t> indices_, labels_;
};

}  // namespace

std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> base, std::vector<int64_t> indices) {
  LATENT_CHECK(base != nullptr, "[subset] no set to choose from");
  return std::make_shared<Subset>(std::move(base), std::move(indices));
}

}  // namespace latent::data
