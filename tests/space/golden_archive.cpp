#include "golden_archive.hpp"

#include <latent/formats/npy.hpp>

#include <gtest/gtest.h>

namespace latent::test {

GoldenArchive::GoldenArchive(const std::string& name) {
  const auto path = std::filesystem::path(LATENT_TEST_DATA) / "golden" / name;
  for (auto& [key, array] : read_npz(MappedFile::open(path))) arrays_.emplace(key, array);
}

Tensor GoldenArchive::at(const std::string& name) const {
  const auto found = arrays_.find(name);
  if (found != arrays_.end()) return found->second;
  ADD_FAILURE() << "no array " << name;
  return Tensor::zeros({1});
}

std::vector<int64_t> GoldenArchive::integers(const std::string& name) const {
  const Tensor array = at(name).to(DType::i64);
  return {array.span<int64_t>().begin(), array.span<int64_t>().end()};
}

}  // namespace latent::test
