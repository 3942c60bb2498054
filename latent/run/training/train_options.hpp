#pragma once
// What may be said about a training, and one description of each of it: flag, check, help and JSON come from there.

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace latent {

/// A preset with changes. What is empty is the preset's; a name that is empty is chosen by the data.
struct TrainOptions {
  // Model
  std::string model = {};              ///< "vae", "ae", "gan" or "classifier"; empty: the preset's
  std::string preset = {};             ///< see presets(); empty: by model and data
  std::string arch = {};               ///< "mlp", "conv", "resnet" or "conv1d"
  std::vector<int64_t> hidden = {};    ///< width of each hidden layer
  std::vector<int64_t> channels = {};  ///< channels of each convolution
  std::optional<int64_t> kernel = {}, stride = {};
  std::string activation = {}, normalization = {};
  std::optional<double> dropout = {};  ///< share of each hidden layer's values left out at random in training
  std::optional<int64_t> latent_dim = {};
  std::string posterior = {};  ///< "gaussian", "none", "vq:256", "vq:256x4" (entries x codebooks)
  std::string prior = {};      ///< "normal", "mixture:100", "vamp:500"
  std::string objective = {};  ///< "elbo", "iwae", "dreg", "tc", "tc:stratified", "mmd", "mmd:1000"
  std::optional<int64_t> num_samples = {};
  std::string likelihood = {};  ///< "bernoulli", "gaussian:0.1", "gaussian:learned"
  std::string loss = {};        ///< everyday names of likelihoods: "mse" or "bce"
  std::optional<double> beta = {}, kl_warmup = {}, free_bits = {};
  std::optional<double> label_smoothing = {};     ///< share of a class's target that all classes have alike
  std::string adversarial = {};                   ///< "relativistic", "wgan-gp:10": the game, and its penalty's weight
  std::optional<double> burn_in = {};             ///< epochs in which that weight falls to a tenth
  std::optional<double> adversarial_weight = {};  ///< of that game in a VAE with a critic, beside nats
  std::optional<int64_t> critic_steps = {};       ///< for each step of the generator
  // Training
  std::optional<int64_t> epochs = {}, batch = {};
  std::optional<double> lr = {};
  std::string optimizer = {};  ///< "adam", "adamw" or "sgd"
  std::optional<double> momentum = {}, weight_decay = {};
  std::string schedule = {};  ///< "constant", "cosine" or "step"
  std::optional<double> warmup = {}, clip = {}, ema = {};
  std::string corrupt = {};  ///< data::Corruption::from_text()
  std::string augment = {};  ///< data::Augmentation::from_text()
  std::optional<int64_t> patience = {};
};

/// One option: what its flag, its help and its check are made of.
struct OptionDescription {
  std::string name;             ///< "latent-dim"; the flag is "--latent-dim"
  std::string type;             ///< what stands for its value: "N"
  std::string help;             ///< one sentence without a full stop
  std::string group = "Model";  ///< "Model" or "Training"
  std::string key = {};         ///< in TrainingOptions::to_json(); empty for options of the model
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool low_is_open = false, high_is_open = false;  ///< whether `low` and `high` are themselves refused
};

/// An option of a TrainOptions and where its value lies.
struct OptionField {
  OptionDescription description;
  std::variant<std::string*, std::optional<int64_t>*, std::optional<double>*, std::vector<int64_t>*> value;
};

/// Every option of `options`, in the order in which help shows them; the pointers lie in `options`.
std::vector<OptionField> fields_of(TrainOptions& options);

/// @throws UsageError naming the option for a number out of its range
void check(const TrainOptions& options);

}  // namespace latent
