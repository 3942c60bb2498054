#include <latent/run/explore/code_cache.hpp>

#include <latent/compression/codec.hpp>
#include <latent/core/shuffle.hpp>
#include <latent/core/stoppable.hpp>
#include <latent/data/fingerprint.hpp>
#include <latent/formats/npy.hpp>
#include <latent/run/checks.hpp>

#include <fmt/core.h>

#include <numeric>
#include <optional>

namespace latent {

namespace {

constexpr int64_t kMostKeptBytes = int64_t{4} << 30;

// The codes of a file that holds those of this model; undefined for any other file.
Codes read_codes(const std::filesystem::path& path, uint64_t model, const Shape& shape) {
  try {
    if (path.empty() || !std::filesystem::exists(path)) return {};
    Codes codes;
    bool is_of_model = false;
    for (auto& [name, tensor] : read_npz(MappedFile::open(path))) {
      if (name == "model") {
        is_of_model = tensor.dtype() == DType::i64 && tensor.numel() == 1 &&
                      static_cast<uint64_t>(tensor.data<int64_t>()[0]) == model;
      }
      if (tensor.dtype() != DType::f32 || tensor.shape() != shape) continue;
      if (name == "codes") codes.z = tensor.clone();
      if (name == "stddev") codes.stddev = tensor.clone();
    }
    if (is_of_model && codes.z.defined() && codes.stddev.defined()) return codes;
  } catch (const std::exception&) {  // damaged, or not to be read: then they are computed
  }
  return {};
}

Tensor number(uint64_t value) { return Tensor::from(std::vector<int64_t>{static_cast<int64_t>(value)}, {1}); }

Codes computed(const Run& run, const data::Dataset& samples, const CodeCacheOptions& options) {
  // Multiples of the batches of encode_samples(): the same bits. Where each takes seconds, it is told after each.
  const int64_t at_once = run.model->encodes_by_search() ? 256 : 2048;
  const int64_t N = samples.size(), D = run.model->latent_dim();
  Codes all{Tensor::empty({N, D}), Tensor::empty({N, D})};
  std::optional<Stoppable> stoppable;
  if (options.stop) stoppable.emplace(*options.stop);
  // Not owned: it outlives the parts.
  const std::shared_ptr<const data::Dataset> set(&samples, [](const data::Dataset*) {});
  for (int64_t begin = 0; begin < N; begin += at_once) {
    check_stop();
    const int64_t end = std::min(begin + at_once, N);
    std::vector<int64_t> rows(static_cast<size_t>(end - begin));
    std::iota(rows.begin(), rows.end(), begin);
    const Codes part = encode_samples(*run.model, *data::subset(set, std::move(rows)), Draw::mean, 0);
    all.z.rows(begin, end).copy_from(part.z);
    all.stddev.rows(begin, end).copy_from(part.stddev);
    if (options.progress) options.progress(end, N);
  }
  return all;
}

}  // namespace

std::filesystem::path code_cache_path(const Run& run, const data::Dataset& samples) {
  std::error_code error;
  if (run.path.empty() || !std::filesystem::is_directory(run.path, error)) return {};
  const uint64_t hash = data::fingerprint(samples, data::samples_to_fingerprint(samples));
  return run.path / "explore" / fmt::format("codes-{:016x}.npz", hash);
}

bool has_kept_codes(const Run& run, const data::Dataset& samples) {
  return read_codes(code_cache_path(run, samples), compression::model_hash(*run.model),
                    {samples.size(), run.model->latent_dim()})
      .z.defined();
}

KeptCodes kept_codes(const Run& run, const data::Dataset& samples, const CodeCacheOptions& options) {
  check_has_encoder(run);
  KeptCodes kept;
  if (samples.value_dtype() != DType::f32) {  // words: the model's table has their codes already
    kept.codes = computed(run, samples, options);
    return kept;
  }
  const std::filesystem::path path = code_cache_path(run, samples);
  const uint64_t model = compression::model_hash(*run.model);
  kept.codes = read_codes(path, model, {samples.size(), run.model->latent_dim()});
  kept.was_kept = kept.codes.z.defined();
  if (kept.was_kept) return kept;
  kept.codes = computed(run, samples, options);
  const int64_t bytes = 2 * static_cast<int64_t>(kept.codes.z.nbytes());
  if (!options.keep || path.empty() || bytes > kMostKeptBytes) return kept;
  try {
    std::filesystem::create_directories(path.parent_path());
    write_npz(path, {{"codes", kept.codes.z}, {"stddev", kept.codes.stddev}, {"model", number(model)}});
  } catch (const std::exception& error) {
    kept.remarks.push_back({fmt::format("the codes are not kept for the next time: {}", error.what())});
  }
  return kept;
}

}  // namespace latent
