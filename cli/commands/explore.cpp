// latent explore RUN DATA: the latent space in a browser.

#include <cli/checks.hpp>
#include <cli/commands/explore_options.hpp>
#include <cli/input.hpp>
#include <cli/interrupt.hpp>
#include <cli/messages.hpp>
#include <cli/output.hpp>
#include <cli/progress.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/core/interrupted.hpp>
#include <latent/core/stoppable.hpp>
#include <latent/core/text.hpp>
#include <latent/run/explore/code_cache.hpp>
#include <latent/run/gans/gan_run.hpp>
#include <latent/run/gans/generated_data.hpp>

#include <server/explorer.hpp>
#include <server/export_page.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace latent::cli {

namespace {

class Explore : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to look at");
    serving_.declare(arguments);
    Option* const exported =
        arguments
            .add_option("--export", export_,
                        "write the explorer as one file that works from disk, to share (.html), and open no server")
            ->type_name("FILE");
    for (const char* name : {"--port", "--host", "--open"}) arguments.get_option(name)->excludes(exported);
    arguments
        .add_option(
            "--maps", maps_,
            "maps that the exported page holds beside PCA: umap (default), tsne, both with a comma between, or none")
        ->type_name("METHOD,...")
        ->check(names_maps)
        ->needs(exported);
    declare_reading(arguments);
    declare_split_default(arguments, "all");
  }

  Result run() override {
    const server::ExplorerOptions options = export_.empty() ? serving_.options() : server::ExplorerOptions{};
    if (!export_.empty()) check_export();
    Run run = open_run({{"--export", export_}});
    server::Explorer explorer(options);  // before the work: an address that is taken is said at once
    const InterruptGuard guard(InterruptGuard::Says::ending);
    const Stoppable stoppable(guard.stop());
    if (is_gan(run) && data_path_.empty()) return served(explorer, generated_session(std::move(run)), guard);
    RunSource source = open_source(run, data_path_, data_);
    RunData data = read_input([&] { return source.part(split_); });
    tell(data.remarks);
    if (export_.empty() && run.model->encodes_by_search() && !has_kept_codes(run, *data.samples)) {
      return served_meanwhile(explorer, std::move(run), std::move(source), std::move(data), guard);
    }
    return served(explorer, encoded(std::move(run), std::move(source), std::move(data), guard.stop()), guard);
  }

 private:
  static std::string names_maps(const std::string& text) {
    if (text == "none") return {};
    const std::vector<std::string> methods = split_at_commas(text);
    const auto is_map = [](const std::string& method) { return method == "umap" || method == "tsne"; };
    const bool differ = methods.size() == 1 || (methods.size() == 2 && methods[0] != methods[1]);
    if (differ && std::ranges::all_of(methods, is_map)) return {};
    return fmt::format("expected umap, tsne, umap,tsne or none, got '{}'", text);
  }
  std::optional<std::vector<std::string>> chosen_maps() const {
    if (maps_.empty()) return std::nullopt;
    return maps_ == "none" ? std::vector<std::string>{} : split_at_commas(maps_);
  }
  void check_export() const {
    if (!export_.ends_with(".html")) throw UsageError(fmt::format("--export {}: a name that ends in .html", export_));
    if (server::has_page()) return;
    throw UsageError("--export: this program was built without the page that an export stands on",
                     "Build it where Node 18.13 or newer and npm are.");
  }

  // Until Ctrl-C; or what is served, in a file.
  Result served(server::Explorer& explorer, std::unique_ptr<server::Session> session,
                const InterruptGuard& guard) const {
    tell(session->remarks());
    const std::string explorer_data = session->data().source;
    const int64_t samples = session->size();
    const latent::Run& run = session->run();  // which the explorer keeps
    explorer.show(std::move(session));
    if (!export_.empty()) {
      tell(server::export_page(explorer, run, export_, chosen_maps()));
      Result result;
      result.json = {{"output", export_}, {"run", path_}, {"data", explorer_data}, {"samples", samples}};
      result.text = fmt::format("{}: the explorer of {} samples; open it in a browser\n", one_line(export_), samples);
      return result;
    }
    serving_.announce(explorer);
    return until_stopped(explorer, explorer_data, samples, guard);
  }

  Result until_stopped(const server::Explorer& explorer, const std::string& data, int64_t samples,
                       const InterruptGuard& guard) const {
    while (!guard.stop()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    Result result;
    result.json = {{"run", path_}, {"data", data}, {"samples", samples}, {"address", explorer.address()}};
    return result;
  }

  // Codes that must be searched for take minutes: until then there is what the generator makes.
  Result served_meanwhile(server::Explorer& explorer, latent::Run run, RunSource source, RunData data,
                          const InterruptGuard& guard) const {
    const std::string name = data.source;
    const int64_t samples = data.samples->size();
    explorer.show(std::make_unique<server::Session>(open_run({}), generated_data(run, kGenerated, 0, nullptr)));
    explorer.prepare(name, 0, samples);
    serving_.announce(explorer);
    note(
        fmt::format("the code of each of {} samples is searched for, which takes a while; until then the page shows "
                    "samples that the generator makes. --inversion-steps 40 is faster, and rougher",
                    grouped(samples)));
    try {
      explorer.show(encoded(std::move(run), std::move(source), std::move(data), guard.stop(),
                            [&](int64_t done) { explorer.prepare(name, done, samples); }));
    } catch (const Interrupted&) {
      return until_stopped(explorer, name, samples, guard);
    }
    note(fmt::format("the page shows the {} samples now", grouped(samples)));
    return until_stopped(explorer, name, samples, guard);
  }

  // A GAN's points are samples of its own, whose codes are known; those of data would each have to be searched for.
  static std::unique_ptr<server::Session> generated_session(latent::Run run) {
    note(fmt::format("showing {} samples that the generator makes; name data to see the codes of it",
                     grouped(kGenerated)));
    GeneratedData generated = generated_data(run, kGenerated, 0, nullptr);
    return std::make_unique<server::Session>(std::move(run), std::move(generated));
  }

  static std::unique_ptr<server::Session> encoded(latent::Run run, RunSource source, RunData data,
                                                  const std::atomic<bool>& stop,
                                                  const std::function<void(int64_t done)>& told = {}) {
    std::optional<StepProgress> bar;
    CodeCacheOptions options{.stop = &stop};
    options.progress = [&](int64_t done, int64_t total) {
      if (!bar) bar.emplace("encoding", total, "sample");
      bar->on_step(done);
      if (told) told(done);
    };
    return std::make_unique<server::Session>(std::move(run), std::move(source), std::move(data), options);
  }

  static constexpr int64_t kGenerated = 5000;
  ServingOptions serving_;
  std::string export_, maps_;
};

}  // namespace

std::unique_ptr<Command> make_explore() { return std::make_unique<Explore>(); }

}  // namespace latent::cli
