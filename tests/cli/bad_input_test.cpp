// Bad input: status 2, one clear line, nothing on standard output, nothing written.

#include "tool.hpp"

#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/formats/safetensors.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <set>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BadInput : public ToolTest {
 protected:
  void expect_refused(const std::vector<std::string>& arguments, const std::string& text) {
    const auto before = listing();
    const std::string err = fails(2, arguments, text);
    EXPECT_EQ(listing(), before);
    // A line, and at most one of advice.
    EXPECT_LE(std::count(err.begin(), err.end(), '\n'), 2) << err;
  }
  void expect_data_refused(const std::string& data, const std::string& text,
                           const std::vector<std::string>& more = {}) {
    expect_refused(train(data, "run", more), text);
    std::vector<std::string> info = {"data", "info", data};
    for (const std::string& word : more) info.push_back(word);
    expect_refused(info, text);
  }
};

TEST_F(BadInput, Data) {
  write_idx("good", 20);
  const std::string images = read("good/train-images-idx3-ubyte");
  write("truncated.idx", images.substr(0, images.size() - 1));
  write("oversized.idx", images + "x");
  std::string lying = images;
  lying[4] = 0x7f;  // 2 billion images
  write("lying.idx", lying);
  write("empty", "");
  fs::create_directory(path("nothing"));
  write("noise", std::string("\x01\x02\x03\xff\xfe garbage \x00 more", 20));
  expect_data_refused("truncated.idx", "truncated.idx");
  expect_data_refused("oversized.idx", "oversized.idx");
  expect_data_refused("lying.idx", "lying.idx");
  expect_data_refused("empty", "empty");
  expect_data_refused("nothing", "nothing");
  expect_data_refused("noise", "noise");
  expect_data_refused("missing", "no such file");
}

TEST_F(BadInput, Arrays) {
  Tensor x = Tensor::full({8, 4}, 0.5);
  write_npy(path("good.npy"), x);
  const std::string bytes = read("good.npy");
  write("truncated.npy", bytes.substr(0, bytes.size() - 4));
  x.data<float>()[5] = std::numeric_limits<float>::quiet_NaN();
  write_npy(path("nan.npy"), x);
  x.data<float>()[5] = std::numeric_limits<float>::infinity();
  write_npy(path("inf.npy"), x);
  write_npy(path("scalar.npy"), Tensor::full({}, 1.0));
  write_npy(path("no_rows.npy"), Tensor::empty({0, 4}));
  for (const char* name : {"truncated.npy", "nan.npy", "inf.npy", "scalar.npy", "no_rows.npy"})
    expect_data_refused(name, name);
}

TEST_F(BadInput, Tables) {
  write("ragged.csv", "a,b\n1,2\n3\n");
  write("missing.csv", "a,b\n1,2\n3,\n5,1\n");
  write("texts.csv", "a,b\n1,x\n3,y\n");
  expect_data_refused("ragged.csv", "ragged.csv");
  expect_data_refused("missing.csv", "missing.csv");
  expect_data_refused("texts.csv", "texts.csv");
  write_table("good.csv", 20);
  expect_data_refused("good.csv", "kinds", {"--label-column", "kinds"});
}

TEST_F(BadInput, FoldersOfImages) {
  fs::create_directory(path("mixed"));
  write_png(path("mixed/a.png"), Tensor::zeros({1, 8, 8}, DType::u8));
  write_png(path("mixed/b.png"), Tensor::zeros({1, 9, 8}, DType::u8));
  expect_data_refused("mixed", "--size");
}

TEST_F(BadInput, DamagedImage) {
  fs::create_directory(path("broken"));
  write_png(path("broken/a.png"), Tensor::zeros({1, 8, 8}, DType::u8));
  std::string bytes = read("broken/a.png");
  bytes[bytes.size() / 2] ^= 0x20;
  write("broken/b.png", bytes);
  expect_data_refused("broken/b.png", "b.png");
  EXPECT_THAT(run({"data", "info", "broken"}).err, HasSubstr("skipped 1 file that cannot be read: b.png (truncated PNG"));
}

