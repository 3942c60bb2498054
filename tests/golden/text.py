"""Writes golden/text: one text, plain and packed by the programs that people pack texts with.

Run in tests/golden:  python3 text.py   (needs xz, bzip2, zstd and gzip)
"""

import pathlib
import subprocess

folder = pathlib.Path(__file__).parent / "text"
folder.mkdir(exist_ok=True)
lines = [f"line {i}: the quick brown fox number {i * i} jumps over the lazy dog, naïvely" for i in range(60)]
plain = ("\n".join(lines) + "\n").encode()
(folder / "plain.txt").write_bytes(plain)
for ending, command in {"gz": ["gzip", "-9nc"], "xz": ["xz", "-9c"], "bz2": ["bzip2", "-9c"], "zst": ["zstd", "-19c"]}.items():
    packed = subprocess.run(command, input=plain, stdout=subprocess.PIPE, check=True).stdout
    (folder / f"packed.{ending}").write_bytes(packed)
