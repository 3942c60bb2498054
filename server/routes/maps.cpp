// maps: made, watched, stopped, and read backwards.

#include <server/routes/common.hpp>
#include <server/routes/routes.hpp>

#include <latent/run/checks.hpp>

#include <thread>

namespace latent::server {

namespace {

Response start(const Services& services, const Request& request) {
  const auto [job, is_there] = services.maps.start(object_of(request));
  Json json = job->describe();
  json["cached"] = is_there;
  return json_response(json);
}

std::shared_ptr<MapJob> job_of(const Services& services, const Request& request) {
  return services.maps.find(request.captured("id"));
}

constexpr auto kEventsApart = std::chrono::milliseconds(100);

// Progress at most 10 times a second, and the end.
Response events(const Services& services, const Request& request) {
  const std::shared_ptr<MapJob> job = job_of(services, request);
  Response response{.type = "text/event-stream"};
  response.next = [job, told = int64_t{-1}, is_over = false,
                   last = std::chrono::steady_clock::time_point()]() mutable -> std::optional<std::string> {
    if (is_over) return std::nullopt;
    std::this_thread::sleep_until(last + kEventsApart);
    const int64_t version = job->wait_after(told);
    const Json now = job->describe();
    last = std::chrono::steady_clock::now();
    is_over = now.at("state") != "running" && now.at("state") != "waiting";
    if (is_over) return event_text(now.at("state").get<std::string>(), now);
    if (version == told) return "";
    told = version;
    return event_text("progress", {{"step", now.at("step")}, {"steps", now.at("steps")}, {"version", version}});
  };
  return response;
}

Response positions(const Services& services, const Request& request) {
  const auto [places, version] = job_of(services, request)->positions();
  Response response = npy_response(places);
  response.with("X-Map-Version", std::to_string(version));
  return response;
}

// The code of a place: x, y, and of a map in three dimensions z.
Tensor code_at(const Services& services, const Request& request) {
  const std::shared_ptr<MapJob> job = job_of(services, request);
  const std::shared_ptr<const Places> places = job->places(services.session.codes());
  const int64_t dims = job->request().at("dims").get<int64_t>();
  constexpr const char* kNames[] = {"x", "y", "z"};
  Tensor place = Tensor::empty({1, dims});
  for (int64_t d = 0; d < dims; ++d) {
    place.data<float>()[d] = static_cast<float>(request.number(kNames[d], std::nullopt));
  }
  constexpr float kFarthest = 1e30F;
  for (const float value : place.span<float>()) {
    if (!(value > -kFarthest && value < kFarthest)) throw HttpError(400, "the place is too far away");
  }
  return places->codes_at(place);
}

Response decode_at(const Services& services, const Request& request) {
  check_has_decoder(services.session.run());
  const Tensor x = services.session.decode(code_at(services, request));
  const std::string as = request.text("as", services.session.shows_images() ? "png" : "json");
  return decoded_response(services.session, x, as);
}

}  // namespace

void add_map_routes(const Services& services) {
  const auto with = [&](Response (*answer)(const Services&, const Request&)) {
    return [services, answer](const Request& request) { return answer(services, request); };
  };
  services.add("POST", "maps", with(start));
  services.router.add("GET", "maps/:id", [services](const Request& request) {
    return json_response(job_of(services, request)->describe());
  });
  services.router.add("DELETE", "maps/:id", [services](const Request& request) {
    const auto job = job_of(services, request);
    job->stop();
    return json_response(job->describe());
  });
  services.router.add("GET", "maps/:id/events", with(events));
  services.router.add("GET", "maps/:id/positions", with(positions));
  services.add("GET", "maps/:id/code", [services](const Request& request) {
    return json_response({{"code", row_json(code_at(services, request), 0)}});
  });
  services.add("GET", "maps/:id/decode", with(decode_at));
}

}  // namespace latent::server
