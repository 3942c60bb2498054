// latent cluster RUN DATA -k 10 -o clusters.csv: groups of codes that lie together.

#include <cli/report.hpp>
#include <cli/run_command.hpp>
#include <cli/words.hpp>

#include <latent/run/checks.hpp>
#include <latent/run/clusters/clustering.hpp>
#include <latent/run/codes.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace latent::cli {

namespace {

constexpr int64_t kMostClusters = 10'000;

void tell_trial(const space::ClusterCountTrial& trial) {
  const std::string text =
      std::isfinite(trial.icl) ? fmt::format("ICL {:.6g}", trial.icl) : "none, a cluster has too few samples";
  const std::string apart = std::isfinite(trial.silhouette) ? fmt::format(", silhouette {:.4f}", trial.silhouette) : "";
  note(fmt::format("{}: {}{}", counted(trial.k, "cluster"), text, apart));
}

class Cluster : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data whose codes are clustered");
    Option* k =
        arguments.add_option("-k", options_.k, "number of clusters (default: of the groups that stand apart, by ICL)")
            ->type_name("K")
            ->check(whole_number(1, kMostClusters));
    arguments.add_option("--k-max", options_.k_max, "most clusters to try where -k is not given")
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
            "form of the Gaussians: full, diagonal, spherical or tied (default: full; without -k the best of the four)")
        ->type_name("NAME");
    arguments.add_option("--restarts", options_.restarts, "runs of k-means from different starts; the best one counts")
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
    declare_words(arguments, words_, "for a run of words: group the N most frequent ones (default: all)");
    declare_reading(arguments, "seed of the starts");
  }

  Result run() override {
    const std::optional<ResultFile> file = check_arguments();
    const Run run = open_run({{"-o", output_}});
    check_has_encoder(run);
    if (run.kind() == data::Kind::words && file && file->form == Form::png)
      throw UsageError(fmt::format("-o {}: words are no pictures", output_), "Use .csv, .npy or .npz.");
    const RunData data = most_frequent(run, open_data(run), words_);
    const int64_t N = data.samples->size();
    if (options_.k > N) {
      throw UsageError(fmt::format("-k {}: {} has {}", options_.k, data.part(), counted(N, "sample")));
    }
    const Tensor z = encode_samples(*run.model, *data.samples, Draw::mean, 0).z;
    options_.seed = seed_;
    options_.progress = tell_trial;
    const Clustering found = cluster_codes(z, options_);
    check_fits_picture(file, found.size());
    tell(found.remarks);
    const std::string shown = file ? write_clusters(*file, run, *data.samples, found, shown_) : "";
    return report(data, found, score_clusters(z, found, data.samples->labels(), seed_)).shown(shown).result();
  }

 private:
  std::optional<ResultFile> check_arguments() {
    options_.method = cluster_method_from(method_);
    if (!covariance_.empty()) options_.covariance = space::covariance_from(covariance_);
    if (options_.covariance && options_.method != ClusterMethod::gmm) {
      throw UsageError("--covariance belongs to --method gmm");
    }
    if (output_.empty()) return std::nullopt;
    constexpr std::array kForms = {Form::csv, Form::npy, Form::npz, Form::png};
    const ResultFile file = result_file(output_, kForms, Existing::replace);
    check_fits_picture(file, std::max<int64_t>(options_.k, 1));
    return file;
  }

  void check_fits_picture(const std::optional<ResultFile>& file, int64_t clusters) const {
    if (file && file->form == Form::png) check_fits_form(*file, clusters * (shown_ + 1), "or show fewer (--shown)");
  }

  // "1,203 samples, 91% 'Bag'": the size, and the commonest label.
  static std::string cluster_text(int64_t size, const CommonClass& common, std::span<const std::string> class_names,
                                  std::string_view noun) {
    std::string text = counted(size, noun);
    if (common.label < 0) return text;
    return text + fmt::format(", {:.0f}% {}", 100.0 * static_cast<double>(common.count) / static_cast<double>(size),
                              one_line(class_names[static_cast<size_t>(common.label)]));
  }

  // ": cat, dog, horse": words that lie in the middle of a cluster; nothing for other samples.
  static std::string words_text(const Clustering& found, const data::Dataset& samples, int64_t cluster) {
    constexpr int64_t kNamed = 8;
    if (!(samples.kind() == data::Kind::words)) return {};
    std::string text;
    for (const int64_t i : typical_samples(found, cluster, kNamed))
      text += fmt::format("{} {}", text.empty() ? ":" : ",", one_line(samples.sample_name(i)));
    return text;
  }

  Report report(const RunData& data, const Clustering& found, const ClusterScores& scores) const {
    const int64_t k = found.size();
    Report report;
    report.json = {{"run", path_},
                   {"data", data.source},
                   {"split", data.split},
                   {"samples", data.samples->size()},
                   {"method", method_}};
    report.both("clusters", k,
                fmt::format("{}{}", k,
                            !found.count ? ""
                            : k == 1     ? ", no groups stand apart (ICL)"
                                         : ", the number with the least ICL"));
    report.json["sizes"] = found.sizes;
    if (found.covariance) {
      report.both("covariance", space::name_of(*found.covariance), std::string(space::name_of(*found.covariance)));
    }
    report.figure("inertia", found.inertia, "{:.6g}");
    report.figure("log_likelihood", found.log_likelihood, "{:.4f} nats per sample");
    report.figure("bic", found.bic, "{:.6g}");
    if (found.count) {
      for (const char* key : {"icl_by_clusters", "silhouette_by_clusters"}) report.json[key] = Json::array();
      for (const space::ClusterCountTrial& trial : found.count->trials) {
        report.json["icl_by_clusters"].push_back(number_or_null(trial.icl));
        report.json["silhouette_by_clusters"].push_back(number_or_null(trial.silhouette));
      }
    }
    report.figure("silhouette", scores.silhouette, "{:.4f}");
    report.figure("adjusted_rand_index", scores.adjusted_rand_index, "{:.4f}");
    report.figure("normalized_mutual_information", scores.normalized_mutual_information, "{:.4f}");
    report.json.update({{"iterations", found.iterations}, {"seed", seed_}, {"output", text_or_null(output_)}});
    constexpr int64_t kMostPrinted = 30;
    const std::vector<CommonClass> common = common_classes(found, *data.samples);
    for (int64_t c = 0; c < std::min(k, kMostPrinted); ++c) {
      const auto at = static_cast<size_t>(c);
      report.row(fmt::format("cluster {}", c),
                 cluster_text(found.sizes[at], common[at], data.samples->class_names(),
                              data.samples->kind() == data::Kind::words ? "word" : "sample") +
                     words_text(found, *data.samples, c));
    }
    if (k > kMostPrinted) report.row("...", "");
    report.row("codes of", one_line(data.part()));
    if (!output_.empty()) report.row("written", one_line(output_));
    return report;
  }

  std::string method_ = "kmeans", covariance_;
  int64_t shown_ = 10;
  std::optional<int64_t> words_;
  ClusterOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_cluster() { return std::make_unique<Cluster>(); }

}  // namespace latent::cli
