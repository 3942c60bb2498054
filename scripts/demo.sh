#!/usr/bin/env bash
# From nothing to a trained model: sets everything up, builds, trains a VAE on Fashion-MNIST and makes pictures with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash scripts/build.sh release latent_tool
latent=build/release/latent
run=runs/demo

"$latent" train fashion-mnist --preset vae-mlp --out "$run" --overwrite
"$latent" interpolate "$run" --from 0,1,2,3,4 --to 5,6,7,8,9 --steps 12 -o "$run/interpolation.png"
"$latent" evaluate "$run" --importance-samples 16

echo
echo "Look at these pictures:"
for picture in reconstructions samples interpolation loss; do echo "  $PWD/$run/$picture.png"; done
