#pragma once
// Private to space/: how often each edge of UMAP's graph pulls.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace latent::space {

/// How often edges pull: in n visits floor(n rate + phase) times. Phases spread the pulls of rare edges over time.
struct PullSchedule {
  std::vector<float> rate;   ///< pulls per visit, from 0 to 1
  std::vector<float> phase;  ///< in [0, 1)

  /// Pulls of edge `e` in visits 1 to n.
  int32_t pulls(size_t e, int64_t n) const { return static_cast<int32_t>(static_cast<float>(n) * rate[e] + phase[e]); }
  /// Whether edge `e` pulls in visit n = 1, 2, ...
  bool due(size_t e, int64_t n) const { return pulls(e, n) != pulls(e, n - 1); }
};

}  // namespace latent::space
