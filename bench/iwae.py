#!/usr/bin/python3
"""Importance-weighted autoencoders on MNIST beside the published figures: the whole protocol in one command.

    /usr/bin/python3 bench/iwae.py --data DIR [--epochs 200] [--latent build/release/latent] [--out runs/iwae]

DIR holds the four files of MNIST. Trains `iwae-mlp` (2 x 200 tanh units, codes of 50, batches of 20) on images binarised anew in
each epoch for each K of --samples, and evaluates the test images, binarised once, by the importance-weighted bound with 5,000 samples
(--importance-samples). K = 1 is the VAE. Beside each figure stands what Burda et al. 2016
(arXiv:1509.00519, table 1) report after 3,280 epochs, as the range of that table and of later repetitions.

Runs that are there already are continued to --epochs, or used as they are. --objective dreg trains with doubly reparameterised
gradients; --objective elbo with K averaged ELBOs, the paper's VAE with K samples.
"""
import argparse
import json
import subprocess
import time
from pathlib import Path

PUBLISHED = {1: (86.35, 86.76), 5: (85.18, 85.54), 50: (84.59, 84.78)}
PUBLISHED_EPOCHS = 3280


def run_json(command):
    result = subprocess.run([str(part) for part in command] + ["--json"], stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)


def train(options, samples):
    run = Path(options.out) / f"{options.objective}-{samples}"
    start = time.perf_counter()
    if (run / "model.safetensors").exists():
        command = [options.latent, "resume", run, "--epochs", options.epochs]
    else:
        command = [options.latent, "train", options.data, "--binarize", "dynamic", "--preset", "iwae-mlp",
                   "--objective", options.objective, "--num-samples", samples, "--epochs", options.epochs,
                   "--seed", options.seed, "--precision", options.precision, "--out", run]
        if options.schedule:
            command += ["--schedule", options.schedule]
    report = run_json(command)
    return run, report, time.perf_counter() - start


def evaluate(options, run):
    return run_json([options.latent, "evaluate", run, options.data, "--split", "test", "--importance-samples",
                     options.importance_samples, "--seed", options.seed])


def figures(options, samples):
    run, training, seconds = train(options, samples)
    report = evaluate(options, run)
    row = {"samples": samples, "epochs": training["epochs"], "training_seconds": round(seconds, 1),
           "nll": report["nll"], "neg_elbo": -report["elbo"], "active_units": report["active_units"],
           "importance_samples": options.importance_samples, "run": str(run)}
    low, high = PUBLISHED.get(samples, (None, None))
    row["published"] = [low, high]
    published = f"{low:.2f}-{high:.2f}" if low else "-"
    print(f"{samples:>4}  {row['epochs']:>6}  {row['nll']:>8.2f}  {published:>13}  {row['neg_elbo']:>8.2f}  "
          f"{row['active_units']:>6}  {seconds:>8.0f}", flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--samples", default="1,5,50", help="values of K (default: 1,5,50)")
    parser.add_argument("--objective", default="iwae", choices=["iwae", "dreg", "elbo"])
    parser.add_argument("--importance-samples", type=int, default=5000)
    parser.add_argument("--schedule", help="of the learning rate (default: the preset's, cosine)")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latent", default="build/release/latent")
    parser.add_argument("--out", default="runs/iwae")
    options = parser.parse_args()
    Path(options.out).mkdir(parents=True, exist_ok=True)
    print(f"{options.objective}, MNIST binarised dynamically; nll of the test images by {options.importance_samples} samples;"
          f" published after {PUBLISHED_EPOCHS} epochs")
    print(f"{'K':>4}  {'epochs':>6}  {'nll':>8}  {'published':>13}  {'-elbo':>8}  {'active':>6}  {'seconds':>8}")
    rows = [figures(options, int(samples)) for samples in options.samples.split(",")]
    nll = [row["nll"] for row in rows]
    print("in the order of the paper" if nll == sorted(nll, reverse=True) else "NOT in the order of the paper")
    path = Path(options.out) / f"{options.objective}.json"
    path.write_text(json.dumps(rows, indent=1))
    print(f"written to {path}")


if __name__ == "__main__":
    main()
