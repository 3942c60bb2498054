// latent cluster RUN DATA -k 10 -o clusters.csv: groups of codes that lie together.

#include <cli/command.hpp>
#include <cli/commands/cluster_files.hpp>
#include <cli/output.hpp>

#include <latent/core/names.hpp>
#include <latent/core/rng.hpp>
#include <latent/space/clusters/cluster_count.hpp>
#include <latent/space/clusters/kmeans.hpp>
#include <latent/space/metrics/scores.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>

namespace latent::cli {

namespace {

constexpr std::array<std::string_view, 2> kMethods = {"kmeans", "gmm"};
constexpr int64_t kMostClusters = 10'000;

// What was found, and how well it fits.
struct FoundClusters {
  Clustering clustering;
  double bic = 0.0;
  std::optional<double> inertia, log_likelihood;
  int64_t iterations = 0;
  bool converged = false;
  std::optional<space::Covariance> covariance;  // of a mixture
};

class Cluster : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data whose codes are clustered (default: the run's own)");
    Option* k = arguments.add_option("-k", k_, "number of clusters (default: of the groups that stand apart, by ICL)")
                    ->type_name("K")
                    ->check(whole_number(1, kMostClusters));
    arguments.add_option("--k-max", k_max_, "most clusters to try where -k is not given")
        ->type_name("K")
        ->check(whole_number(1, kMostClusters))
        ->show_default()
        ->excludes(k);
    arguments.add_option("--method", method_, "kmeans, or gmm (a mixture of Gaussians)")
        ->type_name("NAME")
        ->show_default();
    arguments
        .add_option(
            "--covariance", covariance_,
            "of the Gaussians: full, diagonal, spherical or tied (default: full; without -k the best of the four)")
        ->type_name("NAME");
    arguments.add_option("--restarts", restarts_, "runs of k-means from different starts; the best one counts")
        ->type_name("N")
        ->check(whole_number(1, 1000))
        ->show_default();
    arguments
        .add_option("-o,--output", output_,
                    "clusters.csv, .npy, .npz (with the centres) or .png (centres decoded, nearest samples)")
        ->type_name("FILE");
    arguments.add_option("--shown", shown_, "nearest samples of each cluster in the picture")
        ->type_name("N")
        ->check(whole_number(1, 100))
        ->show_default();
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "of the starts");
  }

  Result run() override {
    const std::optional<ResultFile> file = check_arguments();
    const Run run = open_run(path_, compute_, {{"-o", output_}});
    if (!run.model->has_encoder()) throw UsageError(fmt::format("{}: the model has no encoder", path_));
    const RunData data = open_data(run, data_path_, data_, split_);
    const int64_t N = data.samples->size();
    if (k_ > N) throw UsageError(fmt::format("-k {}: {} has {}", k_, data.part(), counted(N, "sample")));
    const Codes codes = encode_samples(*run.model, *data.samples, Draw::mean, 0);
    std::optional<space::ClusterCount> count;
    if (k_ == 0) count = counted_clusters(codes.z);
    FoundClusters found = method_ == "gmm" ? mixture(codes.z, count) : kmeans(codes.z, count);
    sort_by_size(found.clustering);
    const auto k = static_cast<int64_t>(found.clustering.sizes.size());
    if (file && file->form == Form::png) check_fits_form(*file, k * (shown_ + 1), "or show fewer (--shown)");
    const auto empty = std::count(found.clustering.sizes.begin(), found.clustering.sizes.end(), 0);
    if (empty > 0) warn(fmt::format("{} empty: codes coincide", counted(empty, "cluster")));
    if (!found.converged) warn("the best run stopped before it had settled");
    const SampleLabels labels = labels_of(*data.samples);
    std::string shown;
    if (file) shown = write_clusters(*file, run, *data.samples, found.clustering, labels, shown_);
    Result result = report(data, codes.z, found, count, labels);
    add_shown(result, shown);
    return result;
  }

 private:
  std::optional<ResultFile> check_arguments() const {
    if (std::find(kMethods.begin(), kMethods.end(), method_) == kMethods.end()) {
      unknown_name("method", method_, kMethods);
    }
    if (!covariance_.empty()) static_cast<void>(space::covariance_from(covariance_));
    if (!covariance_.empty() && method_ != "gmm") throw UsageError("--covariance belongs to --method gmm");
    if (output_.empty()) return std::nullopt;
    constexpr std::array kForms = {Form::csv, Form::npy, Form::npz, Form::png};
    ResultFile file = result_file(output_, kForms, Existing::replace);
    if (file.form == Form::png)
      check_fits_form(file, std::max<int64_t>(k_, 1) * (shown_ + 1), "or show fewer (--shown)");
    return file;
  }

