#include <tests/run/tiny_run.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <latent/core/interrupted.hpp>
#include <latent/data/stratified.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/results/labelled_data.hpp>
#include <latent/run/results/outputs.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/run/tables/codes_file.hpp>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace latent {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(Results, TheEndingOfAPathIsItsForm) {
  EXPECT_EQ(form_of("a/b.PNG"), Form::png);
  EXPECT_EQ(form_of("a.b/c"), Form::folder);
  EXPECT_EQ(name_of(form_of("x.lac")), "lac");
  EXPECT_THAT(message_of<UsageError>([] { form_of("x.jpg"); }), HasSubstr("'.jpg' is not an ending of a result"));
}

TEST(Results, FormsHaveLimits) {
  check_fits_form({"x.png", Form::png}, kMostPictures, "or draw fewer");
  EXPECT_THAT(message_of<UsageError>([] {
                check_fits_form({"x.png", Form::png}, kMostPictures + 1, "or draw fewer");
              }),
              HasSubstr("too many for one picture"));
  EXPECT_THAT(message_of<UsageError>([] {
                check_form_fits({"x.csv", Form::csv}, data::Kind::images);
              }),
              HasSubstr("are images, not rows of a table"));
  EXPECT_THAT(message_of<UsageError>([] {
                check_form_fits({"x", Form::folder}, data::Kind::table);
              }),
              HasSubstr("a folder holds one picture each"));
}

TEST(Results, AFolderOfPicturesIsWholeOrNotThere) {
  const test::TemporaryFolder folder;
  const Tensor images = Tensor::full({2, 1, 4, 4}, 0.5);
  const std::vector<std::string> classes = {"a", "b"};
  write_image_folder(folder / "whole", images, classes);
  EXPECT_TRUE(fs::exists(folder / "whole/a/000000.png"));
  EXPECT_TRUE(fs::exists(folder / "whole/b/000001.png"));
  check_pictures_only(folder / "whole");

  const std::atomic<bool> stop = true;
  EXPECT_THROW(write_image_folder(folder / "stopped", images, {}, &stop), Interrupted);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);

  test::write_text(folder / "whole/notes.txt", "mine");
  EXPECT_THAT(message_of<UsageError>([&] { check_pictures_only(folder / "whole"); }), HasSubstr("notes.txt"));
}

TEST(Results, NothingThatIsReadIsWritten) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "data.csv", "1,2\n");
  fs::create_symlink(folder / "data.csv", folder / "link.csv");
  const std::string link = (folder / "link.csv").string(), data = (folder / "data.csv").string();
  const Outputs outputs({{"-o", link}, {"--picture", ""}});
  EXPECT_THAT(message_of<UsageError>([&] { outputs.check_keep_data(data); }), HasSubstr("is the data itself"));
  outputs.check_keep_data("shapes:10");
  outputs.check_keep((folder / "other.csv").string(), "the data");
  EXPECT_THAT(message_of<UsageError>([&] {
                Outputs({{"-o", data}, {"--picture", data}});
              }),
              HasSubstr("-o names the same file"));
}

TEST(Results, FoldersOfClassesHaveNamesThatPathsAllow) {
  const std::vector<std::string> names = {"T-shirt/top", "train", "a", "a"};
  EXPECT_EQ(folder_names(names), (std::vector<std::string>{"T-shirt_top", "class_train", "a", "a_"}));
}

TEST(Results, CodesOfAFileFitTheModelOrAreRefused) {
  const test::TemporaryFolder folder;
  const latent::Run& run = test::tiny_run();
  const RunData data = test::tiny_data("validation");
  const Codes codes = encode_samples(*run.model, *data.samples, Draw::mean, 0);
  for (const Form form : {Form::npy, Form::npz, Form::csv}) {
    const fs::path path = folder / fmt::format("codes.{}", name_of(form));
    write_codes({path, form}, codes, *data.samples);
    EXPECT_EQ(read_codes_for(run, path.string()).to_vector(), codes.z.to_vector()) << path;
  }
  write_codes({folder / "two.npy", Form::npy}, {Tensor::zeros({4, 2}), {}}, *data.samples);
  EXPECT_THAT(message_of<UsageError>([&] { read_codes_for(run, (folder / "two.npy").string()); }),
              HasSubstr("expected as (N, 3), got (4, 2)"));
}

TEST(Results, WhatAModelLacksIsSaid) {
  const latent::Run& run = test::tiny_run();
  check_has_both_halves(run, "anything");
  const RunData data = test::tiny_data("validation");
  const std::vector<int64_t> items = {0, 14, 15};
  check_items(data, std::span(items).first(2));
  EXPECT_EQ(message_of<UsageError>([&] { check_items(data, items); }),
            "sample 15 does not exist: the validation part of shapes:150 has 15 samples, numbered from 0");
}

TEST(Results, ASubsampleIsAscendingAndDifferentForAnotherTape) {
  const std::vector<int64_t> some = data::subsample(100, 10, Rng(1));
  EXPECT_EQ(some.size(), 10);
  EXPECT_TRUE(std::ranges::is_sorted(some));
  EXPECT_EQ(std::ranges::adjacent_find(some), some.end());
  EXPECT_NE(some, data::subsample(100, 10, Rng(2)));
  EXPECT_EQ(data::subsample(3, 10, Rng(1)), (std::vector<int64_t>{0, 1, 2}));
  const auto samples = test::groups({5, 5});
  EXPECT_EQ(data::at_most(samples, 10, Rng(1)), samples);
  EXPECT_EQ(data::at_most(samples, 4, Rng(1))->size(), 4);
}

}  // namespace
}  // namespace latent
