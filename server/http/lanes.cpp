#include <server/http/lanes.hpp>

#include <server/http/message.hpp>

#include <latent/core/stoppable.hpp>

#include <exception>
#include <memory>
#include <future>

namespace latent::server {

Lanes::Lanes(int quick) {
  for (int i = 0; i < quick; ++i) threads_.emplace_back([this] { serve(queues_[static_cast<size_t>(Lane::quick)]); });
  threads_.emplace_back([this] { serve(queues_[static_cast<size_t>(Lane::slow)]); });
}

Lanes::~Lanes() {
  end();
  for (Queue& queue : queues_) {
    const std::lock_guard lock(queue.mutex);
    queue.is_over = true;
    queue.changed.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

void Lanes::serve(Queue& queue) {
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(queue.mutex);
      queue.changed.wait(lock, [&] { return queue.is_over || !queue.tasks.empty(); });
      if (queue.tasks.empty()) return;
      task = std::move(queue.tasks.front());
      queue.tasks.pop_front();
    }
    task();
  }
}

void Lanes::run(Lane lane, const std::function<void()>& work) {
  constexpr size_t kMostWaiting = 64;
  Queue& queue = queues_[static_cast<size_t>(lane)];
  // Shared: it may still be on its way out of its thread when the result is there.
  const auto task = std::make_shared<std::packaged_task<void()>>([this, &work, outer = Stoppable::current()] {
    const Stoppable stoppable(is_ended_, outer);
    check_stop();
    work();
  });
  std::future<void> done = task->get_future();
  {
    const std::lock_guard lock(queue.mutex);
    if (queue.is_over || queue.tasks.size() >= kMostWaiting) {
      throw HttpError(503, "too much is being worked on; try again in a moment");
    }
    queue.tasks.emplace_back([task] { (*task)(); });
    queue.changed.notify_one();
  }
  done.get();
}

}  // namespace latent::server
