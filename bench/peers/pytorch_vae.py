#!/usr/bin/python3
"""The peer: the same VAE in PyTorch, eager mode, data in memory as float32.

Prints one JSON line: seconds of each epoch (training alone), and the test set's terms in nats per sample.
Threads are set by the environment; bench/suite.py looks for the setting that suits this machine best.

  pytorch_vae.py --model vae-mlp --data FOLDER-WITH-IDX-FILES|FILE.npz [--epochs 10] [--seed 0] [--channels-last]
"""
import argparse
import gzip
import json
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

MODELS = {
    "vae-mlp": {"hidden": [400], "latent_dim": 20, "batch": 128},
    "vae-mlp-deep": {"hidden": [400, 400], "latent_dim": 20, "batch": 64, "gaussian": True},
    "wide": {"hidden": [2048, 2048], "latent_dim": 64, "batch": 512},
    "vae-conv": {"channels": [32, 64], "hidden": [256], "latent_dim": 20, "batch": 128},
    "vae-conv-64": {"channels": [32, 64, 128, 256], "hidden": [256], "latent_dim": 20, "batch": 64},
}


def read_images(path, part):
    """(N, C, H, W) float32 in [0, 1]. part: train or test; `path` is a folder of IDX files, or an .npz as suite.py writes."""
    if path.endswith(".npz"):
        pixels = np.load(path)[f"x_{part}"]
    else:
        with gzip.open(f"{path}/{'t10k' if part == 'test' else part}-images-idx3-ubyte.gz") as file:
            pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return torch.from_numpy(pixels.astype(np.float32) / 255)


def blas_library():
    """The file that matrix products come from: without OpenBLAS they are twenty times slower."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line}
    return ", ".join(sorted(os.path.realpath(path) for path in paths))


class View(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(x.shape[0], *self.shape)


def convolutional(shape, channels, hidden, latent_dim):
    """Encoder and decoder of 4x4 convolutions with stride 2, and their mirror."""
    sizes = [shape[0], *channels]
    encoder, decoder = [], []
    for i in range(len(channels)):
        encoder += [nn.Conv2d(sizes[i], sizes[i + 1], 4, 2, 1), nn.ReLU()]
        decoder = [nn.ConvTranspose2d(sizes[i + 1], sizes[i], 4, 2, 1), *([nn.ReLU()] if i else []), *decoder]
    side = shape[1] >> len(channels)
    bottom = sizes[-1] * side * side
    encoder += [View(bottom), nn.Linear(bottom, hidden[0]), nn.ReLU()]
    decoder = [nn.Linear(latent_dim, hidden[0]), nn.ReLU(), nn.Linear(hidden[0], bottom), nn.ReLU(),
               View(sizes[-1], side, side), *decoder]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


def fully_connected(shape, hidden, latent_dim):
    sizes = [int(np.prod(shape)), *hidden]
    encoder, decoder = [View(sizes[0])], [View(*shape)]
    for i in range(len(hidden)):
        encoder += [nn.Linear(sizes[i], sizes[i + 1]), nn.ReLU()]
        decoder = [nn.Linear(sizes[i + 1], sizes[i]), *([nn.ReLU()] if i else []), *decoder]
    decoder = [nn.Linear(latent_dim, sizes[-1]), nn.ReLU(), *decoder]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


class Vae(nn.Module):
    def __init__(self, hidden, latent_dim, channels=None, shape=(1, 28, 28), **_):
        super().__init__()
        if channels:
            self.encoder, self.decoder = convolutional(shape, channels, hidden, latent_dim)
        else:
            self.encoder, self.decoder = fully_connected(shape, hidden, latent_dim)
        self.mu = nn.Linear(hidden[-1], latent_dim)
        self.logvar = nn.Linear(hidden[-1], latent_dim)

    def terms(self, x, gaussian):
        h = self.encoder(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        out = self.decoder(z)
        if gaussian:
            reconstruction = 0.5 * F.mse_loss(out, x, reduction="sum") + 0.5 * np.log(2 * np.pi) * x.numel()
        else:
            reconstruction = F.binary_cross_entropy_with_logits(out, x, reduction="sum")
        kl = 0.5 * torch.sum(mu.pow(2) + logvar.exp() - 1 - logvar)
        return reconstruction, kl


def train_step(model, optimizer, x, gaussian=False):
    optimizer.zero_grad()
    reconstruction, kl = model.terms(x, gaussian)
    ((reconstruction + kl) / len(x)).backward()
    optimizer.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, default=0, help="train on the first so many images (0 = all)")
    parser.add_argument("--channels-last", action="store_true", help="images and weights in PyTorch's channels_last order")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    train, test = read_images(args.data, "train"), read_images(args.data, "test")
    if args.limit:
        train = train[: args.limit]
    config = MODELS[args.model]
    gaussian, batch = config.get("gaussian", False), config["batch"]
    model = Vae(shape=tuple(train.shape[1:]), **config)
    if args.channels_last:
        model = model.to(memory_format=torch.channels_last)
        train = train.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    seconds = []
    for _ in range(args.epochs):
        start = time.perf_counter()
        order = torch.randperm(len(train))
        for begin in range(0, len(train), batch):
            train_step(model, optimizer, train[order[begin : begin + batch]], gaussian)
        seconds.append(time.perf_counter() - start)
    sums = np.zeros(2)
    with torch.no_grad():
        for begin in range(0, len(test), 500):
            sums += [float(t) for t in model.terms(test[begin : begin + 500], gaussian)]
    reconstruction, kl = sums / len(test)
    print(json.dumps({"peer": f"PyTorch {torch.__version__}", "blas": blas_library(), "model": args.model,
                      "epoch_seconds": seconds, "samples_per_second": len(train) / float(np.median(seconds)),
                      "threads": torch.get_num_threads(),
                      "test": {"reconstruction": reconstruction, "kl": kl, "elbo": -(reconstruction + kl)}}))


if __name__ == "__main__":
    main()
