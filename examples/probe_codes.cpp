// Asks how much the codes of a model know of the labels, and how they group without them.
//   example_probe_codes RUN DATA     e.g. runs/demo fashion-mnist
// Prints the accuracy of nearest neighbours on codes, by 5-fold cross-validation, and how well ten clusters of them
// agree with the classes.
#include <latent/data/dataset.hpp>
#include <latent/models/model_file.hpp>
#include <latent/space/clusters/kmeans.hpp>
#include <latent/space/probes/probe.hpp>
#include <latent/training/evaluate.hpp>

#include <fmt/core.h>

int main(int argc, char** argv) try {
  using namespace latent;
  if (argc != 3) {
    fmt::print(stderr, "usage: {} RUN DATA\n", argv[0]);
    return 2;
  }
  const LoadedModel loaded = load_model(argv[1]);
  const auto samples = data::open(argv[2]).train;
  const Tensor codes = encode_all(*loaded.model, *samples);  // (N, D)

  space::Target target;
  target.labels.assign(samples->labels().begin(), samples->labels().end());
  target.classes = static_cast<int64_t>(samples->class_names().size());
  const auto rounds = space::cross_validation_rounds(target, 5, /*seed=*/0);
  const space::ProbeScore score = space::probe(space::ProbeKind::knn, codes, target, rounds, /*seed=*/0);
  fmt::print("k-NN on codes: {:.1f}% ({})\n", 100.0 * score.score, score.settings);

  const space::Kmeans clusters = space::fit_kmeans(codes, {.k = 10});
  fmt::print("10 clusters: adjusted Rand index {:.3f}\n", space::adjusted_rand_index(target.labels, clusters.clusters));
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
