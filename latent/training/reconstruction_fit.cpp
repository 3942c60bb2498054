#include <latent/training/reconstruction_fit.hpp>

#include <limits>

namespace latent {

double ReconstructionFit::r2() const {
  return mse_of_mean > 0.0 ? 1.0 - mse / mse_of_mean : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace latent
