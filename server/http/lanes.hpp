#pragma once
// Few threads that compute for the many that wait for clients.

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace latent::server {

/// What takes milliseconds does not wait behind what takes seconds.
enum class Lane : uint8_t { quick, slow };

/// A thread that starts parallel work keeps helpers of its own, so that work of all clients is done by a handful.
class Lanes {
 public:
  /// @param quick  threads for quick work; slow work has one
  explicit Lanes(int quick);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  /// Does `work` in a lane and waits for its end. Where the calling thread is Stoppable, the work is so too.
  /// @throws what it throws; HttpError (503) where too much waits already; Interrupted after end()
  void run(Lane lane, const std::function<void()>& work);
  /// Ends what is being worked on, and whatever comes.
  void end() { is_ended_ = true; }

 private:
  struct Queue {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> tasks;
    bool is_over = false;
  };
  static void serve(Queue& queue);

  std::array<Queue, 2> queues_;
  std::atomic<bool> is_ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace latent::server
