#include <latent/formats/npy.hpp>

#include "format_support.hpp"

#include <cmath>
#include <limits>

namespace latent {
namespace {

using namespace test;

// A file of version 1.0 with any dictionary and any data.
Bytes npy_with(std::string_view dict, size_t data_bytes) {
  std::string text("\x93NUMPY\x01\x00", 8);
  text += static_cast<char>(dict.size() & 0xff);
  text += static_cast<char>(dict.size() >> 8);
  return to_bytes(text + std::string(dict) + std::string(data_bytes, '\1'));
}

Tensor read(std::string_view name) { return read_npy(golden(name), std::string(name)); }

struct GoldenArray {
  const char* name;
  DType dtype;
};
void PrintTo(const GoldenArray& array, std::ostream* os) { *os << array.name; }
class NpyGolden : public testing::TestWithParam<GoldenArray> {};

TEST_P(NpyGolden, HoldsWhatNumpyWrote) {
  const Tensor array = read(std::string(GetParam().name) + ".npy");
  EXPECT_EQ(array.dtype(), GetParam().dtype);
  EXPECT_EQ(array.shape(), Shape({2, 3, 4}));
  EXPECT_EQ(array.to_vector(), counting(24));
  const Tensor mapped = read_npy(MappedFile::open(golden_path(std::string(GetParam().name) + ".npy")));
  EXPECT_EQ(mapped.to_vector(), counting(24));
}

INSTANTIATE_TEST_SUITE_P(
    Types, NpyGolden,
    testing::Values(GoldenArray{"u1", DType::u8}, GoldenArray{"i1", DType::u8}, GoldenArray{"u2", DType::i32},
                    GoldenArray{"i2", DType::i32}, GoldenArray{"u4", DType::i64}, GoldenArray{"i4", DType::i32},
                    GoldenArray{"u8", DType::i64}, GoldenArray{"i8", DType::i64}, GoldenArray{"f2", DType::f32},
                    GoldenArray{"f4", DType::f32}, GoldenArray{"f8", DType::f64}, GoldenArray{"i4_big", DType::i32},
                    GoldenArray{"u8_big", DType::i64}, GoldenArray{"f2_big", DType::f32},
                    GoldenArray{"f4_big", DType::f32}, GoldenArray{"f8_big", DType::f64},
                    GoldenArray{"f4_fortran", DType::f32}, GoldenArray{"u1_fortran", DType::u8},
                    GoldenArray{"f8_big_fortran", DType::f64}, GoldenArray{"f4_version_2", DType::f32},
                    GoldenArray{"f4_version_3", DType::f32}),
    [](const auto& array) { return array.param.name; });

TEST(Npy, ReadsOtherShapesAndValues) {
  const Tensor flags = read("bool.npy");
  EXPECT_EQ(flags.dtype(), DType::u8);
  EXPECT_EQ(flags.shape(), Shape({2, 3, 4}));
  EXPECT_EQ(flags.to_vector()[1], 1.0);
  EXPECT_EQ(flags.to_vector()[2], 0.0);

  const Tensor scalar = read("scalar.npy");
  EXPECT_EQ(scalar.shape(), Shape());
  EXPECT_EQ(scalar.item(), 2.5);
  EXPECT_EQ(read("vector.npy").to_vector(), (std::vector<double>{1.5, -2.5}));
  EXPECT_EQ(read("empty.npy").shape(), Shape({0, 5}));

  const Tensor negative = read("i1_negative.npy");
  EXPECT_EQ(negative.dtype(), DType::i32);
  EXPECT_EQ(negative.to_vector(), (std::vector<double>{-128, 127}));
}

TEST(Npy, WidensHalfPrecisionExactly) {
  const std::vector<double> values = read("f2_special.npy").to_vector();
  EXPECT_EQ(values[0], 0.0);
  EXPECT_TRUE(std::signbit(values[1]));
  EXPECT_EQ(values[2], 1.0);
  EXPECT_EQ(values[3], -2.0);
  EXPECT_EQ(values[4], 65504.0);  // the largest
  EXPECT_EQ(values[5], 0x1p-14);  // the smallest normal
  EXPECT_EQ(values[6], 0x1p-24);  // the smallest of all
  EXPECT_EQ(values[7], std::numeric_limits<double>::infinity());
  EXPECT_EQ(values[8], -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(values[9]));
}

TEST(Npy, LooksIntoTheMappedFile) {
  const auto file = MappedFile::open(golden_path("f4.npy"));
  const Tensor view = read_npy(file);
  EXPECT_EQ(view.raw(), file->bytes().data() + 128);
  const Tensor converted = read_npy(MappedFile::open(golden_path("f4_big.npy")));
  EXPECT_EQ(converted.to_vector(), view.to_vector());
}

TEST(Npy, CopiesWhatIsNotAligned) {
  const TemporaryFolder folder;
  const Bytes bytes = npy_with("{'descr':'<f8','fortran_order':False,'shape':(2,)}", 16);
  ASSERT_NE((bytes.size() - 16) % 8, 0u);
  write_text(folder / "a.npy", std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  const Tensor array = read_npy(MappedFile::open(folder / "a.npy"));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(array.raw()) % 8, 0u);
  EXPECT_EQ(array.shape(), Shape({2}));
}

// A sparse file: opening must not touch the data, or this would take minutes.
TEST(Npy, OpensArraysLargerThanMemory) {
  const TemporaryFolder folder;
  constexpr uint64_t kBytes = uint64_t{1} << 40;
  const Bytes header =
      npy_with("{'descr': '|u1', 'fortran_order': False, 'shape': (1048576, 1024, 1024), }            \n", 0);
  write_text(folder / "a.npy", std::string_view(reinterpret_cast<const char*>(header.data()), header.size()));
  std::error_code error;
  std::filesystem::resize_file(folder / "a.npy", header.size() + kBytes, error);
  if (error) GTEST_SKIP() << "no sparse files of 1 TB here";
  const Tensor array = read_npy(MappedFile::open(folder / "a.npy"));
  EXPECT_EQ(array.nbytes(), kBytes);
  EXPECT_EQ(array.data<uint8_t>()[kBytes - 1], 0);
}

TEST(Npy, AcceptsWhatPythonWouldRead) {
  const auto shape_of = [](std::string_view dict, size_t bytes) {
    return read_npy(npy_with(dict, bytes), "a").shape();
  };
  EXPECT_EQ(shape_of("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", 24), Shape({2, 3}));
  EXPECT_EQ(shape_of("{\"shape\":(2,3,),\"descr\":\"=f4\",\"fortran_order\":True}\n", 24), Shape({2, 3}));
  EXPECT_EQ(shape_of("{'descr': '<u1', 'fortran_order': False, 'shape': (3L,), }  \n", 3), Shape({3}));
  EXPECT_EQ(shape_of("{'descr': 'f8', 'fortran_order': False, 'shape': ()}", 8), Shape());
}

TEST(Npy, RefusesTypes) {
  const auto refuse = [](std::string_view name, std::string_view reason) {
    expect_data_error([&] { read(name); }, reason);
  };
  refuse("text.npy", "NumPy's kind 'U'");
  refuse("bytes.npy", "NumPy's kind 'S'");
  refuse("complex.npy", "NumPy's kind 'c' with 8 bytes");
  refuse("date.npy", "NumPy's kind 'M'");
  refuse("structured.npy", "structured types are not supported");
  refuse("u8_too_large.npy", "an unsigned integer of 2^63 or more");
}

TEST(Npy, RefusesHeadersThatLie) {
  const auto refuse = [](std::string_view dict, size_t bytes, std::string_view reason) {
    return expect_data_error([&] { read_npy(npy_with(dict, bytes), "a.npy"); }, reason);
  };
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000, 1000)}", 4, "truncated");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,)}", 4, "sizes beyond any file");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", 4, "sizes beyond any file");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", 4, "a size expected");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", 4, "a size expected");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", 4, "more than 8 dimensions");
  EXPECT_EQ(refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 9, "bytes after the end of the data"),
            69);
  EXPECT_EQ(refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 7, "truncated"), 72);
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", 4, "',' expected");
  refuse("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", 4, "True or False expected");
  refuse("{'descr': '<f4', 'fortran_order': False}", 4, "lacks descr, fortran_order or shape");
  refuse("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 4, "unexpected key 'descr'");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x\n': 1}", 4, "unexpected key 'x?'");
  refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + 1", 4, "text after the header's dictionary");
  refuse("{'descr': '<f4\\'', 'fortran_order': False, 'shape': (1,)}", 4, "escapes");
  refuse("{'descr': '<f', 'fortran_order': False, 'shape': (1,)}", 4, "unknown type '<f'");
  refuse("{'descr': 'f<4', 'fortran_order': False, 'shape': (1,)}", 4, "unknown type 'f<4'");
  refuse("{'descr': '', 'fortran_order': False, 'shape': (1,)}", 4, "unknown type ''");
  refuse("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 4, "Python objects");
  refuse("{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", 16, "NumPy's kind 'f' with 16 bytes");
  refuse("{'descr': '<i3', 'fortran_order': False, 'shape': (1,)}", 3, "NumPy's kind 'i' with 3 bytes");

  EXPECT_EQ(expect_data_error([] { read_npy(to_bytes("no array"), "a"); }, "not a .npy file"), 0);
  EXPECT_EQ(expect_data_error([] { read_npy(to_bytes("\x93NUMPY\x04-------"), "a"); }, "version 4.45"), 6);
  expect_data_error([] { read_npy(to_bytes("\x93NUMPY\x02" + std::string("\0\xff\xff\xff\xff{}", 7)), "a"); },
                    "a header of 4294967295 bytes, but 2 are left");
}

