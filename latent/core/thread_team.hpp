#pragma once
// What OpenMP is told before a team starts, so that it has as many threads as it was planned for.

namespace latent {

/// While it lives, every team that the calling thread starts and that asks for size() threads gets them, and OpenMP's
/// default is size(). oneDNN plans its work for the number that OpenMP promises: with fewer threads it would leave out
/// shares, or wait for ever for a thread that never comes. Environments make OpenMP give fewer (OMP_DYNAMIC,
/// OMP_THREAD_LIMIT, OMP_MAX_ACTIVE_LEVELS, a parallel region around the call) or promise too many
/// (OMP_NUM_THREADS=128). The settings of the calling thread are as before when it is gone.
///
/// With LATENT_STD_THREADS, where OpenMP's threads are oneDNN's alone, the size is always 1.
class ThreadTeam {
 public:
  enum class Members : bool {
    all,    ///< num_threads() of them
    caller  ///< the calling thread alone: products inside of a parallel region of one's own
  };
  explicit ThreadTeam(Members members = Members::all);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return size_; }

  /// Makes all members treat denormals as the calling thread does. For teams of others, which do not do so themselves.
  void share_denormals() const;
  /// Makes the threads that share_denormals() has set treat denormals as the calling thread does now.
  static void give_back();

 private:
  int size_ = 1;
  int threads_before_ = 1;
  [[maybe_unused]] int dynamic_before_ = 0;
};

}  // namespace latent
