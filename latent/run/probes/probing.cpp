#include <latent/run/probes/probing.hpp>

#include <latent/autograd/shaping.hpp>
#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/run/checks.hpp>
#include <latent/space/linear/pca.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent {

namespace {

using Rounds = std::vector<space::Round>;

Rounds rounds_of(const ProbeData& data, const ProbeOptions& options) {
  constexpr int64_t kDefaultFolds = 5;
  const uint64_t seed = options.data.seed;
  if (options.per_class > 0) {
    return space::scarce_rounds(data.target, data.train_rows(), data.test_rows(),
                                {.per_class = options.per_class, .repeats = options.repeats, .seed = seed});
  }
  if (data.test_size > 0) return {{data.train_rows(), data.test_rows()}};
  if (options.folds > data.size()) {
    throw UsageError(fmt::format("--folds: {} asked for, but {} is all there is", options.folds, data.train_part));
  }
  const int64_t folds = options.folds > 0 ? options.folds : std::min(kDefaultFolds, data.size());
  return space::cross_validation_rounds(data.target, folds, seed);
}

void check_memory(const ProbeData& data, const Rounds& rounds, const ProbeOptions& options) {
  if (!options.augment) return;
  const int64_t values = data.parts.front()->sample_shape().numel();
  for (const space::Round& round : rounds) {
    const auto count = static_cast<int64_t>(round.train.size());
    if (count * options.new_samples <= kMostValues / values) continue;
    throw UsageError(fmt::format("--augment: {} new samples for each of {} are too many", options.new_samples, count),
                     "Take fewer (--new), or train on fewer samples (--samples, --labels-per-class).");
  }
}

// For each round, codes near those that are trained on.
std::vector<space::Augmented> new_codes(const ProbeData& data, const Codes& codes, const Rounds& rounds,
                                        const ProbeOptions& options) {
  constexpr uint64_t kStream = 0x6e6577;  // "new"
  std::vector<space::Augmented> added;
  for (size_t r = 0; options.augment && r < rounds.size(); ++r) {
    const std::vector<int64_t>& train = rounds[r].train;
    Rng rng = Rng(options.data.seed).fork(kStream).fork(r);
    const int64_t count = options.new_samples * static_cast<int64_t>(train.size());
    added.push_back(space::augment(gather_rows(codes.z, train), gather_rows(codes.stddev, train),
                                   data.target.at(train).labels, {.count = count, .method = *options.augment}, rng));
  }
  return added;
}

// All of the test part, or all of the one part there is.
std::shared_ptr<const data::Dataset> tested_samples(const ProbeData& data, const Rounds& rounds) {
  std::vector<int64_t> rows;
  for (const space::Round& round : rounds) rows.insert(rows.end(), round.test.begin(), round.test.end());
  const bool in_test_part = data.parts.size() > 1;
  if (in_test_part) {
    for (int64_t& row : rows) row -= data.train_size;
  }
  return data::subset(data.parts[in_test_part ? 1 : 0], rows);
}

std::string protocol_of(const ProbeData& data, const Rounds& rounds, const ProbeOptions& options) {
  if (options.per_class > 0) {
    return fmt::format("{} of up to {} per class from {}, measured on {}", counted(options.repeats, "draw"),
                       counted(options.per_class, "label"), data.train_part,
                       data.test_part.empty() ? "the others" : data.test_part);
  }
  if (data.test_size > 0) return fmt::format("trained on {}, measured on {}", data.train_part, data.test_part);
  return fmt::format("{}-fold cross-validation on {}", rounds.size(), data.train_part);
}

}  // namespace

void ProbeOptions::check() const {
  if (!data.target.empty() && per_class > 0) throw UsageError("--labels-per-class needs classes, not --target");
  if (!data.target.empty() && augment) throw UsageError("--augment needs classes, not --target");
  if (folds > 0 && per_class > 0) throw UsageError("--folds and --labels-per-class exclude each other");
}

const ProbeRow& ProbeResults::best() const {
  const auto counts = [](const ProbeRow& row) { return row.on == "codes" && !row.augmented; };
  return *std::max_element(rows.begin(), rows.end(), [&](const ProbeRow& a, const ProbeRow& b) {
    return counts(b) && (!counts(a) || a.score.score < b.score.score);
  });
}

const ProbeRow* ProbeResults::find(const std::string& on, const std::string& probe, bool augmented) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const ProbeRow& row) {
    return row.on == on && row.probe == probe && row.augmented == augmented;
  });
  return found == rows.end() ? nullptr : &*found;
}

space::MeanError ProbeResults::gain_of(const ProbeRow& augmented) const {
  const ProbeRow* without = find(augmented.on, augmented.probe, false);
  LATENT_CHECK(augmented.augmented && without, "[gain_of] expected a row with new samples among these results");
  std::vector<double> gains;
  for (size_t r = 0; r < augmented.score.scores.size(); ++r) {
    gains.push_back(augmented.score.scores[r] - without->score.scores[r]);
  }
  return space::mean_error(gains);
}

ProbeResults probe_run(const Run& run, const ProbeData& data, const ProbeOptions& options,
                       const std::function<void(const ProbeRow&)>& progress) {
  check_has_encoder(run);
  options.check();
  const Rounds rounds = rounds_of(data, options);
  check_memory(data, rounds, options);
  ProbeResults results{.protocol = protocol_of(data, rounds, options),
                       .train_samples = static_cast<int64_t>(rounds.front().train.size()),
                       .test_samples = static_cast<int64_t>(rounds.front().test.size()),
                       .tested = tested_samples(data, rounds)};
  if (options.augment) results.new_samples = options.new_samples * results.train_samples;
  const auto probe_all = [&](const std::string& on, const Tensor& x, const space::MakeExtra& extra = {}) {
    for (const space::ProbeKind kind : {space::ProbeKind::linear, space::ProbeKind::knn}) {
      if (options.kind && *options.kind != kind) continue;
      ProbeRow row{on, x.dim(1), std::string(name_of(kind, data.target)), static_cast<bool>(extra), {}};
      row.score = space::probe(kind, x, data.target, rounds, options.data.seed, extra);
      if (progress) progress(row);
      results.rows.push_back(std::move(row));
    }
  };
  const Codes codes = probed_codes(run, data);
  probe_all("codes", codes.z);
  const std::vector<space::Augmented> added = new_codes(data, codes, rounds, options);
  const auto extra_codes = [&](size_t r) {
    return space::ExtraRows{added[r].codes, {added[r].labels, data.target.classes, {}}};
  };
  if (options.augment) probe_all("codes", codes.z, extra_codes);
  if (options.codes_only) return results;
  // The same on principal components of equal size and on the samples as they are.
  const Tensor raw = probed_values(data);
  const Tensor train = raw.rows(0, data.train_size);
  const int64_t dims = std::min({run.model->latent_dim(), train.dim(0), train.dim(1)});
  probe_all("pca", space::fit_pca(train, {.dims = dims, .seed = options.data.seed}).project(raw));
  probe_all("raw", raw);
  if (!options.augment || !run.model->has_decoder()) return results;
  probe_all("raw", raw, [&](size_t r) {
    const space::ExtraRows extra = extra_codes(r);
    return space::ExtraRows{decode_all(*run.model, extra.x).view_as({extra.x.dim(0), raw.dim(1)}), extra.target};
  });
  return results;
}

}  // namespace latent
