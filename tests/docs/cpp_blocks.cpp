// Every block of C++ in the pages of docs/ and in README: compiled, and those of docs/library.md run, in the folder that the program is
// started in. A block that is added to a page and not named here is an error: the counts are checked.
#include <latent/latent.hpp>
#include <latent/space/neighbors/neighbor_index.hpp>

#include "docs_library_1.inc"

// What the blocks below include, before any function begins.
#include <latent/space/clusters/kmeans.hpp>
#include <latent/space/probes/probe.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace {

constexpr int kLibraryBlocks =
#include "docs_library_count.inc"
    ;
static_assert(kLibraryBlocks == 12, "docs/library.md has other blocks than this file includes");

void library() {
  using namespace latent;
#include "docs_library_2.inc"
#include "docs_library_3.inc"
#include "docs_library_4.inc"
#include "docs_library_5.inc"
#include "docs_library_6.inc"
#include "docs_library_7.inc"
#include "docs_library_8.inc"
#include "docs_library_9.inc"
#include "docs_library_10.inc"
#include "docs_library_11.inc"
#include "docs_library_12.inc"
  if (trust < 0.5 || near.index.dim(1) != 5 || q_mean.dim(1) != 20 || same->config() != config || pca.explained() <= 0.0) std::abort();
}

// Compiled, not run: it trains on a set that may not be installed. A block may begin with its includes, which are guarded.
void readme() {
#include "README_1.inc"
}

void neighbors(const latent::Tensor& codes, const latent::Tensor& queries) {
#include "docs_neighbors_1.inc"
}

void probe_and_cluster(const latent::LatentModel& model, const latent::data::Dataset& samples,
                       const latent::space::Target& target) {
#include "docs_probe_and_cluster_1.inc"
}

}  // namespace

int main() { library(); }
