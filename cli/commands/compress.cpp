// latent compress RUN DATA -o file.lac: data to a small file that the model can bring back.

#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/formats/file.hpp>
#include <latent/run/archives/archives.hpp>

#include <fmt/core.h>

#include <array>
#include <cmath>

namespace latent::cli {

namespace {

class Compress : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data of 8-bit values");
    arguments.add_option("-o,--output", output_, "archive to write: file.lac")->required()->type_name("FILE");
    Option* lossy =
        arguments.add_flag("--lossy", options_.lossy, "keep the codes alone: far smaller, and not the same pixels");
    arguments
        .add_option("--step", options_.step,
                    "step of the codes with --lossy: a larger one makes smaller files and worse copies")
        ->type_name("X")
        ->check(number(1e-4, Bound::closed, 1e4, Bound::closed))
        ->show_default()
        ->needs(lossy);
    arguments
        .add_option("--streams", options_.streams,
                    "chains of samples, each of which costs some initial bits (default: by the data)")
        ->type_name("N")
        ->check(whole_number(1, 1 << 16))
        ->excludes(lossy)
        ->group("Computing");
    data_.declare(arguments);
    declare_split(arguments, split_);
    arguments.get_option("--split")->description(
        "part of the data: train, validation, test (or else validation) or all (default: the data's own "
        "test part, else all)");
    declare_threads(arguments, compute_);
  }

  Result run() override {
    constexpr std::array kForms = {Form::lac};
    const ResultFile file = result_file(output_, kForms, Existing::replace);
    const Run run = open_run({{"-o", output_}});
    const compression::Codec codec(*run.model);
    check_can_compress(run, codec, options_.lossy);
    const RunData data = open_samples(run);
    const CompressedSamples compressed = compress_samples(run, codec, data, options_);
    const std::vector<std::byte> bytes = compression::to_bytes(compressed.archive);
    replace_file(file.path, [&](Sink& sink) { sink.write(std::span<const std::byte>(bytes)); });
    return report(data, compressed).result();
  }

 private:
  // By default the test part, or else everything: an archive of a part that training happened to hold out is no use.
  RunData open_samples(const Run& run) const {
    RunData data = open_data(run);
    if (!split_.empty() || data.split == data::name_of(data::Split::test)) return data;
    return cli::open_data(run, data_path_, data_, std::string(data::name_of(data::Split::all)));
  }

  Report report(const RunData& data, const CompressedSamples& compressed) const {
    const compression::Archive& archive = compressed.archive;
    const int64_t N = compressed.samples, bytes = archive.bytes();
    const std::string values = archive.levels == 2 ? "binary" : "8-bit", coding = options_.lossy ? "lossy" : "lossless";
    const double speed = static_cast<double>(N) / std::max(compressed.seconds, 1e-9);
    Report report;
    report.json = head(output_, data, N);
    report.json.update({{"values", values}, {"coding", coding}, {"bytes", bytes}});
    report.row("archive", fmt::format("{}: {} bytes", one_line(output_), grouped(bytes)));
    report.row("holds",
               fmt::format("{} of {}, {} values, {}", counted(N, "sample"), one_line(data.part()), values, coding));
    report.figure("bits_per_dim", compressed.bits_per_dim(), "{:.4f}");
    report.json.update({{"initial_bits", 32 * archive.initial_words}, {"streams", archive.streams.size()}});
    if (!options_.lossy) {
      report.row("of them initial",
                 fmt::format("{} bytes for {}", grouped(4 * static_cast<int64_t>(archive.initial_words)),
                             counted(static_cast<int64_t>(archive.streams.size()), "stream")));
    }
    const std::string hash = fmt::format("{:016x}", archive.model);
    report.both("model", hash,
                fmt::format("{}, {} bytes, needed to decompress", hash, grouped(compressed.model_bytes)));
    report.json.update({{"model_bytes", compressed.model_bytes}, {"samples_per_second", speed}});
    report.row("speed", fmt::format("{} samples per second", grouped(std::llround(speed))));
    if (!compressed.mse) return report;
    constexpr double kPeak = 255.0;
    const double psnr = 10.0 * std::log10(kPeak * kPeak / *compressed.mse);
    report.json.update({{"step", options_.step}, {"mse", *compressed.mse}, {"psnr", number_or_null(psnr)}});
    return report.line(fmt::format("psnr  {:.2f} dB at step {}", psnr, options_.step));
  }

  CompressionOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_compress() { return std::make_unique<Compress>(); }

}  // namespace latent::cli
