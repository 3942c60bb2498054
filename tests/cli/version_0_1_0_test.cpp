// Files that version 0.1.0 wrote: they are read, and say what they said then.

#include "tool.hpp"

#include <latent/formats/npy.hpp>

#include <gmock/gmock.h>

namespace latent::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

class Version010 : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    fs::copy(fs::path(LATENT_SOURCE_DIR) / "tests/golden/version_0_1_0", path("old"), fs::copy_options::recursive);
  }
  Tensor array(const std::string& name) const { return read_npy(MappedFile::open(path(name))); }
};

TEST_F(Version010, AModelGivesTheSameCodes) {
  ok({"encode", "old/run", "old/images.npy", "--split", "all", "-o", "codes.npy"});
  const std::vector<double> then = array("old/codes.npy").to_vector(), now = array("codes.npy").to_vector();
  ASSERT_EQ(now.size(), then.size());
  for (size_t i = 0; i < now.size(); ++i) EXPECT_NEAR(now[i], then[i], 1e-5);
}

TEST_F(Version010, AnArchiveGivesTheSameImages) {
  ok({"decompress", "old/run", "old/images.lac", "-o", "images.npy"});
  EXPECT_EQ(array("images.npy").to_vector(), array("old/images.npy").to_vector());
}

TEST_F(Version010, ARunGoesOn) {
  ok({"resume", "old/run", "--data", "old/images.npy", "--epochs", "5"});
  EXPECT_EQ(json({"info", "old/run"}).at("info").at("metrics").at("epoch"), 5);
  json({"evaluate", "old/run", "old/images.npy", "--split", "validation"});
}

}  // namespace
}  // namespace latent::test
