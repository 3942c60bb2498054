#pragma once
// Work that is too small to be shared.

namespace latent {

/// While it lives, what the calling thread starts is done by that thread alone. Sharing a job of a millisecond among
/// threads that others need as well makes it wait for the slowest of them. Products may then differ in their last bits
/// from those of a team.
class Alone {
 public:
  Alone();
  ~Alone();
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;

 private:
  bool before_;
};

}  // namespace latent
