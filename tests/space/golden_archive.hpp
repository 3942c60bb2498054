#pragma once
// The arrays of a golden .npz by their names.

#include <latent/core/tensor.hpp>

#include <map>
#include <string>
#include <vector>

namespace latent::test {

class GoldenArchive {
 public:
  /// @param name  a file in tests/golden
  explicit GoldenArchive(const std::string& name);
  /// Fails the test where there is no such array.
  Tensor at(const std::string& name) const;
  std::vector<double> values(const std::string& name) const { return at(name).to_vector(); }
  double value(const std::string& name) const { return values(name).at(0); }
  std::vector<int64_t> integers(const std::string& name) const;

 private:
  std::map<std::string, Tensor> arrays_;
};

}  // namespace latent::test
