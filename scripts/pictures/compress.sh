#!/usr/bin/env bash
# Makes the pictures of docs/compress.md: generated shapes as they are, and through lossy archives of three sizes.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train shapes:4000 --preset vae-conv --latent-dim 10 --lr 0.002 --epochs 6 --out shapes
for step in 0.1 1 3; do
  "$latent" compress shapes shapes:16 --split all --lossy --step "$step" -o "$step.lac"
  "$latent" decompress shapes "$step.lac" -o "$images/compress-step-$step.png"
done
