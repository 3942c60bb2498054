#!/usr/bin/env bash
# Makes the pictures of docs/compress.md: generated shapes above what their codes say, and through lossy archives.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train shapes:20000 --preset vae-conv --latent-dim 10 --lr 0.002 --epochs 12 --out shapes
"$latent" reconstruct shapes shapes:16 --split all -o "$images/compress-codes.png"
for step in 1 3; do
  "$latent" compress shapes shapes:16 --split all --lossy --step "$step" -o "$step.lac"
  "$latent" decompress shapes "$step.lac" -o "$images/compress-step-$step.png"
done