TEST_F(BadInput, DataThatDoesNotFitTheModel) {
  write_idx("images", 40);
  write_idx("larger", 20, 12);
  write_table("table.csv", 20);
  ok(train("images", "run", {"--epochs", "1"}));
  expect_refused({"evaluate", "run", "larger"},
                 "larger: images of shape (1, 12, 12), but the model of run takes images of shape (1, 8, 8)");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"evaluate", "run", "table.csv"}, {"encode", "run", "table.csv", "-o", "c.npy"}}) {
    std::vector<std::string> words = command;
    words.insert(words.end(), {"--label-column", "kind"});
    expect_refused(words, "table.csv: 3 columns, but the model was trained on pixels");
  }
  write_npy(path("rows.npy"), Tensor::zeros({4, 64}));
  expect_refused({"evaluate", "run", "rows.npy"}, "rows of 64 values, but the model of run takes images");
  write_npy(path("codes.npy"), Tensor::zeros({4, 5}));
  expect_refused({"decode", "run", "codes.npy", "-o", "a.png"}, "expected as (N, 3), got (4, 5)");
  Tensor z = Tensor::zeros({2, 3});
  z.data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  write_npy(path("nan.npy"), z);
  expect_refused({"decode", "run", "nan.npy", "-o", "a.png"}, "NaN");
  expect_refused({"decode", "run", "missing.npy", "-o", "a.png"}, "missing.npy");
  write("texts.csv", "z_0,z_1,z_2\n1,2,a\n3,4,b\n");
  expect_refused({"decode", "run", "texts.csv", "-o", "a.png"}, "row 1, column 'z_2': 'a' is no number of a code");
  write("gap.csv", "z_0,z_1,z_2\n1,2,3\n4,,6\n");
  expect_refused({"decode", "run", "gap.csv", "-o", "a.png"}, "row 2, column 'z_1': missing value");
  write("narrow.csv", "z_0,z_1\n1,2\n3,4\n");
  expect_refused({"decode", "run", "narrow.csv", "-o", "a.png"}, "expected as (N, 3), got (2, 2)");
  write("noise.csv", std::string("\x01\x02\x03 no table\0", 13));
  expect_refused({"decode", "run", "noise.csv", "-o", "a.png"}, "not a file of codes");
  write_npy(path("many.npy"), Tensor::zeros({5000, 3}));
  EXPECT_THAT(fails(2, {"decode", "run", "many.npy", "-o", "a.png"}, "too many for one picture"), HasSubstr("(-n)"));
  expect_refused({"sample", "run", "-o", "no/such/folder.png"}, "there is no folder no/such");
  expect_refused({"sample", "run", "-o", "images.txt"}, "'.txt' is not an ending");
  fs::create_directory(path("folder.png"));
  expect_refused({"sample", "run", "-o", "folder.png"}, "is a folder");
  // A Bernoulli likelihood for values that are no probabilities.
  expect_refused({"train", "table.csv", "--label-column", "kind", "--out", "b", "--likelihood", "bernoulli"}, "[0, 1]");
  expect_refused({"train", "table.csv", "--label-column", "kind", "--out", "b", "--arch", "conv"},
                 "convolutions need images");
}

TEST_F(BadInput, Models) {
  write_idx("images", 40);
  ok(train("images", "run", {"--epochs", "1"}));
  const std::string bytes = read("run/model.safetensors");
  write("truncated.safetensors", bytes.substr(0, bytes.size() - 10));
  write("longer.safetensors", bytes + "more");
  write("not_a_model", "hello");
  write("empty_model", "");
  write_safetensors(path("weights_only.safetensors"), {{"w", Tensor::zeros({2})}}, {});
  std::string newer = bytes;
  const std::string version = R"("format_version":"1")";
  ASSERT_NE(newer.find(version), std::string::npos);
  newer.replace(newer.find(version), version.size(), R"("format_version":"9")");
  write("newer.safetensors", newer);
  fs::create_directory(path("no_run"));
  write("pictures/a.png", "not a run");
  for (const std::vector<std::string>& command : {std::vector<std::string>{"evaluate", "pictures"},
                                                  {"sample", "pictures", "-o", "a.png"},
                                                  {"info", "pictures"}}) {
    expect_refused(command, "pictures: is not a run directory (no model.safetensors in it)");
  }
  for (const char* name : {"truncated.safetensors", "longer.safetensors", "not_a_model", "empty_model",
                           "weights_only.safetensors", "newer.safetensors", "no_run", "missing"}) {
    expect_refused({"info", name}, name);
    expect_refused({"sample", name, "-o", "a.png"}, name);
  }
  fails(2, {"info", "newer.safetensors"}, "newer version");
}

TEST_F(BadInput, Checkpoints) {
  write_idx("images", 40);
  ok(train("images", "run", {"--epochs", "1"}));
  const std::string bytes = read("run/checkpoint.safetensors");
  write("run/checkpoint.safetensors", bytes.substr(0, bytes.size() - 10));
  expect_refused({"resume", "run", "--epochs", "2"}, "checkpoint.safetensors");
  write("run/checkpoint.safetensors", read("run/model.safetensors"));
  expect_refused({"resume", "run", "--epochs", "2"}, "not a checkpoint");
}

