#!/usr/bin/env bash
# Makes the pictures of docs/augment.md: new samples near given ones, on Fashion-MNIST.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train fashion-mnist --preset vae-conv --epochs 2 --out fashion
for spread in 1 3; do
  "$latent" augment fashion --items 0,1,3,6 -n 40 --spread "$spread" -o "$images/augment-spread-$spread.png"
done
"$latent" augment fashion --method neighbors --balance equal -n 100 -o "$images/augment-neighbors.png"
"$latent" augment fashion --balance equal -n 1000 -o more
"$latent" data info more
