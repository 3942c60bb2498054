#include <latent/models/network.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/models/conv1d_network.hpp>
#include <latent/models/conv_network.hpp>
#include <latent/models/mlp_network.hpp>
#include <latent/models/resnet_network.hpp>
#include <latent/models/wave_network.hpp>

namespace latent {

namespace {

constexpr auto kNetworks = std::to_array<Choice<decltype(&make_network)>>({
    {"mlp", MlpNetwork::make},
    {"conv", ConvNetwork::make},
    {"resnet", ResNetNetwork::make},
    {"wave", WaveNetwork::make},
    {"conv1d", Conv1dNetwork::make},
});
constexpr auto kNetworkNames = names_of(kNetworks);

}  // namespace

std::unique_ptr<Network> make_network(const Json& config, const NetworkEnds& ends) {
  return choose("network", name_in("network", *config), kNetworks)(config, ends);
}

std::span<const std::string_view> network_names() { return kNetworkNames; }

}  // namespace latent
