#!/usr/bin/env python3
"""Writes sound.npz: what SciPy and the formulas of librosa make of a short sound.

x (512) f32; stft (32, 33, 2): scipy.signal.stft with a periodic Hann window of 64, a frame every 16 samples, mirrored ends,
without the last frame and without SciPy's factor; mel (10, 33): triangular bands on Slaney's scale with his areas, as
librosa.filters.mel computes them; decibels (10, 32): 10 log10 of the bands' powers.

Run: /usr/bin/python3 tests/golden/sound.py   (SciPy 1.10.1, numpy)
"""
import pathlib

import numpy as np
import scipy.signal

RATE, N_FFT, HOP, MELS, LENGTH = 8000, 64, 16, 10, 512


def hz_to_mel(f):
    f = np.asarray(f, dtype=float)
    return np.where(f < 1000, f / (200 / 3), 15 + np.log(np.maximum(f, 1e-9) / 1000) / (np.log(6.4) / 27))


def mel_to_hz(m):
    return np.where(m < 15, m * (200 / 3), 1000 * np.exp(np.log(6.4) / 27 * (m - 15)))


def mel_bank():
    bins = np.linspace(0, RATE / 2, N_FFT // 2 + 1)
    edges = mel_to_hz(np.linspace(hz_to_mel(0.0), hz_to_mel(RATE / 2), MELS + 2))
    bank = np.zeros((MELS, len(bins)))
    for m in range(MELS):
        low, middle, high = edges[m:m + 3]
        rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
        bank[m] = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    return bank


t = np.arange(LENGTH) / RATE
rng = np.random.default_rng(0)
x = (0.5 * np.sin(2 * np.pi * (300 * t + 9000 * t**2)) + 0.05 * rng.standard_normal(LENGTH)).astype(np.float32)
window = scipy.signal.get_window("hann", N_FFT)
_, _, X = scipy.signal.stft(x.astype(float), RATE, window, N_FFT, N_FFT - HOP, boundary="even", padded=False)
X = (X * window.sum()).T[:LENGTH // HOP]
power = np.abs(X)**2 @ mel_bank().T
np.savez_compressed(pathlib.Path(__file__).parent / "sound.npz", x=x,
                    stft=np.stack([X.real, X.imag], -1).astype(np.float32), mel=mel_bank().astype(np.float32),
                    decibels=(10 * np.log10(power)).T.astype(np.float32))
