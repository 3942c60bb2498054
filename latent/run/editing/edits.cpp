#include <latent/run/editing/edits.hpp>

#include <latent/compression/codec.hpp>
#include <latent/core/error.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/codes.hpp>
#include <latent/space/editing/directions_file.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

constexpr const char* kDefaultDirections = "directions.npz";
constexpr int64_t kVoters = 10;  // nearest samples that say what class a code is of

Tensor edited_codes(const Tensor& z, const space::Directions& directions, const Moves& moves) {
  const auto steps = static_cast<int64_t>(moves.size());
  Tensor codes = Tensor::empty({z.dim(0) * steps, z.dim(1)});
  for (int64_t i = 0; i < z.dim(0); ++i) {
    for (int64_t step = 0; step < steps; ++step) {
      const int64_t at = i * steps + step;
      codes.rows(at, at + 1).copy_from(space::edit(z.rows(i, i + 1), directions, moves[static_cast<size_t>(step)]));
    }
  }
  return codes;
}

Tensor encoded_again(const Run& run, const Tensor& x_hat) {
  return encode_samples(*run.model, *data::from_tensor(x_hat, run.kind(), {}), Draw::mean, 0).z;
}

// The most frequent class of the nearest samples but the edited one itself; of equally frequent ones the nearest.
Vote vote(std::span<const int64_t> near, int64_t self, int64_t voters, std::span<const int64_t> labels) {
  std::vector<int64_t> classes;
  for (const int64_t row : near) {
    if (row != self && static_cast<int64_t>(classes.size()) < voters)
      classes.push_back(labels[static_cast<size_t>(row)]);
  }
  Vote best{.voters = voters};
  for (const int64_t label : classes) {
    const int64_t votes = std::ranges::count(classes, label);
    if (votes > best.votes) best = {.label = label, .votes = votes, .voters = voters};
  }
  return best;
}

// Classes are looked up among the codes of all samples, those that are edited included: not where each code would have
// to be searched for.
bool has_votes(const Run& run, const RunData& data) {
  return !run.model->encodes_by_search() && !data.samples->labels().empty() && data.samples->size() >= 2;
}

// @param codes  (N, D) of all samples
std::vector<Vote> votes_for(const RunData& data, const Tensor& codes, const EditedSamples& edited,
                            const Tensor& again) {
  std::vector<Vote> votes;
  const int64_t voters = std::min(kVoters, data.samples->size() - 1);
  const space::Neighbors found = space::nearest(again, codes, voters + 1);
  for (int64_t row = 0; row < again.dim(0); ++row) {
    const int64_t self = edited.items[static_cast<size_t>(row / edited.strips.steps)];
    const std::span<const int64_t> near(found.index.data<int64_t>() + row * (voters + 1),
                                        static_cast<size_t>(voters + 1));
    votes.push_back(vote(near, self, voters, data.samples->labels()));
  }
  return votes;
}

}  // namespace

// The run's own directions come before those of the folder that one happens to be in.
std::filesystem::path directions_path(const Run& run) {
  namespace fs = std::filesystem;
  fs::path in_run = run.path / kDefaultDirections;
  if (fs::is_directory(run.path) && fs::exists(in_run)) return in_run;
  if (fs::exists(kDefaultDirections)) return kDefaultDirections;
  throw UsageError("--directions: there is no directions.npz, neither in the run directory nor here",
                   "Make one with: latent directions RUN DATA --attribute NAME=EXPR -o directions.npz");
}

space::Directions read_directions_of(const Run& run, const std::filesystem::path& path) {
  space::Directions directions = space::read_directions(path);
  if (directions.latent_dim() != run.model->latent_dim()) {
    throw UsageError(fmt::format("{}: directions of {} dimensions, but the codes of {} have {}", path.string(),
                                 directions.latent_dim(), run.path.string(), run.model->latent_dim()));
  }
  if (directions.model && *directions.model != compression::model_hash(*run.model)) {
    throw UsageError(fmt::format("{}: directions among the codes of another model than {}, or of its weights before "
                                 "they were trained further",
                                 path.string(), run.path.string()),
                     "Find them again with latent directions.");
  }
  return directions;
}

