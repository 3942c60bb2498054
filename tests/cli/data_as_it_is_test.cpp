// Data comes in as it is meant, and goes out as it came in: headers, scales, classes, units, bad cells, changed
// samples.

#include "tool.hpp"

#include <tests/support/normal.hpp>
#include <latent/core/rng.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/npy.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <set>

namespace latent::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class DataAsItIs : public ToolTest {
 protected:
  // `rows` of smooth curves over `columns`, below a header and beside what `before` puts in front of each.
  std::string curves(const std::string& header, int rows, int columns, bool numbered = false) const {
    Rng rng(2);
    std::string text = header + "\n";
    for (int row = 0; row < rows; ++row) {
      const double phase = 6.28 * rng.uniform(), rate = 0.8 + 0.4 * rng.uniform();
      if (numbered) text += fmt::format("{},", row);
      for (int c = 0; c < columns; ++c)
        text += fmt::format("{}{:.5g}", c > 0 ? "," : "", std::abs(std::sin(0.2 * c * rate + phase)));
      text += "\n";
    }
    return text;
  }

  // R^2 of the reconstructions in an archive that reconstruct has written.
  double r_squared(const std::string& name) const {
    const std::vector<double> x = npz(name, "x").to_vector(), x_hat = npz(name, "x_hat").to_vector();
    const size_t n = static_cast<size_t>(npz(name, "x").dim(0)), D = x.size() / n;
    double errors = 0.0, total = 0.0;
    for (size_t d = 0; d < D; ++d) {
      double mean = 0.0;
      for (size_t i = 0; i < n; ++i) mean += x[i * D + d] / static_cast<double>(n);
      for (size_t i = 0; i < n; ++i) {
        errors += std::pow(x[i * D + d] - x_hat[i * D + d], 2);
        total += std::pow(x[i * D + d] - mean, 2);
      }
    }
    return 1.0 - errors / total;
  }

  CsvTable table(const std::string& name) const {
    const auto file = MappedFile::open(path(name));
    return read_csv(file->bytes(), name);
  }

  // Two classes, far apart.
  void write_kinds(const std::string& name, const std::string& first, const std::string& second, int rows = 40) const {
    Rng rng(4);
    std::string text = "a,b,c,kind\n";
    for (int row = 0; row < rows; ++row) {
      const bool of_first = row < rows / 2;
      const double centre = of_first ? 3.0 : -3.0;
      text += fmt::format("{:.4f},{:.4f},{:.4f},{}\n", centre + normal(rng), centre + normal(rng), centre + normal(rng),
                          of_first ? first : second);
    }
    write(name, text);
  }
};

TEST_F(DataAsItIs, AHeaderOfNumbersIsNoSample) {
  std::string wavelengths;
  for (int i = 0; i < 12; ++i) wavelengths += fmt::format("{}{}", i > 0 ? "," : "", 400 + 10 * i);
  write("spectra.csv", curves(wavelengths, 30, 12));
  const nlohmann::json info = json({"data", "info", "spectra.csv"});
  EXPECT_EQ(info.at("parts").at("train"), 30);
  EXPECT_EQ(info.at("columns").at(0).at("name"), "400");
  EXPECT_THAT(info.at("notes").at(0).get<std::string>(), HasSubstr("--header no"));
  EXPECT_EQ(json({"data", "info", "spectra.csv", "--header", "no"}).at("parts").at("train"), 31);
  const ToolResult trained = run(train("spectra.csv", "run", {"--epochs", "1"}));
  EXPECT_EQ(trained.status, 0);
  EXPECT_THAT(trained.err, HasSubstr("the first row (400, 410, 420, 430, ...) was taken for the header"));
  ok({"sample", "run", "-n", "5", "-o", "new.csv"});
  const CsvTable made = table("new.csv");
  EXPECT_TRUE(made.has_header) << "what latent writes it reads";
  EXPECT_EQ(made.column_names.front(), "400");
  EXPECT_EQ(json({"evaluate", "run", "new.csv"}).at("samples"), 5);
  fails(2, {"data", "info", "spectra.csv", "--header", "maybe"}, "unknown answer to --header 'maybe'");
}

TEST_F(DataAsItIs, AnIndexIsNoColumn) {
  write("pandas.csv", curves(",0,1,2", 20, 3, true));
  const ToolResult info = run({"data", "info", "pandas.csv"});
  EXPECT_THAT(info.out, AllOf(HasSubstr("only numbers the rows: it was left out"), HasSubstr("20, no test part"),
                              Not(HasSubstr("column_0"))));
}

