#pragma once
// Every vector width of this processor, for tests of kernels.

#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace latent {

/// Runs `body` once for each instruction set that the kernels were compiled for and the processor has.
template <class Body>
void on_every_target(const Body& body) {
  for (const int64_t target : {HWY_AVX3, HWY_AVX2, HWY_SCALAR}) {
    if (target != HWY_SCALAR && (hwy::SupportedTargets() & target) == 0) continue;
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    body();
    hwy::SetSupportedTargetsForTest(0);
  }
}

}  // namespace latent
