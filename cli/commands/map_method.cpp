#include <cli/commands/map_method.hpp>

#include <cli/messages.hpp>
#include <cli/options.hpp>
#include <cli/output.hpp>
#include <cli/progress.hpp>

#include <latent/core/names.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/maps/tsne.hpp>
#include <latent/space/maps/umap.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>

namespace latent::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<std::string_view, 3> kMapMethods = {"pca", "tsne", "umap"};

// Which methods have an option, for those that not all have.
struct Belongs {
  const char* option;
  bool tsne, umap;
};
constexpr std::array kBelongs = {
    Belongs{"--metric", true, true},
    Belongs{"--init", true, true},
    Belongs{"--epochs", true, true},
    Belongs{"--neighbors", false, true},
    Belongs{"--min-dist", false, true},
    Belongs{"--spread", false, true},
    Belongs{"--negative-samples", false, true},
    Belongs{"--perplexity", true, false},
    Belongs{"--exaggeration", true, false},
    Belongs{"--learning-rate", true, false},
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Steps on standard error: a bar on a terminal, a line for each tenth elsewhere.
class StepProgress {
 public:
  StepProgress(std::string name, int64_t total) : name_(std::move(name)), total_(total) {}
  StepProgress(const StepProgress&) = delete;
  StepProgress& operator=(const StepProgress&) = delete;
  ~StepProgress() { erase(); }

  void on_step(int64_t done) {
    const double elapsed = seconds_since(start_);
    const double left = elapsed / static_cast<double>(done) * static_cast<double>(total_ - done);
    if (!terminal_) {
      const int64_t tenths = done * 10 / total_;
      if (tenths == (done - 1) * 10 / total_) return;
      say(fmt::format("{}: epoch {}/{}  {} left\n", name_, done, total_, duration(left)));
      return;
    }
    constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
    if (Clock::now() - last_drawn_ < kRedrawInterval) return;
    last_drawn_ = Clock::now();
    std::string line =
        fmt::format("{}: epoch {}/{} [{}]  {} left", name_, done, total_,
                    progress_bar(static_cast<double>(done) / static_cast<double>(total_)), duration(left));
    line.resize(std::min(line.size(), static_cast<size_t>(terminal_width() - 1)));
    draw(fmt::format("\r\033[K{}", line));
    drawn_ = true;
  }

 private:
  void erase() const {
    if (drawn_) draw("\r\033[K");
  }

  std::string name_;
  int64_t total_;
  bool terminal_ = stderr_is_terminal(), drawn_ = false;
  Clock::time_point start_ = Clock::now(), last_drawn_{};
};

void run_steps(space::Layout& layout, const std::string& name, const std::atomic<bool>& stop, MadeMap& made) {
  StepProgress progress(name, layout.total_steps());
  while (!layout.done() && !stop) {
    layout.step(1);
    progress.on_step(layout.steps_done());
  }
  made.positions = layout.positions();
  made.steps = layout.steps_done();
  made.of_steps = layout.total_steps();
}

// (N, columns): x, and zeros in the columns that it does not have.
Tensor with_columns(const Tensor& x, int64_t columns) {
  Tensor wide = Tensor::zeros({x.dim(0), columns});
  for (int64_t i = 0; i < x.dim(0); ++i) {
    std::copy_n(x.data<float>() + i * x.dim(1), x.dim(1), wide.data<float>() + i * columns);
  }
  return wide;
}

}  // namespace

void MapMethod::declare(Arguments& arguments) {
  constexpr int64_t kMostEpochs = 100'000;
  arguments_ = &arguments;
  arguments.add_option("--method", name_, "pca (straight), tsne or umap (neighbours stay together)")
      ->type_name("NAME")
      ->show_default();
  arguments.add_option("--dims", dims_, "2, or 3 (as .csv, .npy, .npz)")
      ->type_name("N")
      ->check(whole_number(2, 3))
      ->show_default();
  arguments.add_option("--metric", metric_, "tsne, umap: euclidean or cosine, between codes")
      ->type_name("NAME")
      ->show_default();
  arguments
      .add_option("--epochs", epochs_, "tsne, umap: steps (default: tsne 1000, umap 500, 200 above 10,000 samples)")
      ->type_name("N")
      ->check(whole_number(1, kMostEpochs));
  arguments
      .add_option("--init", init_,
                  "tsne, umap: where points start: pca, random, or (umap alone) spectral (default: pca)")
      ->type_name("NAME");
  arguments
      .add_option("--neighbors", neighbors_,
                  "umap: how many are kept together, the sample itself included (default: 15, or all but one)")
      ->type_name("N")
      ->check(whole_number(2));
  arguments.add_option("--min-dist", min_dist_, "umap: how near to each other neighbours may be drawn")
      ->type_name("X")
      ->check(number(0.0, Bound::closed))
      ->show_default();
  arguments.add_option("--spread", spread_, "umap: the scale of the map")
      ->type_name("X")
      ->check(number(0.0, Bound::open))
      ->show_default();
  arguments.add_option("--negative-samples", negative_samples_, "umap: draws that push apart, for each pull")
      ->type_name("N")
      ->check(whole_number(0, 1000))
      ->show_default();
  arguments
      .add_option("--perplexity", perplexity_,
                  "tsne: how many neighbours count, roughly (default: 30, or a third of the samples)")
      ->type_name("X")
      ->check(number(1.0, Bound::closed));
  arguments
      .add_option("--exaggeration", exaggeration_,
                  "tsne: how much stronger neighbours pull in the first quarter, at most 250 epochs")
      ->type_name("X")
      ->check(number(1.0, Bound::closed))
      ->show_default();
  arguments.add_option("--learning-rate", learning_rate_, "tsne: default samples / exaggeration / 4, at least 50")
      ->type_name("X")
      ->check(number(0.0, Bound::open));
}

