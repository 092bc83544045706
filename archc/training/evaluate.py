"""Evaluating a network on labelled images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from math import sqrt
from pathlib import Path

import torch
from torch import Tensor, nn
from torchmetrics.functional.classification import (
    multiclass_calibration_error,
    multiclass_f1_score,
    multiclass_precision,
    multiclass_recall,
)

from archc.support.record import Record
from archc.training.data import Images, LabelledImage
from archc.training.images import Preprocess
from archc.training.record import RunRecord

CERTAIN = 1.959964
"""The number of standard deviations on either side that contain 95 % of a normal distribution."""
BINS = 15
"""The number of confidence ranges in the calibration error (Guo et al. 2017, arXiv:1706.04599)."""
TOP = 5


class Measured(Record):
    """The logits of images (images, classes), and their labels (images)."""

    scores: Tensor
    labels: Tensor

    @property
    def accuracy(self) -> float:
        """The share of images that are predicted correctly."""
        return float((self.scores.argmax(1) == self.labels).double().mean())

    @property
    def loss(self) -> float:
        """The mean cross-entropy."""
        return float(nn.functional.cross_entropy(self.scores, self.labels))

    @property
    def predicted(self) -> list[int]:
        """The likeliest class of each image."""
        return self.scores.argmax(1).tolist()

    @property
    def confidence(self) -> list[float]:
        """The probability of that class."""
        return self.scores.softmax(1).max(1).values.tolist()


class ClassScore(RunRecord):
    """The measures of one class, over `images` images. A class without images has a recall of None."""

    name: str
    images: int
    precision: float
    recall: float | None
    f1: float


class Scores(RunRecord):
    """The measures of a network on some images.

    `interval`: the 95 % interval of the accuracy (Wilson 1927). `balanced`: the mean recall of the classes with images.
    `top`: the share of images whose class is among the five likeliest, None for five or fewer classes. `ece`: the
    expected calibration error; `ece_scaled`: the same with logits divided by `temperature`, which was fitted to other
    images.
    """

    images: int
    accuracy: float
    interval: tuple[float, float]
    balanced: float
    loss: float
    top: float | None
    ece: float
    temperature: float
    ece_scaled: float
    classes: tuple[ClassScore, ...]


@torch.no_grad()
def measure(
    model: nn.Module, root: Path, items: Sequence[LabelledImage], preprocess: Preprocess, batch: int,
    device: str = "cpu", *, mirrored: bool = False,
) -> Measured:  # fmt: skip
    """Evaluate `model`, in evaluation mode, on `items`, in order and in batches, so that results are reproducible.

    `mirrored`: use the mean of the logits of each image and its mirror image.
    """
    images = Images(root, tuple(items), preprocess.evaluation(), preprocess.read, 0)
    was_training = model.training
    model = model.to(device).eval()
    logits: list[Tensor] = []
    for start in range(0, len(items), batch):
        block = torch.stack([images[0, i][0] for i in range(start, min(start + batch, len(items)))]).to(device)
        found = model(block)
        logits.append(((found + model(block.flip(-1))) / 2 if mirrored else found).float().cpu())
    model.train(was_training)
    return Measured(torch.cat(logits), torch.tensor([item.label for item in items]))


def scored(measured: Measured, classes: Sequence[str], temperature: float = 1.0) -> Scores:
    """Compute the measures from logits."""
    scores, labels, number = measured.scores, measured.labels, len(classes)
    right = round(measured.accuracy * len(labels))
    each = {
        name: of(scores, labels, num_classes=number, average="none").tolist()
        for name, of in (
            ("precision", multiclass_precision),
            ("recall", multiclass_recall),
            ("f1", multiclass_f1_score),
        )
    }
    counts = torch.bincount(labels, minlength=number).tolist()
    found = [r for r, n in zip(each["recall"], counts, strict=True) if n]
    return Scores(
        images=len(labels),
        accuracy=measured.accuracy,
        interval=wilson(right, len(labels)),
        balanced=sum(found) / len(found),
        loss=measured.loss,
        top=_top(scores, labels) if number > TOP else None,
        ece=_ece(scores, labels),
        temperature=temperature,
        ece_scaled=_ece(scores / temperature, labels),
        classes=tuple(
            ClassScore(name=name, images=n, precision=p, recall=r if n else None, f1=f)
            for name, n, p, r, f in zip(classes, counts, each["precision"], each["recall"], each["f1"], strict=True)
        ),
    )


def _top(scores: Tensor, labels: Tensor) -> float:
    return float((scores.topk(TOP, dim=1).indices == labels.unsqueeze(1)).any(1).double().mean())


def _ece(scores: Tensor, labels: Tensor) -> float:
    return float(multiclass_calibration_error(scores.softmax(1), labels, num_classes=scores.shape[1], n_bins=BINS))


def wilson(right: int, images: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    share, z = right / images, CERTAIN**2 / images
    middle = (share + z / 2) / (1 + z)
    half = sqrt(share * (1 - share) * z + z * z / 4) / (1 + z)
    return max(0.0, middle - half), min(1.0, middle + half)


def temperature_of(measured: Measured) -> float:
    """The divisor of logits with the least loss on these images (Guo et al. 2017, arXiv:1706.04599)."""
    logarithm = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([logarithm], max_iter=50, line_search_fn="strong_wolfe")
    scores = measured.scores.double()

    def loss() -> Tensor:
        optimizer.zero_grad()
        found = nn.functional.cross_entropy(scores / logarithm.clamp(-3, 3).exp(), measured.labels)
        torch.autograd.backward(found)
        return found

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return float(f"{float(logarithm.detach().clamp(-3, 3).exp()):.4g}")


def majority(train: Sequence[LabelledImage], val: Sequence[LabelledImage]) -> float:
    """The accuracy of always predicting the most frequent class of training."""
    labels = [item.label for item in train]
    most = max(sorted(set(labels)), key=labels.count)
    return sum(item.label == most for item in val) / len(val)


# -- embeddings -------------------------------------------------------------------------------------------------------


@torch.no_grad()
def embedded(model: nn.Module, head: str, tensors: Iterable[Tensor], batch: int = 64) -> Tensor:
    """The input of the module `head` for each image of a stream, as vectors (images, numbers)."""
    seen: list[Tensor] = []
    found: list[Tensor] = []
    was_training = model.training
    hook = model.get_submodule(head).register_forward_pre_hook(lambda _, given: seen.append(given[0].detach().clone()))
    model.eval()
    try:
        stream = iter(tensors)
        while block := list(islice(stream, batch)):
            seen.clear()
            model(torch.stack(block))
            found.append(as_vectors(seen[0].float()))
    finally:
        hook.remove()
        model.train(was_training)
    return torch.cat(found)


def as_vectors(features: Tensor) -> Tensor:
    """Features (images, …) as vectors (images, numbers); maps are averaged by channel."""
    return features.mean((2, 3)) if features.ndim == 4 else features.flatten(1)


class Baselines(RunRecord):
    """The accuracy of features without fine-tuning: with the nearest neighbour (cosine), and with a linear probe."""

    neighbour: float
    probe: float


def baselines(train: Tensor, train_labels: Tensor, val: Tensor, val_labels: Tensor, classes: int) -> Baselines:
    """The accuracy on the second set of vectors, learned from the first. The probe is a logistic regression."""
    unit = [nn.functional.normalize(x, dim=1) for x in (train, val)]
    nearest = train_labels[(unit[1] @ unit[0].T).argmax(1)]
    mean, std = train.mean(0), train.std(0).clamp_min(1e-6)
    xs, ys = (train - mean) / std, (val - mean) / std
    weight = torch.zeros(classes, xs.shape[1], requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        found = nn.functional.cross_entropy(xs @ weight.T + bias, train_labels) + 1e-3 * weight.square().sum()
        torch.autograd.backward(found)
        return found

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        probed = (ys @ weight.T + bias).argmax(1)
    right = [float((found == val_labels).double().mean()) for found in (nearest, probed)]
    return Baselines(neighbour=right[0], probe=right[1])
