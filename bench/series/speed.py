#!/usr/bin/env python3
"""Windows per second in training vae-series (f32), beside the same network in PyTorch.

    bench/series/speed.py [--latent PROGRAM] [--windows 20000] [--channels 1] [--length 128] [--threads N] [--json OUT]

The windows are waves with noise, made here. Both programs train alone, one after the other, in turns; the best epoch of each counts.
The peer's best setting of threads and BLAS is looked for first, in trials of one epoch.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latent", default="build/release/latent")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--windows", type=int, default=20000)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()
    N, C, L = options.windows, options.channels, options.length
    rng = np.random.RandomState(0)
    t = np.arange(L)
    x = np.sin(rng.uniform(0.05, 0.5, (N, C, 1)) * t + rng.uniform(0, 6, (N, C, 1))) + 0.1 * rng.randn(N, C, L)
    best = {"latent": 0.0, "pytorch": 0.0}
    peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pytorch_series.py")
    with tempfile.TemporaryDirectory() as folder:
        data, run = os.path.join(folder, "x.npy"), os.path.join(folder, "run")
        np.save(data, x.astype(np.float32))
        def trained(file, epochs, setting):
            answer = subprocess.run([options.python, peer, "--data", file, "--epochs", str(epochs)], check=True, capture_output=True,
                                    env={**os.environ, **setting}).stdout
            return max(json.loads(answer)["windows_per_second"])

        few = os.path.join(folder, "few.npy")
        np.save(few, x[:max(1000, N // 10)].astype(np.float32))
        settings = [{"OMP_NUM_THREADS": str(n), **blas} for n in sorted({1, options.threads})
                    for blas in ({}, {"OPENBLAS_CORETYPE": "SKYLAKEX"}, {"OPENBLAS_NUM_THREADS": "1"})]
        setting = max(settings, key=lambda setting: trained(few, 2, setting))
        for _ in range(options.rounds):
            subprocess.run([options.latent, "train", data, "--window", "all", "--validation", "0", "--epochs", str(options.epochs),
                            "--precision", "f32", "--threads", str(options.threads), "--out", run, "--overwrite"],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with open(os.path.join(run, "metrics.jsonl")) as file:
                epochs = [json.loads(line) for line in file]
            best["latent"] = max([best["latent"]] + [e["samples_per_second"] for e in epochs if "samples_per_second" in e])
            best["pytorch"] = max(best["pytorch"], trained(data, options.epochs, setting))
    ratio = best["latent"] / best["pytorch"]
    print(f"windows of ({C}, {L}), {options.threads} threads, f32: latent {best['latent']:,.0f} a second, "
          f"PyTorch {best['pytorch']:,.0f} ({' '.join(f'{k}={v}' for k, v in setting.items())}): {ratio:.2f} times")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({**best, "ratio": ratio, "shape": [C, L], "threads": options.threads}, file)


if __name__ == "__main__":
    sys.exit(main())
