#include <cli/strips.hpp>

#include <cli/exit_status.hpp>
#include <cli/output.hpp>

#include <latent/formats/image.hpp>
#include <latent/report/labelled_grid.hpp>
#include <latent/report/pictures.hpp>

#include <fmt/core.h>

#include <charconv>
#include <cmath>

namespace latent::cli {

Tensor named_grid(const Run& run, const Tensor& x, int64_t columns, const std::vector<std::string>& row_names,
                  const std::vector<std::string>& column_names, int64_t min_size) {
  constexpr int64_t kGap = 2;
  if (run.kind() == data::Kind::images) {
    return report::labelled_grid(report::image_grid(for_pictures(run, x), columns, kGap, min_size), row_names,
                                 column_names);
  }
  const Tensor rows = x.view_as({x.dim(0), x.shape().tail().numel()});
  return report::labelled_grid(report::vector_grid(rows, {}, columns), row_names, column_names);
}

std::vector<Tensor> strip_frames(const Run& run, const Tensor& x_hat, int64_t steps) {
  const int64_t count = x_hat.dim(0) / steps;
  std::vector<Tensor> forth;
  for (int64_t step = 0; step < steps; ++step) {
    Tensor x = Tensor::empty(x_hat.shape().tail().prepend(count));
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = i * steps + step;
      x.rows(i, i + 1).copy_from(x_hat.rows(at, at + 1));
    }
    forth.push_back(picture_of(run, {.x_hat = x, .x = {}, .codes = {}}));
  }
  std::vector<Tensor> frames = forth;
  for (size_t i = forth.size() - 1; i-- > 1;) frames.push_back(forth[i]);
  return frames;
}

void write_strips(const Run& run, const Strips& strips, const ResultFile& file) {
  if (file.form == Form::gif) return write_gif(file.path, strip_frames(run, strips.x_hat, strips.steps));
  if (file.form == Form::png) {
    return write_png(file.path, named_grid(run, strips.x_hat, strips.steps, strips.strip_names, strips.step_names));
  }
  write_decoded(run, {.x_hat = strips.x_hat, .x = {}, .codes = strips.codes}, file);
}

Span parse_span(std::string_view option, const std::string& text) {
  const size_t colon = text.find(':');
  const auto number = [](std::string_view part, double& value) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc() && end == part.data() + part.size() && std::isfinite(value);
  };
  Span span;
  const std::string_view all = text;
  const bool fits = colon != std::string::npos && number(all.substr(0, colon), span.low) &&
                    number(all.substr(colon + 1), span.high) && span.low < span.high;
  if (!fits) {
    throw UsageError(
        fmt::format("{}: expected LOW:HIGH with LOW below HIGH, such as -3:3, got '{}'", option, one_line(text)));
  }
  return span;
}

std::vector<double> spaced(const Span& span, int64_t steps) {
  std::vector<double> values;
  for (int64_t i = 0; i < steps; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(steps - 1);
    values.push_back((1.0 - t) * span.low + t * span.high);
  }
  return values;
}

std::string signed_text(double value) {
  constexpr double kZero = 1e-12;  // what rounding leaves of the middle of a span
  return std::abs(value) < kZero ? "0" : fmt::format("{:+.3g}", value);
}

void check_items(const RunData& data, const std::vector<int64_t>& items) {
  for (const int64_t index : items) {
    if (index < data.samples->size()) continue;
    throw UsageError(fmt::format("sample {} does not exist: {} has {}, numbered from 0", index, data.part(),
                                 counted(data.samples->size(), "sample")));
  }
}

void check_has_both_halves(const Run& run, std::string_view what) {
  if (run.model->has_encoder() && run.model->has_decoder()) return;
  throw UsageError(fmt::format("{}: {} needs an encoder and a decoder", run.path.string(), what));
}

}  // namespace latent::cli
