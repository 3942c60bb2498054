// Trains a classifier, says how good it is and what it takes a few samples for.
//   classify [DATA]       a known set or a path with labels (default: fashion-mnist)
// Expected with the default: an accuracy of 85% and more after one epoch.

#include <latent/latent.hpp>
#include <latent/run/classes/predictions.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  try {
    const auto source = latent::open(argc > 1 ? argv[1] : "fashion-mnist");
    const latent::Run run = latent::train(source, {.preset = "cnn-small", .epochs = 1}, {.seed = 1});
    const latent::RunData held_out = latent::open_data(run);
    const latent::Predictions predictions = latent::predict(run, *held_out.samples);
    const auto figures = latent::judge_predictions(predictions, held_out.samples->labels());
    std::printf("accuracy %.2f%% of %lld samples, calibration error %.2f%%\n", 100.0 * figures.accuracy,
                static_cast<long long>(figures.samples), 100.0 * figures.calibration_error);
    const auto names = latent::class_names_of(run);
    for (int64_t i = 0; i < 5; ++i) {
      std::printf("sample %lld: %s (%.0f%%)\n", static_cast<long long>(i),
                  names[static_cast<size_t>(predictions.classes[static_cast<size_t>(i)])].c_str(),
                  100.0 * static_cast<double>(predictions.probability(i)));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
