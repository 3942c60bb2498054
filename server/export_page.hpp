#pragma once
// The explorer as one file that works from disk: points, small pictures, and the decoder.

#include <server/explorer.hpp>

#include <latent/run/remark.hpp>
#include <latent/run/run.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace latent::server {

/// Whether the program carries the page that an export stands on.
bool has_page();

/// Writes the page with everything in it that `explorer` shows.
/// @param explorer  of this run, with data
/// @param maps      as for export_contents()
/// @return what the page lacks that the explorer has
/// @throws UsageError without a page, where there is nothing to show, or for a map that cannot be made; IoError
std::vector<Remark> export_page(const Explorer& explorer, const Run& run, const std::filesystem::path& path,
                                const std::optional<std::vector<std::string>>& maps = {});

}  // namespace latent::server
