#pragma once
// What tests of training look at in a run: its log and its weights.

#include "tool.hpp"

#include <latent/formats/safetensors.hpp>

#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace latent::test {

class TrainingTest : public ToolTest {
 protected:
  std::vector<nlohmann::json> metrics(const std::string& run) const {
    std::vector<nlohmann::json> lines;
    std::stringstream stream(read(run + "/metrics.jsonl"));
    for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  // Weights equal bit for bit.
  void expect_same_weights(const std::string& a, const std::string& b) const {
    const Safetensors one = read_safetensors(path(a + "/model.safetensors"));
    const Safetensors other = read_safetensors(path(b + "/model.safetensors"));
    ASSERT_EQ(one.tensors.size(), other.tensors.size());
    for (size_t i = 0; i < one.tensors.size(); ++i) {
      const auto& [name, tensor] = one.tensors[i];
      ASSERT_EQ(name, other.tensors[i].first);
      ASSERT_EQ(tensor.nbytes(), other.tensors[i].second.nbytes());
      EXPECT_EQ(std::memcmp(tensor.raw(), other.tensors[i].second.raw(), tensor.nbytes()), 0) << name;
    }
  }
};

}  // namespace latent::test