std::optional<double> EditedSamples::share_that_took(int64_t direction) const {
  const auto steps = static_cast<size_t>(strips.steps), a = static_cast<size_t>(direction);
  constexpr double kNothing = 1e-3;  // standard deviations; scores are of f32 codes
  double asked_squares = 0.0, product = 0.0, largest = 0.0;
  const auto A = static_cast<size_t>(asked.dim(1));
  const auto score = [A, a](const Tensor& scores, size_t row) { return scores.data<double>()[row * A + a]; };
  for (size_t row = 0; row < static_cast<size_t>(asked.dim(0)); ++row) {
    const size_t item = row / steps;
    const double wanted = score(asked, row) - score(unedited, item);
    largest = std::max(largest, std::abs(wanted));
    asked_squares += wanted * wanted;
    product += wanted * (score(again, row) - score(again_unedited, item));
  }
  if (largest < kNothing) return std::nullopt;
  return product / asked_squares;
}

EditedSamples edit_samples(const Run& run, const RunData& data, const space::Directions& directions,
                           const std::vector<int64_t>& items, const Moves& moves) {
  check_has_both_halves(run, "editing samples");
  check_items(data, items);
  const bool is_voted = has_votes(run, data);
  const auto needed = is_voted ? data.samples : data::subset(data.samples, items);
  const Tensor codes = encode_samples(*run.model, *needed, Draw::mean, 0).z;
  EditedSamples edited{.items = items, .z = is_voted ? space::rows_at(codes, items) : codes};
  edited.strips.steps = static_cast<int64_t>(moves.size());
  edited.strips.codes = edited_codes(edited.z, directions, moves);
  edited.strips.x_hat = decode_all(*run.model, edited.strips.codes);
  for (const int64_t item : items) edited.strips.strip_names.push_back(fmt::format("#{}", item));
  const Tensor again = encoded_again(run, edited.strips.x_hat);
  edited.asked = directions.scores(edited.strips.codes);
  edited.unedited = directions.scores(edited.z);
  edited.again = directions.scores(again);
  edited.again_unedited = directions.scores(encoded_again(run, decode_all(*run.model, edited.z)));
  if (is_voted) edited.votes = votes_for(data, codes, edited, again);
  return edited;
}

std::vector<int64_t> used_directions(const Moves& moves) {
  std::vector<int64_t> found;
  for (size_t a = 0; a < moves.front().size(); ++a) {
    if (std::ranges::any_of(moves, [&](const std::vector<double>& move) { return move[a] != 0.0; }))
      found.push_back(static_cast<int64_t>(a));
  }
  return found;
}

Picture picture_before_and_after(const Run& run, const RunData& data, const EditedSamples& edited) {
  constexpr int64_t kColumns = 3, kLargeImages = 96;
  const Tensor x = data.samples->batch(edited.items), unedited = decode_all(*run.model, edited.z);
  Tensor shown = Tensor::empty(x.shape().tail().prepend(kColumns * x.dim(0)));
  std::vector<std::string> names;
  for (int64_t i = 0; i < x.dim(0); ++i) {
    names.push_back(fmt::format("#{}", edited.items[static_cast<size_t>(i)]));
    int64_t column = kColumns * i;
    for (const Tensor& from : {x, unedited, edited.strips.x_hat}) {
      shown.rows(column, column + 1).copy_from(from.rows(i, i + 1));
      ++column;
    }
  }
  const std::vector<std::string> kinds = {"sample", "decoded", "edited"};
  return picture_of_grid(run, view_of(run, x),
                         {.x = shown,
                          .columns = kColumns,
                          .meaning = SampleGrid::Meaning::rows_are_groups,
                          .row_names = names,
                          .column_names = kinds,
                          .mark_names = kinds,
                          .min_size = kLargeImages});
}

}  // namespace latent
