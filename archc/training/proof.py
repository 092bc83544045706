"""The proof at the end of a run: what was frozen did not move, what was trained did, and the result is on the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from torch import Tensor

from archc.ir.network import Network
from archc.ir.state import layout
from archc.training.record import RunRecord


class Check(RunRecord):
    """One thing that must hold, and what was found."""

    name: str
    holds: bool
    detail: str


class Proof(RunRecord):
    """All that must hold for a run to be what it says."""

    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether all of it does."""
        return all(check.holds for check in self.checks)


class Trail(RunRecord):
    """What only the training knows, and the proof needs.

    `last`: the fingerprints of the weights after the last step; `learned`: the parameters that got a gradient; `early`:
    the tensors that moved before their stage began; `woken`: the frozen norms that were run on a batch's own
    statistics; `seen`: the fingerprints of the first validation images as the network got them.
    """

    last: dict[str, str]
    learned: tuple[str, ...]
    early: tuple[str, ...]
    woken: tuple[str, ...]
    seen: tuple[str, ...]


def fingerprint(tensor: Tensor) -> str:
    """The SHA-256 of a tensor's type, shape and bytes."""
    data = tensor.detach().cpu().contiguous()
    return sha256(f"{data.dtype} {tuple(data.shape)} ".encode() + data.numpy().tobytes()).hexdigest()


def fingerprints(state: Mapping[str, Tensor]) -> dict[str, str]:
    """The fingerprint of every tensor and buffer of a state dict."""
    return {key: fingerprint(tensor) for key, tensor in state.items()}


def frozen_keys(network: Network) -> tuple[str, ...]:
    """The tensors *and buffers* that must not change."""
    return tuple(key for key, entry in layout(network).items() if entry.node.frozen)


def trained_keys(network: Network) -> tuple[str, ...]:
    """The parameters that must change."""
    entries = layout(network).items()
    return tuple(k for k, e in entries if not e.node.frozen and e.weight.kind == "parameter")


def statistics(network: Network) -> tuple[str, ...]:
    """The buffers that training changes: what batch norms that are not frozen have seen."""
    return tuple(k for k, e in layout(network).items() if not e.node.frozen and e.weight.kind == "buffer")


def unmoved(network: Network, before: Mapping[str, str], after: Mapping[str, str], name: str) -> Check:
    """Whether everything frozen is what it was, bit for bit."""
    keys = frozen_keys(network)
    moved = [key for key in keys if before[key] != after[key]]
    told = f"{len(keys)} frozen tensors and buffers are unchanged" if not moved else some(moved, "changed")
    return Check(name=name, holds=not moved, detail=told)


def learned(network: Network, before: Mapping[str, str], after: Mapping[str, str], graded: set[str]) -> Check:
    """Whether every trained parameter received a gradient and changed."""
    keys = trained_keys(network)
    still = [key for key in keys if key not in graded or before[key] == after[key]]
    told = f"{len(keys)} trained parameters got gradients and changed" if not still else some(still, "did not learn")
    return Check(name="what is trained learns", holds=not still, detail=told)


def waited(early: set[str]) -> Check:
    """Whether gradual unfreezing left each stage as it was until the epoch in which it begins."""
    told = (
        "each stage was what it was at the start until its epoch" if not early else some(sorted(early), "moved early")
    )
    return Check(name="stages wait for their epoch", holds=not early, detail=told)


def asleep(woken: Sequence[str]) -> Check:
    """Whether no frozen batch norm was run on the statistics of a batch, not even for a moment."""
    told = "in each step they used what they had learned" if not woken else some(woken, "used those of a batch")
    return Check(name="statistics of frozen norms are used", holds=not woken, detail=told)


def some(keys: Sequence[str], what: str) -> str:
    """How many there are, and the first of them."""
    return f"{len(keys)} {what}: {', '.join(keys[:4])}{', …' if len(keys) > 4 else ''}"