TEST(Npy, RefusesTruncationAndSurvivesDamage) {
  for (const char* name : {"f4.npy", "u8_big.npy", "f4_version_2.npy", "f4_fortran.npy", "f2.npy"}) {
    expect_truncations_refused(golden(name), [](auto bytes) { read_npy(bytes, "a"); });
    expect_damage_survived(golden(name), [](auto bytes) { read_npy(bytes, "a"); });
  }
}

template <class T>
void expect_round_trip(const std::vector<T>& values, const Shape& shape) {
  const TemporaryFolder folder;
  const Tensor written = Tensor::from(values, shape);
  write_npy(folder / "a.npy", written);
  EXPECT_EQ(std::filesystem::file_size(folder / "a.npy") % 64, written.nbytes() % 64);
  const Tensor array = read_npy(MappedFile::open(folder / "a.npy"));
  EXPECT_EQ(array.dtype(), written.dtype());
  EXPECT_EQ(array.shape(), shape);
  EXPECT_EQ(array.to_vector(), written.to_vector());
}

TEST(Npy, RoundTrip) {
  expect_round_trip<uint8_t>({0, 1, 255}, {3});
  expect_round_trip<int32_t>({-1, 2}, {2, 1});
  expect_round_trip<int64_t>({-1, int64_t{1} << 40}, {1, 2});
  expect_round_trip<float>({1.5f, -2.5f}, {1, 1, 2});
  expect_round_trip<double>({1e-300}, {});
  expect_round_trip<float>({}, {0, 3});
  expect_round_trip<uint8_t>({7}, {1, 1, 1, 1, 1, 1, 1, 1});
}

TEST(Npy, WritesTheBytesThatNumpyWrites) {
  const TemporaryFolder folder;
  for (const char* name : {"f4.npy", "f8.npy", "i4.npy", "i8.npy", "u1.npy", "scalar.npy", "vector.npy", "empty.npy"}) {
    write_npy(folder / name, read(name));
    EXPECT_EQ(read_bytes(folder / name), golden(name)) << name;
  }
}

TEST(Npy, RefusesToWriteWhatNumpyLacks) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_npy(folder / "a.npy", Tensor::zeros({2}, DType::bf16)), std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.npy"));
}

}  // namespace
}  // namespace latent
