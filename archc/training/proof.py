"""The proof at the end of a run: frozen tensors are unchanged, trained ones changed, and the result is on the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from torch import Tensor

from archc.ir.network import Network
from archc.ir.state import layout
from archc.training.record import RunRecord


class Check(RunRecord):
    """A condition that must hold, and what was found."""

    name: str
    holds: bool
    detail: str


class Proof(RunRecord):
    """All conditions that a run must satisfy."""

    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether all conditions hold."""
        return all(check.holds for check in self.checks)


class Trail(RunRecord):
    """What the proof needs and only the training can observe.

    `last`: the fingerprints of the weights after the last step; `learned`: the parameters that received a gradient;
    `early`: the tensors that changed before their stage began; `woken`: the frozen batch norms that used the statistics
    of a batch; `seen`: the fingerprints of the first validation images as passed to the network.
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
    """The buffers that training changes: the statistics of batch norms that are not frozen."""
    return tuple(k for k, e in layout(network).items() if not e.node.frozen and e.weight.kind == "buffer")


def unmoved(network: Network, before: Mapping[str, str], after: Mapping[str, str], name: str) -> Check:
    """Check that every frozen tensor is unchanged, bit for bit."""
    keys = frozen_keys(network)
    moved = [key for key in keys if before[key] != after[key]]
    told = f"{len(keys)} frozen tensors and buffers are unchanged" if not moved else some(moved, "changed")
    return Check(name=name, holds=not moved, detail=told)


def learned(network: Network, before: Mapping[str, str], after: Mapping[str, str], graded: set[str]) -> Check:
    """Check that every trained parameter received a gradient and changed."""
    keys = trained_keys(network)
    still = [key for key in keys if key not in graded or before[key] == after[key]]
    told = f"{len(keys)} trained parameters got gradients and changed" if not still else some(still, "did not learn")
    return Check(name="what is trained learns", holds=not still, detail=told)


def waited(early: set[str]) -> Check:
    """Check that gradual unfreezing left each stage unchanged until its first epoch."""
    told = "each stage was unchanged until its epoch" if not early else some(sorted(early), "moved early")
    return Check(name="stages wait for their epoch", holds=not early, detail=told)


def asleep(woken: Sequence[str]) -> Check:
    """Check that no frozen batch norm ever used the statistics of a batch."""
    told = "in each step they used their stored statistics" if not woken else some(woken, "used those of a batch")
    return Check(name="statistics of frozen norms are used", holds=not woken, detail=told)


def some(keys: Sequence[str], what: str) -> str:
    """The number of names, and the first few of them."""
    return f"{len(keys)} {what}: {', '.join(keys[:4])}{', …' if len(keys) > 4 else ''}"
