#!/usr/bin/python3
"""The peer: the network of vae-series in PyTorch, eager mode, data in memory as float32. Prints windows per second of each epoch.

  pytorch_series.py --data WINDOWS.npy [--epochs 5] [--batch 64] [--latent-dim 16]

WINDOWS.npy is (N, C, L) f32. The same layers, likelihood (one learned scale), optimizer (Adam) and number of steps as
latent train --preset vae-series; threads are set by the environment.
"""
import argparse
import json
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Network(nn.Module):
    def __init__(self, C, L, D):
        super().__init__()
        channels, lengths = [C], [L]
        wide = 32
        while True:
            channels.append(min(wide, 128))
            lengths.append((lengths[-1] + 1) // 2)
            wide *= 2
            if lengths[-1] <= 8:
                break
        self.pads = [length % 2 for length in lengths[:-1]]
        self.down = nn.ModuleList(nn.Conv1d(a, b, 4, 2) for a, b in zip(channels[:-1], channels[1:]))
        self.up = nn.ModuleList(nn.ConvTranspose1d(b, a, 4, 2) for a, b in zip(channels[:-1], channels[1:]))
        self.lengths, self.bottom = lengths, (channels[-1], lengths[-1])
        self.linear_in, self.linear_out = nn.Linear(C * L, D), nn.Linear(D, C * L)
        self.head = nn.Linear(channels[-1] * lengths[-1] + D, 2 * D)
        self.foot = nn.Linear(D, channels[-1] * lengths[-1])
        self.shape = (C, L)

    def forward(self, x):
        h = x
        for conv, odd in zip(self.down, self.pads):
            h = F.relu(conv(F.pad(h, (1, 1 + odd))))
        features = torch.cat([self.linear_in(x.flatten(1)), h.flatten(1)], 1)
        mu, logvar = self.head(features).chunk(2, 1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        h = F.relu(self.foot(z)).view(-1, *self.bottom)
        for i in range(len(self.up) - 1, -1, -1):
            h = self.up[i](h)[:, :, 1:1 + self.lengths[i]]
            if i > 0:
                h = F.relu(h)
        x_hat = h + self.linear_out(z).view(-1, *self.shape)
        return x_hat, mu, logvar


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--latent-dim", type=int, default=16)
    options = parser.parse_args()
    x = torch.from_numpy(np.load(options.data).astype(np.float32))
    x = (x - x.mean((0, 2), keepdim=True)) / x.std((0, 2), keepdim=True)
    torch.manual_seed(0)
    network = Network(x.shape[1], x.shape[2], options.latent_dim)
    adam = torch.optim.Adam(network.parameters(), lr=5e-4)
    rates = []
    for _ in range(options.epochs):
        order = torch.randperm(len(x))
        started = time.time()
        for begin in range(0, len(x), options.batch):
            batch = x[order[begin:begin + options.batch]]
            x_hat, mu, logvar = network(batch)
            # The scale that explains the batch best, as --likelihood gaussian:learned takes it.
            squares = (x_hat - batch).square()
            scale2 = squares.mean().detach().clamp_min(1e-6)
            nll = 0.5 * (squares / scale2 + scale2.log() + np.log(2 * np.pi)).flatten(1).sum(1)
            kl = 0.5 * (mu.square() + logvar.exp() - logvar - 1).sum(1)
            loss = (nll + kl).mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
        rates.append(len(x) / (time.time() - started))
    print(json.dumps({"windows_per_second": rates, "threads": torch.get_num_threads(), "torch": torch.__version__}))


if __name__ == "__main__":
    main()
