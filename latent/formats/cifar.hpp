#pragma once
// CIFAR's binary batches: records of 1 label byte (CIFAR-10) or 2 (CIFAR-100: coarse, fine) and 3072 pixel bytes.

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>

namespace latent {

struct CifarBatch {
  Tensor images;                ///< (N, 3, 32, 32) u8
  std::vector<int64_t> labels;  ///< N, in [0, 10) or (fine) [0, 100)
};

/// Whether the bytes can be CIFAR: a whole number of records whose labels are in range.
bool is_cifar(std::span<const std::byte> bytes);
/// The same of the beginning of a file: whether the labels of the records in it are in range.
bool may_be_cifar(std::span<const std::byte> head);
/// @throws DataError with the offset
CifarBatch read_cifar(std::span<const std::byte> bytes, const std::string& path);

}  // namespace latent
