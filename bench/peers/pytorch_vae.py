#!/usr/bin/python3
"""The peer: the same VAE in PyTorch, eager mode, data in memory as float32.

Prints one JSON line: seconds of each epoch (training alone), and the test set's terms in nats per sample.
Best run as OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=1 on two cores: with the defaults two thread pools compete.

  pytorch_vae.py --model vae-mlp --data FOLDER-WITH-IDX-FILES [--epochs 10] [--seed 0]
"""
import argparse
import gzip
import json
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def read_images(folder, part):
    with gzip.open(f"{folder}/{part}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    return torch.from_numpy(pixels.reshape(-1, 1, 28, 28).astype(np.float32) / 255)


class View(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.view(x.shape[0], *self.shape)


class Vae(nn.Module):
    def __init__(self, model, latent_dim=20):
        super().__init__()
        if model == "vae-mlp":
            self.encoder = nn.Sequential(View(784), nn.Linear(784, 400), nn.ReLU())
            features = 400
            self.decoder = nn.Sequential(nn.Linear(latent_dim, 400), nn.ReLU(), nn.Linear(400, 784), View(1, 28, 28))
        elif model == "vae-mlp-deep":
            self.encoder = nn.Sequential(View(784), nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU())
            features = 400
            self.decoder = nn.Sequential(nn.Linear(latent_dim, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU(),
                                         nn.Linear(400, 784), View(1, 28, 28))
        else:
            self.encoder = nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU(),
                                         View(3136), nn.Linear(3136, 256), nn.ReLU())
            features = 256
            self.decoder = nn.Sequential(nn.Linear(latent_dim, 256), nn.ReLU(), nn.Linear(256, 3136), nn.ReLU(),
                                         View(64, 7, 7), nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(),
                                         nn.ConvTranspose2d(32, 1, 4, 2, 1))
        self.mu = nn.Linear(features, latent_dim)
        self.logvar = nn.Linear(features, latent_dim)

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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=["vae-mlp", "vae-mlp-deep", "vae-conv"], required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, default=0, help="train on the first so many images (0 = all)")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    train, test = read_images(args.data, "train"), read_images(args.data, "t10k")
    if args.limit:
        train = train[: args.limit]
    gaussian = args.model == "vae-mlp-deep"
    batch = 64 if gaussian else 128
    model = Vae(args.model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    seconds = []
    for _ in range(args.epochs):
        start = time.perf_counter()
        order = torch.randperm(len(train))
        for begin in range(0, len(train), batch):
            x = train[order[begin : begin + batch]]
            optimizer.zero_grad()
            reconstruction, kl = model.terms(x, gaussian)
            ((reconstruction + kl) / len(x)).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - start)
    sums = np.zeros(2)
    with torch.no_grad():
        for begin in range(0, len(test), 500):
            sums += [float(t) for t in model.terms(test[begin : begin + 500], gaussian)]
    reconstruction, kl = sums / len(test)
    print(json.dumps({"peer": f"PyTorch {torch.__version__}", "model": args.model, "epoch_seconds": seconds,
                      "samples_per_second": len(train) / float(np.median(seconds)), "threads": torch.get_num_threads(),
                      "test": {"reconstruction": reconstruction, "kl": kl, "elbo": -(reconstruction + kl)}}))


if __name__ == "__main__":
    main()
