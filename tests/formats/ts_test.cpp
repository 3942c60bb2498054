#include <latent/formats/ts.hpp>

#include "format_support.hpp"

#include <cmath>

namespace latent {
namespace {

using namespace test;
using ::testing::ElementsAre;

Bytes as_bytes(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

constexpr std::string_view kTwoChannels =
    "# a comment\n\n@problemName Walk\n@timeStamps false\n@univariate false\n@classLabel true up down\n@data\n"
    "1,2,3:4,5,6:up\n# another\n-1,?,1e2 : 7,8,9 : down\r\n";

TEST(Ts, ReadsChannelsClassesAndMissingValues) {
  const Bytes bytes = as_bytes(kTwoChannels);
  ASSERT_TRUE(is_ts(bytes));
  const TsSeries series = read_ts(bytes, "a");
  EXPECT_EQ(series.x.shape(), Shape({2, 2, 3}));
  EXPECT_THAT(series.labels, ElementsAre("up", "down"));
  const std::vector<double> x = series.x.to_vector();
  EXPECT_EQ(std::vector<double>(x.begin(), x.begin() + 7), (std::vector<double>{1, 2, 3, 4, 5, 6, -1}));
  EXPECT_TRUE(std::isnan(x[7]));
  EXPECT_EQ(x[8], 100.0);
}

TEST(Ts, NeedsNoClassesAndLeavesTargetsOut) {
  const TsSeries plain = read_ts(as_bytes("@problemName A\n@classLabel false\n@data\n1,2\n3,4\n"), "a");
  EXPECT_EQ(plain.x.shape(), Shape({2, 1, 2}));
  EXPECT_TRUE(plain.labels.empty());
  const TsSeries targets = read_ts(as_bytes("@problemName A\n@targetLabel true\n@data\n1,2:0.5\n"), "a");
  EXPECT_EQ(targets.x.shape(), Shape({1, 1, 2}));
  EXPECT_TRUE(targets.labels.empty());
}

TEST(Ts, IsToldByItsHeader) {
  EXPECT_FALSE(is_ts(Bytes()));
  EXPECT_FALSE(is_ts(as_bytes("a,b\n1,2\n")));
  EXPECT_FALSE(is_ts(as_bytes("@attribute x\n1,2\n")));
  EXPECT_FALSE(is_ts(as_bytes("# only a comment\n")));
}

TEST(Ts, RefusesWhatIsNoSetOfSeriesOfOneShape) {
  const auto refused = [](std::string_view body, std::string_view reason) {
    return expect_data_error([&] { read_ts(as_bytes("@classLabel true a b\n@data\n" + std::string(body)), "f"); },
                             reason);
  };
  EXPECT_EQ(refused("1,2,3:a\n1,2:b\n", "series 2 has 2 values in channel 0, those before 3"), 35);
  refused("1,2:3,4:a\n1,2:a\n", "series 2 has 1 channels, the first one 2");
  refused("1,2:3:a\n", "series 1 has 1 values in channel 1, those before 2");
  refused("1,x:a\n", "series 1 value 1 of channel 0: 'x' is no finite number");
  refused("1,inf:a\n", "is no finite number");
  refused("1,2:c\n", "has the class 'c', which @classLabel does not list");
  refused("1,2\n", "has no class or target behind its values");
  refused("", "no series behind @data");
  expect_data_error([] { read_ts(as_bytes("@problemName A\n"), "f"); }, "no line '@data'");
  expect_data_error([] { read_ts(as_bytes("@timeStamps true\n@data\n(0,1):a\n"), "f"); }, "time stamps of their own");
}

TEST(Ts, SurvivesDamage) {
  expect_damage_survived(as_bytes(kTwoChannels), [](auto bytes) { read_ts(bytes, "a"); });
}

}  // namespace
}  // namespace latent
