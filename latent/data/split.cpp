#include <latent/data/split.hpp>

#include <latent/core/names.hpp>
#include <latent/core/shuffle.hpp>
#include <latent/data/detail/dataset_over.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace latent::data {

namespace {

constexpr uint64_t kHeldOutStream = 0x68656c646f7574;  // "heldout"
constexpr std::array<std::string_view, 4> kSplitNames{"train", "validation", "test", "all"};

// Two sets of the same shape, one after the other.
class Concatenation final : public Dataset {
 public:
  Concatenation(std::shared_ptr<const Dataset> first, std::shared_ptr<const Dataset> second)
      : first_(std::move(first)), second_(std::move(second)) {
    const auto a = first_->labels(), b = second_->labels();
    if (a.empty() || b.empty()) return;
    labels_.assign(a.begin(), a.end());
    labels_.insert(labels_.end(), b.begin(), b.end());
  }

  int64_t size() const override { return first_->size() + second_->size(); }
  Shape sample_shape() const override { return first_->sample_shape(); }
  Kind kind() const override { return first_->kind(); }
  DType stored_dtype() const override { return first_->stored_dtype(); }
  DType value_dtype() const override { return first_->value_dtype(); }
  std::span<const int64_t> labels() const override { return labels_; }
  std::span<const std::string> class_names() const override {
    return labels_.empty() ? std::span<const std::string>{} : first_->class_names();
  }
  std::span<const std::string> column_names() const override { return first_->column_names(); }
  Storage storage() const override {
    const Storage a = first_->storage(), b = second_->storage();
    return {a.bytes + b.bytes, a.mapped || b.mapped};
  }

  std::string sample_name(int64_t i) const override {
    return i < first_->size() ? first_->sample_name(i) : second_->sample_name(i - first_->size());
  }
  bool has_sample_names() const override { return first_->has_sample_names(); }
  int64_t source_index(int64_t i) const override {
    return i < first_->size() ? first_->source_index(i) : first_->size() + second_->source_index(i - first_->size());
  }
  bool is_standardised() const override { return first_->is_standardised(); }

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    gather_runs(indices, out, [](const Dataset& part, std::span<const int64_t> run, std::span<float> values) {
      part.gather(run, values);
      return true;
    });
  }
  void gather_values(std::span<const int64_t> indices, Tensor& out) const override {
    if (value_dtype() == DType::f32) return Dataset::gather_values(indices, out);
    for (size_t i = 0; i < indices.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      const bool in_first = indices[i] < first_->size();
      const int64_t index = in_first ? indices[i] : indices[i] - first_->size();
      Tensor row = out.rows(at, at + 1);
      (in_first ? *first_ : *second_).gather_values({&index, 1}, row);
    }
  }
  void gather_anew(std::span<const int64_t> indices, const Rng& tape, std::span<float> out) const override {
    gather_runs(indices, out, [&](const Dataset& part, std::span<const int64_t> run, std::span<float> values) {
      part.gather_anew(run, tape.fork(&part == first_.get() ? 1 : 2), values);
      return true;
    });
  }
  bool gather_stored(std::span<const int64_t> indices, std::span<double> out) const override {
    return gather_runs(indices, out, [](const Dataset& part, std::span<const int64_t> run, std::span<double> values) {
      return part.gather_stored(run, values);
    });
  }

 private:
  // Runs of samples of the same part are gathered together.
  template <class T, class Gather>
  bool gather_runs(std::span<const int64_t> indices, std::span<T> out, const Gather& gather) const {
    const int64_t numel = sample_shape().numel();
    LATENT_CHECK(static_cast<int64_t>(out.size()) == static_cast<int64_t>(indices.size()) * numel,
                 "[gather] {} samples of {} values into {} places", indices.size(), numel, out.size());
    std::vector<int64_t> run;
    for (size_t begin = 0; begin < indices.size(); begin += run.size()) {
      run.clear();
      const bool in_first = indices[begin] < first_->size();
      for (size_t i = begin; i < indices.size() && (indices[i] < first_->size()) == in_first; ++i) {
        LATENT_CHECK(0 <= indices[i] && indices[i] < size(), "[gather] sample {} of {}", indices[i], size());
        run.push_back(in_first ? indices[i] : indices[i] - first_->size());
      }
      const auto values = static_cast<size_t>(numel);
      if (!gather(in_first ? *first_ : *second_, run, out.subspan(begin * values, run.size() * values))) return false;
    }
    return true;
  }

  std::shared_ptr<const Dataset> first_, second_;
  std::vector<int64_t> labels_;
};

