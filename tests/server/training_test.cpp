// A training that is watched, paused and stopped by clients.

#include <server/explorer.hpp>
#include <server/training.hpp>

#include <latent/formats/npy.hpp>
#include <latent/run/training/train.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <thread>

namespace latent::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class WatchedTraining : public ::testing::Test {
 protected:
  void begin(int64_t epochs) {
    source_ = latent::open("shapes:200");
    TrainOptions options;
    options.preset = "vae-mlp";
    options.hidden = {16};
    options.latent_dim = 2;
    options.epochs = epochs;
    options.batch = 50;
    training_ = std::make_unique<Training>(source_, options, plan_training(source_, options));
    watch_ = std::make_unique<server::TrainingWatch>(
        training_->model(), training_->plan().parts.once,
        server::TrainingWatchOptions{.run_name = "run",
                                     .data_name = "shapes",
                                     .held_out_name = training_->plan().parts.held_out_name,
                                     .epochs = epochs});
    explorer_ = std::make_unique<server::Explorer>(server::ExplorerOptions{}, watch_.get());
    thread_ = std::thread([this] {
      outcome_ = training_->trainer().run(*watch_, watch_->stop_flag());
      watch_->end("finished");
    });
  }
  void TearDown() override {
    if (watch_) watch_->stop();
    if (thread_.joinable()) thread_.join();
  }
  json ask(const char* method, const std::string& path) const {
    httplib::Client client("127.0.0.1", explorer_->port());
    const auto result = std::string(method) == "GET" ? client.Get("/api/v1/" + path)
                                                     : client.Post("/api/v1/" + path, "", "application/json");
    EXPECT_TRUE(result && result->status == 200) << path;
    return result ? json::parse(result->body) : json();
  }
  httplib::Result bytes(const std::string& path) const {
    return httplib::Client("127.0.0.1", explorer_->port()).Get("/api/v1/" + path);
  }

  data::Source source_;
  std::unique_ptr<Training> training_;
  std::unique_ptr<server::TrainingWatch> watch_;
  std::unique_ptr<server::Explorer> explorer_;
  std::thread thread_;
  Outcome outcome_ = Outcome::finished;
};

TEST_F(WatchedTraining, ItsEpochsAreToldAndPictured) {
  begin(3);
  EXPECT_EQ(ask("GET", "info").at("capabilities"), json({"training"}));
  const auto events = bytes("training/events");  // until its end
  ASSERT_TRUE(events);
  EXPECT_THAT(events->body, HasSubstr("event: batch"));
  EXPECT_THAT(events->body, HasSubstr("event: end"));
  const json training = ask("GET", "training");
  EXPECT_EQ(training.at("state"), "finished");
  ASSERT_EQ(training.at("history").size(), 3U);
  EXPECT_EQ(training.at("history").at(2).at("epoch"), 3);
  EXPECT_TRUE(training.at("history").at(0).contains("kl_per_dim"));
  EXPECT_EQ(training.at("pictures"), json({1, 2, 3}));
  EXPECT_THAT(bytes("training/epochs/2/samples.png")->body, ::testing::StartsWith("\x89PNG"));
  EXPECT_THAT(bytes("training/epochs/2/reconstructions.png")->body, ::testing::StartsWith("\x89PNG"));
  const auto positions = bytes("training/epochs/3/positions");
  const Tensor places = read_npy(std::as_bytes(std::span(positions->body)), "positions");
  const auto labels = bytes("training/labels");
  EXPECT_EQ(places.dim(0), read_npy(std::as_bytes(std::span(labels->body)), "labels").dim(0));
  EXPECT_EQ(bytes("training/epochs/9/samples.png")->status, 404);
}

TEST_F(WatchedTraining, WatchingChangesNoBit) {
  begin(2);
  thread_.join();
  TrainOptions options;
  options.preset = "vae-mlp";
  options.hidden = {16};
  options.latent_dim = 2;
  options.epochs = 2;
  options.batch = 50;
  Training alone(source_, options, plan_training(source_, options));
  TrainingObserver nobody;
  alone.trainer().run(nobody, std::atomic<bool>(false));
  const auto a = training_->model().parameters(), b = alone.model().parameters();
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(std::memcmp(a[i].tensor.raw(), b[i].tensor.raw(), a[i].tensor.nbytes()), 0) << a[i].name;
  }
}

TEST_F(WatchedTraining, ItWaitsAndGoesOnAndEndsWhenTold) {
  begin(100'000);
  while (ask("GET", "training").at("epoch") < 2) usleep(10'000);
  EXPECT_EQ(ask("POST", "training/pause").at("state"), "paused");
  usleep(300'000);
  const json before = ask("GET", "training");
  usleep(300'000);
  EXPECT_EQ(ask("GET", "training").at("batch"), before.at("batch"));
  EXPECT_EQ(ask("POST", "training/resume").at("state"), "running");
  for (int i = 0; i < 500 && ask("GET", "training").at("epoch") == before.at("epoch"); ++i) usleep(10'000);
  EXPECT_GT(ask("GET", "training").at("epoch"), before.at("epoch"));
  ask("POST", "training/stop");
  thread_.join();
  EXPECT_EQ(outcome_, Outcome::interrupted);
  EXPECT_TRUE(watch_->was_stopped_by_client());
}

}  // namespace
}  // namespace latent::test
