#pragma once
// How many processors a control group allows.

namespace latent::detail {

/// Processors that the quotas of the process's control groups come to, rounded up: version 2 ("cpu.max", of its own
/// group and those above it) and version 1 ("cpu.cfs_quota_us"). A large number without a quota. At least 1.
int quota_processors();

}  // namespace latent::detail
