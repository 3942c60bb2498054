#!/usr/bin/env bash
# Makes the pictures and figures of docs/gan.md.
#   gan.sh [FACES.npy]     grey faces (N, H, W), u8, for the pictures of faces: the Frey faces of S. Roweis there
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train fashion-mnist --preset cnn-small --epochs 4 --out cnn
for preset in vae-conv gan-conv; do
  "$latent" train fashion-mnist --preset "$preset" --epochs 10 --out "$preset"
  "$latent" evaluate "$preset" --inversion-steps 0 --samples 10000 --features cnn ||
    "$latent" evaluate "$preset" --samples 10000 --features cnn
  "$latent" sample "$preset" -n 64 -o "$images/gan-$preset.png"
done
"$latent" evaluate gan-conv
"$latent" reconstruct gan-conv -o "$images/gan-reconstructed.png"
"$latent" interpolate gan-conv --from 0,1,2 --to 9,5,8 -o "$images/gan-interpolated.png"
"$latent" directions gan-conv --sefa 5 -o sefa.npz --picture "$images/gan-sefa.png"
"$latent" directions gan-conv --generated 10000 --classifier cnn \
  --attribute 'heel=label=ankle boot vs label=sneaker' -o heel.npz
"$latent" edit gan-conv --directions heel.npz --item 9,12 --direction heel --amount -3:3 -o "$images/gan-heel.png"

if [ $# -gt 0 ]; then
  "$latent" train "$1" --model gan --seed 1 --out faces
  "$latent" reconstruct faces -o "$images/gan-faces-reconstructed.png"
  "$latent" directions faces --sefa 6 -o faces.npz --picture "$images/gan-faces-sefa.png"
fi
