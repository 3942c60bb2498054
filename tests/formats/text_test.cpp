#include <latent/formats/detail/text.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace latent::detail {
namespace {

TEST(Text, KnowsUtf8) {
  for (const char* valid :
       {"", "abc", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) {
    EXPECT_TRUE(is_utf8(valid)) << valid;
  }
  for (const char* invalid : {"\x80", "\xc3", "\xc3z", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
                              "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe4\xb8"}) {
    EXPECT_FALSE(is_utf8(invalid)) << invalid;
  }
}

TEST(Text, TakesOtherBytesAsLatin1) {
  EXPECT_EQ(to_utf8("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(to_utf8("caf\xe9 \xff"), "caf\xc3\xa9 \xc3\xbf");
}

TEST(Text, QuotesOnOneShortLine) {
  EXPECT_EQ(in_quotes("a b"), "'a b'");
  EXPECT_EQ(in_quotes("a\nb\x7f!"), "'a?b?!'");
  const auto quoted = [](size_t count, const char* rest) {
    return fmt::format("'{}{}'", std::string(count, 'x'), rest);
  };
  EXPECT_EQ(in_quotes(std::string(60, 'x')), quoted(60, ""));
  EXPECT_EQ(in_quotes(std::string(61, 'x')), quoted(60, "..."));
  EXPECT_EQ(in_quotes(fmt::format("{}\xc3\xa9", std::string(59, 'x'))), quoted(59, "...")) << "no half character";
}

}  // namespace
}  // namespace latent::detail
