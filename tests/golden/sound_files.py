#!/usr/bin/env python3
"""Writes formats/tone.flac, tone.ogg and tone.aiff: 800 samples of two channels at 8 kHz, 0.5 sin(2 pi 440 t) on the left and
0.25 of the same on the right, written by libsndfile itself.

Run: /usr/bin/python3 tests/golden/sound_files.py   (numpy, libsndfile 1.2)
"""
import ctypes
import pathlib

import numpy as np


class Info(ctypes.Structure):
    _fields_ = [("frames", ctypes.c_int64), ("samplerate", ctypes.c_int), ("channels", ctypes.c_int), ("format", ctypes.c_int),
                ("sections", ctypes.c_int), ("seekable", ctypes.c_int)]


lib = ctypes.CDLL("libsndfile.so.1")
lib.sf_open.restype = ctypes.c_void_p
lib.sf_writef_double.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
lib.sf_close.argtypes = [ctypes.c_void_p]
PCM_16, VORBIS = 0x2, 0x60
left = 0.5 * np.sin(2 * np.pi * 440 * np.arange(800) / 8000)
both = np.ascontiguousarray(np.stack([left, 0.5 * left], 1))
for name, form in (("tone.flac", 0x170000 | PCM_16), ("tone.ogg", 0x200000 | VORBIS), ("tone.aiff", 0x20000 | PCM_16)):
    path = pathlib.Path(__file__).parent / "formats" / name
    info = Info(0, 8000, 2, form, 0, 0)
    file = lib.sf_open(str(path).encode(), 0x20, ctypes.byref(info))
    assert file and lib.sf_writef_double(file, both.ctypes.data, 800) == 800
    lib.sf_close(file)
