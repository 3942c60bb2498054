// No command replaces what it reads, whatever the path is spelled like.

#include "tool.hpp"

#include <latent/formats/npy.hpp>

#include <gmock/gmock.h>

namespace latent::test {
namespace {

using Words = std::vector<std::string>;

class KeepsInputs : public ToolTest {
 protected:
  // Refused with `text`, and every file is as it was.
  void refused(const Words& arguments, const std::string& text) const {
    const auto before = contents();
    fails(2, arguments, text);
    EXPECT_TRUE(contents() == before) << arguments.front();
  }

 private:
  std::vector<std::pair<std::string, std::string>> contents() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& entry : fs::recursive_directory_iterator(path("."))) {
      const std::string name = entry.path().lexically_relative(path(".")).string();
      all.emplace_back(name, entry.is_regular_file() ? read(name) : std::string());
    }
    std::sort(all.begin(), all.end());
    return all;
  }
};

TEST_F(KeepsInputs, TablesOfCommandsOnData) {
  write_table("table.csv", 60);
  write_table("other.csv", 60);
  ok(train("table.csv", "run", {"--label-column", "kind", "--epochs", "1"}));
  fs::create_symlink("table.csv", path("link.csv"));
  for (const Words& command :
       {Words{"encode", "run"}, Words{"reconstruct", "run"}, Words{"cluster", "run", "-k", "2"},
        Words{"probe", "run", "--codes-only"}, Words{"map", "run"}, Words{"denoise", "run", "--corrupt", "mask:0.2"},
        Words{"neighbors", "run", "--query", "0", "-k", "1"}, Words{"anomalies", "run"}, Words{"augment", "run"},
        Words{"interpolate", "run", "--from", "0", "--to", "1"}, Words{"traverse", "run"}}) {
    Words words = command;
    words.insert(words.end(), {"-o", "./table.csv"});
    refused(words, "-o ./table.csv: is the data itself");  // the run's own, by its absolute path
  }
  refused({"encode", "run", "table.csv", "-o", "link.csv"}, "-o link.csv: is the data itself");
  refused({"encode", "run", "link.csv", "-o", path("table.csv").string()}, "is the data itself");
  refused({"arithmetic", "run", "table.csv", "0 + 1", "-o", "table.csv"}, "is the data itself");
  // Other inputs, and other outputs.
  refused({"denoise", "run", "table.csv", "--clean", "other.csv", "-o", "other.csv"}, "is the data itself");
  refused({"neighbors", "run", "--query", "other.csv", "-o", "other.csv"}, "is the data itself");
  refused({"anomalies", "run", "--calibration", "other.csv", "-o", "other.csv"}, "is the data itself");
  refused({"anomalies", "run", "other.csv", "--training-data", "table.csv", "-o", "s.csv", "--contributions",
           path("table.csv").string()},
          "--contributions " + path("table.csv").string() + ": is the data itself");
  refused({"anomalies", "run", "-o", "s.csv", "--contributions", "./s.csv"}, "-o names the same file");
  ok({"encode", "run", "table.csv", "-o", "codes.csv"});
  refused({"decode", "run", "codes.csv", "-o", "./codes.csv"}, "is the file of codes itself");
  ok({"encode", "run", "table.csv", "-o", "codes.csv"});  // what was not read is replaced as before
  ok({"encode", "run", "other.csv", "-o", "run/codes.csv"});
}

TEST_F(KeepsInputs, FilesOfDirectionsAndArchives) {
  write_idx("images", 40);
  ok(train("images", "run", {"--epochs", "1"}));
  ok({"directions", "run", "--principal", "1", "-o", "d.npz"});
  refused({"edit", "run", "--item", "0", "--direction", "pc1", "--directions", "d.npz", "-o", "./d.npz"},
          "is the file of directions itself");
  write("ids of.npz", "0 1 2 3");
  refused({"directions", "run", "--attribute", "a=ids=@ids of.npz vs ids=5-9", "-o", "ids of.npz"},
          "is the list of samples itself");
  refused({"directions", "run", "--attribute", "a=ids=@'ids of.npz' and ids=0-9", "-o", "ids of.npz"},
          "is the list of samples itself");
  ok({"compress", "run", "--lossy", "-o", "a.lac"});
  fs::rename(path("a.lac"), path("a.npy"));
  refused({"decompress", "run", "a.npy", "-o", "./a.npy"}, "is the archive itself");
  fs::copy_file(path("images/train-images-idx3-ubyte"), path("images.npz"));
  fs::copy_file(path("images/train-labels-idx1-ubyte"), path("labels.npz"));
  refused({"encode", "run", "images.npz", "-o", "images.npz"}, "is the data itself");
  refused({"encode", "run", "images.npz", "-o", "labels.npz"}, "is the data itself");
  refused({"map", "run", "-o", "m.png", "--tiles", path("m.png").string()}, "-o names the same file");
  ok({"encode", "run", "images", "-o", "images/codes.npy"});  // only pictures are data wherever they lie
}

