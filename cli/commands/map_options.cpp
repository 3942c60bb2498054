#include <cli/commands/map_options.hpp>

#include <cli/options.hpp>

#include <fmt/core.h>

#include <array>

namespace latent::cli {

namespace {

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

}  // namespace

void MapMethodOptions::declare(Arguments& arguments) {
  constexpr int64_t kMostEpochs = 100'000;
  arguments_ = &arguments;
  arguments.add_option("--method", method_, "pca (straight), tsne or umap (neighbours stay together)")
      ->type_name("NAME")
      ->show_default();
  arguments.add_option("--dims", options_.dims, "2, or 3 (as .csv, .npy, .npz)")
      ->type_name("N")
      ->check(whole_number(2, 3))
      ->show_default();
  arguments.add_option("--metric", metric_, "tsne, umap: euclidean or cosine, between codes")
      ->type_name("NAME")
      ->show_default();
  arguments
      .add_option("--epochs", options_.epochs,
                  "tsne, umap: steps (default: tsne 1000, umap 500, 200 above 10,000 samples)")
      ->type_name("N")
      ->check(whole_number(1, kMostEpochs));
  arguments
      .add_option("--init", init_,
                  "tsne, umap: where points start: pca, random, or (umap alone) spectral (default: pca)")
      ->type_name("NAME");
  arguments
      .add_option("--neighbors", options_.neighbors,
                  "umap: how many are kept together, the sample itself included (default: 15, or all but one)")
      ->type_name("N")
      ->check(whole_number(2));
  arguments.add_option("--min-dist", options_.min_dist, "umap: how near to each other neighbours may be drawn")
      ->type_name("X")
      ->check(number(0.0, Bound::closed))
      ->show_default();
  arguments.add_option("--spread", options_.spread, "umap: the scale of the map")
      ->type_name("X")
      ->check(number(0.0, Bound::open))
      ->show_default();
  arguments.add_option("--negative-samples", options_.negative_samples, "umap: draws that push apart, for each pull")
      ->type_name("N")
      ->check(whole_number(0, 1000))
      ->show_default();
  arguments
      .add_option("--perplexity", options_.perplexity,
                  "tsne: how many neighbours count, roughly (default: 30, or a third of the samples)")
      ->type_name("X")
      ->check(number(1.0, Bound::closed));
  arguments
      .add_option("--exaggeration", options_.exaggeration,
                  "tsne: how much stronger neighbours pull in the first quarter, at most 250 epochs")
      ->type_name("X")
      ->check(number(1.0, Bound::closed))
      ->show_default();
  arguments
      .add_option("--learning-rate", options_.learning_rate, "tsne: default samples / exaggeration / 4, at least 50")
      ->type_name("X")
      ->check(number(0.0, Bound::open));
}

MapOptions MapMethodOptions::options() const {
  MapOptions options = options_;
  options.method = map_method_from(method_);
  const bool tsne = options.method == MapMethod::tsne, umap = options.method == MapMethod::umap;
  for (const Belongs& one : kBelongs) {
    if ((tsne && one.tsne) || (umap && one.umap) || arguments_->count(one.option) == 0) continue;
    throw UsageError(fmt::format("{} does not belong to --method {}, but to {}", one.option, method_,
                                 one.tsne && one.umap ? "tsne and umap" : (one.tsne ? "tsne" : "umap")));
  }
  options.metric = space::metric_from(metric_);
  if (umap && !init_.empty()) options.umap_init = space::umap_init_from(init_);
  if (tsne && !init_.empty()) options.tsne_init = space::tsne_init_from(init_);
  if (umap) space::fit_umap_curve(options.spread, options.min_dist);  // refuses what no curve fits
  return options;
}

Json MapMethodOptions::settings(const SampleMap& made) const {
  if (method_ == "pca") return Json::object();
  Json settings = {{"metric", metric_}};
  if (method_ == "umap") {
    settings.update({{"neighbors", made.neighbors},
                     {"min_dist", options_.min_dist},
                     {"spread", options_.spread},
                     {"negative_samples", options_.negative_samples}});
  } else {
    settings.update({{"perplexity", made.perplexity}, {"exaggeration", options_.exaggeration}});
  }
  settings["init"] = made.init;
  return settings;
}

}  // namespace latent::cli
