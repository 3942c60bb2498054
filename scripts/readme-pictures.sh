#!/usr/bin/env bash
# Makes the pictures of README.md (docs/images/) by the commands that README.md shows.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

latent="$PWD/build/release/latent"
images="$PWD/docs/images"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$images"
cd "$work"

"$latent" train fashion-mnist --out runs/fashion --epochs 5
"$latent" evaluate runs/fashion --importance-samples 64
"$latent" reconstruct runs/fashion fashion-mnist -n 24 -o "$images/reconstructions.png"
"$latent" sample runs/fashion -n 49 -o "$images/samples.png"
"$latent" interpolate runs/fashion fashion-mnist --from 1,4,6 --to 2,0,9 --steps 12 -o "$images/interpolation.png"
cp runs/fashion/loss.png "$images/loss.png"
