#include <latent/run/editing/sums.hpp>

#include <latent/autograd/shaping.hpp>
#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/data/class_number.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/editing/attributes.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

namespace latent {

namespace {

using data::Operand;

[[noreturn]] void refuse(const SumExpression& expression, const Operand& operand, const std::string& why) {
  throw UsageError(fmt::format("'{}': at character {}: {}", one_line(expression.text), operand.position, why));
}

// The codes of samples: known of all, or found when they are asked for.
class CodesOfSamples {
 public:
  CodesOfSamples(const Run& run, const RunData& data, Tensor all) : run_(run), data_(data), all_(std::move(all)) {}

  /// (n, D). @param rows  ascending
  Tensor of(const std::vector<int64_t>& rows) const {
    if (has_all()) return gather_rows(all_, rows);
    return encode_samples(*run_.model, *data::subset(data_.samples, rows), Draw::mean, 0).z;
  }
  bool has_all() const { return all_.defined(); }

 private:
  const Run& run_;
  const RunData& data_;
  Tensor all_;
};

// Of so many samples codes are searched for, where a mean is asked for of more.
constexpr int64_t kMostSearched = 100;

SumTerm find_item(const RunData& data, const CodesOfSamples& codes, const SumExpression& expression,
                  const Operand& operand) {
  if (operand.item >= data.samples->size()) refuse(expression, operand, missing_item_text(data, operand.item));
  return {fmt::format("#{}", operand.item),
          operand.factor,
          codes.of({operand.item}),
          data.samples->range(operand.item, operand.item + 1),
          {}};
}

// The mean code of the samples that are named.
SumTerm find_samples(const Run& run, const RunData& data, const CodesOfSamples& codes, const SumExpression& expression,
                     const Operand& operand) {
  const data::Selection& selection = operand.selection;
  const bool is_class = selection.is_class();
  if (is_class && data.samples->labels().empty()) {
    refuse(expression, operand, fmt::format("{} has no labels", data.part()));
  }
  std::vector<char> chosen;
  try {
    chosen = chosen_samples(run, data, selection);
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("'{}': {}", one_line(expression.text), error.what()));
  }
  std::vector<int64_t> rows;
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (chosen[i] != 0) rows.push_back(static_cast<int64_t>(i));
  }
  std::string name = selection.text;
  if (is_class) {
    const auto names = data.samples->class_names();
    name = names[static_cast<size_t>(data::class_number(selection.terms[0].names[0].text, names))];
  }
  if (rows.empty()) {
    refuse(expression, operand,
           is_class ? fmt::format("{} has no sample of class '{}'", data.part(), name)
                    : fmt::format("{} has no sample for which '{}' holds", data.part(), one_line(name)));
  }
  const auto all = static_cast<int64_t>(rows.size()), count = codes.has_all() ? all : std::min(all, kMostSearched);
  for (int64_t i = 0; i < count; ++i) rows[static_cast<size_t>(i)] = rows[static_cast<size_t>(i * all / count)];
  rows.resize(static_cast<size_t>(count));
  const Tensor found = codes.of(rows);
  const int64_t D = found.dim(1);
  Tensor mean = Tensor::empty({1, D});
  for (int64_t d = 0; d < D; ++d) {
    double sum = 0.0;
    for (int64_t i = 0; i < count; ++i) sum += found.data<float>()[i * D + d];
    mean.data<float>()[d] = static_cast<float>(sum / static_cast<double>(count));
  }
  SumTerm term{is_class ? "label:" + name : name, operand.factor, mean, {}, {}};
  if (count < all) {
    term.note = fmt::format("the mean of {} is taken over {} of its {} samples, because each code is searched for",
                            one_line(term.name), count, grouped(all));
  }
  return term;
}

SumTerm find_file(const Run& run, const RunData& data, const SumExpression& expression, const Operand& operand,
                  const std::function<RunData(const std::string&)>& open) {
  if (!std::filesystem::exists(operand.text)) {
    const auto names = data.samples->class_names();
    std::string why = fmt::format("there is no file '{}'", one_line(operand.text));
    try {
      const int64_t label = data::class_number(operand.text, names);
      why += fmt::format(" (did you mean 'label:{}'?)", names[static_cast<size_t>(label)]);
    } catch (const std::invalid_argument&) {
      why += "; samples are #12, classes label:NAME";
    }
    refuse(expression, operand, why);
  }
  const RunData file = open(operand.text);
  if (file.samples->size() != 1) {
    refuse(expression, operand,
           fmt::format("expected a file with one sample, but {} has {}", operand.text, file.samples->size()));
  }
  const Codes codes = encode_samples(*run.model, *file.samples, Draw::mean, 0);
  return {
      std::filesystem::path(operand.text).filename().string(), operand.factor, codes.z, file.samples->range(0, 1), {}};
}

