#include <latent/data/expressions/attribute.hpp>

#include <latent/core/error.hpp>

#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace latent::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Ten rows of age (10, 20, ..., 100) and height (100 - age), stored standardised; three classes in turn.
class ChooseSides : public ::testing::Test {
 protected:
  ChooseSides() {
    Tensor x = Tensor::empty({10, 2});
    std::vector<int64_t> labels;
    for (int64_t i = 0; i < 10; ++i) {
      x.data<float>()[2 * i] = static_cast<float>(10 * (i + 1));
      x.data<float>()[2 * i + 1] = static_cast<float>(100 - 10 * (i + 1));
      labels.push_back(i % 3);
    }
    table_ = from_tensor(x, Kind::table, transform_, labels, {"Sneaker", "Ankle boot", "7"}, {"age", "a > b"});
  }

  Sides choose(const std::string& expression) const { return choose_sides(expression, *table_, transform_); }
  void refused(const std::string& expression, const std::string& text) const {
    try {
      choose(expression);
      ADD_FAILURE() << expression;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr(text)) << expression;
    }
  }

  Transform transform_{{55.0, 45.0}, {1.0 / 28.7, 1.0 / 28.7}, {}};
  std::shared_ptr<const Dataset> table_;
};

TEST_F(ChooseSides, LabelsByNameCaseAndNumber) {
  EXPECT_THAT(choose("label=Sneaker").positive, ElementsAre(0, 3, 6, 9));
  EXPECT_THAT(choose("label=sneaker").negative, ElementsAre(1, 2, 4, 5, 7, 8));
  EXPECT_THAT(choose("label=Ankle boot").positive, ElementsAre(1, 4, 7));
  EXPECT_THAT(choose(" label = 'ankle boot' , 7 ").positive, ElementsAre(1, 2, 4, 5, 7, 8));
  EXPECT_THAT(choose("label=7").positive, ElementsAre(2, 5, 8));  // a name before a number
  EXPECT_THAT(choose("label=1").positive, ElementsAre(1, 4, 7));
  EXPECT_THAT(choose("label=sneaker vs label=7").negative, ElementsAre(2, 5, 8));
}

TEST_F(ChooseSides, NamesOfSamplesWithoutNames) { refused("names=king", "at character 7: the samples have no names"); }

TEST_F(ChooseSides, Ids) {
  EXPECT_THAT(choose("ids=0,5,9").positive, ElementsAre(0, 5, 9));
  EXPECT_THAT(choose("ids=7-9, 1").positive, ElementsAre(1, 7, 8, 9));
  EXPECT_THAT(choose("ids=0,5 vs ids=9").negative, ElementsAre(9));
  const test::TemporaryFolder folder;
  test::write_text(folder / "ids.txt", "3\n4, 5\n\n8-9\n");
  EXPECT_THAT(choose("ids=@" + (folder / "ids.txt").string()).positive, ElementsAre(3, 4, 5, 8, 9));
  EXPECT_THAT(choose("ids=@" + (folder / "ids.txt").string() + " and label=sneaker").positive, ElementsAre(3, 9));
  test::write_text(folder / "bad.txt", "3\n4x\n");
  EXPECT_THROW(choose("ids=@" + (folder / "bad.txt").string()), DataError);
  test::write_text(folder / "empty.txt", "\n");
  EXPECT_THROW(choose("ids=@" + (folder / "empty.txt").string()), DataError);
  EXPECT_THROW(choose("ids=@" + (folder / "none.txt").string()), IoError);
}

TEST_F(ChooseSides, ColumnsInTheirUnits) {
  EXPECT_THAT(choose("column=age>80").positive, ElementsAre(8, 9));
  EXPECT_THAT(choose("column=age >= 80").positive, ElementsAre(7, 8, 9));
  EXPECT_THAT(choose("column=age<30").positive, ElementsAre(0, 1));
  EXPECT_THAT(choose("column=age<=3e1").positive, ElementsAre(0, 1, 2));
  EXPECT_THAT(choose("column=age=30").positive, ElementsAre(2));
  EXPECT_THAT(choose("column=age!=30").negative, ElementsAre(2));
  EXPECT_THAT(choose("column='a > b'>80").positive, ElementsAre(0));
  EXPECT_THAT(choose("column=1>80").positive, ElementsAre(0));
  EXPECT_THAT(choose("column=age>75% vs column=age<25%").positive, ElementsAre(7, 8, 9));
  EXPECT_THAT(choose("column=age>75% vs column=age<25%").negative, ElementsAre(0, 1, 2));
  EXPECT_THAT(choose("column=age>20 and column=age<50 and label=sneaker").positive, ElementsAre(3));
}

// Standardised as open() does it, from doubles, f32 or whole numbers.
template <class T>
Sides choose_in(const std::string& expression, const std::vector<T>& column) {
  const auto n = static_cast<int64_t>(column.size());
  const Tensor x = Tensor::from(std::span<const T>(column), {n, 1});
  double mean = 0.0, variance = 0.0;
  for (const T value : column) mean += static_cast<double>(value) / static_cast<double>(n);
  for (const T value : column) variance += std::pow(static_cast<double>(value) - mean, 2) / static_cast<double>(n);
  const Transform transform{{mean}, {1.0 / std::sqrt(variance)}, {}};
  return choose_sides(expression, *from_tensor(x, Kind::table, transform, {}, {}, {"v"}), transform);
}

