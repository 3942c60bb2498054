#!/usr/bin/python3
"""Times `latent train` beside the same model in PyTorch, in turn, in one run, and prints ratios.

  bench/against_pytorch.py --data FOLDER-WITH-IDX-FILES [--pairs 5] [--quality] [--json FILE]

Needs Debian's python3-torch and libopenblas0-pthread (without it, PyTorch falls back to the reference BLAS and is twenty
times slower). The peer gets the best setting found for it on two cores (OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=1), AVX-512
kernels where the processor has AVX-512 (Debian 12's OpenBLAS does not know newer processors and would pick slower ones;
OPENBLAS_CORETYPE= in the environment leaves the choice to it),
and its data in memory as float32. Both sides report the seconds of training
alone, without reading data or evaluation. The figure of a side is the median over its epochs and runs; a ratio is taken
pair by pair. With --quality, both sides also train 10 epochs and their terms on the test set are printed.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.path.join(HERE, "..", "build", "release", "latent")
PEER_ENVIRONMENT = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1"}
with open("/proc/cpuinfo") as cpuinfo:
    if "avx512vl" in cpuinfo.read():
        PEER_ENVIRONMENT["OPENBLAS_CORETYPE"] = os.environ.get("OPENBLAS_CORETYPE", "SKYLAKEX")
IMAGES = 60000


def run(command, environment=None):
    """Runs a command quietly; returns (standard output, peak resident bytes, seconds)."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"failed: {' '.join(command)}")
        out.seek(0)
        return out.read(), usage.ru_maxrss * 1024, time.perf_counter() - start


def train_latent(preset, precision, data, epochs, seed=0):
    """Returns the lines of metrics.jsonl, and the peak memory of the process."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "run")
        _, memory, _ = run([TOOL, "train", data, "--preset", preset, "--precision", precision, "--epochs", str(epochs),
                            "--seed", str(seed), "--out", out])
        with open(os.path.join(out, "metrics.jsonl")) as file:
            return [json.loads(line) for line in file], memory


def train_peer(preset, data, epochs, seed=0, limit=0):
    text, _, _ = run(["/usr/bin/python3", os.path.join(HERE, "peers", "pytorch_vae.py"), "--model", preset, "--data", data,
                      "--epochs", str(epochs), "--seed", str(seed), "--limit", str(limit)], PEER_ENVIRONMENT)
    return json.loads(text)


def compare_speed(args, results):
    # The convolutional peer is slow: a fifth of an epoch tells its rate as well.
    for preset, epochs, limit in [("vae-mlp", 3, 0), ("vae-mlp-deep", 2, 0), ("vae-conv", 1, 12000)]:
        rates = {"pytorch": [], "f32": [], "bf16": []}
        for _ in range(args.pairs):
            rates["pytorch"].append(train_peer(preset, args.data, epochs, limit=limit)["samples_per_second"])
            for precision in ["f32", "bf16"]:
                lines, memory = train_latent(preset, precision, args.data, epochs)
                rates[precision].append(statistics.median(line["samples_per_second"] for line in lines))
                results.setdefault("memory_bytes", {})[f"{preset} {precision}"] = memory
        peer = statistics.median(rates["pytorch"])
        print(f"{preset:13} PyTorch      {peer:10,.0f} images/s  {IMAGES / peer:6.2f} s per epoch")
        for precision in ["f32", "bf16"]:
            rate = statistics.median(rates[precision])
            ratios = sorted(ours / theirs for ours, theirs in zip(rates[precision], rates["pytorch"]))
            print(f"{preset:13} latent {precision:5} {rate:10,.0f} images/s  {IMAGES / rate:6.2f} s per epoch  "
                  f"{statistics.median(ratios):5.2f}x ({ratios[0]:.2f} to {ratios[-1]:.2f})")
        sys.stdout.flush()
        results.setdefault("speed", {})[preset] = rates


def compare_quality(args, results):
    for preset in ["vae-mlp", "vae-conv"]:
        peer = train_peer(preset, args.data, 10)
        row = {"pytorch": -peer["test"]["elbo"]}
        for precision in ["f32", "bf16"]:
            lines, _ = train_latent(preset, precision, args.data, 10)
            row[precision] = -lines[-1]["test"]["elbo"]
        print(f"{preset:13} test -ELBO after 10 epochs, nats: " + ", ".join(f"{k} {v:.2f}" for k, v in row.items()), flush=True)
        results.setdefault("minus_elbo", {})[preset] = row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--json", help="write all figures to this file")
    args = parser.parse_args()
    results = {}
    compare_speed(args, results)
    for name, memory in results["memory_bytes"].items():
        print(f"peak memory of `latent train`, {name}: {memory / 1e6:.0f} MB")
    if args.quality:
        compare_quality(args, results)
    if args.json:
        with open(args.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
