"""Measuring a network on labelled images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from archc.runtime.training.data import Images, Item
from archc.runtime.training.images import Preprocess
from archc.runtime.training.record import Record


class Measured(Record):
    """Accuracy and mean cross-entropy, and for each image the class that was predicted and its probability."""

    accuracy: float
    loss: float
    predicted: tuple[int, ...]
    confidence: tuple[float, ...]


@torch.inference_mode()
def measure(
    model: nn.Module, root: Path, items: Sequence[Item], preprocess: Preprocess, batch: int, device: str = "cpu"
) -> Measured:
    """Measure `model`, in evaluation mode, on `items`: in order and in batches, so that it comes out the same again."""
    images = Images(root, tuple(items), preprocess.evaluation(), preprocess.channels, 0)
    was_training = model.training
    model = model.to(device).eval()
    logits: list[Tensor] = []
    for start in range(0, len(items), batch):
        block = [images[0, i][0] for i in range(start, min(start + batch, len(items)))]
        logits.append(model(torch.stack(block).to(device)).float().cpu())
    model.train(was_training)
    scores = torch.cat(logits)
    labels = torch.tensor([item.label for item in items])
    confidence, predicted = scores.softmax(1).max(1)
    return Measured(
        accuracy=float((predicted == labels).double().mean()),
        loss=float(nn.functional.cross_entropy(scores, labels)),
        predicted=tuple(predicted.tolist()),
        confidence=tuple(confidence.tolist()),
    )


def majority(train: Sequence[Item], val: Sequence[Item]) -> float:
    """The accuracy of always naming the class that training has most of."""
    labels = [item.label for item in train]
    most = max(sorted(set(labels)), key=labels.count)
    return sum(item.label == most for item in val) / len(val)
