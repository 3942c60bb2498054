#!/usr/bin/env bash
# Makes the pictures of README.md by its own commands (fewer reconstructions, so that they can be seen); the map is made by map.sh.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train fashion-mnist --out runs/fashion --epochs 5
"$latent" evaluate runs/fashion --importance-samples 64
"$latent" reconstruct runs/fashion fashion-mnist -n 24 -o "$images/reconstructions.png"
"$latent" sample runs/fashion -n 49 -o "$images/samples.png"
"$latent" interpolate runs/fashion fashion-mnist --from 1,4,6 --to 2,0,9 --steps 12 -o "$images/interpolation.png"
cp runs/fashion/loss.png "$images/loss.png"
