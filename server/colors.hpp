#pragma once
// What points of a map can be coloured by: one number or class for each sample. Computed when it is first asked for.

#include <server/http/message.hpp>
#include <server/session.hpp>

#include <latent/run/anomalies/scoring.hpp>
#include <latent/run/explore/places.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace latent::server {

/// Scores of all samples, with the names of what they are made of.
struct AnomalyValues {
  std::vector<std::string> methods;  ///< "combined" first
  ScoredData scored;
};

class Colors {
 public:
  explicit Colors(const Session& session) : session_(session) {}

  /// [{id, name, type: "category" | "number", names?, range?}]: all that there are; nothing is computed for it but what
  /// was asked for already.
  Json list() const;
  /// (N) f32, or i64 of categories. @throws HttpError (404) for an unknown one; as the methods themselves
  Tensor values(const std::string& id);
  /// Names of a category's classes; empty for numbers.
  std::vector<std::string> names(const std::string& id);
  /// Scores of every sample beside those of the training. Computed once. @throws as score_data()
  const AnomalyValues& anomalies();
  /// The number of a method among AnomalyValues::methods, and its scores. @throws HttpError (404)
  std::vector<double> anomaly_scores(const std::string& method);

 private:
  Tensor computed(const std::string& id);
  Tensor clusters();
  Tensor term(const std::string& name);
  Tensor column(const std::string& name) const;

  const Session& session_;
  mutable std::mutex mutex_;
  std::map<std::string, Tensor> made_;
  std::mutex anomalies_mutex_;
  std::unique_ptr<AnomalyValues> anomalies_;
};

}  // namespace latent::server
