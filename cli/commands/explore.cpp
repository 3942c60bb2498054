// latent explore RUN DATA: the latent space in a browser.

#include <cli/commands/explore_options.hpp>
#include <cli/interrupt.hpp>
#include <cli/messages.hpp>
#include <cli/output.hpp>
#include <cli/progress.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/core/text.hpp>
#include <latent/run/gans/gan_run.hpp>
#include <latent/run/gans/generated_data.hpp>

#include <server/explorer.hpp>
#include <server/export_page.hpp>

#include <fmt/core.h>

#include <chrono>
#include <thread>

namespace latent::cli {

namespace {

class Explore : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to look at");
    serving_.declare(arguments);
    arguments
        .add_option(
            "--export", export_,
            "write the page with all that it shows as one file, which works from disk and needs no server, and end")
        ->type_name("FILE.html");
    declare_reading(arguments);
    declare_split_default(arguments, "all");
  }

  Result run() override {
    const bool exports = !export_.empty();
    if (exports && !server::has_page())
      throw UsageError("this program was built without its page, and an export is one");
    const server::ExplorerOptions options = exports ? server::ExplorerOptions{} : serving_.options();
    Run run = open_run(exports ? Outputs{{"--export", export_}} : Outputs{});
    server::Explorer explorer(options);  // before the work: an address that is taken is said at once
    const InterruptGuard guard(InterruptGuard::Says::ending);
    if (is_gan(run) && data_path_.empty()) return served(explorer, generated_session(std::move(run)), guard);
    RunSource source = open_source(run, data_path_, data_);
    RunData data = read_input([&] { return source.part(split_); });
    tell(data.remarks);
    return served(explorer, encoded(std::move(run), std::move(source), std::move(data), guard.stop()), guard);
  }

 private:
  // Until Ctrl-C; or only until the file is written.
  Result served(server::Explorer& explorer, std::unique_ptr<server::Session> session,
                const InterruptGuard& guard) const {
    tell(session->remarks());
    const std::string explorer_data = session->data().source;
    const int64_t samples = session->size();
    const latent::Run& shown = session->run();  // which the explorer keeps
    explorer.show(std::move(session));
    if (!export_.empty()) return exported(explorer, shown, explorer_data, samples);
    serving_.announce(explorer);
    while (!guard.stop()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    Result result;
    result.json = {{"run", path_}, {"data", explorer_data}, {"samples", samples}, {"address", explorer.address()}};
    return result;
  }

  Result exported(const server::Explorer& explorer, const latent::Run& run, const std::string& data,
                  int64_t samples) const {
    server::export_page(explorer, run, export_);
    Report report;
    report.json = {{"run", path_}, {"data", data}};
    report.both("export", export_, export_);
    report.both("samples", samples, fmt::format("{}", samples));
    return report.result();
  }

  // A GAN's points are samples of its own, whose codes are known; those of data would each have to be searched for.
  static std::unique_ptr<server::Session> generated_session(latent::Run run) {
    constexpr int64_t kSamples = 5000;
    note(fmt::format("showing {} samples that the generator makes; name data to see the codes of it",
                     grouped(kSamples)));
    GeneratedData generated = generated_data(run, kSamples, 0, nullptr);
    return std::make_unique<server::Session>(std::move(run), std::move(generated));
  }

  static std::unique_ptr<server::Session> encoded(latent::Run run, RunSource source, RunData data,
                                                  const std::atomic<bool>& stop) {
    std::optional<StepProgress> bar;
    CodeCacheOptions options{.stop = &stop};
    options.progress = [&](int64_t done, int64_t total) {
      if (!bar) bar.emplace("encoding", total, "sample");
      bar->on_step(done);
    };
    return std::make_unique<server::Session>(std::move(run), std::move(source), std::move(data), options);
  }

  ServingOptions serving_;
  std::string export_;
};

}  // namespace

std::unique_ptr<Command> make_explore() { return std::make_unique<Explore>(); }

}  // namespace latent::cli
