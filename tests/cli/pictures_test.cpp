// Folders of pictures: what is said of them, how they are read again, and which picture a row of a result is.

#include "tool.hpp"

#include <latent/core/rng.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/formats/safetensors.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

class Pictures : public ToolTest {
 protected:
  // Grey pictures 000.png ... in two folders, picture i with bars of brightness i.
  void write_pictures(const std::string& folder, int count, int64_t height = 8, int64_t width = 8) const {
    for (int i = 0; i < count; ++i) {
      Tensor image = Tensor::full({1, height, width}, 20.0 + i, DType::u8);
      for (int64_t x = i % width; x < width; x += 2) image.data<uint8_t>()[x] = 250;
      const fs::path place = path(folder) / (i % 2 == 0 ? "even" : "odd");
      fs::create_directories(place);
      write_png(place / fmt::format("{:03}.png", i), image);
    }
  }
  // The picture's number by its name.
  static int number_of(const std::string& file) { return std::stoi(file.substr(file.find('/') + 1, 3)); }
  // Expects that the rows below a header end with or hold data_index and file that belong together.
  void expect_files(const std::string& csv, const std::string& index_name, const std::string& file_name,
                    size_t rows) const {
    const std::vector<std::string> lines = lines_of(read(csv));
    ASSERT_EQ(lines.size(), rows + 1) << csv;
    const std::vector<std::string> header = cells_of(lines[0]);
    const auto place = [&](const std::string& name) {
      const auto found = std::find(header.begin(), header.end(), name);
      EXPECT_NE(found, header.end()) << csv << " has no " << name << ": " << lines[0];
      return static_cast<size_t>(found - header.begin());
    };
    const size_t index = place(index_name), file = place(file_name);
    for (size_t row = 1; row < lines.size(); ++row) {
      const std::vector<std::string> cells = cells_of(lines[row]);
      ASSERT_GT(cells.size(), std::max(index, file)) << lines[row];
      // All of "even" come before all of "odd": the data's order is that of the paths.
      const int number = number_of(cells[file]);
      EXPECT_EQ(std::stoi(cells[index]), number % 2 == 0 ? number / 2 : 20 + number / 2) << lines[row];
    }
  }
};

TEST_F(Pictures, RowsOfEveryTableNameTheirFileAndNumber) {
  write_pictures("photos", 40);
  ok(train("photos", "run", {"--epochs", "2", "--validation", "0.5", "--likelihood", "gaussian"}));
  const std::vector<std::string> part = {"--split", "validation"};
  const auto made = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), part.begin(), part.end());
    return ok(arguments);
  };
  made({"encode", "run", "-o", "codes.csv"});
  expect_files("codes.csv", "data_index", "file", 20);
  made({"map", "run", "--method", "pca", "-o", "map.csv"});
  expect_files("map.csv", "data_index", "file", 20);
  made({"cluster", "run", "-k", "2", "-o", "clusters.csv"});
  expect_files("clusters.csv", "data_index", "file", 20);
  made({"anomalies", "run", "-o", "scores.csv"});
  expect_files("scores.csv", "data_index", "file", 20);
  made({"neighbors", "run", "--query", "0,3", "-k", "4", "-o", "near.csv"});
  expect_files("near.csv", "data_index", "file", 8);
  expect_files("near.csv", "query_data_index", "query_file", 8);

  made({"encode", "run", "-o", "codes.npz"});
  const Tensor index = npz("codes.npz", "data_index");
  const std::vector<std::string> files = texts_of("codes.npz", "files");
  ASSERT_EQ(index.shape(), Shape({20}));
  ASSERT_EQ(files.size(), 20u);
  EXPECT_THAT(lines_of(read("codes.csv"))[0], HasSubstr(",data_index,file,label"));
  const std::vector<std::string> first = cells_of(lines_of(read("codes.csv"))[1]);
  EXPECT_EQ(first.at(first.size() - 2), files[0]);
  EXPECT_EQ(first.back(), files[0].substr(0, files[0].find('/'))) << "the folder is the class";
  EXPECT_EQ(texts_of("codes.npz", "label_names").at(0), first.back());
  made({"neighbors", "run", "--query", "0,3", "-k", "4", "-o", "near.npz"});
  EXPECT_EQ(npz("near.npz", "data_index").shape(), Shape({2, 4}));
  EXPECT_EQ(texts_of("near.npz", "files").size(), 8u);
  made({"reconstruct", "run", "-o", "again.npz"});
  EXPECT_EQ(texts_of("again.npz", "files").size(), 20u);
  ok({"augment", "run", "-n", "6", "-o", "new.npz"});
  EXPECT_EQ(texts_of("new.npz", "source_files").size(), 6u);
  EXPECT_EQ(npz("new.npz", "source_data_index").dim(0), 6);

  // Codes are read again, without what stands behind them.
  ok({"decode", "run", "codes.csv", "-o", "decoded.npy"});
  EXPECT_EQ(npy("decoded.npy").dim(0), 20);
}