TEST_F(KeepsInputs, FoldersOfPictures) {
  write_idx("images", 40);
  ok(train("images", "run", {"--epochs", "1"}));
  ok({"sample", "run", "-n", "4", "-o", "pictures"});
  refused({"reconstruct", "run", "pictures", "-o", "pictures", "--overwrite"}, "is the data itself");
  refused({"reconstruct", "run", "pictures", "-o", "pictures/000001.png"}, "of the data are the same file");
  refused({"map", "run", "pictures", "-o", "m.png", "--tiles", "pictures/new.png"},
          "--tiles pictures/new.png: lies in");
  refused({"anomalies", "run", "pictures", "-o", "s.csv", "--heatmaps", "pictures", "--overwrite"},
          "--heatmaps pictures: is the data itself");
  refused({"reconstruct", "run", "pictures/000001.png", "-o", "pictures", "--overwrite"},
          "is a folder that holds the data");
  fs::create_symlink("pictures/000001.png", path("one.png"));
  refused({"reconstruct", "run", "one.png", "-o", "pictures", "--overwrite"}, "is a folder that holds the data");
  fs::copy_file(path("pictures/000001.png"), path("elsewhere.png"));
  fs::create_symlink("../elsewhere.png", path("pictures/link.png"));
  refused({"reconstruct", "run", "pictures", "-o", "pictures/link.png"}, "of the data are the same file");
  fs::remove(path("pictures/link.png"));
  ok({"reconstruct", "run", "pictures", "-o", "others"});
}

TEST_F(KeepsInputs, LinksToWhatIsRead) {
  write_table("table.csv", 60);
  ok(train("table.csv", "run", {"--label-column", "kind", "--epochs", "1"}));
  for (const char* file : {"model.safetensors", "checkpoint.safetensors", "metrics.jsonl"}) {
    const std::string soft = "soft-" + std::string(file) + ".csv", hard = "hard-" + std::string(file) + ".csv";
    fs::create_symlink("run/" + std::string(file), path(soft));
    fs::create_hard_link(path("run") / file, path(hard));
    for (const std::string& out : {soft, hard}) {
      refused({"encode", "run", "-o", out}, "-o " + out + ": is " + file + " of the run itself");
    }
  }
  refused({"encode", "run/model.safetensors", "table.csv", "-o", "soft-model.safetensors.csv"}, "is the model itself");
  fs::create_hard_link(path("table.csv"), path("twin.csv"));
  refused({"encode", "run", "-o", "twin.csv"}, "-o twin.csv: is the data itself");
  fs::create_symlink("run", path("run-link"));
  refused({"encode", "run-link", "-o", "soft-model.safetensors.csv"}, "of the run itself");
  ok({"encode", "run", "-o", "run/codes.csv"});
}

TEST_F(KeepsInputs, FilesBelowFolders) {
  write_idx("images", 40);
  ok(train("images", "run", {"--epochs", "1"}));
  ok({"sample", "run", "-n", "3", "-o", "pictures"});
  ok({"sample", "run", "-n", "3", "-o", "out"});
  // The data links to a picture that --overwrite would remove, or has one in common with the folder.
  fs::create_symlink("../out/000001.png", path("pictures/link.png"));
  refused({"reconstruct", "run", "pictures", "-o", "out", "--overwrite"},
          "-o out: out/000001.png and pictures/link.png of the data are the same file");
  fs::remove(path("pictures/link.png"));
  fs::create_hard_link(path("pictures/000002.png"), path("out/000007.png"));
  refused({"reconstruct", "run", "pictures", "-o", "out", "--overwrite"}, "are the same file");
  fs::remove(path("out/000007.png"));
  ok({"reconstruct", "run", "pictures", "-o", "out", "--overwrite"});
}

TEST_F(KeepsInputs, TheDataOfATraining) {
  write_table("table.csv", 60);
  write_idx("images", 40);
  ok(train("table.csv", "run", {"--label-column", "kind", "--epochs", "1"}));
  fs::copy_file(path("table.csv"), path("run/data.csv"));
  refused(train("run/data.csv", "run", {"--overwrite"}), "--out run: is a folder that holds the data");
  fs::create_symlink("run/data.csv", path("link.csv"));
  refused(train("link.csv", "run", {"--overwrite"}), "--out run: is a folder that holds the data");
  fs::remove(path("run/data.csv"));
  fs::create_hard_link(path("table.csv"), path("run/other.csv"));
  refused(train("table.csv", "run", {"--overwrite"}), "are the same file");
  fs::remove(path("run/other.csv"));
  ok({"sample", "run", "-n", "3", "-o", "s.csv"});
  ok(train("images", "picture-run", {"--epochs", "1"}));
  ok({"sample", "picture-run", "-n", "20", "-o", "pictures"});
  refused(train("pictures", "pictures/run"), "--out pictures/run: lies in the folder of the data");
  ok(train("images", "images/run", {"--epochs", "1"}));  // only pictures are data wherever they lie
}

}  // namespace
}  // namespace latent::test
