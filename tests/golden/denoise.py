"""Writes denoise.npz: Gaussian blurs by scipy; PSNR and SSIM of pairs of images by scikit-image. Run with /usr/bin/python3."""
import os

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

rng = np.random.default_rng(0)
arrays = {}

blur_x = rng.random((11, 19), dtype=np.float32)
arrays["blur_x"] = blur_x
for sigma in (0.6, 1.5, 4.0):
    # Edges go on as they end; the window ends at 4 sigma.
    arrays[f"blur_sigma_{sigma}"] = gaussian_filter(blur_x.astype(np.float64), sigma, mode="nearest", truncate=4.0)

for name, shape in {"grey": (4, 1, 11, 14), "color": (3, 3, 7, 9)}.items():
    smooth = gaussian_filter(rng.random(shape), (0, 0, 1.5, 1.5))
    x = (np.clip((smooth - 0.3) * 2.5, 0, 1)).astype(np.float32)
    x[0, :, :, :5] = 0  # windows without any variance
    x_hat = np.clip(x + rng.normal(0, 0.2, shape), 0, 1).astype(np.float32)
    x_hat[1] = x[1]  # equal images
    pairs = [(a.astype(np.float64), b.astype(np.float64)) for a, b in zip(x_hat, x)]
    arrays[f"{name}_x"], arrays[f"{name}_x_hat"] = x, x_hat
    with np.errstate(divide="ignore"):
        arrays[f"{name}_psnr"] = np.array([peak_signal_noise_ratio(b, a, data_range=1) for a, b in pairs])
    arrays[f"{name}_ssim"] = np.array([structural_similarity(a, b, data_range=1, channel_axis=0) for a, b in pairs])

np.savez_compressed(os.path.join(os.path.dirname(__file__), "denoise.npz"), **arrays)
