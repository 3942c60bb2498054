#pragma once
// Files of codes, as encode writes them.

#include <latent/run/codes.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/run/run.hpp>

#include <string>
#include <vector>

namespace latent {

/// The codes of a file, told by its content: an .npy array; of an .npz the array "codes", or its first; a table (.csv,
/// .tsv) of numbers, one code in each row: of its columns those called "z_0", ..., or all where none is. (N, D) f64 for
/// a table, as stored otherwise.
/// @throws DataError for what is none of these, or damaged; texts or missing values in a table. IoError
Tensor read_codes(const std::string& path);

/// Codes of a file for the run's decoder, (N, D) f32; one code may be (D). @throws as read_codes(); UsageError for
/// other shapes, DataError for NaN or infinity
Tensor read_codes_for(const Run& run, const std::string& path);

/// Writes codes in the form of `file`:
///   .npy  codes      .csv  z_0, z_1, ..., those of SampleColumns, label
///   .npz  codes, stddev, labels, label_names, data_index, files
/// @param samples  those that were encoded   @throws IoError
void write_codes(const ResultFile& file, const Codes& codes, const data::Dataset& samples);

/// The columns of a table of codes: "z_0", "z_1", ...
std::vector<std::string> code_names(int64_t latent_dim);

}  // namespace latent
