#pragma once
// A real server before a real model, which is trained once for all tests of a program: 300 grey images of moving bars
// in three classes.

#include <server/explorer.hpp>

#include <latent/formats/npy.hpp>

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace latent::test {

struct Answer {
  int status = 0;
  std::string type, body;
  httplib::Headers headers;
  nlohmann::json json() const { return nlohmann::json::parse(body); }
  Tensor array() const { return read_npy(std::as_bytes(std::span(body.data(), body.size())), "the answer"); }
};

class ExplorerTest : public ::testing::Test {
 protected:
  static constexpr int64_t kSamples = 300, kSize = 8, kDim = 3;

  static void SetUpTestSuite();
  static void TearDownTestSuite();

  /// The folder of the run, and a session of it as `latent explore` opens it.
  static std::filesystem::path run_path();
  static std::unique_ptr<server::Session> open_session();

  /// @param path  below /api/v1/, or from "/" on
  static Answer get(const std::string& path, const httplib::Headers& headers = {});
  static Answer post(const std::string& path, const std::string& body, const std::string& type = "application/json",
                     const httplib::Headers& headers = {});
  static Answer remove(const std::string& path);
  static httplib::Client client();
  static const server::Explorer& explorer();
  /// A map that is done. @return its number
  static int64_t finished_map(const nlohmann::json& request);

  /// Sends bytes as they are to a new connection and gives what comes back until it is closed, or 5 seconds.
  static std::string raw(const std::string& bytes);
};

}  // namespace latent::test
