#!/usr/bin/env bash
# Makes the pictures and figures of docs/edit.md: directions found on the generated shapes, whose factors are known, and on
# Fashion-MNIST.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train fashion-mnist --preset vae-conv --epochs 2 --out fashion
"$latent" traverse fashion --steps 7 -o "$images/edit-traverse.png"
"$latent" directions fashion --attribute 'heel=label=ankle boot vs label=sneaker' \
  --attribute 'sleeves=label=pullover,coat vs label=t-shirt/top' --principal 4 \
  -o directions.npz --picture "$images/edit-directions.png"
"$latent" directions fashion --method logistic --attribute 'heel=label=ankle boot vs label=sneaker' \
  --attribute 'sleeves=label=pullover,coat vs label=t-shirt/top' -o logistic.npz
"$latent" edit fashion --item 9,12 --direction heel --amount -3:3 -o "$images/edit-heel.png"
"$latent" edit fashion --item 19,27 --direction sleeves --amount -3:3 -o "$images/edit-sleeves.png"
"$latent" edit fashion --directions logistic.npz --item 19,27 --direction sleeves --amount -3:3 -o logistic.png
"$latent" arithmetic fashion "9 - label:sneaker + label:'ankle boot'" -o "$images/edit-arithmetic.png"

"$latent" train shapes:5000 --preset vae-mlp --latent-dim 10 --epochs 10 --out shapes
"$latent" directions shapes --attribute 'large=factor=scale>75% vs factor=scale<25%' \
  --attribute 'right=factor=x>75% vs factor=x<25%' --attribute 'low=factor=y>75% vs factor=y<25%' --orthogonal \
  -o shapes.npz
items="$(seq -s, 0 199)"
for name in large right low; do
  "$latent" edit shapes --directions shapes.npz --item 0,5 --direction "$name" --amount -1.5:1.5 -o "$images/edit-$name.png"
  "$latent" edit shapes --directions shapes.npz --item "$items" --direction "$name" --amount -1:1 --steps 2 -o "$name.npy"
done
# What each edit by 2 does to the three factors, measured in the pictures: area, and middle of what is white.
/usr/bin/python3 - <<'END'
import numpy
for name in ["large", "right", "low"]:
    x = numpy.load(name + ".npy")[:, 0].reshape(-1, 2, 64, 64)
    area = x.sum((2, 3))
    right = (x.sum(2) * numpy.arange(64)).sum(2) / area
    low = (x.sum(3) * numpy.arange(64)).sum(2) / area
    print(name, *("%+.1f" % numpy.median(v[:, 1] - v[:, 0]) for v in [numpy.sqrt(area), right, low]))
END
