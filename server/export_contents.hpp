#pragma once
// What an exported page carries with it.

#include <server/explorer.hpp>
#include <server/http/message.hpp>

#include <latent/core/tensor.hpp>
#include <latent/run/remark.hpp>
#include <latent/run/run.hpp>

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
/// @throws UsageError where there is nothing to show
ExportContents export_contents(const Explorer& explorer, const Run& run);

}  // namespace latent::server
