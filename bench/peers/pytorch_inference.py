#!/usr/bin/python3
"""The peer's inference with vae-mlp: one code decoded (eager, and as frozen TorchScript), and a set encoded to codes.

Prints one JSON line. Weights are random: they do not matter to the time. Threads are set by the environment.

  pytorch_inference.py --data FOLDER-WITH-IDX-FILES [--only decode|encode] [--samples 60000] [--seconds 2]
"""
import argparse
import json
import time

import torch
from torch import nn

from pytorch_vae import MODELS, Vae, blas_library, read_images

BATCHES = (512, 2048, 60000)


def median_seconds(work, budget, warm_up=1):
    """Median over calls for about `budget` seconds, five at least."""
    for _ in range(warm_up):
        work()
    seconds = []
    while len(seconds) < 5 or sum(seconds) < budget:
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[len(seconds) // 2]


def decode_one(model, budget):
    """Seconds from one code to the mean image, in both modes."""
    decoder = nn.Sequential(*model.decoder, nn.Sigmoid()).eval()
    z = torch.randn(1, 20)
    script = torch.jit.freeze(torch.jit.trace(decoder, z))
    # TorchScript optimises itself during the first calls.
    return {"eager": median_seconds(lambda: decoder(z), budget, warm_up=200),
            "torchscript": median_seconds(lambda: script(z), budget, warm_up=200)}


def encode(model, images, budget):
    """Images per second from images in memory to codes in memory, for each batch size."""
    codes = torch.empty(len(images), 20)

    def pass_over(batch):
        for begin in range(0, len(images), batch):
            codes[begin : begin + batch] = model.mu(model.encoder(images[begin : begin + batch]))

    return {str(batch): len(images) / median_seconds(lambda: pass_over(batch), budget) for batch in BATCHES}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--only", choices=["decode", "encode"])
    parser.add_argument("--samples", type=int, default=60000)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure")
    args = parser.parse_args()
    model = Vae(**MODELS["vae-mlp"]).eval()
    result = {"peer": f"PyTorch {torch.__version__}", "blas": blas_library(), "threads": torch.get_num_threads()}
    with torch.inference_mode():
        if args.only != "encode":
            times = decode_one(model, args.seconds)
            result.update(decode_one_seconds=min(times.values()), decode_modes=times)
        if args.only != "decode":
            rates = encode(model, read_images(args.data, "train")[: args.samples], args.seconds)
            result.update(encode_images_per_second=max(rates.values()), encode_batches=rates)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
