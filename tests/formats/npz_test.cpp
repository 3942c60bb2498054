#include <latent/formats/detail/zip.hpp>
#include <latent/formats/npy.hpp>

#include "format_support.hpp"

namespace latent {
namespace {

using namespace test;

// The archive as one text, to be changed at will.
std::string archive_text(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void expect_golden_arrays(const std::vector<std::pair<std::string, Tensor>>& arrays) {
  ASSERT_EQ(arrays.size(), 2u);  // the names, which are texts, are left out
  EXPECT_EQ(arrays[0].first, "x");
  EXPECT_EQ(arrays[0].second.dtype(), DType::f32);
  EXPECT_EQ(arrays[0].second.shape(), Shape({2, 3, 4}));
  EXPECT_EQ(arrays[0].second.to_vector(), counting(24));
  EXPECT_EQ(arrays[1].first, "y");
  EXPECT_EQ(arrays[1].second.dtype(), DType::i64);
  EXPECT_EQ(arrays[1].second.to_vector(), counting(2));
}

TEST(Npz, HoldsWhatNumpyWrote) {
  for (const char* name : {"stored.npz", "stored_zip64.npz", "deflated.npz"}) {
    SCOPED_TRACE(name);
    expect_golden_arrays(read_npz(golden(name), name));
    expect_golden_arrays(read_npz(MappedFile::open(golden_path(name))));
  }
}

TEST(Npz, RefusesWhatItCannotRead) {
  expect_data_error([] { read_npz(golden("lzma.npz"), "a"); }, "'x.npy' is packed by method 14");
  expect_data_error([] { read_npz(golden("text_only.npz"), "a"); }, "no arrays of numbers");
  expect_data_error([] { read_npz(to_bytes("no archive, but long enough for one"), "a"); }, "not a zip archive");
  Bytes encrypted = golden("stored.npz");
  const size_t directory = archive_text(encrypted).find("PK\1\2");
  encrypted[directory + 8] |= std::byte{1};
  EXPECT_EQ(expect_data_error([&] { read_npz(encrypted, "a"); }, "'x.npy' is encrypted"),
            static_cast<int64_t>(directory + 8));
}

TEST(Npz, ChecksTheChecksum) {
  Bytes damaged = golden("stored.npz");
  const size_t data = archive_text(damaged).find('\n') + 5;  // within the first array's elements
  damaged[data] ^= std::byte{4};
  expect_data_error([&] { read_npz(damaged, "a"); }, "'x.npy' has another checksum");
}

TEST(Npz, LeavesOutWhatIsNoNumberAndCallsWorkbooksByTheirName) {
  const TemporaryFolder folder;
  const auto write = [&](const std::vector<std::pair<std::string, std::string>>& members) {
    replace_file(folder / "a.npz", [&](Sink& sink) {
      detail::ZipWriter zip(sink);
      for (const auto& [name, text] : members) {
        const Bytes bytes = to_bytes(text);
        const std::array<std::span<const std::byte>, 1> parts = {bytes};
        zip.add(name, parts);
      }
      zip.finish();
    });
    return MappedFile::open(folder / "a.npz");
  };
  const auto array = [](const std::string& type, const std::string& values) {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (1,), }";
    header.resize(117, ' ');
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + values;
  };
  const NpzArrays arrays = read_npz_arrays(write({{"o.npy", array("|O", "pickled.")}, {"x.npy", array("|u1", "x")}}));
  ASSERT_EQ(arrays.numbers.size(), 1u);
  EXPECT_EQ(arrays.numbers[0].first, "x");
  ASSERT_EQ(arrays.left_out.size(), 1u);
  EXPECT_EQ(arrays.left_out[0].first, "o");
  expect_data_error([&] { read_npz(write({{"o.npy", array("|O", "pickled.")}})); }, "'o' holds Python objects");
  expect_data_error([&] { read_npz(write({{"xl/workbook.xml", "<x/>"}})); }, "an Excel workbook: save it as CSV");
  expect_data_error([&] { read_npz(write({{"cat.png", "x"}})); }, "unpack it and name the folder");
}

TEST(Npz, NamesTheArrayInErrors) {
  const TemporaryFolder folder;
  replace_file(folder / "a.npz", [](Sink& sink) {
    detail::ZipWriter zip(sink);
    const Bytes damaged = to_bytes("no array");
    const std::array<std::span<const std::byte>, 1> parts = {damaged};
    zip.add("bad\nname.npy", parts);
    zip.finish();
  });
  expect_data_error([&] { read_npz(MappedFile::open(folder / "a.npz")); },
                    "a.npz, array 'bad?name': at byte 0: not a .npy");
}

TEST(Npz, RefusesTruncationAndSurvivesDamage) {
  for (const char* name : {"stored.npz", "stored_zip64.npz", "deflated.npz"}) {
    expect_truncations_refused(golden(name), [](auto bytes) { read_npz(bytes, "a"); });
    expect_damage_survived(golden(name), [](auto bytes) { read_npz(bytes, "a"); });
  }
}

// Two directory entries for the same bytes: how a small archive claims to be a large one.
TEST(Npz, RefusesOverlappingMembers) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"a", Tensor::zeros({4})}, {"b", Tensor::zeros({4})}});
  std::string text = read_text(folder / "a.npz");
  const size_t first = text.find("PK\1\2"), second = text.find("PK\1\2", first + 1);
  text.replace(second, second - first, text.substr(first, second - first));
  expect_data_error([&] { read_npz(to_bytes(text), "a"); }, "overlaps another entry");
}

