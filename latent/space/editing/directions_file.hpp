#pragma once
// Directions in an .npz archive.

#include <latent/space/editing/directions.hpp>

#include <filesystem>

namespace latent::space {

/// An archive with names (A, L) u8 (UTF-8, filled up with zeros), vectors, normals and midpoints (A, D) f32, thresholds
/// and auroc (A) f64, and where it is known model (1) i64. Atomically. @throws IoError
void write_directions(const std::filesystem::path& path, const Directions& directions);

/// @throws DataError for what is no such archive, or holds values that are not finite; IoError
Directions read_directions(const std::filesystem::path& path);

}  // namespace latent::space
