#!/usr/bin/python3
"""Denoising beside scikit-image: Gaussian noise on images held out, clipped to [0, 1], the same for all.

Non-local means, total variation (Chambolle; split Bregman) and wavelets are tuned over their parameters on training images with
noise of their own. PSNR is the mean over images of each image's PSNR, in dB for a peak of 1; SSIM the mean of scikit-image's.

  denoise.py --data FOLDER-WITH-IDX-FILES [--latent build/release/latent] [--sigma 0.5] [--images 10000] [--run RUN]
             [--train "--preset dae-conv"] [--tuned-on 100]
  denoise.py --data IMAGES.bin --sigma 0.1                     colour images in the layout of CIFAR-10
  denoise.py --data IMAGES.npy --sigma 0.1                     (N, C, H, W) u8

MNIST has test images of its own. Of other files the last tenth is tested on, and the first four fifths are trained and tuned
on; what lies between is for choices about the model.

Prints one line per method and a JSON object. With --run a trained model is measured instead of a new one.
"""
import argparse
import gzip
import itertools
import json
import os
import subprocess
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from skimage import restoration
from skimage.metrics import structural_similarity

warnings.filterwarnings("ignore")


def read_idx(folder, part):
    with gzip.open(os.path.join(folder, f"{part}-images-idx3-ubyte.gz")) as file:
        return np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28, 1)


def read_images(path):
    """Images to train on and images to test on, (N, H, W, C) u8."""
    if os.path.isdir(path):
        return read_idx(path, "train"), read_idx(path, "t10k")
    if path.endswith(".npy"):
        x = np.load(path)
    else:
        x = np.fromfile(path, np.uint8).reshape(-1, 3073)[:, 1:].reshape(-1, 3, 32, 32)
    x = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    return x[: len(x) * 8 // 10], x[len(x) * 9 // 10:]


def unit(x):
    return x.astype(np.float32) / 255


def noisy_copy(x, sigma, seed):
    noise = np.random.default_rng(seed).normal(0, sigma, x.shape)
    return np.clip(x + noise, 0, 1).astype(np.float32)


def psnr(x_hat, x):
    """Of each image."""
    return -10 * np.log10(np.maximum(((np.clip(x_hat, 0, 1) - x) ** 2).mean(axis=(1, 2, 3)), 1e-12))


def ssim(x_hat, x):
    return np.array([structural_similarity(a, b, data_range=1, channel_axis=-1) for a, b in zip(np.clip(x_hat, 0, 1), x)])


def candidates(sigma):
    """Method -> settings to try."""
    grid = lambda **lists: [dict(zip(lists, values)) for values in itertools.product(*lists.values())]
    sigmas = [f * sigma for f in (0.3, 0.4, 0.5, 0.6, 0.75, 1.0)]
    return {
        "nl_means": grid(patch_size=[3, 5, 7, 9, 11], patch_distance=[5, 7, 13, 20], h=[f * sigma for f in (0.3, 0.4, 0.5, 0.6, 0.7, 1.0)],
                         sigma=[0.0, sigma], fast_mode=[False]),
        "tv_chambolle": grid(weight=[0.05, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.6, 1.0]),
        "tv_bregman": grid(weight=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 13.0, 17.0, 25.0], isotropic=[True, False]),
        "wavelet": grid(sigma=sigmas, wavelet=["db1", "db2", "sym4", "bior2.2"], mode=["soft", "hard"],
                        method=["BayesShrink", "VisuShrink"]),
    }


def clean_one(task):
    method, settings, image = task
    function = getattr(restoration, f"denoise_{method}")
    grey = image.shape[-1] == 1
    image = image[..., 0] if grey else image
    axis = {} if grey else {"channel_axis": -1}
    cleaned = np.asarray(function(image.astype(np.float64), **settings, **axis), np.float32)
    return cleaned[..., None] if grey else cleaned


def clean(pool, method, settings, images):
    return np.stack(list(pool.map(clean_one, ((method, settings, image) for image in images), chunksize=32)))


