"""Fine-tuning a network on a folder of images, with Lightning, and the proof of what was and was not trained."""

from archc.runtime.references import import_torchvision

import_torchvision()  # before Lightning does: a torchvision that was built for another torch needs help
