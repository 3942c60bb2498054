#pragma once
// What will be shown next, and how far it is.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace latent::server {

/// Safe from many threads.
class Preparing {
 public:
  struct Progress {
    std::string of;  ///< the data whose codes are computed
    int64_t done = 0, total = 0;
    std::optional<double> seconds_left = {};  ///< once some are done
  };
  void tell(const std::string& of, int64_t done, int64_t total);
  void end();
  std::optional<Progress> now() const;

 private:
  mutable std::mutex mutex_;
  std::optional<Progress> now_;
  std::chrono::steady_clock::time_point begin_ = {};
};

}  // namespace latent::server
