#include <latent/run/kinds/image_kind.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent {

std::string ImageKind::samples_text(const Shape& sample) const {
  return fmt::format("images of shape {}", sample.str());
}

std::string_view ImageKind::lossless_advice() const {
  return "Train with --preset vae-lossless (or --likelihood bernoulli and --binarize 0.5), or use --lossy.";
}

View ImageKind::view(const Run& run, const Tensor&) const {
  return view_of_planes(run.model->data_shape(), run.transform());
}

Tensor ImageKind::for_pictures(const Run& run, const Tensor& x) const {
  const data::Transform transform = run.transform();
  if (transform.of_pixels() || transform.range.size() != 2) return x;
  const double low = transform.range[0], extent = transform.range[1] - low;
  const Tensor units = transform.inverse(x);
  Tensor shown = Tensor::empty(x.shape());
  std::ranges::transform(units.span<double>(), shown.span<float>().begin(), [&](double value) {
    return extent > 0.0 ? static_cast<float>((value - low) / extent) : 0.5f;
  });
  return shown;
}

ValueChain ImageKind::chain(const Run& run) const {
  return run.transform().of_pixels() ? ValueChain{} : RunKind::chain(run);
}

}  // namespace latent
