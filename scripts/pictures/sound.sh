#!/usr/bin/env bash
# Makes the pictures and sounds of docs/sound.md: plucked strings and bells of many pitches, computed here. Needs Debian's python3-numpy.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

/usr/bin/python3 - <<'PYTHON'
import os
import wave

import numpy as np

RATE, SECONDS = 8000, 1.0
rng = np.random.default_rng(0)
t = np.arange(int(RATE * SECONDS)) / RATE


def string(hertz):  # Karplus & Strong 1983: a delay line of noise that loses its high frequencies as it goes round
    line = rng.uniform(-1, 1, int(RATE / hertz))
    out = np.empty(len(t))
    for i in range(len(t)):
        out[i] = line[i % len(line)]
        line[i % len(line)] = 0.498 * (line[i % len(line)] + line[(i + 1) % len(line)])
    return out


def bell(hertz):  # partials of a bell, each with its own decay
    partials = [(0.56, 1.0, 3), (0.92, 0.67, 4), (1.19, 1.0, 5), (1.71, 1.8, 7), (2.0, 2.67, 8), (2.74, 1.67, 10), (3.0, 1.46, 12)]
    return sum(a * np.exp(-d * t) * np.sin(2 * np.pi * hertz * f * t) for f, a, d in partials) / 6


for kind, make in (("string", string), ("bell", bell)):
    os.makedirs(f"sounds/{kind}")
    for i in range(120):
        x = make(rng.uniform(110, 660)) * rng.uniform(0.3, 0.9)
        with wave.open(f"sounds/{kind}/{i:03}.wav", "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((32767 * np.clip(x, -1, 1)).astype("<i2").tobytes())
PYTHON

"$latent" train sounds --epochs 4 --channels 16,32,64 --seed 1 --out run
"$latent" reconstruct run sounds -n 16 -o "$images/sound-reconstructions.png"
"$latent" interpolate run sounds --split all --from 130 --to 10 --steps 6 -o "$images/sound-morph.png"
"$latent" interpolate run sounds --split all --from 130 --to 10 --steps 6 -o morph.wav
"$latent" sample run --like string,bell -n 2 -o drawn.wav
"$latent" reconstruct run sounds --split all -o heard
cp drawn.wav "$images/sound-drawn.wav"
/usr/bin/python3 - "$images" <<'PYTHON'
import sys
import wave


def join(names, to):
    with wave.open(f"{sys.argv[1]}/{to}", "wb") as out:
        for i, name in enumerate(names):
            with wave.open(name) as part:
                if i == 0:
                    out.setparams(part.getparams())
                out.writeframes(part.readframes(part.getnframes()))


with wave.open("morph.wav") as whole, wave.open(f"{sys.argv[1]}/sound-morph.wav", "wb") as out:  # without the silence between
    out.setparams(whole.getparams())
    for _ in range(6):
        out.writeframes(whole.readframes(8192))
        whole.readframes(2000)
join(["sounds/string/010.wav", "sounds/bell/010.wav"], "sound-originals.wav")
join(["heard/000130.wav", "heard/000010.wav"], "sound-reconstructed.wav")
PYTHON
