#!/usr/bin/env python3
"""The GAN of preset gan-conv in PyTorch: samples per second of training, beside `latent train DATA --preset gan-conv`.

The same layers, losses and steps: relativistic pairs, R1 and R2 by double backpropagation in one step of four, an encoder
in every second step, Adam without momentum. Usage: pytorch_gan.py [--steps 200] [--threads N]
"""
import argparse
import time

import torch
from torch import nn
from torch.nn import functional as F


def body():
    return nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1), nn.LeakyReLU(0.01), nn.Conv2d(32, 64, 4, 2, 1), nn.LeakyReLU(0.01),
                         nn.Flatten(), nn.Linear(64 * 49, 256), nn.LeakyReLU(0.01))


class Generator(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(dim, 256), nn.LeakyReLU(0.01), nn.Linear(256, 64 * 49), nn.LeakyReLU(0.01))
        self.up = nn.Sequential(nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.LeakyReLU(0.01), nn.ConvTranspose2d(32, 1, 4, 2, 1))

    def forward(self, z):
        return torch.sigmoid(self.up(self.fc(z).view(-1, 64, 7, 7)))


def frozen(module, on):
    for p in module.parameters():
        p.requires_grad_(not on)


def penalty(critic, x):
    x = x.detach().requires_grad_()
    gradient, = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return 0.5 * gradient.square().sum((1, 2, 3))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    dim, batch = 64, options.batch
    generator, critic = Generator(dim), nn.Sequential(body(), nn.Linear(256, 1))
    encoder = nn.Sequential(body(), nn.Linear(256, dim))
    adam = lambda module, betas: torch.optim.Adam(module.parameters(), lr=5e-4, betas=betas)
    of_critic, of_generator = adam(critic, (0.0, 0.99)), adam(generator, (0.0, 0.99))
    of_encoder = adam(encoder, (0.9, 0.999))
    averages = [p.detach().clone() for m in (generator, critic, encoder) for p in m.parameters()]
    data = torch.rand(60000, 1, 28, 28)

    def step(i):
        x = data[torch.randint(0, 60000, (batch,))]
        with torch.no_grad():
            fake = generator(torch.randn(batch, dim))
        loss = F.softplus(critic(fake) - critic(x)).mean()
        if i % 4 == 0:
            loss = loss + 4.0 * (penalty(critic, x) + penalty(critic, fake)).mean()
        of_critic.zero_grad(set_to_none=True)
        loss.backward()
        of_critic.step()
        frozen(critic, True)
        with torch.no_grad():
            real = critic(x)
        loss = F.softplus(real - critic(generator(torch.randn(batch, dim)))).mean()
        of_generator.zero_grad(set_to_none=True)
        loss.backward()
        of_generator.step()
        frozen(critic, False)
        if i % 2 == 0:
            z = torch.randn(batch, dim)
            with torch.no_grad():
                fake = generator(z)
            loss = 0.5 * (encoder(fake) - z).square().sum(1).mean()
            of_encoder.zero_grad(set_to_none=True)
            loss.backward()
            of_encoder.step()
        with torch.no_grad():
            live = [p for m in (generator, critic, encoder) for p in m.parameters()]
            torch._foreach_mul_(averages, 0.999)
            torch._foreach_add_(averages, live, alpha=0.001)

    for i in range(20):
        step(i)
    start = time.perf_counter()
    for i in range(options.steps):
        step(i)
    seconds = time.perf_counter() - start
    print(f"{options.threads} threads: {options.steps * batch / seconds:.0f} samples/s")


if __name__ == "__main__":
    main()
