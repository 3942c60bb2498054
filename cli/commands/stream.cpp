// latent stream RUN IN -o OUT: a sound of any length through a model, as it comes in.

#include <cli/input.hpp>
#include <cli/interrupt.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>
#include <cli/standard_input.hpp>

#include <latent/core/error.hpp>
#include <latent/formats/pcm.hpp>
#include <latent/formats/sound_stream.hpp>
#include <latent/run/sounds/sounds.hpp>
#include <latent/run/sounds/streaming.hpp>
#include <latent/run/sounds/wave_codes.hpp>
#include <latent/run/sounds/wave_stream.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace latent::cli {

namespace {

static_assert(std::endian::native == std::endian::little, "raw sound is 16 bits, the low byte first");

constexpr const char* kPipe = "-";

// Fills `bytes` from standard input. Returns how many there were: fewer at its end, or once `stop` is set.
size_t read_input_bytes(std::span<std::byte> bytes, const std::atomic<bool>& stop) {
  size_t filled = 0;
  while (filled < bytes.size()) {
    const size_t count = read_standard_input(bytes.subspan(filled), [&] { return stop.load(); });
    if (count == 0) break;
    filled += count;
  }
  return filled;
}

// Whether what comes in are the first bytes of a sound file, not values.
bool is_sound_file(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  constexpr std::string_view kMarks[] = {"RIFF", "RIFX", "RF64", "fLaC", "OggS", "FORM"};
  return std::ranges::any_of(kMarks, [&](std::string_view mark) { return text.starts_with(mark); });
}

// Raw 16-bit values from standard input.
SoundInput raw_input(int64_t rate, int64_t channels, const std::atomic<bool>& stop) {
  return {.rate = rate, .channels = channels, .read = [channels, &stop, begins = true](std::span<float> room) mutable {
            std::vector<int16_t> values(room.size());
            const size_t bytes = read_input_bytes(std::as_writable_bytes(std::span(values)), stop);
            if (std::exchange(begins, false) && is_sound_file(std::as_bytes(std::span(values)).first(bytes))) {
              throw UsageError("standard input holds a sound file, but - takes raw values",
                               "Give the name of the file, or /dev/stdin.");
            }
            const auto count = static_cast<int64_t>(bytes / sizeof(int16_t)) / channels;
            std::transform(values.begin(), values.begin() + count * channels, room.begin(), from_pcm16);
            return count;
          }};
}

void write_raw(std::span<const float> values) {
  std::vector<int16_t> whole(values.size());
  std::ranges::transform(values, whole.begin(), [](float value) { return to_pcm16(value).value; });
  const size_t count = std::fwrite(whole.data(), sizeof(int16_t), whole.size(), stdout);
  if (count != whole.size() || std::fflush(stdout) != 0) throw IoError("standard output", "write", errno);
}

class Stream : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments);
    arguments
        .add_option("IN", in_,
                    "a sound file of any length, or a file of codes; - for raw 16-bit values at the model's rate on "
                    "standard input")
        ->required();
    declare_output(arguments,
                   "a .wav; a .codes, which is much smaller and needs the model to be heard; - for raw 16-bit values "
                   "on standard output, each block as soon as it is ready");
    arguments
        .add_option("--block", block_milliseconds_, "milliseconds of sound that are waited for before they are encoded")
        ->type_name("MS")
        ->check(number(0.0, Bound::open, 60'000.0, Bound::closed))
        ->show_default();
    declare_threads(arguments, compute_);
  }

  Result run() override {
    const Run run = open_run({{"-o", output_ == kPipe ? std::string() : output_}});
    const WaveStream fits(*run.model);  // refused before anything is opened
    const int64_t rate = sound_rate(run), channels = run.model->data_shape()[0];
    if (output_ != kPipe && !output_.ends_with(".wav") && !is_codes(output_)) {
      throw UsageError(fmt::format("-o {}: a .wav, a .codes, or - for standard output", output_));
    }
    if (in_ != kPipe) run.outputs.check_keep(in_, "the sound");
    const InterruptGuard guard(InterruptGuard::Says::ending);
    constexpr double kMilliseconds = 1e3;
    const StreamOptions options{.block_seconds = block_milliseconds_ / kMilliseconds, .stop = &guard.stop()};
    const bool from_codes = in_ != kPipe && is_wave_codes(in_);
    if (from_codes && is_codes(output_)) throw UsageError(fmt::format("{} is codes already", one_line(in_)));
    std::optional<SoundReader> reader;
    if (in_ != kPipe && !from_codes) read_input([&] { reader.emplace(in_); });
    const SoundInput input = reader ? SoundInput{.rate = reader->rate(),
                                                 .channels = reader->channels(),
                                                 .read = [&](std::span<float> room) { return reader->read(room); }}
                                    : raw_input(rate, channels, guard.stop());
    if (is_codes(output_)) return encoded(read_input([&] { return encode_sound(run, input, output_, options); }));
    std::optional<SoundWriter> writer;
    if (output_ != kPipe) writer.emplace(output_, rate, channels);
    const auto write = [&](std::span<const float> values) { writer ? writer->write(values) : write_raw(values); };
    const StreamReport done = read_input(
        [&] { return from_codes ? decode_sound(run, in_, write, options) : stream_sound(run, input, write, options); });
    const int64_t clipped = writer ? writer->clipped() : 0;
    if (done.seconds == 0.0) throw DataError(in_, "holds no sound");
    if (writer) writer->finish();
    return report_of(done, clipped);
  }

 private:
  static bool is_codes(const std::string& path) { return path.ends_with(".codes"); }

  Json head(const StreamReport& done) const {
    return {{"output", output_},
            {"run", path_},
            {"input", in_},
            {"seconds", done.seconds},
            {"real_time_factor", done.real_time_factor()}};
  }

  Result encoded(const EncodedSound& sound) const {
    constexpr double kKilo = 1e3, kBits = 8.0;
    const StreamReport& done = sound.report;
    if (done.seconds == 0.0) throw DataError(in_, "holds no sound");
    const double rate = kBits * static_cast<double>(sound.bytes) / done.seconds;
    Report report;
    report.json = head(done);
    report.json.update({{"bytes", sound.bytes}, {"bits_per_second", rate}});
    report.line(fmt::format("{}: {:.1f} s of sound in {} bytes, {:.1f} kbit/s; {:.3g} times real time",
                            one_line(output_), done.seconds, grouped(sound.bytes), rate / kKilo,
                            done.real_time_factor()));
    report.line(fmt::format("hear it: latent stream {} {} -o again.wav", one_line(path_), one_line(output_)));
    return report.result();
  }

  Result report_of(const StreamReport& done, int64_t clipped) const {
    constexpr double kMilliseconds = 1e3, kKilo = 1e3;
    Report report;
    report.json = head(done);
    report.json.update({{"latency_ms", done.latency() * kMilliseconds},
                        {"bits_per_second", done.bits_per_second},
                        {"clipped", clipped}});
    report.line(fmt::format("{}: {:.1f} s of sound, {:.3g} times real time", one_line(output_), done.seconds,
                            done.real_time_factor()));
    report.line(fmt::format(
        "codes of {:.1f} kbit/s; {:.1f} ms behind: blocks of {:.1f} ms, and {:.1f} ms at most to compute one",
        done.bits_per_second / kKilo, done.latency() * kMilliseconds, done.block_seconds * kMilliseconds,
        done.slowest_block * kMilliseconds));
    if (clipped > 0) report.line(fmt::format("{} louder than a file can hold were clipped", counted(clipped, "value")));
    Result result = report.result();
    if (output_ == kPipe) {  // standard output is the sound's
      std::fputs(result.text.c_str(), stderr);
      result.text.clear();
      result.json = nullptr;
    }
    return result;
  }

  std::string in_;
  double block_milliseconds_ = 20.0;
};

}  // namespace

std::unique_ptr<Command> make_stream() { return std::make_unique<Stream>(); }

}  // namespace latent::cli
