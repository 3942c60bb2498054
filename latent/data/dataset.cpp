#include <latent/data/dataset.hpp>

#include <numeric>

namespace latent::data {

std::vector<double> Dataset::factor(int64_t f) const {
  detail::throw_invalid_argument(fmt::format("[factor] {}: this set has no known factors of variation", f));
}

std::string Dataset::sample_name(int64_t) const { return {}; }
bool Dataset::gather_stored(std::span<const int64_t>, std::span<double>) const { return false; }

Tensor Dataset::stored_range(int64_t begin, int64_t end) const {
  LATENT_CHECK(0 <= begin && begin <= end && end <= size(), "[stored_range] [{}, {}) of {} samples", begin, end,
               size());
  std::vector<int64_t> indices(static_cast<size_t>(end - begin));
  std::iota(indices.begin(), indices.end(), begin);
  Tensor x = Tensor::empty(sample_shape().prepend(end - begin), DType::f64);
  return gather_stored(indices, x.span<double>()) ? x : Tensor();
}

void Dataset::gather_values(std::span<const int64_t> indices, Tensor& out) const {
  LATENT_CHECK(out.shape() == sample_shape().prepend(static_cast<int64_t>(indices.size())) && out.dtype() == DType::f32,
               "[gather_values] room for {} f32 samples {} expected, got {} {}", indices.size(), sample_shape().str(),
               out.shape().str(), name_of(out.dtype()));
  gather(indices, out.span<float>());
}

Tensor Dataset::batch(std::span<const int64_t> indices) const {
  Tensor x = Tensor::empty(sample_shape().prepend(static_cast<int64_t>(indices.size())), value_dtype());
  gather_values(indices, x);
  return x;
}

Tensor Dataset::range(int64_t begin, int64_t end) const {
  LATENT_CHECK(0 <= begin && begin <= end && end <= size(), "[range] [{}, {}) of {} samples", begin, end, size());
  std::vector<int64_t> indices(static_cast<size_t>(end - begin));
  std::iota(indices.begin(), indices.end(), begin);
  return batch(indices);
}

namespace {

// Which samples of a set are meant.
class ChosenRows {
 public:
  // Those of a list, in its order.
  explicit ChosenRows(std::vector<int64_t> indices)
      : size_(static_cast<int64_t>(indices.size())), list_(std::move(indices)) {}
  // Those of n that are not in an ascending list.
  ChosenRows(int64_t n, std::vector<int64_t> left_out)
      : size_(n - static_cast<int64_t>(left_out.size())), leaves_out_(true), list_(std::move(left_out)) {}

  int64_t size() const { return size_; }
  int64_t operator[](int64_t i) const {
    if (!leaves_out_) return list_[static_cast<size_t>(i)];
    // list_[j] - j of those left in lie before the j-th that is left out, which grows with j.
    int64_t low = 0, high = static_cast<int64_t>(list_.size());
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (list_[static_cast<size_t>(middle)] - middle <= i) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return i + low;
  }

 private:
  int64_t size_;
  bool leaves_out_ = false;
  std::vector<int64_t> list_;
};

class Subset final : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> base, ChosenRows chosen) : base_(std::move(base)), chosen_(std::move(chosen)) {
    if (const auto labels = base_->labels(); !labels.empty()) labels_ = of_chosen(labels);
  }

  int64_t size() const override { return chosen_.size(); }
  Shape sample_shape() const override { return base_->sample_shape(); }
  Kind kind() const override { return base_->kind(); }
  DType stored_dtype() const override { return base_->stored_dtype(); }
  DType value_dtype() const override { return base_->value_dtype(); }
  std::span<const int64_t> labels() const override { return labels_; }
  std::span<const std::string> class_names() const override { return base_->class_names(); }
  std::span<const std::string> column_names() const override { return base_->column_names(); }
  std::span<const std::string> factor_names() const override { return base_->factor_names(); }
  std::vector<double> factor(int64_t f) const override { return of_chosen(std::span<const double>(base_->factor(f))); }
  Storage storage() const override { return base_->storage(); }
  std::string sample_name(int64_t i) const override { return base_->sample_name(chosen_[i]); }
  bool has_sample_names() const override { return base_->has_sample_names(); }
  int64_t source_index(int64_t i) const override { return base_->source_index(chosen_[i]); }
  bool is_standardised() const override { return base_->is_standardised(); }

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    base_->gather(of_base(indices), out);
  }
  void gather_anew(std::span<const int64_t> indices, const Rng& tape, std::span<float> out) const override {
    base_->gather_anew(of_base(indices), tape, out);
  }
  void gather_values(std::span<const int64_t> indices, Tensor& out) const override {
    base_->gather_values(of_base(indices), out);
  }
  bool gather_stored(std::span<const int64_t> indices, std::span<double> out) const override {
    return base_->gather_stored(of_base(indices), out);
  }

 private:
  std::vector<int64_t> of_base(std::span<const int64_t> indices) const {
    std::vector<int64_t> base_indices(indices.size());
    for (size_t i = 0; i < indices.size(); ++i) {
      LATENT_CHECK(0 <= indices[i] && indices[i] < size(), "[gather] sample {} of {}", indices[i], size());
      base_indices[i] = chosen_[indices[i]];
    }
    return base_indices;
  }

  template <class T>
  std::vector<T> of_chosen(std::span<const T> values) const {
    std::vector<T> result(static_cast<size_t>(size()));
    for (int64_t i = 0; i < size(); ++i) result[static_cast<size_t>(i)] = values[static_cast<size_t>(chosen_[i])];
    return result;
  }

  std::shared_ptr<const Dataset> base_;
  ChosenRows chosen_;
  std::vector<int64_t> labels_;
};

}  // namespace

std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> base, std::vector<int64_t> indices) {
  LATENT_CHECK(base != nullptr, "[subset] no set to choose from");
  for (const int64_t index : indices) {
    LATENT_CHECK(0 <= index && index < base->size(), "[subset] sample {} of {}", index, base->size());
  }
  return std::make_shared<Subset>(std::move(base), ChosenRows(std::move(indices)));
}

std::shared_ptr<const Dataset> all_but(std::shared_ptr<const Dataset> base, std::vector<int64_t> left_out) {
  LATENT_CHECK(base != nullptr, "[all_but] no set to choose from");
  for (size_t i = 0; i < left_out.size(); ++i) {
    LATENT_CHECK(left_out[i] > (i == 0 ? -1 : left_out[i - 1]) && left_out[i] < base->size(),
                 "[all_but] left_out: expected ascending samples of {}, got {}", base->size(), left_out[i]);
  }
  const int64_t n = base->size();
  return std::make_shared<Subset>(std::move(base), ChosenRows(n, std::move(left_out)));
}

}  // namespace latent::data
