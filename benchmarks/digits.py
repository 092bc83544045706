"""Real handwritten digits as image files: scikit-learn's 1,797 (UCI, 8x8 pixels), enlarged to 32x32.

python -m benchmarks.digits DIR
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits


def write_digits(root: Path) -> None:
    """A folder for each digit, with its images as PNG."""
    found = load_digits()
    for number, (image, digit) in enumerate(zip(found.images, found.target, strict=True)):
        folder = root / str(digit)
        folder.mkdir(parents=True, exist_ok=True)
        grey = Image.fromarray((image * (255 / 16)).astype(np.uint8))
        grey.resize((32, 32), Image.Resampling.BICUBIC).save(folder / f"{number:04d}.png")


if __name__ == "__main__":
    write_digits(Path(sys.argv[1]))
