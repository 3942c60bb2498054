"""Writes optimizers.csv: weights of PyTorch's optimizers after 1 and 5 steps, in double. Run with /usr/bin/python3."""
import os

import torch

WEIGHTS = [0.5, -1.25, 2.0, 0.0, -0.75]


def gradient(weights, step):
    """A gradient that any program can compute: no rounding beyond double's."""
    return weights * weights - 0.5 * weights + 0.1 * (step + 1)


CASES = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adam_l2": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
    "sgd_momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
    "sgd_momentum_l2": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1),
}

with open(os.path.join(os.path.dirname(__file__), "optimizers.csv"), "w") as out:
    out.write("case,steps,w0,w1,w2,w3,w4\n")
    for name, make in CASES.items():
        weights = torch.tensor(WEIGHTS, dtype=torch.float64, requires_grad=True)
        optimizer = make([weights])
        for step in range(5):
            weights.grad = gradient(weights.detach(), step)
            optimizer.step()
            if step in (0, 4):
                out.write(f"{name},{step + 1}," + ",".join(repr(w) for w in weights.tolist()) + "\n")
