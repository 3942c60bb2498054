#pragma once
// Maps that are made while clients watch.

#include <server/http/message.hpp>
#include <server/session.hpp>

#include <latent/run/explore/places.hpp>
#include <latent/run/maps/sample_map.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace latent::server {

/// One map: its positions as they are now, and how far it has come.
class MapJob {
 public:
  enum class State : uint8_t { waiting, running, done, stopped, failed };

  MapJob(int64_t id, std::string method, Json request);

  int64_t id() const { return id_; }
  const std::string& method() const { return method_; }
  const Json& request() const { return request_; }
  /// {id, method, options, seed, state, step, steps, version, seconds, explained?, kl_divergence?, error?, remarks?}
  Json describe() const;
  State state() const;
  bool is_over() const;
  /// (N, dims) f32 and its version, which counts from 1. @throws HttpError (409) before there are any
  std::pair<Tensor, int64_t> positions() const;
  /// The map read backwards. Of a map that still moves, as it stood at most a second ago.
  /// @throws HttpError (409) before there are positions
  std::shared_ptr<const Places> places(const Tensor& codes);
  /// Waits until there is something newer than `version`, the map is over, or a second has passed.
  /// @return the version then
  int64_t wait_after(int64_t version) const;
  void stop();

 private:
  friend class Maps;
  void begin();
  void publish(Tensor positions, int64_t step, int64_t steps);
  void finish(SampleMap made, std::optional<Places> places);
  void fail(const std::string& why);
  void halt();
  double seconds() const;

  const int64_t id_;
  const std::string method_;
  const Json request_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  State state_ = State::waiting;
  Tensor positions_;
  int64_t version_ = 0, step_ = 0, steps_ = 0, dims_ = 2;
  std::optional<double> explained_, kl_divergence_;
  std::string error_;
  std::vector<std::string> remarks_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), end_ = start_;
  std::shared_ptr<const Places> places_;
  int64_t places_version_ = -1;
  std::chrono::steady_clock::time_point places_made_ = {};
  std::atomic<bool> stop_ = false;
};

/// All maps of a session. What is asked for again is not made again. One that takes steps is made at a time.
class Maps {
 public:
  explicit Maps(const Session& session);
  /// Ends what is being made.
  ~Maps();
  Maps(const Maps&) = delete;
  Maps& operator=(const Maps&) = delete;

  /// Stops all maps, and makes no more of those that take steps.
  void end();
  /// Methods that this model has: "pca", "tsne", "umap", "codes".
  std::vector<std::string> methods() const;
  /// {method, dims, seed, options}: a map that is made, or begun. @return it, and whether it was there already
  /// @throws HttpError, std::invalid_argument, UsageError for what cannot be mapped so
  std::pair<std::shared_ptr<MapJob>, bool> start(const Json& request);
  /// @throws HttpError (404)
  std::shared_ptr<MapJob> find(int64_t id) const;

 private:
  void make(MapJob& job, const MapOptions& options);
  void make_codes(MapJob& job, const std::vector<int64_t>& dimensions);
  void work();

  const Session& session_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<MapJob>> jobs_;
  std::vector<std::pair<std::shared_ptr<MapJob>, MapOptions>> waiting_;
  std::shared_ptr<MapJob> running_;
  int64_t next_id_ = 1;
  std::atomic<bool> is_over_ = false;
  std::thread worker_;
};

}  // namespace latent::server