void MapMethod::check() const {
  if (std::find(kMapMethods.begin(), kMapMethods.end(), name_) == kMapMethods.end())
    unknown_name("method", name_, kMapMethods);
  for (const Belongs& one : kBelongs) {
    const bool fits = (name_ == "tsne" && one.tsne) || (name_ == "umap" && one.umap);
    if (fits || arguments_->count(one.option) == 0) continue;
    throw UsageError(fmt::format("{} does not belong to --method {}, but to {}", one.option, name_,
                                 one.tsne && one.umap ? "tsne and umap" : (one.tsne ? "tsne" : "umap")));
  }
  space::metric_from(metric_);
  if (name_ == "umap") {
    if (!init_.empty()) space::umap_init_from(init_);
    space::fit_umap_curve(spread_, min_dist_);
  } else if (name_ == "tsne" && !init_.empty()) {
    space::tsne_init_from(init_);
  }
}

MadeMap MapMethod::make(const Tensor& codes, uint64_t seed, const std::atomic<bool>& stop) const {
  const int64_t least = name_ == "pca" ? 2 : 3;
  if (codes.dim(0) < least) {
    throw UsageError(fmt::format("--method {}: a map needs at least {} samples, got {}", name_, least, codes.dim(0)));
  }
  MadeMap made;
  const Clock::time_point start = Clock::now();
  if (name_ == "pca") {
    // Axes that the codes do not have stay zero.
    const int64_t found = std::min({dims_, codes.dim(0), codes.dim(1)});
    const space::Pca pca = space::fit_pca(codes, {.dims = found, .seed = seed});
    made.positions = with_columns(pca.project(codes), dims_);
    made.explained = pca.explained();
  } else if (name_ == "tsne") {
    made.perplexity = perplexity_.value_or(std::min(30.0, std::max(1.0, static_cast<double>(codes.dim(0) - 1) / 3.0)));
    space::TsneOptions options{.dims = dims_,
                               .perplexity = made.perplexity,
                               .early_exaggeration = exaggeration_,
                               .learning_rate = learning_rate_,
                               .metric = space::metric_from(metric_),
                               .seed = seed};
    if (epochs_) options.steps = *epochs_;
    // A map that ends before neighbours pull as they should is none.
    options.exaggeration_steps = std::min(options.exaggeration_steps, options.steps / 4);
    if (!init_.empty()) options.init = space::tsne_init_from(init_);
    made.init = init_.empty() ? "pca" : init_;
    const std::unique_ptr<space::Tsne> layout = space::make_tsne(codes, options);
    run_steps(*layout, name_, stop, made);
    made.kl_divergence = layout->kl_divergence();
  } else {
    made.neighbors = neighbors_.value_or(std::min<int64_t>(15, std::max<int64_t>(2, codes.dim(0) - 1)));
    space::UmapOptions options{.dims = dims_,
                               .neighbors = made.neighbors,
                               .min_dist = min_dist_,
                               .spread = spread_,
                               .metric = space::metric_from(metric_),
                               .epochs = epochs_.value_or(0),
                               .negative_samples = negative_samples_,
                               .seed = seed};
    if (!init_.empty()) options.init = space::umap_init_from(init_);
    const std::unique_ptr<space::Umap> layout = space::make_umap(codes, options);
    made.init = space::name_of(layout->init());
    run_steps(*layout, name_, stop, made);
  }
  made.seconds = seconds_since(start);
  return made;
}

Json MapMethod::settings(const MadeMap& made) const {
  Json settings = Json::object();
  if (name_ == "pca") return settings;
  settings["metric"] = metric_;
  if (name_ == "umap") {
    settings.update({{"neighbors", made.neighbors},
                     {"min_dist", min_dist_},
                     {"spread", spread_},
                     {"negative_samples", negative_samples_}});
  } else {
    settings.update({{"perplexity", made.perplexity}, {"exaggeration", exaggeration_}});
  }
  settings["init"] = made.init;
  return settings;
}

}  // namespace latent::cli