// @param codes  of all samples, by which a spherical sum is as long as codes are; undefined: by those of the terms
Tensor combined(const std::vector<SumTerm>& terms, const Tensor& codes, space::Path path) {
  const int64_t D = terms.front().code.dim(1);
  Tensor rows = Tensor::empty({static_cast<int64_t>(terms.size()), D});
  std::vector<double> factors;
  for (size_t k = 0; k < terms.size(); ++k) {
    const auto at = static_cast<int64_t>(k);
    rows.rows(at, at + 1).copy_from(terms[k].code);
    factors.push_back(terms[k].factor);
  }
  const double length = path == space::Path::spherical ? space::typical_length(codes.defined() ? codes : rows) : 0.0;
  return space::combine(rows, factors, path, length).view_as({1, D});
}

std::optional<CodeSum::Nearest> nearest_to(const Tensor& z, const Tensor& codes, const std::vector<Operand>& operands) {
  const auto is_operand = [&](int64_t row) {
    return std::ranges::any_of(
        operands, [&](const Operand& o) { return o.kind == Operand::Kind::item && o.factor != 0.0 && o.item == row; });
  };
  const int64_t k = std::min(static_cast<int64_t>(operands.size()) + 1, codes.dim(0));
  const space::Neighbors near = space::nearest(z, codes, k);
  for (int64_t j = 0; j < k; ++j) {
    const int64_t row = near.index.data<int64_t>()[j];
    if (!is_operand(row)) return CodeSum::Nearest{row, static_cast<double>(near.distance.data<float>()[j])};
  }
  return std::nullopt;
}

}  // namespace

SumExpression sum_from(const std::string& text) {
  try {
    return {text, data::parse_sum(text)};
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("'{}': {}", one_line(text), error.what()));
  }
}

std::string SumTerm::text() const {
  const double size = std::abs(factor);
  return fmt::format("{} {}{}", factor < 0.0 ? "-" : "+", size == 1.0 ? "" : fmt::format("{:.3g} ", size), name);
}

CodeSum sum_codes(const Run& run, const RunData& data, const SumExpression& expression, space::Path path,
                  const std::function<RunData(const std::string&)>& open) {
  check_has_both_halves(run, "arithmetic with samples");
  Tensor all;
  if (!run.model->encodes_by_search()) all = encode_samples(*run.model, *data.samples, Draw::mean, 0).z;
  return sum_codes(run, data, all, expression, path, open);
}

CodeSum sum_codes(const Run& run, const RunData& data, const Tensor& codes, const SumExpression& expression,
                  space::Path path, const std::function<RunData(const std::string&)>& open) {
  check_has_both_halves(run, "arithmetic with samples");
  CodeSum sum;
  const CodesOfSamples known(run, data, codes);
  for (const Operand& operand : expression.operands) {
    switch (operand.kind) {
      case Operand::Kind::item: sum.terms.push_back(find_item(data, known, expression, operand)); break;
      case Operand::Kind::selection: sum.terms.push_back(find_samples(run, data, known, expression, operand)); break;
      case Operand::Kind::file: sum.terms.push_back(find_file(run, data, expression, operand, open)); break;
    }
  }
  sum.z = combined(sum.terms, codes, path);
  sum.x_hat = decode_all(*run.model, sum.z);
  if (known.has_all()) sum.nearest = nearest_to(sum.z, codes, expression.operands);
  return sum;
}

Picture picture_of_sum(const Run& run, const RunData& data, const CodeSum& sum) {
  constexpr int64_t kLargeImages = 112;
  const auto columns = static_cast<int64_t>(sum.terms.size()) + 1;
  const auto& nearest = sum.nearest;
  Tensor shown = Tensor::full(sum.x_hat.shape().tail().prepend(2 * columns), std::numeric_limits<double>::quiet_NaN());
  std::vector<std::string> names;
  for (int64_t k = 0; k < columns - 1; ++k) {
    const SumTerm& term = sum.terms[static_cast<size_t>(k)];
    if (term.x.defined()) shown.rows(k, k + 1).copy_from(term.x);
    shown.rows(columns + k, columns + k + 1).copy_from(decode_all(*run.model, term.code));
    names.push_back(term.text());
  }
  if (nearest) {
    shown.rows(columns - 1, columns).copy_from(data.samples->range(nearest->index, nearest->index + 1));
  }
  shown.rows(2 * columns - 1, 2 * columns).copy_from(sum.x_hat);
  names.push_back(nearest ? fmt::format("= near #{}", nearest->index) : "=");
  const std::vector<std::string> kinds = {"sample", "decoded"};
  return picture_of_grid(run, view_of(run, sum.x_hat),
                         {.x = shown,
                          .columns = columns,
                          .meaning = SampleGrid::Meaning::columns_are_groups,
                          .row_names = kinds,
                          .column_names = names,
                          .mark_names = kinds,
                          .min_size = kLargeImages});
}

}  // namespace latent
