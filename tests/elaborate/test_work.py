"""The work for a spec is proportional to its length, and shared by equal parts. Calls are counted, not time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from archc.count.counts import count
from archc.count.facts import facts
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.lint import sizes
from archc.ops.conv import Conv
from archc.pipeline import check
from archc.targets.figure.building import Builder
from archc.targets.figure.making import figure
from archc.targets.pytorch import emit
from archc.targets.pytorch.passes import containers
from archc.zoo import Files


def _model(body: str) -> str:
    return f"model m {{\n  input 8x16x16\n  {body}\n}}\n"


TEXTS: dict[str, Callable[[int], str]] = {
    "a chain": lambda n: _model(" - ".join(["Conv(8)"] * n)),
    "branches": lambda n: _model(f"add {{ {' | '.join(['Conv(8)'] * n)} }}"),
    "labels": lambda n: _model(" - ".join(f"l{i}: Conv(8)" for i in range(n))),
    "tensors": lambda n: _model(
        "t0 = Conv(8)\n" + "".join(f"t{i} = t{i - 1} - Conv(8)\n" for i in range(1, n)) + f"t{n - 1}"
    ),
    "values": lambda n: _model("\n".join(f"let v{i} = {8 + i}" for i in range(n)) + "\nConv(8)"),
    "blocks": lambda n: "".join(f"block B{i}(c) {{ Conv(c) - BN }}\n" for i in range(n))
    + _model(" - ".join(f"B{i}(8)" for i in range(n))),
    "models": lambda n: "".join(f"model m{i} {{ input 8x16x16\nConv(8) }}\n" for i in range(n)),
    "turns": lambda n: _model(f"[Conv(8 + i % 2)]x{n} as i"),
    "turns that are all kept": lambda n: _model(f"add {{ every [Conv(8)]x{n} }}"),
}  # fmt: skip


def _checked(text: str) -> tuple[Network, ...]:
    found = check(Source("work.arch", text), Files().load)
    assert not found.failed
    return tuple(found.networks.values())


def _calls(work: Callable[[], object]) -> int:
    """The number of calls that some work makes, including those of C functions."""
    number = 0

    def tell(frame: FrameType, event: str, argument: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(tell)
    try:
        work()
    finally:
        sys.setprofile(before)
    return number


@pytest.mark.parametrize("name", TEXTS)
def test_work_grows_with_the_length(name: str) -> None:
    text = TEXTS[name]
    _worked(_checked(text(4)))  # fill the caches
    for few, some, many in zip(*(_of_length(text(n)) for n in (20, 40, 80)), strict=True):
        assert many - some < 2.4 * (some - few) + 200, "twice as long, more than twice the work"


def _of_length(text: str) -> tuple[int, int]:
    """The numbers of calls for checking a text, and for counting and emitting its networks."""
    networks = _checked(text)
    return _calls(lambda: _checked(text)), _calls(lambda: _worked(networks))


def _worked(networks: tuple[Network, ...]) -> None:
    for network in networks:
        facts(network, count(network))
    emit(networks, "archc compile", "0")


def _counted(monkeypatch: pytest.MonkeyPatch, where: object, name: str) -> list[object]:
    """A list to which each later call of a function adds its arguments."""
    found: list[object] = []
    function = getattr(where, name)

    def counting(*arguments: object, **named: object) -> object:
        found.append(arguments)
        return function(*arguments, **named)

    monkeypatch.setattr(where, name, counting)
    return found


def test_each_module_of_a_class_is_placed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = _checked(TEXTS["labels"](80))
    calls = _counted(monkeypatch, containers, "parted")
    emit(networks, "archc compile", "0")
    assert len(calls) < 10 * 80


def test_equal_layers_with_equal_inputs_are_inferred_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _counted(monkeypatch, Conv, "infer")
    _checked(_model("[Conv(8) - BN - Conv(4, 1) - ReLU]x50"))
    assert len(calls) == 3  # the first convolution of the first turn reads other channels than that of later turns


def test_layers_that_are_alike_are_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _counted(monkeypatch, sizes, "_doubts")
    _checked(_model("[Conv(8) - BN - ReLU]x50"))
    assert len(calls) == 4  # the first convolution reads the input


def test_the_inside_of_a_block_is_drawn_once_for_all_its_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    (network,) = _checked("block B { add { Conv(8) - BN | in } - ReLU }\n" + _model("[B]x50"))
    calls = _counted(monkeypatch, Builder, "graph")
    figure(network, level="block")
    assert len(calls) < 10
