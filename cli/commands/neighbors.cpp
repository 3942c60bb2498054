// latent neighbors RUN DATA --query I|FILE -o grid.png: the samples of a data set that are nearest to given ones.

#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/models/word_embedding.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/neighbors/finding.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace latent::cli {

namespace {

class NeighborsCommand : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to search");
    arguments
        .add_option("--query", query_,
                    "numbers of samples of the part of DATA, from 0 (0,3,5), a file or folder of samples, or words "
                    "(king,queen)")
        ->required()
        ->type_name("I|FILE|WORDS");
    arguments.add_option("-k,--neighbors", options_.k, "neighbours of each query")
        ->type_name("N")
        ->check(whole_number(1, 100'000))
        ->show_default();
    declare_output(
        arguments,
        ".png (each query, then its neighbours), .csv (query, rank, index, distance, files, label), .npy (indices) "
        "or .npz (indices, distances)",
        "OUT");
    arguments.add_option("--metric", metric_, "euclidean, cosine, or between posteriors: kl (symmetric), wasserstein")
        ->type_name("NAME")
        ->show_default();
    arguments.add_option("--method", method_, "exact, or hnsw (approximate; its recall is measured)")
        ->type_name("NAME")
        ->show_default();
    arguments.add_option("--space", space_, "compare codes (latent), or the samples' own values (data)")
        ->type_name("NAME")
        ->show_default();
    arguments.add_flag("--retrieval", options_.retrieval,
                       "how well nearness finds the label of a query: the mean average precision of all samples, "
                       "ranked by their distance");
    declare_reading(arguments, "seed of the graph of --method hnsw");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::csv, Form::npy, Form::npz};
    const ResultFile file = result_file(output_, kForms, Existing::refuse);
    take_options();
    const Run run = open_run({{"-o", output_}});
    if (is_words(*run.model) && file.form == Form::png)
      throw UsageError(fmt::format("-o {}: words are no pictures", output_), "Use .csv, .npy or .npz.");
    if (options_.space == SampleSpace::latent) {
      check_has_encoder(run, "--space data compares the samples as they are.");
    }
    const RunData data = open_data(run);
    const NeighborQueries queries = queries_of(run, data);
    check_neighbor_count(data, queries, options_.k);
    check_fits_form(file, queries.samples->size() * (options_.k + 1), "or take fewer queries or neighbours (-k)");
    const FoundNeighbors found = find_neighbors(run, data, queries, options_);
    const std::string shown = write_neighbors(run, data, queries, found.rows, file);
    return report(data, queries, found).shown(shown).result();
  }

 private:
  void take_options() {
    options_.metric = neighbor_metric_from(metric_);
    options_.space = sample_space_from(space_);
    options_.method = space::index_method_from(method_);
    options_.seed = seed_;
    options_.check();
  }

  // A file of queries may lack the label column that is named for DATA: it is not needed to ask.
  RunData open_queries(const Run& run) const {
    DataOptions reading = data_;
    try {
      return cli::open_data(run, query_, reading, "all");
    } catch (const std::invalid_argument&) {
      if (reading.label_column.empty()) throw;
      reading.label_column.clear();
      return cli::open_data(run, query_, reading, "all");
    }
  }

  NeighborQueries queries_of(const Run& run, const RunData& data) const {
    if (is_words(*run.model)) return queries_among(data, words_of_query(data));
    if (query_.empty() || query_.find_first_not_of("0123456789,") != std::string::npos) {
      const RunData file = open_queries(run);
      return {.samples = file.samples, .source = file.source};
    }
    const std::string problem = whole_number_list(0, std::numeric_limits<int64_t>::max())(query_);
    if (!problem.empty()) throw UsageError(fmt::format("--query: {}", problem));
    return queries_among(data, parse_list(query_));
  }

  // "king,queen": words between commas.
  std::vector<int64_t> words_of_query(const RunData& data) const {
    std::vector<int64_t> ids;
    for (size_t begin = 0; begin <= query_.size();) {
      const size_t end = std::min(query_.find(',', begin), query_.size());
      const std::string word = query_.substr(begin, end - begin);
      int64_t id = 0;
      while (id < data.samples->size() && data.samples->sample_name(id) != word) ++id;
      if (id == data.samples->size()) {
        throw UsageError(fmt::format("--query: '{}' is not among the {}", one_line(word), counted(id, "word")),
                         "latent words nearest offers near spellings.");
      }
      ids.push_back(id);
      begin = end + 1;
    }
    return ids;
  }

  Report report(const RunData& data, const NeighborQueries& queries, const FoundNeighbors& found) const {
    const int64_t Q = found.rows.index.dim(0), k = found.rows.index.dim(1);
    Report report;
    report.json = head(output_, data, data.samples->size());
    report.json.update({{"metric", metric_},
                        {"method", method_},
                        {"space", space_},
                        {"seconds", found.seconds},
                        {"recall", number_or_null(found.recall)},
                        {"same_label", found.same_label ? Json(*found.same_label) : Json()},
                        {"mean_average_precision", number_or_null(found.mean_average_precision)},
                        {"neighbors", Json::array()}});
    for (int64_t q = 0; q < Q; ++q) {
      const int64_t* index = found.rows.index.data<int64_t>() + q * k;
      const float* distance = found.rows.distance.data<float>() + q * k;
      report.json["neighbors"].push_back({{"query", queries.number(q)},
                                          {"index", std::vector<int64_t>(index, index + k)},
                                          {"distance", std::vector<float>(distance, distance + k)}});
    }
    const std::string whose = queries.numbers.empty() ? fmt::format(" of {}", one_line(queries.source)) : std::string();
    report.line(fmt::format("{}: the {} nearest of {}{}, among {} of {} ({}, by {})", one_line(output_), k,
                            Q == 1 ? "1 query" : fmt::format("{} queries", grouped(Q)), whose,
                            counted(data.samples->size(), "sample"), one_line(data.part()), metric_,
                            space_ == "latent" ? "code" : "value"));
    if (found.same_label) {
      report.line(fmt::format("same label as the query: {} of {} ({:.1f}%)", grouped(*found.same_label), grouped(Q * k),
                              100.0 * static_cast<double>(*found.same_label) / static_cast<double>(Q * k)));
    }
    if (found.mean_average_precision) {
      report.line(fmt::format("mean average precision of retrieval: {:.3f}", *found.mean_average_precision));
    }
    if (found.recall) report.line(fmt::format("recall of hnsw on these queries: {:.4f}", *found.recall));
    return report;
  }

  std::string query_, metric_ = "euclidean", method_ = "exact", space_ = "latent";
  NeighborOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_neighbors() { return std::make_unique<NeighborsCommand>(); }

}  // namespace latent::cli
