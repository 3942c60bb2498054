#include <server/preparing.hpp>

namespace latent::server {

void Preparing::tell(const std::string& of, int64_t done, int64_t total) {
  const auto time = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (!now_) begin_ = time;
  now_ = {.of = of, .done = done, .total = total};
  if (done == 0) return;
  const double seconds = std::chrono::duration<double>(time - begin_).count();
  now_->seconds_left = seconds * static_cast<double>(total - done) / static_cast<double>(done);
}

void Preparing::end() {
  const std::lock_guard lock(mutex_);
  now_.reset();
}

std::optional<Preparing::Progress> Preparing::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

}  // namespace latent::server