TEST_F(Pictures, TablesHaveNumbersOfTheWholeDataAndAreReadAgain) {
  write_table("table.csv", 60);
  ok(train("table.csv", "run", {"--label-column", "kind", "--epochs", "2", "--validation", "0.5"}));
  ok({"reconstruct", "run", "--split", "validation", "-o", "again.csv"});
  const std::vector<std::string> lines = lines_of(read("again.csv"));
  EXPECT_EQ(lines[0], "a,b,c,data_index");
  ok({"reconstruct", "run", "--split", "all", "-o", "all.csv"});
  const std::vector<std::string> all = lines_of(read("all.csv"));
  for (size_t row = 1; row < lines.size(); ++row) {
    const size_t number = std::stoul(cells_of(lines[row]).back());
    EXPECT_EQ(lines[row], all[1 + number]);
  }
  EXPECT_EQ(json({"data", "info", "again.csv"}).at("sample_shape")[0], 3) << "the number is no data";
}

TEST_F(Pictures, WhatIsSkippedReachesTheUser) {
  write_pictures("photos", 6);
  write("photos/even/cat.gif", "GIF89a");
  const ToolResult result = run(train("photos", "run", {"--epochs", "1"}));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("latent: warning: photos: skipped 1 file, no picture that can be read"));
  EXPECT_THAT(result.err, HasSubstr("1 .gif (cat.gif)"));
  EXPECT_THAT(run({"data", "info", "photos"}).err, HasSubstr("skipped 1 file"));
  EXPECT_THAT(json({"data", "info", "photos"}).at("warnings")[0], HasSubstr("cat.gif"));
  EXPECT_THAT(run({"evaluate", "run"}).err, Not(HasSubstr("skipped"))) << "training has said it";
}

TEST_F(Pictures, ATestPartWithoutClassesDoesNotJudgeAClassifier) {
  write_pictures("set/Train", 40);
  fs::create_directories(path("set/Test"));
  for (const char* name : {"0.png", "1.png"}) write_png(path("set/Test") / name, Tensor::zeros({1, 8, 8}, DType::u8));
  EXPECT_THAT(run({"data", "info", "set"}).out, HasSubstr("its samples have no labels"));
  const ToolResult result = run({"train", "set", "--model", "classifier", "--preset", "mlp", "--hidden", "8",
                                 "--epochs", "1", "--threads", "1", "--out", "run"});
  EXPECT_THAT(result.err, HasSubstr("4 validation"));
  fails(2, {"evaluate", "run", "--split", "test"}, "has no labels to judge a classifier by");
  ok({"evaluate", "run", "--split", "validation"});
  ok({"predict", "run", "-o", "labels.csv"});
}

