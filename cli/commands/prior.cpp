// latent prior RUN [DATA] --method flow: another way of drawing new codes, for a model that is trained already.

#include <cli/interrupt.hpp>
#include <cli/progress.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/run/samplers/fit_sampler.hpp>
#include <latent/run/training/run_directory.hpp>

#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <optional>

namespace latent::cli {

namespace {

class Prior : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data whose codes are learned");
    arguments
        .add_option("--method", options_.method,
                    "flow (a velocity that carries noise to codes), mixture (Gaussians), vamp (posteriors of some "
                    "training samples) or none (the model's own prior again)")
        ->type_name("NAME")
        ->show_default();
    arguments.add_option("-o,--out", output_, "run directory to make, with the model alone (default: RUN itself)")
        ->type_name("NEW_RUN");
    arguments.add_option("--components", options_.components, "mixture: Gaussians (50); vamp: samples (500)")
        ->type_name("K")
        ->check(whole_number(1, 1 << 20));
    arguments.add_option("--steps", steps_, "flow: steps from noise to a code (default: 20)")
        ->type_name("N")
        ->check(whole_number(1, 1 << 16));
    arguments.add_option("--updates", updates_, "flow: steps of its training (default: 6000)")
        ->type_name("N")
        ->check(whole_number(1, 10'000'000));
    arguments.add_option("--hidden", hidden_, "flow: width of its layers (default: 384)")
        ->type_name("N")
        ->check(whole_number(1, 1 << 14));
    declare_reading(arguments, "seed of draws, choice and first weights");
    declare_split_default(arguments, "train");
  }

  Result run() override {
    take_options();
    const bool in_place = output_.empty();
    if (!in_place) check_run_directory(output_, Existing::refuse);
    const Run run = open_run({{"--out", output_}});
    check_takes_sampler(run);
    const RunData data = options_.method == "none" ? RunData{} : open_data(run);
    const auto start = std::chrono::steady_clock::now();
    const std::filesystem::path to = in_place ? path_ : output_;
    const InterruptGuard guard(InterruptGuard::Says::ending);  // nothing is kept of a fit that was not finished
    std::optional<RunDirectory> directory;                     // that nobody else writes to meanwhile
    if (!in_place) directory.emplace(to, Existing::refuse);
    if (in_place && std::filesystem::is_directory(to)) directory.emplace(to);
    const FittedSampler fitted = fit(run, data, guard.stop());
    write_fitted(fitted, to);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report(data, fitted, to.string(), seconds);
  }

 private:
  // An option of another method would do nothing.
  void take_options() {
    const bool flow = options_.method == "flow";
    for (const auto& [name, value] : {std::pair{"--steps", steps_}, {"--updates", updates_}, {"--hidden", hidden_}}) {
      if (value && !flow) throw UsageError(fmt::format("{} belongs to --method flow", name));
    }
    options_.steps = steps_.value_or(options_.steps);
    options_.updates = updates_.value_or(options_.updates);
    options_.hidden = hidden_.value_or(options_.hidden);
    options_.seed = seed_;
    options_.check();
  }

  FittedSampler fit(const Run& run, const RunData& data, const std::atomic<bool>& stop) const {
    constexpr int64_t kParts = 1000;
    StepProgress progress(options_.method, kParts, "step");
    int64_t shown = 0;
    return fit_sampler(run, data.samples.get(), options_, [&](double done) {
      const auto now = static_cast<int64_t>(done * kParts);
      if (now > shown) progress.on_step(shown = now);
      return !stop;
    });
  }

  Result report(const RunData& data, const FittedSampler& fitted, const std::string& to, double seconds) const {
    Report report;
    const bool none = options_.method == "none";
    report.json = {{"run", path_},
                   {"output", to},
                   {"method", options_.method},
                   {"data", none ? Json() : Json(data.source)},
                   {"split", none ? Json() : Json(data.split)},
                   {"samples", none ? Json() : Json(data.samples->size())},
                   {"sampler", fitted.model->config()->value("sampler", nlohmann::json())},
                   {"loss", number_or_null(fitted.loss)},
                   {"seconds", seconds},
                   {"seed", seed_}};
    if (none) {
      report.line(fmt::format("{}: new codes are drawn from the model's own prior", one_line(to)));
    } else {
      report.line(fmt::format("{}: new codes are drawn by a {}, fitted to the codes of {} in {}", one_line(to),
                              options_.method, counted(data.samples->size(), "sample"), duration(seconds)));
      report.line(fmt::format("latent sample {} -o samples.png shows some; latent prior {} --method none undoes it",
                              one_line(to), one_line(to)));
    }
    return report.result();
  }

  std::optional<int64_t> steps_, updates_, hidden_;
  SamplerOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_prior() { return std::make_unique<Prior>(); }

}  // namespace latent::cli
