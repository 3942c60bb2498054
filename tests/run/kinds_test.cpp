#include <tests/run/tiny_run.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <latent/run/generate.hpp>
#include <latent/run/kinds/run_kind.hpp>
#include <latent/run/units.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace latent {
namespace {

using ::testing::HasSubstr;

TEST(RunKinds, EveryKindOfDataHasOne) {
  std::vector<const RunKind*> found;
  for (const data::Kind* kind : data::kinds()) {
    const RunKind& of_run = run_kind(*kind);
    for (const RunKind* other : found) EXPECT_NE(&of_run, other) << kind->name;
    found.push_back(&of_run);
    if (const std::string_view likelihood = of_run.likelihood(InputForm::standardised); !likelihood.empty()) {
      EXPECT_THAT((std::array{"gaussian", "table"}), ::testing::Contains(likelihood)) << kind->name;
    }
    // What people are told to write is among what may be written.
    EXPECT_NO_THROW(check_form_fits({"x", of_run.form()}, *kind)) << kind->name;
  }
  EXPECT_THAT(message_of<std::invalid_argument>([] { run_kind({.name = "tabel", .unit_interval_advice = ""}); }),
              HasSubstr("did you mean 'table'?"));
}

// A run of one epoch on a table of whole numbers.
Run run_on_table(const test::TemporaryFolder& folder) {
  std::ofstream table(folder / "t.csv");
  table << "age,grade\n";
  for (int i = 0; i < 200; ++i) table << 1'000'000 + 7 * (i % 30) << "," << 1 + i % 3 << "\n";
  table.close();
  return train(data::open((folder / "t.csv").string()), {.latent_dim = 2, .epochs = 1}, {.seed = 1});
}

TEST(RunKinds, ValuesOfATableReturnWholeWhicheverColumnsAreTaken) {
  const test::TemporaryFolder folder;
  const latent::Run run = run_on_table(folder);
  ASSERT_EQ(run.kind(), data::Kind::table);
  EXPECT_EQ(run_kind(run.kind()).chain(run).size(), 2U);
  const Tensor x = open_data(run, {.split = "all"}).samples->range(0, 30);
  const std::vector<double> units = to_units(run, x).to_vector();
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(units[static_cast<size_t>(2 * i)], 1'000'000 + 7 * (i % 30));
    EXPECT_EQ(units[static_cast<size_t>(2 * i + 1)], 1 + i % 3);
  }
  const std::vector<double> swapped = columns_in_units(run, x, {1, 0}).to_vector();
  for (size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(swapped[2 * i], units[2 * i + 1]);
    EXPECT_EQ(swapped[2 * i + 1], units[2 * i]);
  }
  EXPECT_EQ(view_of(run, x).look, Look::columns);
  EXPECT_TRUE(draws_samples(run));
}

TEST(RunKinds, PixelsAreKnownAsTheModelSeesThem) {
  const latent::Run& run = test::tiny_run();
  EXPECT_TRUE(run_kind(run.kind()).chain(run).empty());
  EXPECT_EQ(view_of(run, run.sample(2)).look, Look::images);
  EXPECT_FALSE(draws_samples(run));
}

TEST(RunKinds, PlanesAreImagesOrSeries) {
  EXPECT_EQ(view_of_planes({3, 32, 32}, {}).look, Look::images);
  EXPECT_EQ(view_of_planes({1, 1, 1}, {}).look, Look::columns);
  EXPECT_EQ(view_of_planes({2, 1, 50}, {}).length, 50);
  const View flat = view_of_planes({1, 40, 3}, {});
  EXPECT_TRUE(flat.look == Look::series && flat.channels == 3 && flat.channels_last);
  // What training standardised row by row is read row by row.
  const View rows = view_of_planes({1, 12, 10}, {std::vector(12, 0.0), std::vector(12, 1.0), {}});
  EXPECT_TRUE(rows.look == Look::series && rows.channels == 12 && rows.length == 10);
}

}  // namespace
}  // namespace latent
