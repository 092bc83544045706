"""Compares the network that archc makes of a text with that of the reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

import archc
from tests.reference.network import Network, reference
from tests.support.interpreter import module_from

State: TypeAlias = dict[str, Tensor]
Gradients: TypeAlias = Callable[[State, list[Tensor]], dict[str, Tensor | None]]
LARGEST = 2**21
"""The numbers of a tensor, 16 MB in double precision, beyond which a network is not run."""


@dataclass(frozen=True)
class Difference:
    """A disagreement: its kind and its description."""

    kind: str
    said: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.said}"


def compare(text: str, name: str | None = None) -> Difference | None:
    """The first disagreement between archc and the reference about a valid text, if there is one.

    Raises:
        Invalid: the reference rejects the text.
    """
    return next(differences(reference(text, name), text, name), None)


def differences(wanted: Network, text: str, name: str | None = None) -> Iterator[Difference]:
    """The disagreements between archc and the reference."""
    try:
        model = archc.compile_text(text, member=name)
        counts = model.count()
    except archc.CompileError as error:
        yield Difference("refused", str(error)[:600])
        return
    except Exception as error:  # an internal fault is a finding
        yield Difference("fault in checking", repr(error)[:300])
        return
    if counts.params != wanted.params:
        yield Difference("parameters counted", f"{counts.params}, not {wanted.params}")
    if counts.macs != wanted.macs:
        yield Difference("MACs counted", f"{counts.macs}, not {wanted.macs}")
    try:
        source = model.source()
    except Exception as error:
        yield Difference("fault in emitting", repr(error)[:300])
        return
    try:
        built = _built(source)
    except Exception as error:
        yield Difference("cannot be built", repr(error)[:300])
        return
    yield from _different(built, wanted)


def _built(source: str) -> nn.Module:
    module = module_from(source)
    built = getattr(module, module.__all__[0])()
    assert isinstance(built, nn.Module)
    return built.double()


def _different(built: nn.Module, wanted: Network) -> Iterator[Difference]:
    have = {key: tuple(tensor.shape) for key, tensor in built.state_dict().items()}
    if have != wanted.state:
        odd = [f"{k} {have.get(k)}, not {wanted.state.get(k)}" for k in {**wanted.state, **have}]
        yield Difference("state", "; ".join(o for k, o in zip({**wanted.state, **have}, odd, strict=True)
                                            if have.get(k) != wanted.state.get(k))[:600])  # fmt: skip
        return
    if list(have) != list(wanted.state):
        yield Difference("order of the state", f"{list(have)}, not {list(wanted.state)}"[:600])
    frozen = {name for name, p in built.named_parameters() if not p.requires_grad}
    if frozen != {k for k in wanted.frozen if wanted.weights[k].trained}:
        yield Difference("frozen", f"{sorted(frozen)}, not {sorted(wanted.frozen)}")
        return
    state = weights(wanted)
    own = built.state_dict()
    if odd := [k for k, w in wanted.weights.items() if w.fixed and not close(own[k], state[k])]:
        yield Difference("fixed numbers", ", ".join(odd))
    if max(math.prod(shape) for node in wanted.nodes for shape in node.shapes) > LARGEST:
        return
    built.load_state_dict(state)
    torch.manual_seed(1)
    xs = [torch.randn(2, *shape, dtype=torch.float64) for shape in wanted.inputs]
    for training in (False, True):
        mode = "training" if training else "evaluation"
        try:
            results = built.train(training)(*(x.clone() for x in xs))
        except Exception as error:
            yield Difference(f"cannot run in {mode}", repr(error)[:300])
            return
        mine = {k: v.clone().requires_grad_(wanted.weights[k].trained and k not in wanted.frozen)
                for k, v in state.items()}  # fmt: skip
        expected = wanted.run(mine, *xs, training=training)
        steady = partial(_is_steady, partial(_expected_results, wanted, training), state, xs)
        yield from _results(results, expected, mode, steady)
        if training:
            yield from _statistics(built, mine, wanted, state, xs)
            yield from _gradients(built, wanted, state, xs)


def _results(results: Any, expected: list[Tensor], mode: str, is_steady: Callable[[], bool]) -> Iterator[Difference]:
    """Compare the results of a run, unless the reference's own are unstable: see `_statistics`."""
    have = list(results) if isinstance(results, tuple) else [results]
    if [tuple(t.shape) for t in have] != [tuple(t.shape) for t in expected]:
        shapes = [tuple(t.shape) for t in have], [tuple(t.shape) for t in expected]
        yield Difference(f"shapes in {mode}", f"{shapes[0]}, not {shapes[1]}")
    elif not all(close(a, b) for a, b in zip(have, expected, strict=True)) and is_steady():
        off = max(float((a - b).detach().abs().max()) for a, b in zip(have, expected, strict=True))
        yield Difference(f"numbers in {mode}", f"{off:.3g} off")


def _statistics(built: nn.Module, mine: State, wanted: Network, state: State, xs: list[Tensor]) -> Iterator[Difference]:
    """Compare the buffers after a step in training mode, unless the reference's own are unstable.

    They are after a batch norm of two numbers that are nearly equal, whose rounding errors it enlarges.
    """
    for key, tensor in built.state_dict().items():
        if not close(tensor, mine[key].detach()):
            if _is_steady(partial(_expected_state, wanted), state, xs):
                yield Difference("statistics", key)
            return


