#include <cli/strips.hpp>

#include <cli/exit_status.hpp>
#include <cli/output.hpp>

#include <latent/formats/image.hpp>

#include <fmt/core.h>

#include <charconv>
#include <cmath>

namespace latent::cli {

std::string write_strips(const Run& run, const Strips& strips, const ResultFile& file) {
  if (file.form != Form::gif && file.form != Form::png) {
    return write_decoded(run, {.x_hat = strips.x_hat, .x = {}, .codes = strips.codes}, file);
  }
  const View view = view_of(run, strips.x_hat);
  const SampleGrid grid{
      .x = strips.x_hat, .columns = strips.steps, .row_names = strips.strip_names, .column_names = strips.step_names};
  if (file.form == Form::png) {
    const Picture picture = picture_of_grid(run, view, grid);
    write_png(file.path, picture.pixels);
    return picture.shown;
  }
  const std::vector<Picture> forth = frames_of_steps(run, view, grid);
  std::vector<Tensor> frames;
  for (const Picture& frame : forth) frames.push_back(frame.pixels);
  for (size_t i = forth.size() - 1; i-- > 1;) frames.push_back(forth[i].pixels);
  write_gif(file.path, frames);
  return forth.front().shown;
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
