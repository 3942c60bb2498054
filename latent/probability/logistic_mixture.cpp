#include <latent/probability/logistic_mixture.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/mixture.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/threads.hpp>

#include <algorithm>

namespace latent {

namespace {

constexpr int64_t kGrain = 256;  // values; each costs some dozens of exponentials

void check_num_samples(int64_t num_samples) {
  LATENT_CHECK(num_samples >= 1, "[logistic-mixture] num_samples must be at least 1, got {}", num_samples);
}

bool is_stacked(const Tensor& value, const Shape& shape) {
  const bool stacked = value.ndim() == shape.ndim() + 1 && value.shape().tail() == shape;
  LATENT_CHECK(stacked || value.shape() == shape, "[logistic-mixture] value: expected {} or (K, ...) of it, got {}",
               shape.str(), value.shape().str());
  return stacked;
}

// Values in the order of rows, back to where they belong.
Tensor from_row_order(const Tensor& values, const Shape& shape) {
  if (shape.ndim() != 4) return reshape(values, shape);
  return to_channels_first(reshape(values, {shape[0], shape[2], shape[3], shape[1]}));
}

// u in (0, 1): the middles of the 2^24 steps that Rng::uniform has.
double middle(float u) { return static_cast<double>(u) + 0x1p-25; }

}  // namespace

Tensor mixture_rows(const Tensor& params, int64_t components) {
  const int64_t width = 3 * components;
  LATENT_CHECK((params.ndim() == 2 || params.ndim() == 4) && params.dim(1) % width == 0,
               "[logistic-mixture] parameters (N, {0} C, H, W) or (N, {0} D), got {1}", width, params.shape().str());
  return reshape(params.ndim() == 4 ? to_channels_last(params) : params, {params.numel() / width, width});
}

Tensor values_in_row_order(const Tensor& x) { return x.ndim() == 4 ? to_channels_last(x) : x; }

LogisticMixture::LogisticMixture(const Tensor& params, int64_t components)
    : rows_(mixture_rows(params, components).detach()) {
  LATENT_CHECK(rows_.dtype() == DType::f32, "[logistic-mixture] parameters of f32, got {}", name_of(rows_.dtype()));
  std::vector<int64_t> sizes(params.shape().sizes().begin(), params.shape().sizes().end());
  sizes[1] /= 3 * components;
  value_shape_ = Shape(std::span<const int64_t>(sizes));
}

namespace {

// y[i] = f(mixture i, i) for the rows of mixtures.
template <class F>
Tensor of_each_row(const Tensor& rows, const F& f) {
  Tensor y = Tensor::empty({rows.dim(0)});
  auto* out = y.data<float>();
  const auto* in = rows.data<float>();
  const int64_t width = rows.dim(1);
  parallel_for(rows.dim(0), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out[i] = static_cast<float>(f(MixtureView{in + i * width, 1, width / 3}, i));
  });
  return y;
}

}  // namespace

Tensor LogisticMixture::mean() const {
  return from_row_order(of_each_row(rows_, [](const MixtureView& m, int64_t) { return mixture_mean(m); }),
                        value_shape_);
}

Tensor LogisticMixture::stddev() const {
  return from_row_order(of_each_row(rows_, [](const MixtureView& m, int64_t) { return mixture_stddev(m); }),
                        value_shape_);
}

Tensor LogisticMixture::sample(Rng& rng, int64_t num_samples) const {
  check_num_samples(num_samples);
  Tensor result = Tensor::empty(value_shape_.prepend(num_samples));
  Tensor uniform = Tensor::empty({rows_.dim(0)});
  for (int64_t k = 0; k < num_samples; ++k) {
    rng.uniform(uniform.span<float>());
    const float* u = uniform.data<float>();
    const Tensor draws =
        of_each_row(rows_, [u](const MixtureView& m, int64_t i) { return mixture_quantile(m, middle(u[i])); });
    result.rows(k, k + 1).copy_from(from_row_order(draws, value_shape_).view_as(value_shape_.prepend(1)));
  }
  return result;
}

