#!/usr/bin/python3
"""Training speed of preset `cnn` beside the same network in PyTorch, in turn, in one run.

  bench/classify/compare.py --data FOLDER-WITH-IDX-FILES [--tool build/release/latent] [--pairs 3] [--samples 12032]

The peer's best setting of threads, BLAS and memory format is looked for first, in short trials.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CORES = str(len(os.sched_getaffinity(0)))
SETTINGS = [{"OMP_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": CORES},
            {"OMP_NUM_THREADS": CORES, "OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "SKYLAKEX"},
            {"OMP_NUM_THREADS": CORES, "OMP_WAIT_POLICY": "passive", "OPENBLAS_CORETYPE": "SKYLAKEX"}]


def peer(data, samples, epochs, setting, channels_last):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS")} | setting
    command = ["/usr/bin/python3", os.path.join(HERE, "pytorch_cnn.py"), "--data", data, "--samples", str(samples),
               "--epochs", str(epochs)] + (["--channels-last"] if channels_last else [])
    out = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(out)["samples_per_second"]


def ours(tool, data, samples, epochs, precision):
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        subset = 1.0 - samples / 60000
        subprocess.run([tool, "train", data, "--preset", "cnn", "--epochs", str(epochs), "--precision", precision,
                        "--validation", f"{subset:.6f}", "--out", run], check=True, capture_output=True)
        lines = [json.loads(line) for line in open(os.path.join(run, "metrics.jsonl"))]
        rates = [line["samples_per_second"] for line in lines if "samples_per_second" in line]
        return statistics.median(rates[1:] or rates)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--tool", default=os.path.join(HERE, "../../build/release/latent"))
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--samples", type=int, default=12032)
    options = parser.parse_args()
    trials = {(i, last): peer(options.data, 2560, 1, setting, last)
              for i, setting in enumerate(SETTINGS) for last in (False, True)}
    best = max(trials, key=trials.get)
    print("peer's best:", SETTINGS[best[0]], "channels last" if best[1] else "channels first")
    rows = []
    for _ in range(options.pairs):
        rows.append([peer(options.data, options.samples, 2, SETTINGS[best[0]], best[1]),
                     ours(options.tool, options.data, options.samples, 2, "f32"),
                     ours(options.tool, options.data, options.samples, 2, "bf16")])
        print("PyTorch {:,.0f} images/s, latent f32 {:,.0f}, bf16 {:,.0f}".format(*rows[-1]), flush=True)
    for column, name in ((1, "f32"), (2, "bf16")):
        ratios = [row[column] / row[0] for row in rows]
        print(f"{name} / PyTorch: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