def peers(pool, tuning, x_test, noisy_test, sigma):
    """Each method's best settings on training images, and its figures on the test images."""
    noisy = noisy_copy(tuning, sigma, seed=1)
    results = {}
    for method, settings in candidates(sigma).items():
        best = max(settings, key=lambda s: psnr(clean(pool, method, s, noisy), tuning).mean())
        begin = time.perf_counter()
        x_hat = clean(pool, method, best, noisy_test)
        seconds = time.perf_counter() - begin
        results[method] = {"psnr": float(psnr(x_hat, x_test).mean()), "ssim": float(ssim(x_hat, x_test).mean()),
                           "settings": best, "seconds": round(seconds, 2)}
        print(f"{method:14} {results[method]['psnr']:6.2f} dB  SSIM {results[method]['ssim']:.3f}  {best}", flush=True)
    return results


def latent(arguments, options):
    """The JSON that the tool prints, and the seconds it took."""
    begin = time.perf_counter()
    done = subprocess.run([options.latent, *arguments, "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout), time.perf_counter() - begin


def ours(options, x_train, x_test, noisy_test, work):
    np.save(f"{work}/noisy.npy", noisy_test.transpose(0, 3, 1, 2))
    np.save(f"{work}/clean.npy", x_test.transpose(0, 3, 1, 2))
    run, trained = options.run, 0.0
    if not run:
        run, data = f"{work}/run", options.data
        if not os.path.isdir(data):
            data = f"{work}/train.npy"
            np.save(data, x_train.transpose(0, 3, 1, 2))
        words = ["train", data, "--corrupt", f"gaussian:{options.sigma}", "--out", run, *options.train.split()]
        trained = latent(words, options)[1]
    report, seconds = latent(["denoise", run, f"{work}/noisy.npy", "--clean", f"{work}/clean.npy", "-o", f"{work}/x_hat.npy"],
                             options)
    x_hat = np.load(f"{work}/x_hat.npy").transpose(0, 2, 3, 1)
    assert abs(psnr(x_hat, x_test).mean() - report["psnr"]["after"]["mean"]) < 1e-3, "both measure the same thing"
    result = {"psnr": report["psnr"]["after"]["mean"], "ssim": report["ssim"]["after"]["mean"],
              "training_seconds": round(trained, 1), "seconds": round(seconds, 2)}
    print(f"{'latent':14} {result['psnr']:6.2f} dB  SSIM {result['ssim']:.3f}  trained in {trained:.0f} s", flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--latent", default="build/release/latent")
    parser.add_argument("--sigma", type=float, default=0.5)
    parser.add_argument("--tuned-on", type=int, default=100, help="training images that the other methods are tuned on")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--images", type=int, default=10_000, help="test images, from the first on")
    parser.add_argument("--run", help="a trained run to measure")
    parser.add_argument("--train", default="--preset dae-conv", help="options of latent train")
    parser.add_argument("--peers", choices=["yes", "no"], default="yes")
    options = parser.parse_args()

    x_train, x_test = read_images(options.data)
    x_test = unit(x_test[:options.images])
    noisy_test = noisy_copy(x_test, options.sigma, seed=0)
    figures = {"noisy": {"psnr": float(psnr(noisy_test, x_test).mean()), "ssim": float(ssim(noisy_test, x_test).mean())}}
    print(f"{'noisy':14} {figures['noisy']['psnr']:6.2f} dB  SSIM {figures['noisy']['ssim']:.3f}", flush=True)
    with tempfile.TemporaryDirectory() as work:
        figures["latent"] = ours(options, x_train, x_test, noisy_test, work)
    if options.peers == "yes":
        with ProcessPoolExecutor(options.processes) as pool:
            tuning = unit(x_train[:options.tuned_on])
            figures.update(peers(pool, tuning, x_test, noisy_test, options.sigma))
        best = max(figure["psnr"] for name, figure in figures.items() if name not in ("noisy", "latent"))
        figures["gain_over_best_peer"] = figures["latent"]["psnr"] - best
        print(f"latent is {figures['gain_over_best_peer']:.2f} dB above the best of the others")
    print(json.dumps({"sigma": options.sigma, "images": len(x_test), **figures}))


if __name__ == "__main__":
    main()
