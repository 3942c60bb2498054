#include "command.hpp"

namespace latent::cli {

namespace {
constexpr CommandEntry kCommands[] = {
    {"train", "train a model on data", "latent train fashion-mnist --out runs/fashion --epochs 5", &make_train},
    {"resume", "continue training a run, bit for bit", "latent resume runs/fashion --epochs 20", &make_resume},
    {"evaluate", "ELBO, KL, bits per dimension, importance-weighted bound",
     "latent evaluate runs/fashion --importance-samples 64", &make_evaluate},
    {"encode", "data to codes", "latent encode runs/fashion fashion-mnist --split test -o codes.npz", &make_encode},
    {"decode", "codes to data", "latent decode runs/fashion codes.npz -n 64 -o decoded.png", &make_decode},
    {"reconstruct", "data there and back, originals above reconstructions",
     "latent reconstruct runs/fashion fashion-mnist -o grid.png", &make_reconstruct},
    {"sample", "new data from the prior", "latent sample runs/fashion -n 64 -o samples.png", &make_sample},
    {"interpolate", "the way from one sample to another",
     "latent interpolate runs/fashion fashion-mnist --from 0 --to 7 -o strip.png", &make_interpolate},
    {"neighbors", "the nearest samples, by their codes",
     "latent neighbors runs/fashion fashion-mnist --query 0,3,5 -o neighbors.png", &make_neighbors},
    {"anomalies", "how odd each sample is beside those of the training",
     "latent anomalies runs/fashion fashion-mnist --split test -o scores.csv --heatmaps oddest.png", &make_anomalies},
    {"info", "what a run or a model file is", "latent info runs/fashion", &make_info, Work::looks},
    {"data info", "what a data set is, and which model would be trained on it", "latent data info fashion-mnist",
     &make_data_info, Work::looks},
};
}  // namespace

std::span<const CommandEntry> commands() { return kCommands; }

}  // namespace latent::cli