  static SampleLabels labels_of(const data::Dataset& samples) {
    const auto numbers = samples.labels();
    const auto names = samples.class_names();
    SampleLabels labels{{numbers.begin(), numbers.end()}, {names.begin(), names.end()}};
    return labels;
  }

  static void tell_trial(const space::ClusterCountTrial& trial) {
    const std::string text =
        std::isfinite(trial.icl) ? fmt::format("ICL {:.6g}", trial.icl) : "none, a cluster has too few samples";
    const std::string apart =
        std::isfinite(trial.silhouette) ? fmt::format(", silhouette {:.4f}", trial.silhouette) : "";
    note(fmt::format("{}: {}{}", counted(trial.k, "cluster"), text, apart));
  }

  space::ClusterCount counted_clusters(const Tensor& z) const {
    const space::ClusterCount count =
        space::count_clusters(z, {.most = k_max_, .restarts = restarts_, .seed = seed_}, tell_trial);
    if (count.k == k_max_ && k_max_ > 1) {
      warn(fmt::format("the ICL still falls at {}, the most that were tried; more with --k-max",
                       counted(count.k, "cluster")));
    }
    return count;
  }

  FoundClusters kmeans(const Tensor& z, const std::optional<space::ClusterCount>& count) const {
    const space::KmeansOptions options{.k = count ? count->k : k_, .restarts = restarts_, .seed = seed_};
    FoundClusters found;
    const space::Kmeans fit = space::fit_kmeans(z, options);
    found.bic = space::kmeans_bic(fit, z.dim(1));
    found.inertia = fit.inertia;
    found.iterations = fit.iterations;
    found.converged = fit.converged;
    found.clustering = {fit.centers, fit.clusters, fit.sizes, fit.distances, "distance", fit.distances, {}, {}};
    return found;
  }

  FoundClusters mixture(const Tensor& z, const std::optional<space::ClusterCount>& count) const {
    space::MixtureOptions options{.k = count ? count->k : k_, .restarts = restarts_, .seed = seed_};
    if (count) options.covariance = count->covariance;
    if (!covariance_.empty()) options.covariance = space::covariance_from(covariance_);
    FoundClusters found;
    found.covariance = options.covariance;
    const space::Mixture fit = space::fit_mixture(z, options);
    found.bic = fit.bic(z.dim(0));
    found.log_likelihood = fit.log_likelihood;
    found.iterations = fit.iterations;
    found.converged = fit.converged;
    found.clustering = clustering_of(fit, z);
    return found;
  }

  // Each sample belongs to its most probable component.
  static Clustering clustering_of(const space::Mixture& fit, const Tensor& z) {
    const int64_t k = fit.size(), D = z.dim(1);
    const Tensor joint = fit.log_joint(z), shares = fit.responsibilities(z);
    Clustering result;
    result.centers = fit.means;
    result.value_name = "probability";
    result.sizes.assign(static_cast<size_t>(k), 0);
    for (int64_t i = 0; i < z.dim(0); ++i) {
      const double* row = shares.data<double>() + i * k;
      const int64_t c = std::max_element(row, row + k) - row;
      result.clusters.push_back(c);
      ++result.sizes[static_cast<size_t>(c)];
      result.values.push_back(row[c]);
      result.rank.push_back(-joint.data<double>()[i * k + c]);
    }
    result.weights = Tensor::from(fit.weights, {k});
    const bool full = space::is_square(fit.covariance);
    result.covariances = Tensor::from(fit.variances, full ? Shape{k, D, D} : Shape{k, D});
    return result;
  }

  // Of at most kMostCompared random samples; nothing unless they lie in several clusters.
  std::optional<double> silhouette_of(const Tensor& z, const std::vector<int64_t>& clusters) const {
    constexpr int64_t kMostCompared = 5'000;
    constexpr uint64_t kStream = 0x73696c686f75;  // "silhou"
    std::vector<int64_t> rows = Rng(seed_).fork(kStream).permutation(z.dim(0));
    rows.resize(static_cast<size_t>(std::min(kMostCompared, z.dim(0))));
    const auto N = static_cast<int64_t>(rows.size());
    Tensor x = Tensor::empty({N, z.dim(1)});
    std::vector<int64_t> of_rows;
    for (int64_t i = 0; i < N; ++i) {
      const int64_t row = rows[static_cast<size_t>(i)];
      x.rows(i, i + 1).copy_from(z.rows(row, row + 1));
      of_rows.push_back(clusters[static_cast<size_t>(row)]);
    }
    const auto count = static_cast<int64_t>(std::set<int64_t>(of_rows.begin(), of_rows.end()).size());
    if (count < 2 || count >= N) return std::nullopt;
    return space::silhouette(x, of_rows);
  }

