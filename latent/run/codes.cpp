#include <latent/run/codes.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/choice.hpp>
#include <latent/core/finite.hpp>
#include <latent/core/stoppable.hpp>
#include <latent/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace latent {

namespace {

constexpr int64_t kBatch = 256;

// Rows [begin, begin + part.dim(0)) of `whole` become `part`.
void put_rows(Tensor& whole, int64_t begin, const Tensor& part) {
  whole.rows(begin, begin + part.dim(0)).copy_from(part);
}

// Numbers that are none help nobody, and would pass for results. They come from samples far outside the training data,
// or from weights that are finite but beyond all measure.
void check_results(std::string_view what, const Tensor& rows) {
  const int64_t bad = count_not_finite(rows);
  if (bad == 0) return;
  throw std::runtime_error(
      fmt::format("{} of {} numbers among the {} are NaN or infinite: the model overflows on this data; nothing was "
                  "written",
                  grouped(bad), grouped(rows.numel()), what));
}

// What `take` makes of p(x|z), in batches.
template <class Take>
Tensor decoded_by(const LatentModel& model, const Tensor& codes, const Take& take) {
  const NoGrad no_grad;
  Tensor x = Tensor::empty(model.data_shape().prepend(codes.dim(0)));
  const int64_t batch = samples_at_once(model.data_shape(), kBatch);
  for (int64_t begin = 0; begin < codes.dim(0); begin += batch) {
    check_stop();
    const int64_t end = std::min(begin + batch, codes.dim(0));
    put_rows(x, begin, take(*model.decode(codes.rows(begin, end))));
  }
  check_results("decoded values", x);
  return x;
}

}  // namespace

SampleSpace sample_space_from(std::string_view name) {
  constexpr std::array kSpaces = {Choice<SampleSpace>{"latent", SampleSpace::latent},
                                  Choice<SampleSpace>{"data", SampleSpace::data}};
  return choose("space", name, kSpaces);
}

Tensor values_of(const data::Dataset& samples) {
  return samples.range(0, samples.size()).view_as({samples.size(), samples.sample_shape().numel()});
}

Tensor decode_all(const LatentModel& model, const Tensor& codes) {
  return decoded_by(model, codes, [](const Distribution& p) { return p.mean(); });
}

Tensor draw_all(const LatentModel& model, const Tensor& codes, Rng& rng) {
  return decoded_by(model, codes, [&](const Distribution& p) {
    const Tensor draws = p.sample(rng, 1);  // (1, n, ...)
    return draws.view_as(draws.shape().tail());
  });
}

Codes encode_samples(const LatentModel& model, const data::Dataset& samples, Draw draw, uint64_t seed) {
  const NoGrad no_grad;
  const Shape shape{samples.size(), model.latent_dim()};
  Codes codes{Tensor::empty(shape), Tensor::empty(shape)};
  Rng rng(seed);
  const int64_t batch = samples_at_once(model.data_shape(), kBatch);
  for (int64_t begin = 0; begin < samples.size(); begin += batch) {
    check_stop();
    const int64_t end = std::min(begin + batch, samples.size());
    const std::unique_ptr<Distribution> q = model.encode(samples.range(begin, end));
    const Tensor z = draw == Draw::mean ? q->mean() : q->sample(rng, 1).view_as({end - begin, model.latent_dim()});
    put_rows(codes.z, begin, z);
    put_rows(codes.stddev, begin, q->stddev());
  }
  check_results("codes", codes.z);
  check_results("standard deviations of codes", codes.stddev);
  return codes;
}

}  // namespace latent