TEST_F(Pictures, RunsFromBeforeFindThePartsThatTheyFound) {
  write_pictures("set/train", 20);
  write_pictures("set/val", 20);
  ok(train("set", "run", {"--epochs", "1"}));
  EXPECT_EQ(json({"evaluate", "run"}).at("samples"), 20);
  Safetensors model = read_safetensors(path("run/model.safetensors"));
  auto info_text = nlohmann::json::parse(model.metadata.at("info"));
  info_text.at("data").at("open").erase("usual_names");
  model.metadata["info"] = info_text.dump();
  write_safetensors(path("old.safetensors"), model.tensors, model.metadata);
  EXPECT_EQ(json({"evaluate", "old.safetensors", "set", "--split", "all"}).at("samples"), 40);
  fails(2, {"evaluate", "old.safetensors", "set", "--split", "test"}, "has no test part");
}

TEST_F(Pictures, LargeOnesAreToldOfSize) {
  fs::create_directories(path("large"));
  write_png(path("large/0.png"), Tensor::zeros({3, 2400, 2400}, DType::u8));
  write_png(path("large/1.png"), Tensor::zeros({3, 2400, 2400}, DType::u8));
  EXPECT_THAT(run({"data", "info", "large"}).out, HasSubstr("large to learn from: --size HxW makes them smaller"));
  const ToolResult result = run({"train", "large", "--out", "run"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("pictures of 2400x2400 are too large for a model"));
  EXPECT_THAT(result.err, HasSubstr("--size 128x128"));
}

TEST_F(Pictures, FitIsRememberedAndOldRunsGoOnStretching) {
  write_pictures("photos", 20, 8, 12);
  ok(train("photos", "run", {"--epochs", "1", "--size", "8x8", "--fit", "pad", "--background", "white"}));
  const auto info = json({"info", "run"});
  const auto& open = info.at("info").at("data").at("open");
  EXPECT_EQ(open.at("fit"), "pad");
  EXPECT_TRUE(open.at("follow_orientation").get<bool>());
  EXPECT_TRUE(open.at("usual_names").get<bool>());
  ok({"reconstruct", "run", "--split", "all", "-o", "padded.npz"});
  EXPECT_EQ(npz("padded.npz", "x").data<float>()[0], 1.0F) << "a bar above the picture, white";

  // A run as version 0.1.0 left it says nothing of all this: it squashes, and lays on black.
  Safetensors model = read_safetensors(path("run/model.safetensors"));
  auto info_text = nlohmann::json::parse(model.metadata.at("info"));
  for (const char* key : {"fit", "background", "follow_orientation", "keep_16_bits", "usual_names"}) {
    info_text.at("data").at("open").erase(key);
  }
  model.metadata["info"] = info_text.dump();
  write_safetensors(path("old.safetensors"), model.tensors, model.metadata);
  ok({"reconstruct", "old.safetensors", "photos", "--split", "all", "-o", "stretched.npz"});
  EXPECT_LT(npz("stretched.npz", "x").data<float>()[7 * 8], 0.5F) << "no bar below the picture";
  EXPECT_EQ(npz("padded.npz", "x").data<float>()[7 * 8], 1.0F);

  EXPECT_THAT(run({"data", "info", "photos", "--fit", "pad"}).err, HasSubstr("--fit says how images come to a size"));
  EXPECT_THAT(run({"data", "info", "photos", "--size", "8x8", "--fit", "squash"}).err, HasSubstr("squash"));
}

// What is drawn of samples, and how large.
class Drawn : public Pictures {
 protected:
  Tensor picture(const std::string& name) const { return read_image(MappedFile::open(path(name))->bytes(), name); }
  // A picture that can be looked at.
  void expect_sensible(const std::string& name, int64_t least_side = 100) const {
    const Tensor image = picture(name);
    for (const int64_t side : {image.dim(1), image.dim(2)}) {
      EXPECT_GE(side, least_side) << name << " " << image.shape().str();
      EXPECT_LE(side, 4096) << name << " " << image.shape().str();
    }
  }
  void write_array(const std::string& name, const Shape& shape) const {
    Tensor x = Tensor::empty(shape);
    const int64_t L = shape[shape.ndim() - 1];
    Rng rng(3);
    rng.normal(x.span<float>());
    for (int64_t i = 0; i < x.numel(); ++i) {  // waves under a little noise, around 10
      const auto n = static_cast<float>(i / L), t = static_cast<float>(i % L) / static_cast<float>(L);
      x.data<float>()[i] = 10.0F + 3.0F * std::sin(12.0F * t + n) + 0.2F * x.data<float>()[i];
    }
    write_npy(path(name), x);
  }
  void write_noise(const std::string& name, const Shape& shape) const {
    Tensor x = Tensor::empty(shape);
    Rng rng(3);
    rng.normal(x.span<float>());
    write_npy(path(name), x);
  }
  // In the pictures of write_pictures(): which are the originals in the first row of a run's reconstructions.png.
  std::vector<int> shown_in(const std::string& name, int columns) const {
    constexpr int64_t kImage = 48, kGap = 2, kBelowBars = 30;
    const Tensor image = picture(name);
    std::vector<int> numbers;
    for (int64_t c = 0; c < columns; ++c) {
      numbers.push_back(image.data<uint8_t>()[kBelowBars * image.dim(2) + c * (kImage + kGap) + kImage / 2] - 20);
    }
    return numbers;
  }
};

TEST_F(Drawn, PicturesOfARunShowRandomHeldOutSamplesOfAllClasses) {
  write_pictures("photos", 80);  // the files of "even" come before all of "odd"
  const std::vector<std::string> options = {"--epochs", "1", "--validation", "0.5", "--likelihood", "gaussian"};
  ok(train("photos", "run", options));
  const std::vector<int> shown = shown_in("run/reconstructions.png", 12);
  const auto evens = std::ranges::count_if(shown_in("run/reconstructions.png", 12), [](int n) { return n % 2 == 0; });
  EXPECT_EQ(evens, 12) << "24 in two rows, 12 of each class: the first row has one class";
  const Tensor image = picture("run/reconstructions.png");
  ASSERT_EQ(image.dim(1), 4 * 50 - 2);
  EXPECT_EQ((image.data<uint8_t>()[(100 + 30) * image.dim(2) + 24] - 20) % 2, 1) << "and the third row the other";
  EXPECT_TRUE(std::ranges::is_sorted(shown));
  EXPECT_EQ(std::ranges::adjacent_find(shown), shown.end()) << "no sample twice";
  const auto info = json({"reconstruct", "run", "--split", "validation", "-o", "all.npz"});
  EXPECT_EQ(info.at("samples"), 40);
  const Tensor held_out = npz("all.npz", "data_index");
  for (const int number : shown) {
    const std::vector<double> all = held_out.to_vector();
    EXPECT_NE(std::ranges::find(all, number / 2), all.end()) << number << " was trained on";
  }
  EXPECT_NE(shown, (std::vector<int>{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22}));
  ok(train("photos", "again", options));
  EXPECT_EQ(read("run/reconstructions.png"), read("again/reconstructions.png"));
}

TEST_F(Drawn, ReconstructShowsSamplesOfAllClassesAndSaysWhich) {
  write_pictures("photos", 40);
  ok(train("photos", "run", {"--epochs", "1", "--likelihood", "gaussian"}));
  const auto shown = [&](const std::string& seed) {
    return json({"reconstruct", "run", "--split", "all", "-n", "8", "--seed", seed, "-o", "a.png"}).at("items");
  };
  const std::vector<int64_t> items = shown("1");
  ASSERT_EQ(items.size(), 8u);
  EXPECT_EQ(std::ranges::count_if(items, [](int64_t i) { return i < 20; }), 4) << "the first 20 are of one class";
  EXPECT_EQ(shown("1"), items);
  EXPECT_NE(shown("2"), items);
  const auto numbers = json({"reconstruct", "run", "--split", "all", "-n", "8", "-o", "a.npz"});
  EXPECT_FALSE(numbers.contains("items"));
  EXPECT_EQ(npz("a.npz", "data_index").to_vector(), (std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}))
      << "from the first on";
}

