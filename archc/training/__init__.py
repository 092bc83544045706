"""Fine-tuning a network on a folder of images with Lightning, and the proof of what was and was not trained.

Takes a network, a folder and settings and gives a run: weights, metrics, a report and the proof.
"""

from archc.runtime.references import import_torchvision

__all__ = [
    "assess", "embed", "engine", "errors", "evaluate", "export", "predict", "session", "settings", "stages", "unproved",
]  # fmt: skip

import_torchvision()  # before Lightning imports it: a torchvision built for another torch needs a workaround