// The same samples with larger numbers.
class Numbered final : public DatasetOver {
 public:
  Numbered(std::shared_ptr<const Dataset> base, int64_t offset) : DatasetOver(std::move(base)), offset_(offset) {}
  int64_t source_index(int64_t i) const override { return offset_ + base().source_index(i); }
  std::vector<ColumnSummary> column_summaries() const override { return base().column_summaries(); }
  void gather(std::span<const int64_t> indices, std::span<float> out) const override { base().gather(indices, out); }
  void gather_anew(std::span<const int64_t> indices, const Rng& tape, std::span<float> out) const override {
    base().gather_anew(indices, tape, out);
  }
  DType value_dtype() const override { return base().value_dtype(); }
  void gather_values(std::span<const int64_t> indices, Tensor& out) const override {
    base().gather_values(indices, out);
  }
  bool gather_stored(std::span<const int64_t> indices, std::span<double> out) const override {
    return base().gather_stored(indices, out);
  }

 private:
  int64_t offset_;
};

std::vector<int64_t> whole_numbers(int64_t begin, int64_t end) {
  std::vector<int64_t> numbers(static_cast<size_t>(end - begin));
  std::iota(numbers.begin(), numbers.end(), begin);
  return numbers;
}

// What training does not see, and what it is measured by; in time there may be samples that are in neither.
std::vector<int64_t> not_trained_on(const Dataset& samples, double fraction, uint64_t seed) {
  const auto in_time = samples.split_in_time(fraction);
  return in_time ? whole_numbers(in_time->train, samples.size()) : partition(samples.size(), fraction, seed).held_out;
}
std::vector<int64_t> held_out_of(const Dataset& samples, double fraction, uint64_t seed) {
  const auto in_time = samples.split_in_time(fraction);
  return in_time ? whole_numbers(samples.size() - in_time->held_out, samples.size())
                 : partition(samples.size(), fraction, seed).held_out;
}

}  // namespace

std::shared_ptr<const Dataset> numbered_from(std::shared_ptr<const Dataset> base, int64_t offset) {
  LATENT_CHECK(base != nullptr, "[numbered_from] no set to number");
  return std::make_shared<Numbered>(std::move(base), offset);
}

Partition partition(int64_t n, double fraction, uint64_t seed) {
  LATENT_CHECK(fraction > 0.0 && fraction < 1.0, "[split] the held-out fraction lies between 0 and 1, got {}",
               fraction);
  LATENT_CHECK(n >= 2, "[split] cannot hold out a part of {} sample", n);
  const int64_t count = std::clamp<int64_t>(std::llround(fraction * static_cast<double>(n)), 1, n - 1);
  Partition parts{n, std::vector<int64_t>(static_cast<size_t>(count))};
  Shuffle(n, Rng(seed).fork(kHeldOutStream)).read(0, parts.held_out);
  std::sort(parts.held_out.begin(), parts.held_out.end());
  return parts;
}

std::vector<int64_t> Partition::train() const {
  std::vector<int64_t> rest;
  rest.reserve(static_cast<size_t>(n) - held_out.size());
  auto next = held_out.begin();
  for (int64_t i = 0; i < n; ++i) {
    if (next != held_out.end() && *next == i) {
      ++next;
    } else {
      rest.push_back(i);
    }
  }
  return rest;
}

Split split_from(std::string_view name) {
  for (size_t i = 0; i < kSplitNames.size(); ++i) {
    if (name == kSplitNames[i]) return static_cast<Split>(i);
  }
  unknown_name("split", name, kSplitNames);
}

std::string_view name_of(Split split) { return kSplitNames[static_cast<size_t>(split)]; }

std::shared_ptr<const Dataset> select(const Source& source, Split split, double held_out, uint64_t seed) {
  LATENT_CHECK(source.train != nullptr, "[split] {}: nothing was opened", source.name);
  LATENT_CHECK(held_out >= 0.0 && held_out < 1.0, "[split] the held-out fraction lies in [0, 1), got {}", held_out);
  switch (split) {
    case Split::train:
      if (held_out == 0.0) return source.train;
      return all_but(source.train, not_trained_on(*source.train, held_out, seed));
    case Split::validation:
      LATENT_CHECK(held_out > 0.0, "{}: has no validation part, because no samples are held out", source.name);
      return subset(source.train, held_out_of(*source.train, held_out, seed));
    case Split::test:
      LATENT_CHECK(source.test, "{}: has no test part{}", source.name,
                   held_out > 0.0 ? "; the samples that are held out are its validation part" : "");
      return numbered_from(source.test, source.train->size());
    case Split::all: break;
  }
  return source.test ? std::make_shared<Concatenation>(source.train, source.test) : source.train;
}

}  // namespace latent::data