TEST(ChooseSidesByColumn, ZeroAndBoundsBelowIt) {
  const std::vector<double> whole = {-3, -2, -1, 0, 1, 2, 3, 3, 3};
  EXPECT_THAT(choose_in("column=v=0", whole).positive, ElementsAre(3));
  EXPECT_THAT(choose_in("column=v>0", whole).positive, ElementsAre(4, 5, 6, 7, 8));
  EXPECT_THAT(choose_in("column=v>=0", whole).positive, ElementsAre(3, 4, 5, 6, 7, 8));
  EXPECT_THAT(choose_in("column=v<0", whole).positive, ElementsAre(0, 1, 2));
  EXPECT_THAT(choose_in("column=v!=0", whole).negative, ElementsAre(3));
  EXPECT_THAT(choose_in("column=v>-2", whole).negative, ElementsAre(0, 1));
  EXPECT_THAT(choose_in("column=v<=-2", whole).positive, ElementsAre(0, 1));
  EXPECT_THAT(choose_in("column=v=3", whole).positive, ElementsAre(6, 7, 8));
  EXPECT_THAT(choose_in("column=v=0", std::vector<int32_t>{-3, 7, 0, 1}).positive, ElementsAre(2));
  // A bound that no f32 holds: as the data, which was rounded to one.
  const std::vector<float> tenths = {-0.3F, -0.1F, 0.0F, 0.1F, 0.2F};
  EXPECT_THAT(choose_in("column=v=0.1", tenths).positive, ElementsAre(3));
  EXPECT_THAT(choose_in("column=v<-0.1", tenths).positive, ElementsAre(0));
}

TEST(ChooseSidesByColumn, SmallStepsFarFromZero) {
  std::vector<double> seconds;
  for (int i = 0; i < 100; ++i) seconds.push_back(1'600'000'000.0 + 1000.0 * i);
  const Sides sides = choose_in("column=v>1600010000", seconds);
  EXPECT_EQ(sides.positive.front(), 11);
  EXPECT_THAT(sides.positive, SizeIs(89));
  EXPECT_THAT(choose_in("column=v=1600050000", seconds).positive, ElementsAre(50));
  EXPECT_THAT(choose_in("column=v>=1600098999.5", seconds).positive, ElementsAre(99));
  EXPECT_THAT(choose_in("column=v<2%", seconds).positive, ElementsAre(0, 1));
}

TEST(ChooseSidesByColumn, ATransformThatTurnsTheOrderAround) {
  const Transform transform{{1.0}, {-2.0}, {}};
  const Tensor x = Tensor::from(std::vector<double>{0, 1, 2, 3}, {4, 1});
  const auto data = from_tensor(x, Kind::table, transform, {}, {}, {"v"});
  EXPECT_THAT(choose_sides("column=v>1", *data, transform).positive, ElementsAre(2, 3));
  EXPECT_THAT(choose_sides("column=v<50%", *data, transform).positive, ElementsAre(0, 1));
}

TEST_F(ChooseSides, FactorsOfGeneratedSets) {
  const auto shapes = open("shapes:200").train;
  const Sides sides = choose_sides("factor=scale>0.75 vs factor=scale<0.65", *shapes, {});
  const std::vector<double> scale = shapes->factor(1);
  EXPECT_GT(sides.positive.size(), 40u);
  for (const int64_t i : sides.positive) EXPECT_GT(scale[static_cast<size_t>(i)], 0.75);
  for (const int64_t i : sides.negative) EXPECT_LT(scale[static_cast<size_t>(i)], 0.65);
  EXPECT_THAT(choose_sides("label=heart and factor=scale=0.6", *shapes, {}).positive, ::testing::Not(SizeIs(0)));
}

TEST_F(ChooseSides, MistakesHaveTheirPlace) {
  refused("", "at character 1: expected label=, ids=, names=, column= or factor=, got the end");
  refused("lable=3", "at character 1: unknown kind of term 'lable' (did you mean 'label'?)");
  refused("label;3", "at character 6: expected '=' behind 'label', got ';3'");
  refused("ids:3", "at character 4: expected '=' behind 'ids', got ':3'");
  refused("label=", "at character 7: expected a class, got the end");
  refused("label=snaeker", "at character 7: unknown class 'snaeker' (did you mean 'Sneaker'?)");
  refused("label=sneaker,", "at character 15: expected a class");
  refused("label='sneaker", "expected a closing quote");
  refused("label=sneaker or label=7", "unknown class 'sneaker or label=7'");
  refused("label=sneaker vs label=sneaker", "sample 0 is on both sides");
  refused("label=sneaker vs", "at character 17: expected label=, ids=, names=, column= or factor=, got the end");
  refused("ids=10", "at character 5: sample 10 does not exist: there are 10, numbered from 0");
  refused("ids=5-3", "expected a sample's number or a range");
  refused("ids=-1", "expected a sample's number or a range");
  refused("ids=1;2", "got '1;2'");
  refused("ids=0-9", "no sample is on the other side");
  refused("column=agee>40", "at character 8: unknown column 'agee' (did you mean 'age'?)");
  refused("column=5>40", "column 5 does not exist: there are 2");
  refused("column=age", "expected > >= < <= = or !=");
  refused("column=age>old", "at character 12: expected a number, got 'old'");
  refused("column=age>101%", "expected from 0% to 100%");
  refused("column=age>1000", "none of the 10 samples is named");
  refused("column=age>50 label=7", "at character 15: expected 'and', 'vs' or the end");
  refused("factor=scale>0.5", "no known factors of variation");
  const auto shapes = open("shapes:20").train;
  EXPECT_THROW(choose_sides("column=age>40", *shapes, {}), std::invalid_argument);
  EXPECT_THROW(choose_sides("factor=scael>0.5", *shapes, {}), std::invalid_argument);
  const auto unlabelled = from_tensor(Tensor::zeros({3, 2}), Kind::array, {});
  EXPECT_THROW(choose_sides("label=3", *unlabelled, {}), std::invalid_argument);
  EXPECT_THROW(choose_sides("column=age>40", *unlabelled, {}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