TEST_F(DataAsItIs, SeriesOfNumbersAreTrainedByThePlainCommand) {
  constexpr int64_t N = 200, T = 24;
  Tensor x = Tensor::empty({N, T, 3}, DType::f64);
  Rng rng(6);
  for (int64_t n = 0; n < N; ++n) {
    const double phase = 6.28 * rng.uniform();
    for (int64_t t = 0; t < T; ++t) {
      double* at = x.data<double>() + (n * T + t) * 3;
      at[0] = 20.0 + 2.0 * std::sin(static_cast<double>(t) / 4.0 + phase);
      at[1] = 101325.0 + 500.0 * std::cos(static_cast<double>(t) / 4.0 + phase);
      at[2] = 0.01 * std::sin(static_cast<double>(t) / 2.0 + 2.0 * phase);
    }
  }
  write_npy(path("series.npy"), x);
  const ToolResult trained = run({"train", "series.npy", "--out", "run", "--epochs", "60", "--threads", "1"});
  EXPECT_EQ(trained.status, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("each of 3 channels is standardised"));
  ok({"reconstruct", "run", "--split", "all", "-o", "r.npz"});
  EXPECT_EQ(npz("r.npz", "x").to_vector(), x.to_vector()) << "as it was read";
  EXPECT_GT(r_squared("r.npz"), 0.8);
  ok({"sample", "run", "-n", "4", "-o", "s.npy"});
  const std::vector<double> made = npy("s.npy").to_vector();
  EXPECT_NEAR(made[1], 101325.0, 5000.0) << "in the units of the data";
  ok({"sample", "run", "-n", "4", "-o", "s.png"});
  ok({"evaluate", "run"});
}

TEST_F(DataAsItIs, BytesUnderATableModelAreNumbers) {
  Tensor x = Tensor::empty({60, 3}, DType::u8);
  Rng rng(8);
  for (uint8_t& value : x.span<uint8_t>()) value = static_cast<uint8_t>(1 + rng.below(10));
  write_npy(path("ratings.npy"), x);
  ok({"train", "ratings.npy", "--preset", "vae-table", "--epochs", "1", "--out", "run"});
  ok({"reconstruct", "run", "--split", "all", "-o", "r.npz"});
  EXPECT_EQ(npz("r.npz", "x").to_vector(), x.to_vector());
  const nlohmann::json info = json({"info", "run"});
  EXPECT_EQ(info.at("info").at("data").at("open").at("transform").at("shift").size(), 3u);
}

TEST_F(DataAsItIs, OneClassHasOneNumberAndItsNameInEveryFile) {
  write_kinds("train.csv", "cat", "dog");
  write_kinds("dogs.csv", "dog", "dog", 10);
  ok(train("train.csv", "run", {"--epochs", "1", "--label-column", "kind"}));
  ok({"encode", "run", "dogs.csv", "-o", "c.npz"});
  EXPECT_EQ(npz("c.npz", "labels").to_vector(), std::vector<double>(10, 1.0));
  EXPECT_EQ(texts_of("c.npz", "label_names"), std::vector<std::string>(10, "dog"));
  ok({"encode", "run", "dogs.csv", "-o", "c.csv"});
  EXPECT_EQ(table("c.csv").texts.back(), std::vector<std::string>(10, "dog"));
  ok({"decode", "run", "c.csv", "-o", "d.csv"});  // which leaves the label out
  ok({"map", "run", "dogs.csv", "--method", "pca", "-o", "m.csv"});
  EXPECT_EQ(table("m.csv").texts.back(), std::vector<std::string>(10, "dog"));
  EXPECT_EQ(table("m.csv").column_names, (std::vector<std::string>{"index", "x", "y", "data_index", "class", "label"}));
  EXPECT_EQ(table("m.csv").numbers[4], std::vector<double>(10, 1.0));
  ok({"cluster", "run", "dogs.csv", "-k", "2", "-o", "k.npz"});
  EXPECT_EQ(npz("k.npz", "labels").to_vector(), std::vector<double>(10, 1.0));
  EXPECT_EQ(texts_of("k.npz", "label_names"), std::vector<std::string>(10, "dog"));
  ok({"anomalies", "run", "dogs.csv", "--importance-samples", "0", "-o", "s.csv"});
  EXPECT_EQ(table("s.csv").texts.back(), std::vector<std::string>(10, "dog"));
  ok({"augment", "run", "dogs.csv", "--split", "all", "-n", "6", "-o", "a.npz"});
  EXPECT_EQ(npz("a.npz", "y").to_vector(), std::vector<double>(6, 1.0));
  EXPECT_EQ(json({"data", "info", "a.npz"}).at("classes").at(1).at("name"), "dog");
}

TEST_F(DataAsItIs, NumbersOfClassesStayTheNumbersOfTheFile) {
  write_kinds("train.csv", "1", "3");
  ok(train("train.csv", "run", {"--epochs", "1", "--label-column", "kind"}));
  ok({"encode", "run", "--split", "all", "-o", "c.npz"});
  const std::vector<double> labels = npz("c.npz", "labels").to_vector();
  EXPECT_THAT(std::set<double>(labels.begin(), labels.end()), ElementsAre(1, 3));
}