TEST_F(Drawn, SeriesAreLinesOfASensibleSize) {
  for (const Shape& shape : {Shape{300, 1, 128}, Shape{300, 128}, Shape{300, 3, 64}, Shape{300, 1, 1, 128}}) {
    write_array("series.npy", shape);
    ok(train("series.npy", "run", {"--epochs", "2", "--latent-dim", "2", "--validation", "0.2", "--overwrite"}));
    for (const char* name : {"run/reconstructions.png", "run/samples.png", "run/manifold.png", "run/loss.png"}) {
      expect_sensible(name, 300);
      EXPECT_EQ(picture(name).dim(0), 3) << name << " of " << shape.str() << " is in colours";
    }
    ok({"reconstruct", "run", "-o", "pairs.png"});
    ok({"sample", "run", "-o", "more.png"});
    ok({"interpolate", "run", "--from", "0,1", "--to", "2,3", "-o", "way.png"});
    ok({"interpolate", "run", "--from", "0,1", "--to", "2,3", "-o", "way.gif"});
    ok({"traverse", "run", "--dims", "0,1", "-o", "traverse.png"});
    ok({"neighbors", "run", "--query", "0,3", "-k", "4", "-o", "near.png"});
    ok({"cluster", "run", "-k", "3", "-o", "clusters.png"});
    for (const char* name : {"pairs.png", "more.png", "way.png", "traverse.png", "near.png", "clusters.png"}) {
      expect_sensible(name);
    }
  }
  const auto many = json({"sample", "run", "-n", "4096", "-o", "many.png"});
  EXPECT_THAT(many.at("shown").get<std::string>(), HasSubstr(" of 4,096 samples, as many as fit"));
  expect_sensible("many.png", 3000);
  EXPECT_EQ(json({"sample", "run", "-n", "9", "-o", "few.png"}).at("shown"), nullptr);
}

