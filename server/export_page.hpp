#pragma once
// The explorer as one file that works from disk: points, small pictures, and the decoder.

#include <server/explorer.hpp>

#include <latent/run/run.hpp>

#include <filesystem>

namespace latent::server {

/// Whether the program carries the page that an export stands on.
bool has_page();

/// Writes the page with everything in it that `explorer` shows: docs/http-api.md says how it is laid out.
/// @param explorer  of this run, with data
/// @throws UsageError without a page, or where there is nothing to show; IoError
void export_page(const Explorer& explorer, const Run& run, const std::filesystem::path& path);

}  // namespace latent::server
