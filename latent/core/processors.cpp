#include <latent/core/processors.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>

namespace latent::detail {

namespace {

constexpr double kNoQuota = 1 << 20;

// "max 100000" or "150000 100000" -> 1.5
double quota_v2(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  double quota = 0, period = 0;
  return file >> quota >> period && quota > 0 && period > 0 ? quota / period : kNoQuota;
}

// Two files, the first of which holds -1 where there is no quota.
double quota_v1(const std::string& folder) {
  double quota = 0, period = 0;
  std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;
  std::ifstream(folder + "/cpu.cfs_period_us") >> period;
  return quota > 0 && period > 0 ? quota / period : kNoQuota;
}

}  // namespace

int quota_processors() {
  const std::string root = "/sys/fs/cgroup";
  double allowed = std::min({quota_v2(root), quota_v1(root + "/cpu"), quota_v1(root + "/cpu,cpuacct")});
  // Lines "hierarchy:controllers:path"; version 2 has hierarchy 0 and no controllers.
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool is_v2 = controllers.empty();
    if (!is_v2 && controllers != "cpu" && controllers != "cpu,cpuacct") continue;
    for (std::string path = line.substr(second + 1); path.size() > 1; path.resize(path.rfind('/'))) {
      allowed = std::min(allowed, is_v2 ? quota_v2(root + path) : quota_v1(root + "/" + controllers + path));
      if (path.rfind('/') == std::string::npos) break;
    }
  }
  return std::max(1, static_cast<int>(std::ceil(allowed)));
}

}  // namespace latent::detail
