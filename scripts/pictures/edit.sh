#!/usr/bin/env bash
# Makes the pictures and figures of docs/edit.md: directions found on the generated shapes, whose factors are known, and on
# Fashion-MNIST.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

latent="$PWD/build/release/latent"
images="$PWD/docs/images"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$images"
cd "$work"

"$latent" train shapes:20000 --preset vae-conv --latent-dim 10 --epochs 8 --out shapes
"$latent" traverse shapes --steps 7 -o "$images/edit-traverse.png"
"$latent" directions shapes \
  --attribute 'large=factor=scale>75% vs factor=scale<25%' \
  --attribute 'right=factor=x>75% vs factor=x<25%' \
  --attribute 'low=factor=y>75% vs factor=y<25%' --orthogonal -o directions.npz
for name in large right low; do
  "$latent" edit shapes --item 0,5 --direction "$name" --amount -1.5:1.5 -o "$images/edit-shapes-$name.png"
done

"$latent" train fashion-mnist --preset vae-conv --epochs 10 --out fashion
"$latent" directions fashion --principal 5 -o principal.npz --picture "$images/edit-principal.png"
"$latent" directions fashion --attribute 'sleeves=label=pullover,coat vs label=t-shirt/top' \
  --attribute 'heel=label=ankle boot vs label=sneaker' -o directions.npz
"$latent" directions fashion --method logistic --attribute 'sleeves=label=pullover,coat vs label=t-shirt/top' \
  --attribute 'heel=label=ankle boot vs label=sneaker' -o logistic.npz
"$latent" edit fashion --item 19,26 --direction sleeves --amount -2:4 -o "$images/edit-sleeves.png"
"$latent" edit fashion --item 9,12 --direction heel --amount -2:4 -o "$images/edit-heel.png"
"$latent" arithmetic fashion "9 - label:sneaker + label:'ankle boot'" -o "$images/edit-arithmetic.png"
