// latent compress RUN DATA -o file.lac: data to a small file that the model can bring back.

#include <cli/command.hpp>
#include <cli/exit_status.hpp>
#include <cli/output.hpp>
#include <cli/result_file.hpp>
#include <cli/run.hpp>

#include <latent/compression/codec.hpp>
#include <latent/formats/file.hpp>

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cmath>

namespace latent::cli {

namespace {

constexpr double kDefaultStep = 0.25;

// Bytes of all weights, which whoever decompresses must have too.
int64_t model_bytes(const LatentModel& model) {
  int64_t bytes = 0;
  for (const nn::NamedTensor& t : model.state()) bytes += static_cast<int64_t>(t.tensor.nbytes());
  return bytes;
}

// The samples as levels 0 ... 255: (N, ...) u8. @throws UsageError if they are no 8-bit values
Tensor levels_of(const RunData& data, bool binary) {
  const data::Dataset& samples = *data.samples;
  Tensor levels = Tensor::empty(samples.sample_shape().prepend(samples.size()), DType::u8);
  constexpr int64_t kBatch = 1024;
  constexpr float kRounding = 1e-3f;
  auto* out = levels.data<uint8_t>();
  for (int64_t begin = 0; begin < samples.size(); begin += kBatch) {
    const Tensor x = samples.range(begin, std::min(begin + kBatch, samples.size()));
    for (const float value : x.span<float>()) {
      const float level = std::round(value * 255.0f);
      if (!(level >= 0.0f && level <= 255.0f && std::abs(value * 255.0f - level) < kRounding)) {
        throw UsageError(fmt::format("{}: compress takes 8-bit values, but one is {} times 255", data.source, value),
                         "Save the data as u8 (0 to 255).");
      }
      if (binary && level != 0.0f && level != 255.0f) {
        throw UsageError(
            fmt::format("{}: the model's likelihood is of 0 and 1, but the data has values between", data.source),
            "Train with --binarize 0.5 to compress binarised data, or with --preset vae-lossless.");
      }
      *out++ = static_cast<uint8_t>(level);
    }
  }
  return levels;
}

double mean_squared_error(const Tensor& a, const Tensor& b) {
  double sum = 0.0;
  const auto* x = a.data<uint8_t>();
  const auto* y = b.data<uint8_t>();
  for (int64_t i = 0; i < a.numel(); ++i) sum += std::pow(static_cast<double>(x[i]) - static_cast<double>(y[i]), 2);
  return sum / static_cast<double>(a.numel());
}

class Compress : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data of 8-bit values (default: the run's own)");
    arguments.add_option("-o,--output", output_, "archive to write: file.lac")->required()->type_name("FILE");
    Option* lossy = arguments.add_flag("--lossy", lossy_, "keep the codes alone: far smaller, and not the same pixels");
    arguments.add_option("--step", step_, "of the codes with --lossy: larger is smaller and worse")
        ->type_name("X")
        ->check(number(1e-4, Bound::closed, 1e4, Bound::closed))
        ->show_default()
        ->needs(lossy);
    arguments
        .add_option("--streams", streams_,
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
    const Run run = open_run(path_, compute_, {{"-o", output_}});
    const compression::Codec codec(*run.model);
    if (!lossy_ && !codec.is_lossless()) {
      throw UsageError(
          fmt::format("{}: its likelihood '{}' or posterior cannot code pixels without loss", path_,
                      run.model->config().at("likelihood").at("name").get<std::string>()),
          run.kind() == data::Kind::images
              ? "Train with --preset vae-lossless (or --likelihood bernoulli and --binarize 0.5), or use --lossy."
              : "Train rows of u8 with --likelihood logistic-mixture, or use --lossy.");
    }
    const RunData data = open_samples(run);
    check_size(codec, data);
    const Tensor levels = levels_of(data, !lossy_ && codec.is_binary());
    const auto begin = std::chrono::steady_clock::now();
    const compression::Archive archive =
        lossy_ ? codec.compress_lossy(levels, step_) : codec.compress(levels, streams_.value_or(0));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    Result result = report(run, data, levels, archive, seconds.count());
    if (lossy_) add_distortion(result, mean_squared_error(levels, codec.decompress(archive, output_)));
    const std::vector<std::byte> bytes = compression::to_bytes(archive);
    replace_file(file.path, [&](Sink& sink) { sink.write(std::span<const std::byte>(bytes)); });
    return result;
  }

 private:
  // By default the test part, or else everything: an archive of a part that training happened to hold out is no use.
  RunData open_samples(const Run& run) const {
    RunData data = open_data(run, data_path_, data_, split_);
    if (!split_.empty() || data.split == data::name_of(data::Split::test)) return data;
    return open_data(run, data_path_, data_, std::string(data::name_of(data::Split::all)));
  }

  void check_size(const compression::Codec& codec, const RunData& data) const {
    const int64_t most = codec.most_samples(lossy_ ? compression::Coding::lossy : compression::Coding::lossless);
    if (data.samples->size() <= most) return;
    throw UsageError(fmt::format("{} has {}: decompress could give back {} on this machine", data.part(),
                                 counted(data.samples->size(), "sample"), grouped(most)),
                     "Samples may take half of the memory: make several archives of parts of the data.");
  }

  Result report(const Run& run, const RunData& data, const Tensor& levels, const compression::Archive& archive,
                double seconds) const {
    const int64_t bytes = archive.bytes(), N = levels.dim(0);
    const double bits_per_dim = 8.0 * static_cast<double>(bytes) / static_cast<double>(levels.numel());
    const std::string values = archive.levels == 2 ? "binary" : "8-bit";
    const int64_t weights = model_bytes(*run.model);
    Result result;
    result.json = {{"output", output_},
                   {"run", path_},
                   {"data", data.source},
                   {"split", data.split},
                   {"samples", N},
                   {"values", values},
                   {"coding", lossy_ ? "lossy" : "lossless"},
                   {"bytes", bytes},
                   {"bits_per_dim", bits_per_dim},
                   {"initial_bits", 32 * archive.initial_words},
                   {"streams", archive.streams.size()},
                   {"model", fmt::format("{:016x}", archive.model)},
                   {"model_bytes", weights},
                   {"samples_per_second", static_cast<double>(N) / std::max(seconds, 1e-9)}};
    Table table;
    table.row("archive", fmt::format("{}: {} bytes", one_line(output_), grouped(bytes)));
    table.row("holds", fmt::format("{} of {}, {} values, {}", counted(N, "sample"), one_line(data.part()), values,
                                   lossy_ ? "lossy" : "lossless"));
    table.row("bits per dim", fmt::format("{:.4f}", bits_per_dim));
    if (!lossy_) {
      table.row("of them initial",
                fmt::format("{} bytes for {}", grouped(4 * static_cast<int64_t>(archive.initial_words)),
                            counted(static_cast<int64_t>(archive.streams.size()), "stream")));
    }
    table.row("model", fmt::format("{:016x}, {} bytes, needed to decompress", archive.model, grouped(weights)));
    table.row("speed", fmt::format("{} samples per second",
                                   grouped(std::llround(static_cast<double>(N) / std::max(seconds, 1e-9)))));
    result.text = table.str();
    return result;
  }

  void add_distortion(Result& result, double squared_error) const {
    constexpr double kPeak = 255.0;
    const double psnr = 10.0 * std::log10(kPeak * kPeak / squared_error);
    result.json["step"] = step_;
    result.json["mse"] = squared_error;
    result.json["psnr"] = squared_error > 0.0 ? Json(psnr) : Json();
    result.text += Table().row("psnr", fmt::format("{:.2f} dB at step {}", psnr, step_)).str();
  }

  std::string path_, data_path_, output_, split_;
  bool lossy_ = false;
  double step_ = kDefaultStep;
  std::optional<int64_t> streams_;
  DataOptions data_;
  ComputeOptions compute_;
};

}  // namespace

std::unique_ptr<Command> make_compress() { return std::make_unique<Compress>(); }

}  // namespace latent::cli