// Every number of every tensor whose name holds `part` becomes `value`.
void overwrite_weights(const fs::path& file, const std::string& part, float value) {
  Safetensors model = read_safetensors(file);
  for (auto& [name, tensor] : model.tensors) {
    if (name.find(part) != std::string::npos) tensor = Tensor::full(tensor.shape(), value, tensor.dtype());
  }
  write_safetensors(file, model.tensors, model.metadata);
}

TEST_F(BadInput, WeightsThatAreNoNumbers) {
  write_idx("images", 60);
  ok(train("images", "run", {"--epochs", "1", "--likelihood", "gaussian"}));
  fs::copy(path("run"), path("nan"));
  overwrite_weights(path("nan/model.safetensors"), "decoder", std::numeric_limits<float>::quiet_NaN());
  const std::vector<std::vector<std::string>> commands = {{"evaluate", "nan"},
                                                          {"encode", "nan", "-o", "c.npy"},
                                                          {"sample", "nan", "-o", "a.png"},
                                                          {"anomalies", "nan", "-o", "s.csv"},
                                                          {"map", "nan", "-o", "m.csv"}};
  for (const auto& command : commands) expect_refused(command, "NaN or infinite");
  overwrite_weights(path("nan/checkpoint.safetensors"), "decoder", std::numeric_limits<float>::infinity());
  expect_refused({"resume", "nan", "--epochs", "2"}, "NaN or infinite");
}

TEST_F(BadInput, ResultsThatAreNoNumbersAreNotWritten) {
  write_idx("images", 60);
  ok(train("images", "run", {"--epochs", "1", "--likelihood", "gaussian"}));
  overwrite_weights(path("run/model.safetensors"), "weight", 3e38F);  // finite, and beyond all measure
  const auto before = listing();
  const std::vector<std::vector<std::string>> commands = {
      {"encode", "run", "-o", "c.npy"}, {"sample", "run", "-o", "a.npy"}, {"reconstruct", "run", "-o", "r.npz"}};
  for (const auto& command : commands) fails(1, command, "NaN or infinite");
  EXPECT_EQ(listing(), before);
}

TEST_F(BadInput, StrangeNamesStayOneLine) {
  write("two\nlines\x1b[31m.csv", "a,b\n1,2\n3\n");
  expect_refused({"data", "info", "two\nlines\x1b[31m.csv"}, "two lines?[31m.csv");
}

// Every value of a JSON document, and what holds it, replaced by one of another type; of a long list the first two.
std::vector<nlohmann::json> with_wrong_types(const nlohmann::json& whole) {
  std::vector<nlohmann::json> damaged;
  constexpr size_t kLong = 4;
  std::set<std::string> done;
  const nlohmann::json flat = whole.flatten();
  for (const auto& [leaf, value] : flat.items()) {
    const nlohmann::json::json_pointer place(leaf);
    const nlohmann::json& holder = whole[place.parent_pointer()];
    if (holder.is_array() && holder.size() > kLong && place.back() != "0" && place.back() != "1") continue;
    for (nlohmann::json::json_pointer at(leaf); !at.empty(); at = at.parent_pointer()) {
      if (!done.insert(at.to_string()).second) continue;
      damaged.push_back(whole);
      damaged.back()[at] = whole[at].is_string() ? nlohmann::json(-7) : nlohmann::json("x");
    }
  }
  return damaged;
}

TEST_F(BadInput, WrongTypesInMetadata) {
  write_table("table.csv", 40);
  ok(train("table.csv", "run", {"--epochs", "1", "--label-column", "kind", "--patience", "1"}));
  const auto damage = [&](const std::string& file, const std::vector<std::string>& command) {
    const fs::path path = this->path("run") / file;
    const Safetensors good = read_safetensors(path);
    for (const auto& [key, text] : good.metadata) {
      const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
      if (!value.is_object()) continue;
      for (const nlohmann::json& wrong : with_wrong_types(value)) {
        auto metadata = good.metadata;
        metadata[key] = wrong.dump();
        write_safetensors(path, good.tensors, metadata);
        const ToolResult result = run(command);
        EXPECT_TRUE(result.status == 0 || result.status == 2) << result.status << wrong;
        EXPECT_THAT(result.err, Not(HasSubstr("json"))) << wrong.dump();
        if (result.status == 2) {
          EXPECT_TRUE(result.err.starts_with("latent: ")) << result.err;
        }
      }
    }
    write_safetensors(path, good.tensors, good.metadata);
  };
  damage("model.safetensors", {"info", "run"});
  damage("model.safetensors", {"encode", "run", "-o", "codes.csv", "--threads", "1"});
  damage("checkpoint.safetensors", {"resume", "run", "--threads", "1"});
}

}  // namespace
}  // namespace latent::test
