#!/usr/bin/env python3
"""Writes tests/golden/formats/: arrays as NumPy stores them, and a safetensors file written by hand. Needs numpy.
    python3 tests/golden/formats.py
"""
import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "formats"
FOLDER.mkdir(exist_ok=True)


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return out.getvalue()


def save(name, array, version=None):
    (FOLDER / f"{name}.npy").write_bytes(npy(array, version))


def save_archive(name, members, method, zip64=False):
    with zipfile.ZipFile(FOLDER / name, "w") as z:
        for member, array in members:
            info = zipfile.ZipInfo(f"{member}.npy")  # dated 1980, so that the bytes are always the same
            info.compress_type = method
            with z.open(info, "w", force_zip64=zip64) as f:
                f.write(npy(array))


# The values of every test: 0, 1, ..., 23 as (2, 3, 4).
counting = np.arange(24).reshape(2, 3, 4)
for name, descr in {"bool": "|b1", "u1": "|u1", "i1": "|i1", "u2": "<u2", "i2": "<i2", "u4": "<u4", "i4": "<i4", "u8": "<u8",
                    "i8": "<i8", "f2": "<f2", "f4": "<f4", "f8": "<f8", "i4_big": ">i4", "u8_big": ">u8", "f2_big": ">f2",
                    "f4_big": ">f4", "f8_big": ">f8"}.items():
    save(name, (counting % 2 if name == "bool" else counting).astype(descr))
save("f4_fortran", np.asfortranarray(counting.astype("<f4")))
save("u1_fortran", np.asfortranarray(counting.astype("|u1")))
save("f8_big_fortran", np.asfortranarray(counting.astype(">f8")))
save("f4_version_2", counting.astype("<f4"), (2, 0))
save("f4_version_3", counting.astype("<f4"), (3, 0))
save("scalar", np.array(2.5, "<f8"))
save("vector", np.array([1.5, -2.5], "<f4"))
save("empty", np.zeros((0, 5), "<f4"))
save("i1_negative", np.array([-128, 127], "|i1"))
save("u8_too_large", np.array([1, 2**63], "<u8"))
save("f2_special", np.array([0, -0.0, 1, -2, 65504, 6.103515625e-05, 5.960464477539063e-08, np.inf, -np.inf, np.nan], "<f2"))
save("text", np.array(["a", "bc"]))
save("bytes", np.array([b"a", b"bc"]))
save("complex", np.array([1j], "<c8"))
save("date", np.array(["2020-01-01"], "<M8[D]"))
save("structured", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))

members = [("x", counting.astype("<f4")), ("y", np.array([0, 1], "<i8")), ("names", np.array(["no", "yes"]))]
save_archive("stored.npz", members, zipfile.ZIP_STORED)
save_archive("stored_zip64.npz", members, zipfile.ZIP_STORED, zip64=True)
save_archive("deflated.npz", members, zipfile.ZIP_DEFLATED)
save_archive("lzma.npz", members[:1], zipfile.ZIP_LZMA)
save_archive("text_only.npz", members[2:], zipfile.ZIP_STORED)

# The layout as the format's description gives it: sorted by type, 8-byte aligned header.
header = {"__metadata__": {"format": "pt"},
          "weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
          "half": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]}}
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
data = np.arange(6, dtype="<f4").tobytes() + struct.pack("<2H", 0x3F80, 0xC000)  # 1.0 and -2.0
(FOLDER / "plain.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
