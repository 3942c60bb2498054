#include <latent/core/finite.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/array_dataset.hpp>

#include <algorithm>
#include <cstring>

namespace latent::data {

namespace {

// Samples as models take them: reading one copies it.
class SampleDataset final : public Dataset {
 public:
  SampleDataset(const Tensor& x, std::vector<int64_t> labels, std::vector<std::string> class_names)
      : x_(x.detach()), shape_(x.shape().tail()), labels_(std::move(labels)), class_names_(std::move(class_names)) {
    check_labels("from_samples", x_.dim(0), labels_, class_names_);
  }

  int64_t size() const override { return x_.dim(0); }
  Shape sample_shape() const override { return shape_; }
  Kind kind() const override { return Kind::array; }
  DType stored_dtype() const override { return x_.dtype(); }
  DType value_dtype() const override { return x_.dtype(); }
  std::span<const int64_t> labels() const override { return labels_; }
  std::span<const std::string> class_names() const override { return class_names_; }
  Storage storage() const override { return {static_cast<int64_t>(x_.nbytes()), false}; }

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    LATENT_CHECK(x_.dtype() == DType::f32, "[gather] samples of {} are no f32: use gather_values()",
                 name_of(x_.dtype()));
    LATENT_CHECK(out.size() == indices.size() * static_cast<size_t>(shape_.numel()),
                 "[gather] {} samples of {} values into {} places", indices.size(), shape_.numel(), out.size());
    copy(indices, reinterpret_cast<std::byte*>(out.data()));
  }
  void gather_values(std::span<const int64_t> indices, Tensor& out) const override {
    const Shape wanted = shape_.prepend(static_cast<int64_t>(indices.size()));
    LATENT_CHECK(out.shape() == wanted && out.dtype() == x_.dtype(),
                 "[gather_values] room for {} {} expected, got {} {}", wanted.str(), name_of(x_.dtype()),
                 out.shape().str(), name_of(out.dtype()));
    copy(indices, static_cast<std::byte*>(out.raw()));
  }

 private:
  void copy(std::span<const int64_t> indices, std::byte* out) const {
    constexpr int64_t kBytesPerThread = int64_t{1} << 17;
    for (const int64_t index : indices) {
      LATENT_CHECK(0 <= index && index < size(), "[gather] sample {} of {}", index, size());
    }
    const int64_t bytes = shape_.numel() * static_cast<int64_t>(size_of(x_.dtype()));
    const auto* samples = static_cast<const std::byte*>(x_.raw());
    parallel_for(static_cast<int64_t>(indices.size()), std::max<int64_t>(1, kBytesPerThread / bytes),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; ++i) {
                     const int64_t index = indices[static_cast<size_t>(i)];
                     std::memcpy(out + i * bytes, samples + index * bytes, static_cast<size_t>(bytes));
                   }
                 });
  }

  Tensor x_;
  Shape shape_;
  std::vector<int64_t> labels_;
  std::vector<std::string> class_names_;
};

}  // namespace

std::shared_ptr<const Dataset> from_samples(const Tensor& x, std::vector<int64_t> labels,
                                            std::vector<std::string> class_names) {
  LATENT_CHECK(x.defined() && x.ndim() >= 2 && x.shape().tail().numel() > 0,
               "[from_samples] samples (N, ...) with values expected, got {}",
               x.defined() ? x.shape().str() : "nothing");
  LATENT_CHECK(x.dtype() == DType::f32 || x.dtype() == DType::i32 || x.dtype() == DType::u8,
               "[from_samples] f32, i32 or u8 expected, got {}", name_of(x.dtype()));
  if (const int64_t bad = is_floating(x.dtype()) ? count_not_finite(x) : 0; bad > 0) {
    throw DataError("array", fmt::format("{} of its {} values are NaN or infinite", bad, x.numel()));
  }
  return std::make_shared<SampleDataset>(x, std::move(labels), std::move(class_names));
}

}  // namespace latent::data
