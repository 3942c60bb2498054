#!/usr/bin/python3
"""Preset `ae-wave` on spoken digits, by the command line alone, beside what needs no training.

  bench/sound/waves.py FOLDER [--tool build/release/latent] [--held-out nicolas] [--epochs 20] [--out FOLDER]

FOLDER holds the Free Spoken Digit Dataset, DIGIT_SPEAKER_INDEX.wav, 8 kHz. Recordings 0 to 4 of each speaker are the test part,
the others are trained on; one speaker is held out altogether. All test recordings, one after the other, are streamed through
the model. Two figures for what comes back:
  SI-SDR   scale-invariant signal-to-distortion ratio in dB, more is better (Le Roux et al. 2019, arXiv:1811.02508)
  STFT     mean difference of log magnitudes in dB, windows of 64 to 1024 (Hann, a quarter of it further each time), less is better
beside the same of mu-law with 8 bits at half the rate, which takes as many bits, and of fast Griffin-Lim (32 turns) from the
true magnitudes of windows of 512, which are no compression at all.
"""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile

import numpy as np
from scipy.io import wavfile
from scipy.signal import istft, resample_poly, stft

NAME = re.compile(r"(\d)_([a-z]+)_(\d+)\.wav")


def read(path):
    rate, x = wavfile.read(path)
    return rate, x.astype(np.float64) / 32768


def write(path, rate, parts):
    x = np.concatenate(parts)
    wavfile.write(path, rate, np.round(np.clip(x, -1, 1) * 32767).astype(np.int16))


def si_sdr(x, y):
    target = (x @ y) / (x @ x) * x
    return 10 * np.log10((target @ target) / ((y - target) @ (y - target)))


def stft_distance(x, y):
    def levels(signal, n):
        return 20 * np.log10(np.abs(stft(signal, nperseg=n, noverlap=n * 3 // 4)[2]) + 1e-4)
    return np.mean([np.abs(levels(x, n) - levels(y, n)).mean() for n in (64, 128, 256, 512, 1024)])


def mu_law_at_half_rate(x):
    half = np.clip(resample_poly(x, 1, 2), -1, 1)
    code = np.round((np.sign(half) * np.log1p(255 * np.abs(half)) / np.log(256) + 1) / 2 * 255) / 255 * 2 - 1
    decoded = np.sign(code) * (256 ** np.abs(code) - 1) / 255
    return resample_poly(decoded, 2, 1)[:len(x)]


def griffin_lim(x, n=512, turns=32, momentum=0.99):
    settings = dict(nperseg=n, noverlap=n * 3 // 4)
    magnitudes = np.abs(stft(x, **settings)[2])
    angles = np.exp(2j * np.pi * np.random.default_rng(0).random(magnitudes.shape))
    before = 0
    for _ in range(turns):
        rebuilt = stft(istft(magnitudes * angles, **settings)[1][:len(x)], **settings)[2]
        angles = rebuilt - momentum / (1 + momentum) * before
        angles /= np.abs(angles) + 1e-16
        before = rebuilt
    return istft(magnitudes * angles, **settings)[1][:len(x)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--tool", default="build/release/latent")
    arguments.add_argument("--held-out", default="nicolas")
    arguments.add_argument("--epochs", default=None)
    arguments.add_argument("--out", type=pathlib.Path, default=None)
    given = arguments.parse_args()
    work = given.out or pathlib.Path(tempfile.mkdtemp())
    parts = {"train": [], "test": [], "stranger": []}
    for path in sorted(given.folder.glob("*.wav")):
        _, speaker, index = NAME.fullmatch(path.name).groups()
        part = "stranger" if speaker == given.held_out else "test" if int(index) < 5 else "train"
        parts[part].append(path)
    (work / "train").mkdir(parents=True, exist_ok=True)
    for path in parts["train"]:
        if not (work / "train" / path.name).exists():
            (work / "train" / path.name).symlink_to(path.resolve())
    epochs = ["--epochs", given.epochs] if given.epochs else []
    subprocess.run([given.tool, "train", str(work / "train"), "--sound", "wave", "--preset", "ae-wave", "--out",
                    str(work / "run"), "--overwrite", *epochs], check=True)
    print(f"{'sound':<10} {'what':<34} {'kbit/s':>7} {'SI-SDR':>7} {'STFT':>6}")
    for part in ("test", "stranger"):
        recordings = [read(path) for path in parts[part]]
        rate = recordings[0][0]
        write(work / f"{part}.wav", rate, [x for _, x in recordings])
        _, x = read(work / f"{part}.wav")
        said = json.loads(subprocess.run([given.tool, "stream", str(work / "run"), str(work / f"{part}.wav"), "-o",
                                          str(work / f"{part}_again.wav"), "--threads", "1", "--json"],
                                         check=True, capture_output=True, text=True).stdout)
        rows = [(f"ae-wave, {said['real_time_factor']:.0f}x, {said['latency_ms']:.0f} ms behind",
                 said["bits_per_second"] / 1e3, read(work / f"{part}_again.wav")[1]),
                ("mu-law, 8 bits, half the rate", rate * 4 / 1e3, mu_law_at_half_rate(x)),
                ("Griffin-Lim, true magnitudes", float("nan"), griffin_lim(x))]
        for name, kilobits, y in rows:
            print(f"{part:<10} {name:<34} {kilobits:7.1f} {si_sdr(x, y):7.2f} {stft_distance(x, y):6.2f}")


if __name__ == "__main__":
    main()
