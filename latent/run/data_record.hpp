#pragma once
// What a model remembers of the data it was trained on: enough to open it again, to know it again, and to know which
// samples were held out. It is info["data"] of the model file; docs/files.md describes it.

#include <latent/core/json.hpp>
#include <latent/data/dataset.hpp>
#include <latent/run/tables/column_values.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latent {

/// The validation part: `fraction` of the training part, drawn by `seed`, that training never saw. Fraction 0: none.
struct HeldOut {
  double fraction = 0.0;
  uint64_t seed = 0;
};

/// What a part of the data is known by to the last bit.
struct DataChecksum {
  int64_t samples = 0;  ///< so many of it, spread evenly: all of them unless the part is very large
  uint64_t hash = 0;    ///< data::fingerprint() of those
};

struct DataRecord {
  std::string source;  ///< absolute path, or the name of a known set: what data::open() gets
  std::string name, format;
  data::Kind kind = data::Kind::images;
  int64_t train_samples = 0;  ///< samples of the source, before anything was held out
  int64_t test_samples = 0;   ///< 0 if the source has no test part
  Shape sample_shape;
  data::OpenOptions open;  ///< as given, with the transform that training derived
  HeldOut held_out;
  std::vector<std::string> class_names, column_names;
  /// Of tables, one for each column: what the training part, without what was held out, had there. Empty for others and
  /// in old runs.
  std::vector<ColumnValues> columns;
  std::vector<double> probe;  ///< means of a few samples, by which the same data is known again
  std::vector<DataChecksum>
      checksums;  ///< checksums of the training part, and of the test part if there is one; empty in old runs

  Json to_json() const;
  /// @throws std::invalid_argument if the JSON is not such a record
  static DataRecord from_json(const Json& json);
};

/// @param path_or_name  as the user typed it
DataRecord record_of(const std::string& path_or_name, const data::Source& source, const data::OpenOptions& options,
                     const HeldOut& held_out);

/// Whether `source` holds the samples that the record describes: sizes, shape, and the probe up to rounding.
bool is_same_data(const DataRecord& record, const data::Source& source);

/// Whether samples of a source of the record's sizes and shape are others than at the training, or stand in another
/// order. False for a record without checksums. Reads all that the checksums cover.
bool has_changed(const DataRecord& record, const data::Source& source);

/// The part that `split` names; the validation part is what is held out. @throws as data::select()
std::shared_ptr<const data::Dataset> part_of(const data::Source& source, data::Split split, const HeldOut& held_out);

}  // namespace latent
