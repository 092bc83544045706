"""Verification that an emitted module computes the same function as a reference, and that counts are exact.

Both networks get the same random weights and statistics, through `load_state_dict(strict=True)`, and the same random
batch. Everything is compared: names, shapes, outputs in both modes, what training leaves in the buffers, gradients.

Outputs that differ in single precision are compared again in double precision: a network may amplify rounding errors
without bound (batch normalisation of two numbers does), while a real difference remains.
"""

from __future__ import annotations

import platform
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archc.count.counts import count
from archc.diagnostics.core import Problem
from archc.diagnostics.problems.references import ReferenceFailed
from archc.elaborate.options import Inputs
from archc.ir.network import Network
from archc.runtime.layouts import every_difference, grouped_differences, layout_of
from archc.runtime.live import live_class
from archc.runtime.references import ReferenceNetwork, find_reference
from archc.support.record import Record

TOLERANCE = 1e-5
"""The largest allowed difference, relative to the largest number of the reference's tensor."""
SMALL_GRADIENT = 1e-4
"""Gradients smaller than this fraction of the largest one in the network are compared relative to that fraction."""
_TOLD_AT_ONCE = 3

Tensors = tuple[torch.Tensor, ...]
Shapes = tuple[tuple[int, ...], ...]


class VerifiedRow(Record):
    """The result of one comparison: its subject, whether it holds, the finding in words, and the most telling number.

    `every`: all differences, if the words mention only some; `precision`: that of the numbers, if any.
    """

    name: str
    holds: bool
    detail: str
    brief: str = "differs"
    every: tuple[str, ...] = ()
    precision: str = ""


class Verification(Record):
    """The result of a verification. `versions` are those of the libraries involved, by name.

    `inputs` are the shapes at which outputs were compared; counts are compared at the network's own.
    """

    network: str
    reference: str
    inputs: Shapes
    batch: int
    versions: tuple[tuple[str, str], ...]
    rows: tuple[VerifiedRow, ...]

    @property
    def holds(self) -> bool:
        """Whether everything agrees."""
        return all(row.holds for row in self.rows)

    @property
    def precision(self) -> str:
        """The precision of the computation: single, double, or both."""
        found = dict.fromkeys(row.precision for row in self.rows if row.precision)
        return " and ".join(sorted(found, reverse=True))


class VerifySettings(Record):
    """How to compare.

    `batch`: the number of samples; `inputs`: shapes of inputs by name, if not the network's own; `gradients`: also
    compare the gradients of a loss.
    """

    batch: int = 2
    inputs: Inputs = ()
    gradients: bool = False
    seed: int = 0


SETTINGS = VerifySettings()


def verify(
    emitted: str | type[nn.Module],
    network: Network,
    reference: str | ReferenceNetwork,
    settings: VerifySettings = SETTINGS,
) -> Verification | Problem:
    """Compare the emitted source (or class) of `network` with a reference. Returns a `Problem` if it cannot be run."""
    found = find_reference(reference) if isinstance(reference, str) else reference
    if isinstance(found, Problem):
        return found
    theirs = found.build()
    if isinstance(theirs, Problem):
        return theirs
    ours = (live_class(emitted) if isinstance(emitted, str) else emitted)()
    own = {name: network.type_of(ref).dims for name, ref in zip(network.input_names, network.inputs, strict=True)}
    shapes = tuple((own | {name or next(iter(own)): dims for name, dims in settings.inputs}).values())
    try:
        rows = tuple(_rows(ours, theirs, network, shapes, settings))
    except _ReferenceRaised as error:
        return ReferenceFailed(reference=found.name, reason=str(error))
    library, _, version = found.origin.partition(" ")
    versions = [("python", platform.python_version()), ("torch", str(torch.__version__))]
    versions += [(library, version)] if version else []
    return Verification(network.name, found.name, shapes, settings.batch, tuple(versions), rows)


def _rows(
    ours: nn.Module, theirs: nn.Module, network: Network, shapes: Shapes, settings: VerifySettings
) -> Iterable[VerifiedRow]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        _randomise(theirs)
        xs = tuple(torch.randn(settings.batch, *dims) for dims in shapes)
        yield _same_layout(ours.state_dict(), theirs.state_dict())
        loaded = _loads_strictly(ours, theirs)
        yield loaded
        yield _same_parameters(ours, theirs, network)
        if loaded.holds:
            for mode in ("evaluation", "training"):
                yield from _same_behaviour(ours, theirs, xs, mode, settings)
        yield _same_macs(ours, theirs, network)


