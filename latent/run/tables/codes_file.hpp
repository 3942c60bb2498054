#pragma once
// Files of codes, as encode writes them.

#include <latent/core/tensor.hpp>

#include <string>
#include <vector>

namespace latent {

/// The codes of a file, told by its content: an .npy array; of an .npz the array "codes", or its first; a table (.csv,
/// .tsv) of numbers, one code in each row: of its columns those called "z_0", ..., or all where none is. (N, D) f64 for
/// a table, as stored otherwise.
/// @throws DataError for what is none of these, or damaged; texts or missing values in a table. IoError
Tensor read_codes(const std::string& path);

/// The columns of a table of codes: "z_0", "z_1", ...
std::vector<std::string> code_names(int64_t latent_dim);

}  // namespace latent
