#pragma once
// What the tests of the readers share.

#include <latent/core/tensor.hpp>

#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>

namespace latent::test {

using Bytes = std::vector<std::byte>;

inline std::filesystem::path golden_path(std::string_view name) {
  return std::filesystem::path(LATENT_TEST_DATA) / "golden" / "formats" / name;
}
inline Bytes golden(std::string_view name) { return read_bytes(golden_path(name)); }

/// 0, 1, ..., count - 1: what most golden arrays hold.
inline std::vector<double> counting(size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

/// Appends an integer or floating number in big-endian order, as IDX has them.
template <class T>
void append_big(Bytes& bytes, T value) {
  auto raw = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
  std::ranges::reverse(raw);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

/// Expects a DataError that names `reason` and is one line; returns its offset.
inline int64_t expect_data_error(const std::function<void()>& read, std::string_view reason) {
  try {
    read();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(std::string(reason)));
    EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos) << error.what();
    return error.offset();
  }
  ADD_FAILURE() << "no DataError; expected one about: " << reason;
  return DataError::kNoOffset;
}

/// Expects that every beginning of a valid file is refused. Each is a block of memory of its own, so that a sanitizer
/// sees the first byte read beyond it.
inline void expect_truncations_refused(const Bytes& valid,
                                       const std::function<void(std::span<const std::byte>)>& read) {
  ASSERT_NO_THROW(read(valid));
  for (size_t size = 0; size < valid.size(); ++size) {
    const Bytes part(valid.begin(), valid.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(read(part), DataError) << "of the first " << size << " of " << valid.size() << " bytes";
  }
}

/// Changes every byte in turn to a few other values: the reader may accept or refuse, but only by a DataError.
inline void expect_damage_survived(const Bytes& valid, const std::function<void(std::span<const std::byte>)>& read) {
  for (size_t at = 0; at < valid.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      Bytes damaged = valid;
      damaged[at] ^= static_cast<std::byte>(change);
      try {
        read(damaged);
      } catch (const DataError&) {
      }
    }
  }
}

}  // namespace latent::test
