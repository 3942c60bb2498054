#include <latent/data/known_classes.hpp>

#include <latent/data/detail/dataset_over.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <unordered_map>

namespace latent::data {

namespace {

std::optional<int64_t> whole_number(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && !text.empty();
  return is_number ? std::optional(number) : std::nullopt;
}

template <class Names>
bool any_number(const Names& names) {
  return std::ranges::any_of(names, [](const std::string& name) { return whole_number(name).has_value(); });
}

// The same samples, with other numbers for their classes.
class Renumbered final : public DatasetOver {
 public:
  // @param to  the new number of each old one
  Renumbered(std::shared_ptr<const Dataset> base, const std::vector<int64_t>& to, std::vector<std::string> names)
      : DatasetOver(std::move(base)), names_(std::move(names)) {
    for (const int64_t label : this->base().labels()) labels_.push_back(to[static_cast<size_t>(label)]);
  }
  std::span<const int64_t> labels() const override { return labels_; }
  std::span<const std::string> class_names() const override { return names_; }
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
  std::vector<int64_t> labels_;
  std::vector<std::string> names_;
};

}  // namespace

void number_as_known(Source& source, const std::vector<std::string>& known) {
  std::span<const std::string> found = source.train->class_names();
  if (found.empty() && source.test) found = source.test->class_names();
  if (found.empty() || std::ranges::equal(found, known)) return;
  const auto count = static_cast<int64_t>(known.size());
  // A class without a sample in sight is a number that was left out, and need not be known.
  std::set<int64_t> present;
  for (const auto& part : {source.train, source.test}) {
    if (part) present.insert(part->labels().begin(), part->labels().end());
  }
  const bool by_number = !any_number(known) && std::ranges::all_of(found, [&](const std::string& name) {
    const auto number = whole_number(name);
    return number && 0 <= *number && *number < count;
  });
  std::vector<std::string> names = known;
  std::vector<int64_t> to;
  for (size_t c = 0; c < found.size(); ++c) {
    const auto named = std::ranges::find(known, found[c]);
    if (by_number) {
      to.push_back(*whole_number(found[c]));
    } else if (named != known.end()) {
      to.push_back(named - known.begin());
    } else if (present.contains(static_cast<int64_t>(c))) {
      to.push_back(static_cast<int64_t>(names.size()));
      names.push_back(found[c]);
    } else {
      to.push_back(0);  // no sample is asked for it
    }
  }
  const auto renumbered = [&](std::shared_ptr<const Dataset>& part) {
    if (part && !part->labels().empty()) part = std::make_shared<Renumbered>(std::move(part), to, names);
  };
  renumbered(source.train);
  renumbered(source.test);
}

NamedLabels named_labels(std::span<const int64_t> labels, std::span<const std::string> class_names) {
  NamedLabels named;
  std::vector<int64_t> numbers;
  for (const std::string& name : class_names) {
    if (const auto number = whole_number(name)) numbers.push_back(*number);
  }
  const bool are_numbers = numbers.size() == class_names.size();
  for (const int64_t label : labels) {
    const auto at = static_cast<size_t>(label);
    named.numbers.push_back(are_numbers ? numbers[at] : label);
    named.names.push_back(class_names[at]);
  }
  return named;
}

NamedLabels named_labels(const Dataset& samples) { return named_labels(samples.labels(), samples.class_names()); }

}  // namespace latent::data
