#pragma once
// The options of `train` that say what is trained and how: latent::TrainOptions as flags.

#include <cli/arguments.hpp>

#include <latent/run/training/train_options.hpp>

#include <string>
#include <vector>

namespace latent::cli {

/// The option --save-every of train and resume.
void declare_save_every(Arguments& arguments, double& seconds);

class TrainFlags {
 public:
  /// One flag for each described option. This object must outlive the arguments.
  void declare(Arguments& arguments);
  /// What was given. @throws UsageError naming a flag whose text cannot be read
  TrainOptions options() const;

 private:
  TrainOptions options_;
  std::vector<OptionField> fields_;
  std::vector<std::string> lists_;  // as typed, one for each field
};

}  // namespace latent::cli
