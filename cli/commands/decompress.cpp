// latent decompress RUN file.lac -o OUT: what compress wrote, back to data.

#include <cli/input.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/run/archives/archives.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace latent::cli {

namespace {

class Decompress : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "the run directory or model file that the archive was made with")->required();
    arguments.add_option("ARCHIVE", archive_path_, "what compress wrote")->required();
    out_.declare(arguments, ".npy or .npz (u8), .png (a grid) or a folder (one picture each)");
    declare_threads(arguments, compute_);
  }

  Result run() override {
    constexpr std::array kForms = {Form::npy, Form::npz, Form::png, Form::folder};
    const ResultFile file = out_.file(kForms);
    const Run run = open_run({{"-o", out_.path}});
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
    const std::string shown =
        write_stoppable(file, [&](const auto* stop) { return write_decompressed(run, values, file, stop); });
    const double speed = static_cast<double>(archive.count) / std::max(seconds.count(), 1e-9);
    Report report;
    report.json = {{"output", out_.path},
                   {"run", path_},
                   {"archive", archive_path_},
                   {"samples", archive.count},
                   {"values", archive.levels == 2 ? "binary" : "8-bit"},
                   {"coding", archive.coding == compression::Coding::lossy ? "lossy" : "lossless"},
                   {"samples_per_second", speed}};
    report.line(fmt::format("{}: {} from {}, {} samples per second", one_line(out_.path),
                            counted(archive.count, "sample"), one_line(archive_path_), grouped(std::llround(speed))));
    return report.shown(shown).result();
  }

 private:
  std::string archive_path_;
  OutputOptions out_;
};

}  // namespace

std::unique_ptr<Command> make_decompress() { return std::make_unique<Decompress>(); }

}  // namespace latent::cli
