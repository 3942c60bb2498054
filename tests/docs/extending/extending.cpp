// The skeletons of docs/extending.md, each where its recipe puts it; compiled, not linked. What a skeleton finds in its
// place, and the page does not show, stands before it.
#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/autograd/node.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/sources.hpp>
#include <latent/formats/detail/bytes.hpp>
#include <latent/models/registry.hpp>
#include <latent/nn/layers.hpp>
#include <latent/probability/distribution.hpp>
#include <latent/probability/slots.hpp>
#include <latent/run/kinds/run_kind.hpp>
#include <latent/run/training/train_options.hpp>

#include <cmath>
#include <cstring>
#include <functional>
#include <optional>

constexpr int kBlocks =
#include "docs_extending_count.inc"
    ;
static_assert(kBlocks == 21, "docs/extending.md has other blocks than this file and command.cpp include");

namespace latent::kernels {
#include "docs_extending_1.inc"
namespace {
int64_t grain(int64_t cols) { return cols; }
}  // namespace
#include "docs_extending_2.inc"
}  // namespace latent::kernels

namespace latent {

namespace {
using detail::with_float_type;
struct Sides {
  int64_t rows, cols;
};
Sides split_last(const char*, const Tensor& x) { return {x.numel(), 1}; }
}  // namespace
#include "docs_extending_3.inc"

namespace {
using Inputs = std::span<const Tensor>;
struct Case {
  std::string name;
  std::vector<Tensor> inputs;
  std::function<Tensor(Inputs)> function;
};
}  // namespace
std::vector<Case> shape_cases(const Tensor& x) {
  return {
#include "docs_extending_4.inc"
  };
}

namespace nn {
#include "docs_extending_5.inc"
#include "docs_extending_6.inc"
}  // namespace nn

#include "docs_extending_7.inc"
using Logistic = Laplace;
#include "docs_extending_8.inc"
#include "docs_extending_9.inc"
#include "docs_extending_10.inc"

std::vector<OptionField> fields_of_training(TrainOptions& options) {
  return {
#include "docs_extending_11.inc"
  };
}

class Gan : public LatentModel {
  std::vector<Phase> phases() override;
  std::vector<nn::NamedTensor> parameters_of(const std::string& prefix) const;
  LossTerms critic_loss(const Batch& batch, const StepContext& context) const;
  LossTerms generator_loss(const Batch& batch, const StepContext& context) const;
};
#include "docs_extending_12.inc"

const auto kPresets = std::to_array<Preset>({
#include "docs_extending_13.inc"
});

namespace data {
#define seismic images  // a member that is declared, in the place of the one that the recipe adds
#include "docs_extending_14.inc"
#undef seismic
}  // namespace data
#include "docs_extending_15.inc"
#include "docs_extending_16.inc"

namespace {
struct Problem {
  size_t offset;
  std::string what;
};
std::optional<Problem> problem_of(std::span<const std::byte>) { return std::nullopt; }
}  // namespace
#include "docs_extending_17.inc"
#include "docs_extending_18.inc"

namespace data {
#include "docs_extending_19.inc"
Source open_file(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  const std::span<const std::byte> bytes = file.bytes();
#include "docs_extending_20.inc"
  return {};
}
}  // namespace data

}  // namespace latent