  // "1,203 samples, 91% 'Bag'": the size, and the commonest label.
  static std::string cluster_text(const Clustering& clustering, const SampleLabels& labels, int64_t cluster) {
    const int64_t size = clustering.sizes[static_cast<size_t>(cluster)];
    std::string text = fmt::format("{} {}", grouped(size), size == 1 ? "sample" : "samples");
    if (labels.numbers.empty() || size == 0) return text;
    std::vector<int64_t> counts(labels.names.size(), 0);
    for (size_t i = 0; i < labels.numbers.size(); ++i) {
      if (clustering.clusters[i] == cluster) ++counts[static_cast<size_t>(labels.numbers[i])];
    }
    const auto most = std::max_element(counts.begin(), counts.end());
    return text + fmt::format(", {:.0f}% {}", 100.0 * static_cast<double>(*most) / static_cast<double>(size),
                              one_line(labels.names[static_cast<size_t>(most - counts.begin())]));
  }

  static Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

  static void add_trials(Json& json, const space::ClusterCount& count) {
    json["icl_by_clusters"] = Json::array();
    json["silhouette_by_clusters"] = Json::array();
    for (const space::ClusterCountTrial& trial : count.trials) {
      json["icl_by_clusters"].push_back(number_or_null(trial.icl));
      json["silhouette_by_clusters"].push_back(number_or_null(trial.silhouette));
    }
  }

  Result report(const RunData& data, const Tensor& z, const FoundClusters& found,
                const std::optional<space::ClusterCount>& count, const SampleLabels& labels) const {
    const auto k = static_cast<int64_t>(found.clustering.sizes.size());
    Result result;
    result.json = {{"run", path_},
                   {"data", data.source},
                   {"split", data.split},
                   {"samples", z.dim(0)},
                   {"method", method_},
                   {"clusters", k},
                   {"sizes", found.clustering.sizes}};
    Table table;
    table.row("clusters", fmt::format("{}{}", k,
                                      !count   ? ""
                                      : k == 1 ? ", no groups stand apart (ICL)"
                                               : ", the number with the least ICL"));
    if (found.covariance) {
      result.json["covariance"] = space::name_of(*found.covariance);
      table.row("covariance", std::string(space::name_of(*found.covariance)));
    }
    add_figure(result, table, "inertia", found.inertia, "{:.6g}");
    add_figure(result, table, "log_likelihood", found.log_likelihood, "{:.4f} nats per sample");
    add_figure(result, table, "bic", found.bic, "{:.6g}");
    if (count) add_trials(result.json, *count);
    add_figure(result, table, "silhouette", silhouette_of(z, found.clustering.clusters), "{:.4f}");
    const bool labelled = !labels.numbers.empty();
    add_figure(
        result, table, "adjusted_rand_index",
        labelled ? std::optional(space::adjusted_rand_index(labels.numbers, found.clustering.clusters)) : std::nullopt,
        "{:.4f}");
    add_figure(result, table, "normalized_mutual_information",
               labelled ? std::optional(space::normalized_mutual_information(labels.numbers, found.clustering.clusters))
                        : std::nullopt,
               "{:.4f}");
    result.json["iterations"] = found.iterations;
    result.json["seed"] = seed_;
    result.json["output"] = output_.empty() ? Json() : Json(output_);
    constexpr int64_t kMostPrinted = 30;
    for (int64_t c = 0; c < std::min(k, kMostPrinted); ++c) {
      table.row(fmt::format("cluster {}", c), cluster_text(found.clustering, labels, c));
    }
    if (k > kMostPrinted) table.row("...", "");
    table.row("codes of", one_line(data.part()));
    if (!output_.empty()) table.row("written", one_line(output_));
    result.text = table.str();
    return result;
  }

  static void add_figure(Result& result, Table& table, std::string name, const std::optional<double>& value,
                         const char* format) {
    result.json[name] = value ? Json(*value) : Json();
    if (!value) return;
    std::replace(name.begin(), name.end(), '_', ' ');
    table.row(name, fmt::format(fmt::runtime(format), *value));
  }

  std::string path_, data_path_, output_, split_, covariance_;
  std::string method_ = "kmeans";
  int64_t k_ = 0, k_max_ = 20, restarts_ = 5, shown_ = 10;
  DataOptions data_;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_cluster() { return std::make_unique<Cluster>(); }

}  // namespace latent::cli