def _randomise(module: nn.Module) -> None:
    """Give tensors that start with equal numbers different ones, so that a lost or exchanged tensor is noticed.

    Libraries initialise normalisations with 0 and 1, biases and class tokens with 0, layer scales with 1e-6. A residual
    branch whose last weight is 0 (timm) would not be compared at all.
    """
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._NormBase):
            _spread(part.running_mean, -0.1, 0.1)
            _spread(part.running_var, 0.5, 1.5)
    for parameter in module.parameters():
        first = parameter.flatten()[:1]
        if parameter.eq(first).all():
            _spread(parameter, -0.1, 0.1) if not first.any() else _spread(parameter, 0.5, 1.0)


def _spread(tensor: torch.Tensor | None, low: float, high: float) -> None:
    if tensor is not None:
        nn.init.uniform_(tensor, low, high)


# -- the state dict ---------------------------------------------------------------------------------------------------


def _same_layout(ours: Mapping[str, torch.Tensor], theirs: Mapping[str, torch.Tensor]) -> VerifiedRow:
    """Compare names, shapes and dtypes of all entries, but not their order."""
    mine, other = layout_of(ours), layout_of(theirs)
    if mine == other:
        return VerifiedRow("state dict", True, f"{len(mine)} entries: equal keys, shapes and dtypes", f"{len(mine):,}")
    told = grouped_differences(mine, other)
    more = f" and {len(told) - _TOLD_AT_ONCE} more" if len(told) > _TOLD_AT_ONCE else ""
    detail = "; ".join(told[:_TOLD_AT_ONCE]) + more
    return VerifiedRow("state dict", False, detail, every=every_difference(mine, other))


def _loads_strictly(ours: nn.Module, theirs: nn.Module) -> VerifiedRow:
    """Load the state dict of each into the other. The reference's weights are loaded first and remain.

    Ours is loaded with the format version of the reference, which its loader may require (torchvision's MNASNet does).
    """
    state = theirs.state_dict()
    try:
        ours.load_state_dict(state, strict=True)
        returned = OrderedDict(ours.state_dict())
        returned._metadata = state._metadata  # type: ignore[attr-defined]
        theirs.load_state_dict(returned, strict=True)
    except RuntimeError as error:
        return VerifiedRow("load_state_dict(strict=True)", False, str(error).splitlines()[0])
    return VerifiedRow("load_state_dict(strict=True)", True, "both ways", "both ways")


def _same_parameters(ours: nn.Module, theirs: nn.Module, network: Network) -> VerifiedRow:
    counted = count(network).params
    mine, other = (sum(p.numel() for p in module.parameters()) for module in (ours, theirs))
    if counted == mine == other:
        return VerifiedRow("parameters", True, f"{counted:,}", f"{counted:,}")
    return VerifiedRow("parameters", False, f"counted {counted:,}, emitted {mine:,}, reference {other:,}")


# -- behaviour --------------------------------------------------------------------------------------------------------


class _ReferenceRaised(Exception):
    """The reference does not run on this input."""


def _same_behaviour(
    ours: nn.Module, theirs: nn.Module, xs: Tensors, mode: str, settings: VerifySettings
) -> Iterable[VerifiedRow]:
    """Compare the outputs in one mode; in training, with the same seed, also the resulting buffers and the gradients.

    Whatever differs in single precision is computed again in double precision, from the same weights.
    """
    training = mode == "training"
    before = {name: tensor.clone() for name, tensor in theirs.state_dict().items()}
    rows = _outputs(ours, theirs, xs, mode, settings)
    if not all(row.holds for row in rows):
        for module in (ours, theirs):
            module.load_state_dict(before)
            module.double()
        with suppress(_ReferenceRaised):  # not every reference runs in double precision
            rows = _outputs(ours, theirs, tuple(x.double() for x in xs), mode, settings)
        ours.float(), theirs.float()
    yield from rows
    if training and settings.gradients and all("raises" not in row.detail for row in rows):
        mine, other = (_gradients(module, xs, settings.seed) for module in (ours, theirs))
        largest = max((float(g.abs().max()) for g in other.values() if g.numel()), default=0.0)
        yield _compared("gradients", mine, other, least=SMALL_GRADIENT * largest)


def _outputs(
    ours: nn.Module, theirs: nn.Module, xs: Tensors, mode: str, settings: VerifySettings
) -> tuple[VerifiedRow, ...]:
    """The rows of a forward pass, in the precision of `xs`."""
    training = mode == "training"
    try:
        expected = _run(theirs, xs, training, settings.seed)
    except Exception as error:  # somebody else's code may raise anything
        raise _ReferenceRaised(f"{type(error).__name__}: {error}") from error
    try:
        found = _run(ours, xs, training, settings.seed)
    except Exception as error:  # reported as a row: those of the state dict explain it
        return (VerifiedRow(f"outputs, {mode}", False, f"the emitted module raises {type(error).__name__}: {error}"),)
    outputs = _compared(f"outputs, {mode}", dict(_numbered(found)), dict(_numbered(expected)))
    if not training:
        return (outputs,)
    return outputs, _compared("statistics after training", _statistics(ours), _statistics(theirs))