def _expected_results(wanted: Network, training: bool, state: State, xs: list[Tensor]) -> dict[str, Tensor | None]:
    results = wanted.run({key: tensor.clone() for key, tensor in state.items()}, *xs, training=training)
    return {str(number): tensor for number, tensor in enumerate(results)}


def _expected_state(wanted: Network, state: State, xs: list[Tensor]) -> dict[str, Tensor | None]:
    after = {key: tensor.clone() for key, tensor in state.items()}
    wanted.run(after, *xs, training=True)
    return dict(after)


def _gradients(built: nn.Module, wanted: Network, state: State, xs: list[Tensor]) -> Iterator[Difference]:
    """Compare gradients in training mode, or in evaluation mode if the former are unstable in either network.

    Gradients are unstable after a batch norm over equal numbers, whose rounding errors a ReLU distinguishes, and after
    the softmax of large numbers. They are unstable in evaluation mode if repeated squares exceed 1e30; then gradients
    are not compared.
    """
    for training in (True, False):
        ours, theirs = partial(_own_gradients, built, training), partial(_expected_gradients, wanted, training)
        found = next(_unlike(ours, theirs, state, xs, training), None)
        if found is None:
            return
        if found.kind == "backward" or (_is_steady(theirs, state, xs) and _is_steady(ours, state, xs)):
            yield found
            return


def _unlike(ours: Gradients, theirs: Gradients, state: State, xs: list[Tensor], training: bool) -> Iterator[Difference]:
    try:
        have = ours(state, xs)
    except RuntimeError as error:  # a tensor that the backward pass reads has been overwritten
        yield Difference("backward", str(error))
        return
    expected = theirs(state, xs)
    # large gradients cancel out down to their last digits: those of the network, and those in one tensor
    largest = max((float(g.abs().max()) for g in expected.values() if g is not None and g.numel()), default=0.0)
    if not math.isfinite(largest):  # those of the reference have overflowed
        return
    rest = 1e-13 * largest
    for key, one in have.items():
        other = expected[key]
        own = 1e-8 * float(other.abs().max()) if other is not None and other.numel() else 0.0
        alike = one is None or other is None or close(one, other, max(rest, own))
        if (one is None) != (other is None) or not alike:
            yield Difference("gradients" if training else "gradients in evaluation", key)


def _backward(tensors: list[Tensor]) -> None:
    losses = [t.square().mean() for t in tensors if t.requires_grad]
    if losses:
        torch.autograd.backward(losses)


def _own_gradients(built: nn.Module, training: bool, state: State, xs: list[Tensor]) -> dict[str, Tensor | None]:
    built.load_state_dict(state)
    built.zero_grad()
    torch.manual_seed(1)
    inputs = [x.clone().requires_grad_() for x in xs]  # torch's GroupNorm may crash if its input requires no gradient
    results = built.train(training)(*inputs)
    _backward(list(results) if isinstance(results, tuple) else [results])
    return {k: v.grad for k, v in (*built.named_parameters(), *_named(inputs))}


def _expected_gradients(wanted: Network, training: bool, state: State, xs: list[Tensor]) -> dict[str, Tensor | None]:
    mine = {k: v.clone().requires_grad_(wanted.weights[k].trained and k not in wanted.frozen)
            for k, v in state.items()}  # fmt: skip
    inputs = [x.clone().requires_grad_() for x in xs]
    _backward(wanted.run(mine, *inputs, training=training))
    return {k: v.grad for k, v in (*mine.items(), *_named(inputs))}


def _named(inputs: list[Tensor]) -> list[tuple[str, Tensor]]:
    return [(f"input {number}", x) for number, x in enumerate(inputs)]


def _is_steady(gradients: Gradients, state: State, xs: list[Tensor]) -> bool:
    """Whether gradients, or other tensors of a run, are stable when weights and input change in their last digits.

    They may change by a tenth of what is tolerated, since rounding in the run itself changes them by more.
    """

    def nudged(t: Tensor) -> Tensor:
        return t * (1 + 1e-13 * torch.randn_like(t)) if t.is_floating_point() else t

    first = gradients(state, xs)
    second = gradients({k: nudged(v) for k, v in state.items()}, [nudged(x) for x in xs])
    pairs = zip(first.values(), second.values(), strict=True)
    return all(a is None or b is None or close(a, b, tolerance=0.1) for a, b in pairs)


def close(a: Tensor, b: Tensor, rest: float = 0.0, tolerance: float = 1.0) -> bool:
    """Whether numbers are equal within a multiple of the usual tolerance; infinite ones must be so in both."""
    a, b = a.double(), b.double()
    return torch.allclose(a, b, rtol=1e-6 * tolerance, atol=1e-8 * tolerance + rest, equal_nan=True)


def weights(network: Network, seed: int = 0) -> dict[str, Tensor]:
    """Random numbers for a state dict, scaled to keep results near one."""
    generator = torch.Generator().manual_seed(seed)
    found: dict[str, Tensor] = {}
    for key, shape in network.state.items():
        if fixed := network.weights[key].fixed:
            numbers = torch.tensor(fixed, dtype=torch.float64).reshape(shape)
            found[key] = numbers.long() if all(isinstance(n, int) for n in fixed) else numbers
        elif key.endswith("num_batches_tracked"):
            found[key] = torch.zeros((), dtype=torch.int64)
        elif key.endswith("running_var"):
            found[key] = torch.rand(shape, generator=generator, dtype=torch.float64) + 0.5
        else:
            drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
            found[key] = drawn / math.sqrt(math.prod(shape[1:])) if len(shape) > 1 else drawn
    return found
