#pragma once
// What an exported page carries with it.

#include <server/explorer.hpp>
#include <server/http/message.hpp>

#include <latent/core/tensor.hpp>
#include <latent/run/remark.hpp>
#include <latent/run/run.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace latent::server {

/// As web/src/api/exported.ts reads it.
struct ExportContents {
  Json header;
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::vector<Remark> remarks;  ///< what the page lacks that the explorer has
};

/// Asks `explorer` for everything that a page shows which has no server.
/// @param explorer  of this run, with data
/// @param maps      methods of maps beside PCA, "tsne" and "umap", each by its defaults; none: UMAP of up to 100,000
/// samples, where it can be made
/// @throws UsageError where there is nothing to show, and for a map that cannot be made
ExportContents export_contents(const Explorer& explorer, const Run& run,
                               const std::optional<std::vector<std::string>>& maps = {});

}  // namespace latent::server
