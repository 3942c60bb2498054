#include <cli/command.hpp>

namespace latent::cli {

namespace {
constexpr CommandEntry kCommands[] = {
    {"train", "train a model on data", "latent train fashion-mnist --out runs/fashion --epochs 5", &make_train},
    {"resume", "continue training a run, bit for bit", "latent resume runs/fashion --epochs 20", &make_resume},
    {"evaluate", "ELBO, KL, bits per dimension, importance-weighted bound",
     "latent evaluate runs/fashion --importance-samples 64", &make_evaluate},
    {"predict", "what a classifier takes samples for", "latent predict runs/cnn fashion-mnist -o labels.csv",
     &make_predict},
    {"encode", "data to codes", "latent encode runs/fashion fashion-mnist --split test -o codes.npz", &make_encode},
    {"decode", "codes to data", "latent decode runs/fashion codes.npz -n 64 -o decoded.png", &make_decode},
    {"reconstruct", "data there and back, originals above reconstructions",
     "latent reconstruct runs/fashion fashion-mnist -o grid.png", &make_reconstruct},
    {"sample", "new data from the prior", "latent sample runs/fashion -n 64 -o samples.png", &make_sample},
    {"interpolate", "the way from one sample to another",
     "latent interpolate runs/fashion fashion-mnist --from 0 --to 7 -o strip.png", &make_interpolate},
    {"denoise", "damaged data, cleaned",
     "latent denoise runs/fashion fashion-mnist --corrupt gaussian:0.3 -o cleaned.png", &make_denoise},
    {"map", "where samples lie in the latent space, on a plane (PCA, t-SNE, UMAP)",
     "latent map runs/fashion fashion-mnist --method umap --sample 5000 -o map.png", &make_map},
    {"probe", "how much of the labels the codes carry, beside raw data and principal components",
     "latent probe runs/fashion fashion-mnist", &make_probe},
    {"cluster", "groups of codes that lie together", "latent cluster runs/fashion fashion-mnist -k 10 -o clusters.csv",
     &make_cluster},
    {"neighbors", "the nearest samples, by their codes",
     "latent neighbors runs/fashion fashion-mnist --query 0,3,5 -o neighbors.png", &make_neighbors},
    {"traverse", "what each active dimension of the codes does", "latent traverse runs/fashion -o traverse.png",
     &make_traverse},
    {"directions", "which way attributes lie among the codes",
     "latent directions runs/fashion --attribute trouser=label=trouser -o directions.npz", &make_directions},
    {"edit", "samples with more or less of an attribute",
     "latent edit runs/fashion --item 0 --direction trouser --amount -3:3 -o edit.png", &make_edit},
    {"arithmetic", "sums of codes, such as A - B + C",
     R"(latent arithmetic runs/fashion "label:trouser - label:pullover + 3" -o sum.png)", &make_arithmetic},
    {"augment", "new samples near given ones, with labels",
     "latent augment runs/fashion --balance equal -n 1000 -o more", &make_augment},
    {"compress", "data to a small file that the model can bring back",
     "latent compress runs/fashion fashion-mnist --lossy -o fashion.lac", &make_compress},
    {"decompress", "what compress wrote, back to data", "latent decompress runs/fashion fashion.lac -o fashion.npy",
     &make_decompress},
    {"anomalies", "how odd each sample is beside those of the training",
     "latent anomalies runs/fashion fashion-mnist --split test -o scores.csv --heatmaps oddest.png", &make_anomalies},
    {"info", "what a run or a model file is", "latent info runs/fashion", &make_info, Work::looks},
    {"data info", "what a data set is, and which model would be trained on it", "latent data info fashion-mnist",
     &make_data_info, Work::looks},
};
}  // namespace

std::span<const CommandEntry> commands() { return kCommands; }

}  // namespace latent::cli
