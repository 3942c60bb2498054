#pragma once
// Work that was ended from outside.

#include <stdexcept>

namespace latent {

/// Whoever called asked for an end before the work was done. Nothing is left half-written.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace latent
