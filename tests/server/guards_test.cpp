// Who is let in, and what is refused before it costs anything.

#include "explorer_test.hpp"

#include <server/http/guards.hpp>

#include <latent/core/error.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Guards : public ExplorerTest {};

TEST_F(Guards, OtherHostsAndPagesAreRefused) {
  EXPECT_EQ(get("info", {{"Host", "evil.example"}}).status, 403);  // DNS rebinding
  EXPECT_EQ(get("info", {{"Host", "127.0.0.1.evil.example"}}).status, 403);
  EXPECT_EQ(get("info", {{"Host", "localhost:1234"}}).status, 200);
  EXPECT_EQ(get("info", {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(get("info", {{"Origin", "null"}}).status, 403);
  const std::string here = "127.0.0.1:" + std::to_string(explorer().port());
  EXPECT_EQ(get("info", {{"Origin", "http://" + here}}).status, 200);
  EXPECT_EQ(get("info", {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(get("info", {{"Sec-Fetch-Site", "same-site"}}).status, 403);
  EXPECT_EQ(get("info", {{"Sec-Fetch-Site", "same-origin"}}).status, 200);
  EXPECT_EQ(get("/", {{"Sec-Fetch-Site", "cross-site"}}).status, 200);  // a link that somebody followed
}

TEST_F(Guards, AnswersSayThatOthersMayNotReadThem) {
  const Answer answer = get("info");
  EXPECT_EQ(answer.headers.find("X-Content-Type-Options")->second, "nosniff");
  EXPECT_EQ(answer.headers.find("Cross-Origin-Resource-Policy")->second, "same-origin");
  EXPECT_EQ(answer.headers.count("Access-Control-Allow-Origin"), 0U);
  EXPECT_THAT(get("/").headers.find("Content-Security-Policy")->second, HasSubstr("default-src 'self'"));
}

TEST_F(Guards, NothingIsAFile) {
  for (const char* path : {"/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "/index.html/../x",
                           "/api/v1/../../etc/passwd", "/api/v1/samples/..%2f..%2fetc%2fpasswd"}) {
    const Answer answer = get(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("root:"))) << path;
  }
}

TEST_F(Guards, BodiesAreBounded) {
  const std::string head = "POST /api/v1/decode HTTP/1.1\r\nHost: localhost\r\n";
  EXPECT_THAT(raw(head + "Content-Length: 99999999999\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(raw(head + "\r\n"), StartsWith("HTTP/1.1 411"));
  EXPECT_THAT(raw(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), StartsWith("HTTP/1.1 411"));
  EXPECT_THAT(raw(head + "Content-Length: 5\r\nContent-Encoding: gzip\r\n\r\nhello"), StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(raw(head + "Content-Length: -1\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(raw(head + "Content-Length: 1\r\nContent-Length: 5\r\n\r\nhello"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(raw("GET /api/v1/info HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"),
              StartsWith("HTTP/1.1 400"));
}

TEST_F(Guards, WhatIsNoRequestIsRefusedAndClosed) {
  EXPECT_THAT(raw("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(raw("PUT /api/v1/info HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(raw("GET /" + std::string(6000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              StartsWith("HTTP/1.1 414"));
  EXPECT_THAT(raw("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'a')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(raw("GET /api/v1/info HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 403"));  // no Host
  EXPECT_EQ(get("nothing").status, 404);
  EXPECT_EQ(post("info", "{}").status, 405);
  EXPECT_THAT(get("nothing").json().at("error").get<std::string>(), HasSubstr("nothing here"));
}

TEST_F(Guards, RequestsFollowEachOtherOnOneConnection) {
  const std::string one = "GET /api/v1/search?q=flat&limit=1 HTTP/1.1\r\nHost: localhost\r\n";
  const std::string answers = raw(one + "\r\n" + one + "Connection: close\r\n\r\n");
  const size_t first = answers.find("HTTP/1.1 200");
  EXPECT_NE(answers.find("HTTP/1.1 200", first + 1), std::string::npos);
}

TEST_F(Guards, OtherHostsThanThisMachineNeedTheToken) {
  EXPECT_THROW(server::Explorer({.host = "0.0.0.0"}), UsageError);
  server::Explorer open({.host = "0.0.0.0", .port = 0, .token = server::new_token()});
  open.show(open_session());
  EXPECT_THAT(open.address(), HasSubstr("?token="));
  const std::string token = open.address().substr(open.address().find("token=") + 6);
  EXPECT_EQ(token.size(), 32U);
  httplib::Client client("127.0.0.1", open.port());
  EXPECT_EQ(client.Get("/api/v1/info")->status, 401);
  EXPECT_EQ(client.Get("/api/v1/info?token=wrong")->status, 401);
  EXPECT_EQ(client.Get("/api/v1/info?token=" + token)->status, 200);
  EXPECT_EQ(client.Get("/api/v1/info", httplib::Headers{{"Authorization", "Bearer " + token}})->status, 200);
  EXPECT_EQ(client.Get("/")->status, 200);  // the page holds no data
}

TEST_F(Guards, APortThatIsTakenIsSaid) {
  EXPECT_THROW(server::Explorer({.host = "127.0.0.1", .port = explorer().port()}), UsageError);
}

TEST_F(Guards, SecretsAreComparedWhole) {
  EXPECT_TRUE(server::same_secret("abc", "abc"));
  EXPECT_FALSE(server::same_secret("abd", "abc"));
  EXPECT_FALSE(server::same_secret("", "abc"));
  EXPECT_FALSE(server::same_secret("abcabc", "abc"));
}

TEST_F(Guards, StreamsAndSlowClientsLeaveRoomForOthers) {
  const auto begun = post("maps", R"({"method": "tsne", "seed": 9, "options": {"epochs": 100000}})").json();
  const std::string map = "/api/v1/maps/" + std::to_string(begun.at("id").get<int64_t>());
  std::atomic<bool> over = false;
  std::atomic<int> refused = 0;
  std::vector<std::thread> streams;
  for (int i = 0; i < 40; ++i) {  // more than may be open
    streams.emplace_back([&] {
      const auto result = client().Get(map + "/events", [&](const char*, size_t) { return !over.load(); });
      if (result && result->status == 503) ++refused;
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("info").status, 200);
  over = true;
  remove(map.substr(8));
  for (std::thread& stream : streams) stream.join();
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace latent::test