Tensor LogisticMixture::log_prob(const Tensor& value) const {
  const auto of_batch = [this](const Tensor& x) { return neg(logistic_mixture_nll(rows_, values_in_row_order(x))); };
  if (!is_stacked(value, value_shape_)) return of_batch(value);
  const int64_t K = value.dim(0), N = value.dim(1);
  Tensor result = Tensor::empty({K, N});
  for (int64_t k = 0; k < K; ++k) {
    result.rows(k, k + 1).copy_from(of_batch(value.rows(k, k + 1).view_as(value_shape_)).view_as({1, N}));
  }
  return result;
}

CausalMixture::CausalMixture(const Tensor& features, const nn::CausalNetwork& network)
    : features_(features.detach()), network_(network), runner_(network, features.dim(2), features.dim(3)) {}

namespace {

// Images of means; `also(mixture, image, value)` sees what they are the means of.
template <class Also>
Tensor image_of_means(const nn::CausalRunner& runner, const Tensor& features, const Also& also) {
  constexpr int64_t L = nn::CausalRunner::kImages;
  const int64_t K = runner.options().outputs_per_value / 3, N = features.dim(0);
  return runner.generate(features, [&](int64_t image, int64_t value, const float* outputs, float* x) {
    for (int64_t lane = 0; lane < std::min(L, N - image); ++lane) {
      const MixtureView mixture{outputs + lane, L, K};
      x[lane] = static_cast<float>(mixture_mean(mixture));
      also(mixture, image + lane, value);
    }
  });
}

}  // namespace

Tensor CausalMixture::mean() const {
  return image_of_means(runner_, features_, [](const MixtureView&, int64_t, int64_t) {});
}

Tensor CausalMixture::stddev() const {
  const int64_t values = runner_.options().channels * runner_.places();
  Tensor result = Tensor::empty({features_.dim(0), runner_.options().channels, features_.dim(2), features_.dim(3)});
  auto* out = result.data<float>();
  image_of_means(runner_, features_, [&](const MixtureView& mixture, int64_t image, int64_t value) {
    out[image * values + value] = static_cast<float>(mixture_stddev(mixture));
  });
  return result;
}

Tensor CausalMixture::sample(Rng& rng, int64_t num_samples) const {
  check_num_samples(num_samples);
  constexpr int64_t L = nn::CausalRunner::kImages;
  const int64_t K = runner_.options().outputs_per_value / 3, N = features_.dim(0);
  const int64_t values = runner_.options().channels * runner_.places();
  const Shape shape{N, runner_.options().channels, features_.dim(2), features_.dim(3)};
  Tensor result = Tensor::empty(shape.prepend(num_samples));
  Tensor uniform = Tensor::empty({N, values});
  for (int64_t k = 0; k < num_samples; ++k) {
    rng.uniform(uniform.span<float>());
    const float* u = uniform.data<float>();
    const Tensor images =
        runner_.generate(features_, [&](int64_t image, int64_t value, const float* outputs, float* x) {
          for (int64_t lane = 0; lane < std::min(L, N - image); ++lane) {
            const double draw = middle(u[(image + lane) * values + value]);
            x[lane] = static_cast<float>(mixture_quantile({outputs + lane, L, K}, draw));
          }
        });
    result.rows(k, k + 1).copy_from(images.view_as(shape.prepend(1)));
  }
  return result;
}

Tensor CausalMixture::log_prob(const Tensor& value) const {
  const NoGrad no_grad;
  const Shape shape{features_.dim(0), runner_.options().channels, features_.dim(2), features_.dim(3)};
  const auto of_batch = [this](const Tensor& x) {
    return neg(logistic_mixture_nll(network_.forward(features_, x), values_in_row_order(x)));
  };
  if (!is_stacked(value, shape)) return of_batch(value);
  const int64_t K = value.dim(0), N = value.dim(1);
  Tensor result = Tensor::empty({K, N});
  for (int64_t k = 0; k < K; ++k) {
    result.rows(k, k + 1).copy_from(of_batch(value.rows(k, k + 1).view_as(shape)).view_as({1, N}));
  }
  return result;
}

}  // namespace latent
