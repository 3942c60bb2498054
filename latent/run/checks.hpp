#pragma once
// What a job needs of a model or of data, said in one line where it is not there.

#include <latent/run/run_data.hpp>

#include <span>
#include <string>
#include <string_view>

namespace latent {

/// @param advice  what to do instead   @throws UsageError unless the model has an encoder
void check_has_encoder(const Run& run, const std::string& advice = {});
/// @throws UsageError unless the model has a decoder
void check_has_decoder(const Run& run);
/// @param what  "editing samples"   @throws UsageError unless the model has both
void check_has_both_halves(const Run& run, std::string_view what);

/// @throws UsageError if one of the samples does not exist
void check_items(const RunData& data, std::span<const int64_t> items);
/// "sample 12 does not exist: the test part of leaves.csv has 10 samples, numbered from 0"
std::string missing_item_text(const RunData& data, int64_t item);

}  // namespace latent
