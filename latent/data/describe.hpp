#pragma once
// What is in a set of data, for people and for --json.

#include <latent/core/json.hpp>
#include <latent/data/dataset.hpp>

namespace latent::data {

/// Describes a source:
///   "name", "format", "kind" ("images", "table", "array")
///   "parts"         {"train": samples, "test": samples}, without "test" if there is none
///   "sample_shape"  [C, H, W] or [D];  "stored_type"  "u8", ...
///   "bytes"         of all parts as stored;  "mapped"  whether they are read from a file as needed
///   "standardised"  whether values are centred and scaled, by column or by channel
///   "value_range"   {"min", "max", "samples"}: model values, over at most 10,000 samples spread evenly over the
///   training part "classes"       [{"name", "train", "test"}, ...] with the number of samples; absent without labels
///   "notes", "warnings", "dropped"  how it was read, as Source has them; absent where there is nothing to say
///   "columns"       [{"name", "min", "mean", "max", "missing"}, ...] of the training part in stored units; tables only
///   "factors"       [{"name", "min", "max", "levels"}, ...]; generated sets only
/// @throws DataError for values that cannot be used
Json describe(const Source& source);

}  // namespace latent::data
