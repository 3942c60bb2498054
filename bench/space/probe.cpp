// Probes and clusterings of codes and of raw data, timed through the public library. Prints one JSON object for each
// row, and leaves the arrays for the peer to work on.
//
//   latent_probe RUN DATA arrays.npz [THREADS [codes|raw]]

#include "../../cli/wait_policy.hpp"
#include "../timing.hpp"

#include <latent/core/threads.hpp>
#include <latent/data/dataset.hpp>
#include <latent/formats/npy.hpp>
#include <latent/models/model_file.hpp>
#include <latent/space/clusters/kmeans.hpp>
#include <latent/space/clusters/mixture.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/metrics/scores.hpp>
#include <latent/space/probes/knn_classifier.hpp>
#include <latent/space/probes/logistic.hpp>
#include <latent/training/evaluate.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>

namespace latent::bench {
namespace {

using space::accuracy;

struct Part {
  Tensor codes, raw;
  std::vector<int64_t> labels;
  Part(const LatentModel& model, const data::Dataset& samples)
      : codes(encode_all(model, samples)),
        raw(samples.range(0, samples.size()).view_as({samples.size(), samples.sample_shape().numel()})),
        labels(samples.labels().begin(), samples.labels().end()) {}
  Tensor label_tensor() const { return Tensor::from(labels, {static_cast<int64_t>(labels.size())}); }
};

void time_row(const std::string& name, const std::function<double()>& work) {
  double figure = 0.0;
  const double seconds = seconds_of([&] { figure = work(); });
  fmt::print("{}\n", nlohmann::json{{"name", name}, {"seconds", seconds}, {"figure", figure}}.dump());
  std::fflush(stdout);
}

// The settings that probe.py gives the peer.
void time_rows(const std::string& on, const Tensor& x, const Tensor& x_test, const Part& train, const Part& test) {
  const int64_t classes = *std::max_element(train.labels.begin(), train.labels.end()) + 1;
  time_row("logistic, " + on, [&] {
    const space::Standardizer standardizer = space::Standardizer::fit(x);
    const space::Logistic model =
        space::fit_logistic(standardizer.apply(x), train.labels, classes, {.l2 = 100.0, .min_decrease = 1e-6});
    return accuracy(test.labels, model.predict(standardizer.apply(x_test)));
  });
  time_row("5-NN, " + on,
           [&] { return accuracy(test.labels, space::Knn(x, {.k = 5}).predict_classes(x_test, train.labels)); });
  time_row("k-means 10, " + on, [&] { return space::fit_kmeans(x, {.k = 10, .restarts = 5}).inertia; });
  constexpr int64_t kMostColumns = 64;  // full covariances of more are not what a mixture is for
  if (x.dim(1) > kMostColumns) return;
  time_row("mixture 10, " + on, [&] { return space::fit_mixture(x, {.k = 10}).log_likelihood; });
}

int run(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: {} RUN DATA ARRAYS.npz [THREADS [codes|raw]]\n", argv[0]);
    return 2;
  }
  if (argc > 4) set_num_threads(std::atoi(argv[4]));
  const LoadedModel loaded = load_model(argv[1]);
  const data::Source source = data::open(argv[2]);
  if (!source.test) {
    fmt::print(stderr, "{}: no test part\n", argv[2]);
    return 2;
  }
  const Part train(*loaded.model, *source.train), test(*loaded.model, *source.test);
  write_npz(argv[3], {{"codes", train.codes},
                      {"codes_test", test.codes},
                      {"raw", train.raw},
                      {"raw_test", test.raw},
                      {"labels", train.label_tensor()},
                      {"labels_test", test.label_tensor()}});
  const std::string only = argc > 5 ? argv[5] : "";
  if (only != "raw") time_rows("codes", train.codes, test.codes, train, test);
  if (only != "codes") time_rows("raw", train.raw, test.raw, train, test);
  return 0;
}

}  // namespace
}  // namespace latent::bench

int main(int argc, char** argv) try {
  latent::cli::let_waiting_threads_sleep(argv);
  return latent::bench::run(argc, argv);
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
