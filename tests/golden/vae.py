#!/usr/bin/env python3
"""Writes vae/*.safetensors: tiny models with fixed weights, a batch, and what PyTorch makes of them.

Each file holds the tensors of a model under the names that latent gives them ("state.NAME"), a batch ("x"), and the
expected terms of one training step ("expected.reconstruction", "expected.kl", "expected.kl_per_dim", "expected.loss")
with the gradients of the mean loss ("grad.NAME"). Weights and data are rounded to float32, everything else is computed in
float64. The noise eps is drawn by the same generator as in latent: Philox 4x32-10 and Box-Muller.

Run: /usr/bin/python3 tests/golden/vae.py   (PyTorch 1.13.1, numpy)
"""
import json
import math
import pathlib
import struct

import numpy as np
import torch
from torch import nn

SEED = 7  # of eps: Rng(7)
OUT = pathlib.Path(__file__).parent / "vae"


def philox(seed, stream, block):
    mask = 0xFFFFFFFF
    c = [block & mask, block >> 32, stream & mask, stream >> 32]
    k = [seed & mask, seed >> 32]
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & mask, (p0 >> 32) ^ c[3] ^ k[1], p0 & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def normal(count):
    out = []
    for block in range((count + 3) // 4):
        w = philox(SEED, 0, block)
        for a, b in ((w[0], w[1]), (w[2], w[3])):
            radius = math.sqrt(-2 * math.log(((a >> 8) + 0.5) * 2.0**-24))
            angle = 2 * math.pi * (b >> 8) * 2.0**-24
            out += [radius * math.cos(angle), radius * math.sin(angle)]
    return torch.tensor(out[:count], dtype=torch.float64)


def write(path, tensors, metadata):
    """The safetensors layout, by hand."""
    header, data = {"__metadata__": metadata}, b""
    for name, array in tensors.items():
        array = np.asarray(array, order="C")  # ascontiguousarray would turn () into (1)
        dtype = {"float32": "F32", "float64": "F64"}[str(array.dtype)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Stack(nn.Module):
    """Modules in a row, some without a number in latent: names come from `numbers`."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*[layer for _, layer in layers])
        self.numbers = [number for number, _ in layers]

    def forward(self, x):
        return self.layers(x)

    def state(self, prefix, kind):
        for number, layer in zip(self.numbers, self.layers):
            if number is None:
                continue
            for name, tensor in getattr(layer, kind)():
                if name != "num_batches_tracked":
                    yield f"{prefix}.{number}.{name}", tensor


def rounded(module):
    """Weights that float32 holds exactly, away from special values such as a batch normalisation's ones and zeros."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_((parameter + 0.1 * torch.randn_like(parameter)).float().double())
    return module.double()


def case(name, config, encoder, head, decoder, x, nll, combine, extra=None):
    extra = extra or {}
    stats = {"encoder": encoder, "decoder": decoder}
    parameters = {f"posterior.{n}": p for n, p in head.named_parameters()}
    for prefix, module in stats.items():
        parameters.update(module.state(prefix, "named_parameters"))
    parameters.update(extra)
    buffers = {}
    for prefix, module in stats.items():
        buffers.update(module.state(prefix, "named_buffers"))
    if config["model"] == "ae":
        D = config["latent_dim"]
        buffers["prior.mean"], buffers["prior.cholesky"] = torch.zeros(D), torch.zeros(D, D)
    out = {"state." + n: t.detach().float().numpy().copy() for n, t in {**parameters, **buffers}.items()}
    out["x"] = x.float().numpy()

    h = encoder(x)
    D = config["latent_dim"]
    if config["model"] == "ae":
        reconstruction = nll(decoder(head(h)), x)
        loss = reconstruction
    else:
        mu, logvar = head(h).chunk(2, dim=1)
        z = mu + torch.exp(logvar / 2) * normal(len(x) * D).view(len(x), D)
        reconstruction = nll(decoder(z), x)
        kl = (mu**2 + logvar.exp() - 1 - logvar) / 2
        loss = combine(reconstruction, kl)
        out["expected.kl"] = kl.sum(1).detach().numpy()
        out["expected.kl_per_dim"] = kl.mean(0).detach().numpy()
    out["expected.reconstruction"] = reconstruction.detach().numpy()
    out["expected.loss"] = loss.mean().detach().numpy()
    loss.mean().backward()
    for n, p in parameters.items():
        if p.grad is None:
            out["after." + n] = p.numpy().copy()  # set by the batch
        else:
            out["grad." + n] = p.grad.numpy()
    for n, t in buffers.items():
        if "running" in n:
            out["after." + n] = t.numpy().copy()  # moved by the batch
    write(OUT / f"{name}.safetensors", out, {"config": json.dumps(config)})


def per_sample(t):
    return t.flatten(1).sum(1)


def bernoulli(logits, x):
    return per_sample(nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none"))


def main():
    OUT.mkdir(exist_ok=True)
    torch.manual_seed(1)
    data = lambda *shape: torch.rand(*shape).double().float().double()

    # One hidden layer, Bernoulli, KL weighted by beta.
    case("mlp",
         {"model": "vae", "data_shape": [6], "latent_dim": 2, "network": {"name": "mlp", "hidden": [5], "activation": "tanh"},
          "likelihood": {"name": "bernoulli"}, "objective": {"name": "elbo", "beta": 2.5}},
         rounded(Stack((0, nn.Linear(6, 5)), (None, nn.Tanh()))), rounded(nn.Linear(5, 4)),
         rounded(Stack((0, nn.Linear(2, 5)), (None, nn.Tanh()), (1, nn.Linear(5, 6)))),
         data(4, 6), bernoulli, lambda nll, kl: nll + 2.5 * kl.sum(1))

    # Images through two normalised layers, a learned scale, free bits.
    # The first batch's mean squared error is the variance; it is stored as l with log variance -12 + softplus(l + 12).
    logvar = torch.zeros((), dtype=torch.float64)

    def gaussian(mu, x):
        log_mse = ((x - mu)**2).mean().detach().log()
        logvar.copy_(torch.log(torch.expm1(log_mse + 12)) - 12)
        return per_sample(0.5 * ((x - mu)**2 / log_mse.exp() + log_mse + math.log(2 * math.pi)))

    case("mlp_deep",
         {"model": "vae", "data_shape": [1, 3, 4], "latent_dim": 3,
          "network": {"name": "mlp", "hidden": [8, 6], "activation": "gelu", "normalization": "group"},
          "likelihood": {"name": "gaussian", "scale": "learned"}, "objective": {"name": "elbo", "free_bits": 0.3}},
         rounded(Stack((None, nn.Flatten()), (0, nn.Linear(12, 8)), (1, nn.GroupNorm(2, 8)), (None, nn.GELU()),
                       (3, nn.Linear(8, 6)), (4, nn.GroupNorm(1, 6)), (None, nn.GELU()))),
         rounded(nn.Linear(6, 6)),
         rounded(Stack((0, nn.Linear(3, 6)), (1, nn.GroupNorm(1, 6)), (None, nn.GELU()), (3, nn.Linear(6, 8)),
                       (4, nn.GroupNorm(2, 8)), (None, nn.GELU()), (6, nn.Linear(8, 12)),
                       (None, nn.Unflatten(1, (1, 3, 4))))),
         data(5, 1, 3, 4), gaussian,
         lambda nll, kl: nll + torch.clamp(kl.mean(0), min=0.3).sum(), {"likelihood.logvar": logvar})

    # Convolutions with batch statistics, on images whose sides leave different remainders.
    laplace = lambda mu, x: per_sample((x - mu).abs() / 0.5 + math.log(2 * 0.5))
    case("conv",
         {"model": "vae", "data_shape": [2, 5, 8], "latent_dim": 2,
          "network": {"name": "conv", "channels": [3, 4], "hidden": [7], "activation": "silu", "normalization": "batch"},
          "likelihood": {"name": "laplace", "scale": 0.5}},
         rounded(Stack((0, nn.Conv2d(2, 3, 4, 2, 1)), (1, nn.BatchNorm2d(3)), (None, nn.SiLU()),  # (3, 2, 4)
                       (3, nn.Conv2d(3, 4, 4, 2, 1)), (4, nn.BatchNorm2d(4)), (None, nn.SiLU()),  # (4, 1, 2)
                       (None, nn.Flatten()), (8, nn.Linear(8, 7)), (None, nn.SiLU()))),
         rounded(nn.Linear(7, 4)),
         rounded(Stack((0, nn.Linear(2, 7)), (None, nn.SiLU()), (1, nn.Linear(7, 8)), (None, nn.SiLU()),
                       (None, nn.Unflatten(1, (4, 1, 2))),
                       (4, nn.ConvTranspose2d(4, 3, 4, 2, 1)), (5, nn.BatchNorm2d(3)), (None, nn.SiLU()),
                       (7, nn.ConvTranspose2d(3, 2, 4, 2, 1, output_padding=(1, 0))))),
         data(6, 2, 5, 8), laplace, lambda nll, kl: nll + kl.sum(1))

    # A plain autoencoder.
    case("ae",
         {"model": "ae", "data_shape": [6], "latent_dim": 2, "network": {"name": "mlp", "hidden": [5], "activation": "elu"},
          "likelihood": {"name": "bernoulli"}},
         rounded(Stack((0, nn.Linear(6, 5)), (None, nn.ELU()))), rounded(nn.Linear(5, 2)),
         rounded(Stack((0, nn.Linear(2, 5)), (None, nn.ELU()), (1, nn.Linear(5, 6)))),
         data(4, 6), bernoulli, None)


if __name__ == "__main__":
    main()