TEST(Npz, RefusesSizesThatLie) {
  const Bytes valid = golden("deflated.npz");
  const size_t directory = archive_text(valid).find("PK\1\2");
  const auto with_unpacked_size = [&](uint32_t size) {
    Bytes lying = valid;
    for (size_t i = 0; i < 4; ++i) lying[directory + 24 + i] = static_cast<std::byte>(size >> (8 * i));
    return lying;
  };
  expect_data_error([&] { read_npz(with_unpacked_size(0xfffffffe), "a"); }, "");
  expect_data_error([&] { read_npz(with_unpacked_size(100), "a"); }, "unpacks to more than the 100 bytes allowed");
  expect_data_error([&] { read_npz(with_unpacked_size(1000), "a"); }, "'x.npy' unpacks to 224 bytes");
  expect_data_error([&] { read_npz(with_unpacked_size(0xffffffff), "a"); }, "'x.npy' lacks its zip64 sizes");
}

TEST(Npz, RoundTrip) {
  const TemporaryFolder folder;
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
  const Tensor y = Tensor::from(std::vector<int64_t>{7, -8}, {2});
  write_npz(folder / "a.npz", {{"x", x}, {"\xc3\xa9t\xc3\xa9", y}, {"none", Tensor::zeros({0, 2})}});
  const auto arrays = read_npz(MappedFile::open(folder / "a.npz"));
  ASSERT_EQ(arrays.size(), 3u);
  EXPECT_EQ(arrays[0].first, "x");
  EXPECT_EQ(arrays[0].second.to_vector(), x.to_vector());
  EXPECT_EQ(arrays[1].first, "\xc3\xa9t\xc3\xa9");
  EXPECT_EQ(arrays[1].second.to_vector(), y.to_vector());
  EXPECT_EQ(arrays[2].second.shape(), Shape({0, 2}));
  EXPECT_THROW(write_npz(folder / "b.npz", {{"x", x}, {"x", y}}), std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "b.npz"));
}

TEST(Npz, TextsRoundTrip) {
  const TemporaryFolder folder;
  const std::vector<std::string> texts = {"cat", "", "\xc3\xa9t\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x88", "a longer one"};
  write_npz(folder / "a.npz", {{"x", Tensor::zeros({1})}}, {{"y", TextValues(texts)}, {"none", {}}});
  const NpzArrays arrays = read_npz_arrays(MappedFile::open(folder / "a.npz"));
  ASSERT_EQ(arrays.texts.size(), 2u);
  EXPECT_EQ(arrays.texts[0].first, "y");
  ASSERT_EQ(arrays.texts[0].second.numel(), 4);
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(arrays.texts[0].second[i], texts[static_cast<size_t>(i)]);
  EXPECT_EQ(arrays.texts[1].second.numel(), 0);
  EXPECT_THROW(arrays.texts[0].second[4], std::invalid_argument);
  const Bytes bytes = read_bytes(folder / "a.npz");
  EXPECT_EQ(read_npz_arrays(bytes, "a").texts[0].second[3], "a longer one") << "of bytes that need not stay";
}

TEST(Npz, TextsOfTwoDimensions) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"x", Tensor::zeros({1})}},
            {{"y", TextValues({"a", "bc", "d", "e", "f", "g"}, {2, 3})}});
  const NpzArrays arrays = read_npz_arrays(MappedFile::open(folder / "a.npz"));
  EXPECT_EQ(arrays.texts.at(0).second.sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(arrays.texts.at(0).second[1], "bc");
  EXPECT_THROW(TextValues({"a", "b"}, {3}), std::invalid_argument);
}

TEST(Npz, ReadsTheTextsThatNumPyWrites) {
  const NpzArrays arrays = read_npz_arrays(MappedFile::open(golden_path("stored.npz")));
  ASSERT_EQ(arrays.texts.size(), 1u);
  EXPECT_EQ(arrays.texts[0].first, "names");
  ASSERT_EQ(arrays.texts[0].second.numel(), 2);
  EXPECT_EQ(arrays.texts[0].second[0], "no");
  EXPECT_EQ(arrays.texts[0].second[1], "yes");
  expect_damage_survived(golden("stored.npz"), [](auto bytes) {
    const NpzArrays damaged = read_npz_arrays(bytes, "a");
    for (const auto& [name, texts] : damaged.texts) {
      for (int64_t i = 0; i < std::min<int64_t>(texts.numel(), 100); ++i) texts[i];
    }
  });
}

TEST(Zip, Zip64FieldsRoundTrip) {
  const TemporaryFolder folder;
  const Bytes small = to_bytes("small"), large = to_bytes(std::string(300, 'x'));
  replace_file(folder / "a.zip", [&](Sink& sink) {
    detail::ZipWriter zip(sink, 200);
    for (const auto& [name, bytes] : {std::pair("one", &small), std::pair("two", &large), std::pair("three", &small)}) {
      const std::array<std::span<const std::byte>, 1> parts = {*bytes};
      zip.add(name, parts);
    }
    zip.finish();
  });
  const Bytes bytes = read_bytes(folder / "a.zip");
  const detail::ZipReader zip(bytes, "a.zip");
  ASSERT_EQ(zip.entries().size(), 3u);
  EXPECT_EQ(zip.entries()[1].unpacked_bytes, 300u);
  for (const auto& entry : zip.entries()) {
    const auto data = zip.packed(entry);
    EXPECT_EQ(Bytes(data.begin(), data.end()), entry.name == "two" ? large : small) << entry.name;
    EXPECT_NO_THROW(zip.check_crc(entry, data));
  }
  expect_truncations_refused(bytes, [](auto part) { detail::ZipReader(part, "a"); });
  expect_damage_survived(bytes, [](auto part) { detail::ZipReader(part, "a"); });
}

TEST(Zip, ArchivesOfNothing) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {});
  expect_data_error([&] { read_npz(MappedFile::open(folder / "a.npz")); }, "no arrays of numbers");
}

}  // namespace
}  // namespace latent
