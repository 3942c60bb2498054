#include <latent/run/kinds/series_kind.hpp>

#include <latent/core/text.hpp>

#include <fmt/core.h>

namespace latent {

std::string SeriesKind::samples_text(const Shape& sample) const {
  if (sample.ndim() != 2) return fmt::format("samples {}", sample.str());
  return fmt::format("windows of {}{}", counted(sample[1], "step"),
                     sample[0] == 1 ? "" : fmt::format(", {} channels", sample[0]));
}

std::string_view SeriesKind::lossless_advice() const { return "Use --lossy."; }

View SeriesKind::view(const Run& run, const Tensor&) const {
  const Shape sample = run.model->data_shape();
  return {.look = Look::series, .channels = sample[0], .length = sample[1]};
}

// Standardised by channel, also where samples come as rows of all their values.
ValueChain SeriesKind::chain(const Run& run) const {
  if (run.transform().identity()) return {};
  const Shape sample = run.model->data_shape();
  return {[undo = scaling(run), sample](const Tensor& values, std::span<const int64_t> columns) {
    if (!columns.empty()) return undo(values, columns);
    return undo(values.view_as(sample.prepend(values.dim(0))), columns).view_as(values.shape());
  }};
}

}  // namespace latent