TEST_F(DataAsItIs, TextsOfAnArchiveAreLabels) {
  Tensor x = Tensor::empty({40, 4});
  Rng rng(9);
  std::vector<std::string> y;
  for (int64_t i = 0; i < 40; ++i) {
    y.emplace_back(i % 2 == 0 ? "cat" : "dog");
    for (int64_t d = 0; d < 4; ++d)
      x.data<float>()[4 * i + d] = static_cast<float>((i % 2 == 0 ? 3.0 : -3.0) + normal(rng));
  }
  write_npz(path("named.npz"), {{"x", x}}, {{"y", TextValues(y)}});
  ok(train("named.npz", "run", {"--epochs", "2"}));
  EXPECT_THAT(ok({"probe", "run", "named.npz", "--codes-only"}), AllOf(HasSubstr("cat"), HasSubstr("dog")));
}

TEST_F(DataAsItIs, UnitsKeepTheirDigits) {
  Rng rng(10);
  std::string text = "time,v\n";
  std::vector<double> times;
  for (int i = 0; i < 100; ++i) {
    times.push_back(1.6e9 + std::round(86400.0 * 1000.0 * rng.uniform()) / 1000.0);
    text += fmt::format("{:.3f},{:.5f}\n", times.back(), std::sin(times.back() / 3600.0));
  }
  write("t.csv", text);
  ok(train("t.csv", "run", {"--epochs", "5", "--likelihood", "gaussian:0.05"}));
  ok({"reconstruct", "run", "--split", "all", "-o", "r.npz"});
  const std::vector<double> x = npz("r.npz", "x").to_vector();
  for (size_t i = 0; i < times.size(); ++i) EXPECT_DOUBLE_EQ(x[2 * i], times[i]);
  ok({"reconstruct", "run", "--split", "all", "-o", "r.csv"});
  const std::vector<double> back = table("r.csv").numbers[0];
  EXPECT_GT(std::set<double>(back.begin(), back.end()).size(), 95u) << "single precision has steps of 128 s there";
  const std::vector<double> x_hat = npz("r.npz", "x_hat").to_vector();
  for (size_t i = 0; i < back.size(); ++i) EXPECT_DOUBLE_EQ(back[i], x_hat[2 * i]);
}

TEST_F(DataAsItIs, ABadCellIsNamedAndDropGoesOn) {
  std::string text = "a,b,c\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("{},{},{}\n", i, i == 33 ? "<0.01" : std::to_string(2 * i), i % 7);
  write("m.csv", text);
  EXPECT_THAT(fails(2, {"data", "info", "m.csv"}, "row 34, column 'b': '<0.01' is not a number"),
              HasSubstr("--drop 'b'"));
  EXPECT_EQ(json({"data", "info", "m.csv", "--drop", "b"}).at("columns").size(), 2u);
  ok(train("m.csv", "run", {"--epochs", "1", "--drop", "1"}));
  // Later commands do the same, by name, wherever the column stands.
  EXPECT_EQ(json({"evaluate", "run", "--split", "all"}).at("samples"), 40);
  write("other.csv", "b,c,a\nhigh,1,2\nlow,3,4\n");
  EXPECT_EQ(json({"evaluate", "run", "other.csv"}).at("samples"), 2);
  write("without.csv", "c,a\n1,2\n3,4\n5,6\n");
  EXPECT_EQ(json({"evaluate", "run", "without.csv"}).at("samples"), 3);
  ok({"resume", "run", "--epochs", "2"});
  fails(2, {"data", "info", "m.csv", "--drop", "d"}, "unknown column to drop 'd'");
  fails(2, {"data", "info", "shapes:10", "--drop", "d"}, "only tables have columns to drop");
}

TEST_F(DataAsItIs, ResumeNoticesAnyChangedSample) {
  constexpr int64_t N = 100;
  Tensor x = Tensor::empty({N, 4});
  Rng rng(11);
  for (float& value : x.span<float>()) value = static_cast<float>(normal(rng));
  write_npy(path("x.npy"), x);
  ok(train("x.npy", "run", {"--epochs", "1"}));
  for (const int64_t row : {1, 3, 50, 98}) {
    Tensor changed = x.clone();
    changed.data<float>()[4 * row] += 0.001f;
    write_npy(path("x.npy"), changed);
    fails(2, {"resume", "run", "--epochs", "2"}, "samples have changed, or stand in another order");
  }
  Tensor swapped = x.clone();
  for (int64_t d = 0; d < 4; ++d) std::swap(swapped.data<float>()[4 * 20 + d], swapped.data<float>()[4 * 21 + d]);
  write_npy(path("x.npy"), swapped);
  fails(2, {"resume", "run", "--epochs", "2"}, "samples have changed, or stand in another order");
  write_npy(path("x.npy"), x);
  ok({"resume", "run", "--epochs", "2"});
}

}  // namespace
}  // namespace latent::test
