#!/usr/bin/python3
"""The peer on a folder of pictures: torchvision's ImageFolder and a DataLoader with 2 workers, one epoch of vae-mlp.

Prints one JSON line; its seconds begin when torch is imported and end with the last step.

  pytorch_folder.py FOLDER/train [--limit N]
"""
import argparse
import json
import time

import torch
from PIL import Image
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import ImageFolder
from torchvision.transforms import ToTensor

from pytorch_vae import MODELS, Vae, train_step


def read_grey(path):
    """Without the way over RGB that ImageFolder's own loader takes."""
    with Image.open(path) as image:
        return image.convert("L")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--limit", type=int, default=0, help="the first so many pictures (0 = all)")
    args = parser.parse_args()
    start = time.perf_counter()
    images = ImageFolder(args.folder, transform=ToTensor(), loader=read_grey)
    if args.limit:
        images = Subset(images, range(min(args.limit, len(images))))
    config = MODELS["vae-mlp"]
    model = Vae(**config)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for x, _ in DataLoader(images, batch_size=config["batch"], shuffle=True, num_workers=2):
        train_step(model, optimizer, x)
    print(json.dumps({"seconds": time.perf_counter() - start, "images": len(images)}))


if __name__ == "__main__":
    main()
