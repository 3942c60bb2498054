#!/usr/bin/env bash
# Makes the pictures of docs/compress.md: generated shapes through lossy archives of several sizes, and samples of
# vae-lossless, which draws pixel after pixel.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

latent="$PWD/build/release/latent"
images="$PWD/docs/images"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$images"
cd "$work"

"$latent" train shapes:5000 --preset vae-conv --latent-dim 10 --epochs 12 --out shapes
for step in 0.1 0.5 2; do
  "$latent" compress shapes shapes:16 --split all --lossy --step "$step" -o "$step.lac"
  "$latent" decompress shapes "$step.lac" -o "$images/compress-step-$step.png"
done

"$latent" train fashion-mnist --preset vae-lossless --epochs 3 --kl-warmup 1 --out lossless
"$latent" sample lossless -n 32 -o "$images/compress-samples.png"
"$latent" compress lossless fashion-mnist --split test -o fashion.lac
