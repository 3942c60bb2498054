#pragma once
// The explorer as one file that works from disk: points, small pictures, and the decoder.

#include <server/explorer.hpp>

#include <latent/run/remark.hpp>
#include <latent/run/run.hpp>

#include <filesystem>
#include <vector>

namespace latent::server {

/// Whether the program carries the page that an export stands on.
bool has_page();

/// Writes the page with everything in it that `explorer` shows.
/// @param explorer  of this run, with data
/// @return what the page lacks that the explorer has
/// @throws UsageError without a page, or where there is nothing to show; IoError
std::vector<Remark> export_page(const Explorer& explorer, const Run& run, const std::filesystem::path& path);

}  // namespace latent::server
