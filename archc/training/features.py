"""Features: the output of the frozen part of a network, computed once instead of in every epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, fx, nn
from torch.utils.data import Dataset

from archc.support.record import Record
from archc.training.data import Images, Key, LabelledImage
from archc.training.images import Preprocess

ROOM = 2**30
"""The most bytes that the features of a run's images may take."""
CHANCE = ("dropout", "rand", "bernoulli", "exponential", "normal_", "uniform_")
"""Substrings of the names of non-deterministic functions."""


class Cut(Record):
    """A network in two parts: `body` computes features and is frozen; the tails compute logits from them."""

    body: nn.Module
    training: nn.Module
    evaluation: nn.Module


def cut(model: nn.Module) -> Cut | None:
    """Split a network where training begins; None if more than one tensor crosses the boundary.

    The parts share the modules of `model`, which is left in training mode.
    """
    restless = _restless(model.train())
    try:
        parts = [_parts(model.train(mode), restless) for mode in (False, True)]
    except (fx.proxy.TraceError, TypeError, ValueError, RuntimeError, NotImplementedError):
        return None
    finally:
        model.train()
    evaluation, training = parts
    if evaluation is None or training is None or evaluation[0] != training[0]:
        return None
    return Cut(training[1], training[2], evaluation[2])


def _restless(model: nn.Module) -> set[str]:
    """The modules that are trained, update statistics, or are random."""
    return {
        path
        for path, module in model.named_modules()
        if any(p.requires_grad for p in module.parameters(recurse=False))
        or module.training
        and (any(True for _ in module.buffers(recurse=False)) or "ropout" in type(module).__name__)
    }


def _parts(model: nn.Module, restless: set[str]) -> tuple[str, fx.GraphModule, fx.GraphModule] | None:
    """The frozen part of a traced network, the rest, and the name of the single tensor between them."""
    graph = fx.Tracer().trace(model)
    learns: dict[fx.Node, bool] = {}
    for node in graph.nodes:
        learns[node] = any(learns[n] for n in node.all_input_nodes) or _begins(node, restless)
    between = [n for n in graph.nodes if n.op != "output" and not learns[n] and any(learns[u] for u in n.users)]
    (end,) = (n for n in graph.nodes if n.op == "output")
    if len(between) != 1 or between[0].op == "placeholder":
        return None
    body, tail = fx.Graph(), fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in graph.nodes:
        if not learns[node] and node is not end:
            copies[node] = body.node_copy(node, lambda n: copies[n])
    body.output(copies[between[0]])
    rest = {between[0]: tail.placeholder("features")}
    for node in graph.nodes:
        if learns[node] and node is not end:
            rest[node] = tail.node_copy(node, lambda n: rest[n])
    tail.output(fx.map_arg(end.args[0], lambda n: rest[n]))
    first = fx.GraphModule(model, body)
    first.graph.eliminate_dead_code()
    first.recompile()
    return between[0].name, first, fx.GraphModule(model, tail)


def _begins(node: fx.Node, restless: set[str]) -> bool:
    """Whether a step itself is trained or random."""
    if node.op in ("call_module", "get_attr"):
        path = str(node.target)
        return path in restless or (node.op == "get_attr" and path.rpartition(".")[0] in restless)
    name = getattr(node.target, "__name__", str(node.target))
    return node.op in ("call_function", "call_method") and any(word in name for word in CHANCE)


@torch.no_grad()
def made(
    body: nn.Module, root: Path, items: Sequence[LabelledImage], preprocess: Preprocess, batch: int
) -> Tensor | None:
    """The features of images, in order; None if they take more than `ROOM`."""
    images = Images(root, tuple(items), preprocess.evaluation(), preprocess.read, 0)
    found: list[Tensor] = []
    for start in range(0, len(items), batch):
        block = torch.stack([images[0, i][0] for i in range(start, min(start + batch, len(items)))])
        found.append(body(block).clone())
        if found[0].nbytes / len(found[0]) * len(items) > ROOM:
            return None
    return torch.cat(found)


@dataclass(frozen=True)
class Features(Dataset[tuple[Tensor, int]]):
    """Features as a data set, with the interface of `Images`."""

    tensors: Tensor
    items: tuple[LabelledImage, ...]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, key: Key) -> tuple[Tensor, int]:
        return self.tensors[key[1]], self.items[key[1]].label
