// latent decompress RUN file.lac -o OUT: what compress wrote, back to data.

#include <cli/command.hpp>
#include <cli/decoded.hpp>
#include <cli/exit_status.hpp>
#include <cli/input.hpp>
#include <cli/output.hpp>

#include <latent/compression/codec.hpp>
#include <latent/formats/npy.hpp>

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cmath>

namespace latent::cli {

namespace {

class Decompress : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "the run directory or model file that the archive was made with")->required();
    arguments.add_option("ARCHIVE", archive_path_, "what compress wrote")->required();
    output_.declare(arguments, ".npy or .npz (u8), .png (a grid) or a folder (one picture each)");
    declare_threads(arguments, compute_);
  }

  Result run() override {
    constexpr std::array kForms = {Form::npy, Form::npz, Form::png, Form::folder};
    const ResultFile file = output_.file(kForms);
    const Run run = open_run(path_, compute_, {{"-o", output_.path}});
    check_form_fits(file, run.kind());
    run.outputs.check_keep(archive_path_, "the archive");
    const compression::Codec codec(*run.model);
    const compression::Archive archive = read_input([&] {
      const auto mapped = MappedFile::open(archive_path_);
      return compression::read_archive(mapped->bytes(), archive_path_);
    });
    check_fits_form(file, archive.count, "because an archive is taken whole");
    const auto begin = std::chrono::steady_clock::now();
    const Tensor values = codec.decompress(archive, archive_path_);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    const std::string shown = write(run, file, values);
    const double speed = static_cast<double>(archive.count) / std::max(seconds.count(), 1e-9);
    Result result;
    result.json = {{"output", output_.path},
                   {"run", path_},
                   {"archive", archive_path_},
                   {"samples", archive.count},
                   {"values", archive.levels == 2 ? "binary" : "8-bit"},
                   {"coding", archive.coding == compression::Coding::lossy ? "lossy" : "lossless"},
                   {"samples_per_second", speed}};
    result.text = fmt::format("{}: {} from {}, {} samples per second\n", one_line(output_.path),
                              counted(archive.count, "sample"), one_line(archive_path_), grouped(std::llround(speed)));
    add_shown(result, shown);
    return result;
  }

 private:
  // As arrays of pictures usually are: (N, H, W), or colours last.
  static Tensor as_stored(const Tensor& values) {
    if (values.ndim() != 4) return values;
    const int64_t N = values.dim(0), C = values.dim(1), H = values.dim(2), W = values.dim(3);
    if (C == 1) return values.view_as({N, H, W});
    Tensor stored = Tensor::empty({N, H, W, C}, DType::u8);
    const auto* from = values.data<uint8_t>();
    auto* to = stored.data<uint8_t>();
    for (int64_t i = 0; i < values.numel(); ++i) {
      const int64_t place = i % (H * W), c = i / (H * W) % C, n = i / (H * W * C);
      to[(n * H * W + place) * C + c] = from[i];
    }
    return stored;
  }

  static std::string write(const Run& run, const ResultFile& file, const Tensor& values) {
    if (file.form == Form::npy) write_npy(file.path, as_stored(values));
    if (file.form == Form::npz) write_npz(file.path, {{"x", as_stored(values)}});
    if (file.form == Form::npy || file.form == Form::npz) return {};
    Tensor x = values.to(DType::f32);
    for (float& value : x.span<float>()) value /= 255.0f;
    return write_decoded(run, {.x_hat = x, .x = {}, .codes = {}}, file);
  }

  std::string path_, archive_path_;
  OutputOptions output_;
  ComputeOptions compute_;
};

}  // namespace

std::unique_ptr<Command> make_decompress() { return std::make_unique<Decompress>(); }

}  // namespace latent::cli