TEST_F(Drawn, TablesArePlotsOfTheirColumns) {
  write_table("table.csv", 200);
  ok(train("table.csv", "run", {"--label-column", "kind", "--epochs", "2", "--latent-dim", "2"}));
  for (const char* name : {"run/reconstructions.png", "run/samples.png", "run/manifold.png"}) expect_sensible(name);
  const auto compared = ok({"sample", "run", "-n", "300", "-o", "beside.png"});
  fs::rename(path("table.csv"), path("gone.csv"));
  ok({"sample", "run", "-n", "300", "-o", "alone.png"});
  EXPECT_NE(read("beside.png"), read("alone.png")) << "with the data beside it, while there is any";
  fs::rename(path("gone.csv"), path("table.csv"));
  ok({"interpolate", "run", "--from", "0,1", "--to", "2,3", "-o", "way.png"});
  ok({"interpolate", "run", "--from", "0,1", "--to", "2,3", "-o", "way.gif"});
  ok({"neighbors", "run", "--query", "0,3", "-k", "4", "-o", "near.png"});
  ok({"cluster", "run", "-k", "3", "-o", "clusters.png"});
  ok({"augment", "run", "-n", "40", "-o", "augmented.png"});
  for (const char* name : {"beside.png", "way.png", "near.png", "clusters.png", "augmented.png"}) expect_sensible(name);
}

TEST_F(Drawn, OfManyColumnsSomeAreShownAndThatIsSaid) {
  write_noise("wide.npy", {6, 20'000});
  ok({"train", "wide.npy", "--out", "run", "--arch", "mlp", "--hidden", "8", "--latent-dim", "2", "--epochs", "1",
      "--validation", "0"});
  for (const char* name : {"run/reconstructions.png", "run/samples.png", "run/manifold.png"})
    expect_sensible(name, 400);
  EXPECT_EQ(json({"reconstruct", "run", "-o", "a.png"}).at("shown"),
            "24 of 20,000 columns, those with the largest error");
  EXPECT_THAT(ok({"sample", "run", "-o", "b.png"}),
              HasSubstr("24 of 20,000 columns, those that differ most from the data"));
}

}  // namespace
}  // namespace latent::test
