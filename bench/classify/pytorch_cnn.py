#!/usr/bin/python3
"""Trains the network of preset `cnn` in PyTorch and prints images per second of the median epoch after the first.

  bench/classify/pytorch_cnn.py --data FOLDER-WITH-IDX-FILES --samples 12032 --epochs 3 [--channels-last]
"""
import argparse
import gzip
import json
import os
import statistics
import time

import numpy as np
import torch
from torch import nn


class Block(nn.Module):
    """x + conv2(relu(conv1(x))), the second convolution starting at zero."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x):
        return x + self.conv2(torch.relu(self.conv1(x)))


def network(classes):
    layers, last = [], 1
    for level, channels in enumerate((32, 64, 128)):
        layers += [nn.Conv2d(last, channels, 3, stride=1 if level == 0 else 2, padding=1), nn.BatchNorm2d(channels),
                   nn.ReLU()]
        if level > 0:
            layers.append(Block(channels))
        last = channels
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 7 * 7, 256), nn.ReLU(), nn.Dropout(0.3),
                         nn.Linear(256, classes))


def idx(path):
    data = gzip.open(path).read()
    sizes = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sizes)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--samples", type=int, default=12032)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(0)
    x = torch.tensor(idx(os.path.join(options.data, "train-images-idx3-ubyte.gz"))[:options.samples] / np.float32(255))
    x = x.reshape(-1, 1, 28, 28)
    y = torch.tensor(idx(os.path.join(options.data, "train-labels-idx1-ubyte.gz"))[:options.samples].astype(np.int64))
    model = network(10)
    if options.channels_last:
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.002, weight_decay=0.01)
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    rates = []
    for _ in range(options.epochs):
        order, start = torch.randperm(len(x)), time.perf_counter()
        for batch in order.split(128):
            optimizer.zero_grad()
            loss(model(x[batch]), y[batch]).backward()
            optimizer.step()
        rates.append(len(x) / (time.perf_counter() - start))
    print(json.dumps({"samples_per_second": statistics.median(rates[1:] or rates)}))


if __name__ == "__main__":
    main()
