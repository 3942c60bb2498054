#include <latent/run/checks.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>

#include <fmt/core.h>

namespace latent {

void check_has_encoder(const Run& run, const std::string& advice) {
  if (!run.model->has_encoder())
    throw UsageError(fmt::format("{}: the model has no encoder", run.path.string()), advice);
}

void check_has_decoder(const Run& run) {
  if (!run.model->has_decoder()) throw UsageError(fmt::format("{}: the model has no decoder", run.path.string()));
}

void check_has_both_halves(const Run& run, std::string_view what) {
  if (run.model->has_encoder() && run.model->has_decoder()) return;
  throw UsageError(fmt::format("{}: {} needs an encoder and a decoder", run.path.string(), what));
}

std::string missing_item_text(const RunData& data, int64_t item) {
  return fmt::format("sample {} does not exist: {} has {}, numbered from 0", item, data.part(),
                     counted(data.samples->size(), "sample"));
}

void check_items(const RunData& data, std::span<const int64_t> items) {
  for (const int64_t item : items) {
    if (item >= data.samples->size()) throw UsageError(missing_item_text(data, item));
  }
}

}  // namespace latent
