#!/usr/bin/env python3
"""A GAN on two mixtures whose modes are known: a ring of 8 Gaussians and a grid of 25, the usual test of mode collapse (Metz et al. 2016;
Lin et al. 2018, who count samples within 4 standard deviations of a mode).

  python3 bench/gan/gaussians.py [--shapes ring,grid] [--samples 25000] [--seeds 0,1,2] [-- OPTIONS OF latent train]

Trains for 200 epochs (39,000 steps of 25,000 points) unless the options say otherwise: each boundary between two modes has to become steep, and a grid has more
of them than a ring. Prints, for each shape and seed: seconds of training, modes that at least 1% of an equal share of the samples reach, and the share of
samples within 4 standard deviations of a mode (of the data itself 99.97%).
"""
import argparse
import csv
import json
import math
import os
import random
import subprocess
import tempfile

TOOL = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "build", "release", "latent")
SHAPES = {
    "ring": (0.05, [(2 * math.cos(math.pi * i / 4), 2 * math.sin(math.pi * i / 4)) for i in range(8)]),
    "grid": (0.05, [(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)]),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", default="ring,grid")
    parser.add_argument("--samples", type=int, default=25000)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("options", nargs="*")
    a = parser.parse_args()
    epochs = [] if "--epochs" in a.options else ["--epochs", "200"]
    for shape in a.shapes.split(","):
        scale, modes = SHAPES[shape]
        for seed in a.seeds.split(","):
            with tempfile.TemporaryDirectory() as folder:
                rng = random.Random(int(seed))
                data, run, samples = (os.path.join(folder, name) for name in ("data.csv", "run", "samples.csv"))
                with open(data, "w") as file:
                    file.write("x,y\n")
                    for i in range(a.samples):
                        x, y = modes[i % len(modes)]
                        file.write(f"{x + scale * rng.gauss(0, 1):.6f},{y + scale * rng.gauss(0, 1):.6f}\n")
                report = json.loads(subprocess.run([TOOL, "train", data, "--preset", "gan-mlp", "--out", run, "--seed", seed, "--json",
                                                    *epochs, *a.options], check=True, capture_output=True, text=True).stdout)
                subprocess.run([TOOL, "sample", run, "-n", "10000", "-o", samples], check=True, capture_output=True)
                found, good, rows = [0] * len(modes), 0, 0
                for row in csv.DictReader(open(samples)):
                    distances = [math.hypot(float(row["x"]) - x, float(row["y"]) - y) for x, y in modes]
                    nearest = min(range(len(modes)), key=distances.__getitem__)
                    rows += 1
                    if distances[nearest] <= 4 * scale:
                        good += 1
                        found[nearest] += 1
                reached = sum(count >= 0.01 * rows / len(modes) for count in found)
                print(f"{shape} seed {seed}: {report['seconds']:.0f} s, {reached} of {len(modes)} modes, "
                      f"{100 * good / rows:.1f}% within 4 sigma", flush=True)


if __name__ == "__main__":
    main()
