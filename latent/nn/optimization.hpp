#pragma once
// How weights follow their gradients: settings alone. The optimizers and schedules that they name are those of
// training/.

#include <string>

namespace latent {

struct OptimizerOptions {
  std::string name = "adam";  ///< "adam", "adamw" or "sgd"
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;  ///< Adam
  double momentum = 0.9;                          ///< SGD
  double weight_decay = 0.0;  ///< L2 term in the gradient for adam and sgd, decoupled for adamw (as in PyTorch)
};

struct ScheduleOptions {
  std::string name = "constant";  ///< "constant", "cosine" (to zero at the end) or "step"
  double warmup_epochs = 0.0;     ///< linear from 0, before the schedule proper
  double step_epochs = 10.0;      ///< "step": every so many epochs after the warm-up ...
  double step_factor = 0.1;       ///< ... the rate is multiplied by this
};

/// All that decides an update once its gradient is there.
struct UpdateOptions {
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  double clip_norm = 0.0;  ///< gradients are scaled down to this norm; 0 = never
};

}  // namespace latent
