// denoise, score, predict: what the model says of samples that a client sends.

#include <server/routes/common.hpp>
#include <server/routes/routes.hpp>

#include <latent/models/denoise.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/classes/predictions.hpp>
#include <latent/training/sample_terms.hpp>

#include <fmt/core.h>

namespace latent::server {

namespace {

Response cleaned_samples(const Session& session, const Request& request) {
  if (!session.model().has_skips()) check_has_both_halves(session.run(), "cleaning samples");
  const Tensor x = samples_in(request, session);
  const std::string as = request.text("as", session.shows_images() ? "png" : "json");
  return decoded_response(session, denoise(session.model(), x), as);
}

// The samples there and back: what they become, and what it costs.
Response reconstructed(const Session& session, const Request& request) {
  check_has_both_halves(session.run(), "reconstructing samples");
  const auto samples = data::from_samples(samples_in(request, session));
  const std::string as = request.text("as", session.shows_images() ? "png" : "json");
  return decoded_response(session, session.run().reconstruct(*samples), as);
}

Response scores(const Session& session, const Request& request) {
  const std::string method = request.text("method", "reconstruction");
  if (method != "reconstruction" && method != "neg_elbo" && method != "nll") {
    throw HttpError(400, "method: reconstruction, neg_elbo or nll");
  }
  const Tensor x = samples_in(request, session);
  const auto samples = data::from_samples(x);
  constexpr int64_t kImportanceSamples = 16;
  const bool bounds = session.model().has_likelihood();
  const SampleTerms terms = sample_terms(session.model(), *samples, 0, x.dim(0),
                                         {.importance_samples = method == "nll" && bounds ? kImportanceSamples : 0});
  const std::vector<double>& values =
      method == "nll" ? terms.nll : (method == "neg_elbo" ? terms.neg_elbo : terms.reconstruction);
  if (values.empty()) throw HttpError(400, fmt::format("this model has no {}", method));
  return json_response({{"method", method}, {"unit", "nats"}, {"scores", numbers_json(values)}});
}

Response predictions(const Session& session, const Request& request) {
  const std::vector<std::string> names = class_names_of(session.run());  // refuses other models
  const auto samples = data::from_samples(samples_in(request, session));
  const Predictions predicted = predict(session.run(), *samples);
  Json all = Json::array();
  for (int64_t n = 0; n < samples->size(); ++n) {
    Json classes = Json::array();
    for (size_t c = 0; c < names.size(); ++c) {
      const auto at = n * static_cast<int64_t>(names.size()) + static_cast<int64_t>(c);
      classes.push_back({{"name", names[c]}, {"probability", predicted.probabilities.data<float>()[at]}});
    }
    all.push_back(
        {{"class", names[static_cast<size_t>(predicted.classes[static_cast<size_t>(n)])]}, {"classes", classes}});
  }
  return json_response({{"predictions", all}, {"classes", all[0].at("classes")}});
}

}  // namespace

void add_judging_routes(const Services& services) {
  const Session& session = services.session;
  const auto add = [&](const char* pattern, Response (*answer)(const Session&, const Request&)) {
    services.add("POST", pattern, [&session, answer](const Request& request) { return answer(session, request); });
  };
  add("denoise", cleaned_samples);
  add("reconstruct", reconstructed);
  add("score", scores);
  add("predict", predictions);
}

}  // namespace latent::server