def _run(module: nn.Module, xs: Tensors, training: bool, seed: int) -> Tensors:
    """All outputs, with random numbers seeded by `seed`."""
    module.train(training)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        return _flat(module(*xs))


def _flat(output: object) -> Tensors:
    """The tensors of an output: one, or those of a tuple or dictionary, without the None of an omitted head."""
    if isinstance(output, torch.Tensor):
        return (output,)
    if isinstance(output, Mapping):
        return _flat(tuple(output.values()))
    if isinstance(output, list | tuple):
        return tuple(t for part in output for t in _flat(part))
    return ()


def _numbered(tensors: Tensors) -> Iterable[tuple[str, torch.Tensor]]:
    return ((f"output {i}", t) for i, t in enumerate(tensors))


def _statistics(module: nn.Module) -> dict[str, torch.Tensor]:
    """The buffers of the state dict. Non-persistent buffers are not compared."""
    parameters = dict(module.named_parameters())
    return {k: t for k, t in module.state_dict().items() if k not in parameters}


def _gradients(module: nn.Module, xs: Tensors, seed: int) -> dict[str, torch.Tensor]:
    """The gradients of a loss that weighs each number of each output differently, in training mode.

    They are in double precision, because single-precision sums of a deep network depend on the order of additions in
    threads.
    """
    module.double().train().zero_grad()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        outputs = _flat(module(*(x.double() for x in xs)))
        weights = [torch.randn(y.shape, dtype=y.dtype) for y in outputs]  # `randn_like` depends on the memory's order
        losses = [(y * w).sum() for y, w in zip(outputs, weights, strict=True)]
        torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
    found = {k: p.grad.clone() for k, p in module.named_parameters() if p.grad is not None}
    module.float()  # gradients too
    return found


def _compared(
    name: str, found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor], least: float = 0.0
) -> VerifiedRow:
    """Compare tensors within the tolerance. `least`: see `_difference`."""
    precision = "double" if any(t.dtype == torch.float64 for t in expected.values()) else "single"
    if found.keys() != expected.keys():
        lost = sorted(found.keys() ^ expected.keys())
        detail = f"{len(found)} against {len(expected)} tensors, beginning with {lost[0]}"
        return VerifiedRow(name, False, detail, precision=precision)
    worst = 0.0
    for key, tensor in found.items():
        difference = _difference(tensor, expected[key], least)
        if not difference <= TOLERANCE:
            detail = f"{key} differs by {difference:.1e} of its largest number"
            return VerifiedRow(name, False, detail, precision=precision)
        worst = max(worst, difference)
    tensors = f"{len(found)} {'tensors' if len(found) != 1 else 'tensor'}"
    brief = f"{worst:.0e}" if worst else "0"
    return VerifiedRow(name, True, f"{tensors}, largest difference {worst:.0e}", brief, precision=precision)


def _difference(found: torch.Tensor, expected: torch.Tensor, least: float) -> float:
    """The largest difference relative to the largest number; infinite for different shapes and for infinite numbers.

    If the largest number is smaller than `least`, as in a gradient that consists of rounding errors, `least` is used
    instead.
    """
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return float("inf")
    if not found.numel():
        return 0.0
    a, b = found.double(), expected.double()
    if not (a.isfinite().all() and b.isfinite().all()):
        return float("inf")
    scale = b.abs().max().clamp_min(max(least, torch.finfo(torch.float64).tiny))
    return float((a - b).abs().max() / scale)


# -- counts -----------------------------------------------------------------------------------------------------------


def _same_macs(ours: nn.Module, theirs: nn.Module, network: Network) -> VerifiedRow:
    """Compare the multiply-accumulates of convolutions and linear layers, at the network's own inputs.

    Empties both modules.
    """
    shapes = tuple(network.type_of(ref).dims for ref in network.inputs)
    counted = count(network).macs
    mine = _measured_macs(ours, shapes)
    try:
        other = _measured_macs(theirs, shapes)
    except Exception as error:
        raise _ReferenceRaised(f"{type(error).__name__}: {error}") from error
    if counted == mine == other:
        return VerifiedRow("MACs", True, f"{counted:,}", f"{counted:,}")
    return VerifiedRow("MACs", False, f"counted {counted:,}, emitted {mine:,}, reference {other:,}")


def _measured_macs(module: nn.Module, shapes: Shapes) -> int:
    """The count of torch's own counter, on meta tensors without computation."""
    module = module.to("meta").eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(*(torch.empty(1, *dims, device="meta") for dims in shapes))
    return int(counter.get_total_flops()) // 2
