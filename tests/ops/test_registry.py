"""Finding ops: by file, by entry point as a class or a module, and those that are rejected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from archc import ops
from archc.ir.op import Op
from archc.ops import OpClash, index, registry, relu
from archc.ops.relu import ReLU


class Point:
    """An entry point that loads a given object."""

    def __init__(self, thing: object, name: str = "x") -> None:
        self.thing, self.name, self.value, self.dist = thing, name, "a.module", None

    def load(self) -> object:
        return self.thing


class Own(ReLU):
    """An op of another package."""


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    given: list[Any] = []
    monkeypatch.setattr(ops, "entry_points", lambda group: given if group == "archc.ops" else [])
    yield given


def test_a_class_and_a_module(points: list[Any]) -> None:
    before = list(ops.found())
    assert len(before) == len(registry()) and Op not in before
    points += [Point(Own, "b"), Point(relu, "a")]
    assert list(ops.found()) == [*before, ReLU, Own], "in the order of their names"


@pytest.mark.parametrize("thing", [3, "ReLU", dict, ReLU()])
def test_what_is_no_op_is_told_and_left_out(thing: object, points: list[Any]) -> None:
    ops.forget()
    before = list(ops.found())
    points.append(Point(thing))
    assert list(ops.found()) == before
    assert ops.broken() == {"x = a.module": "OpClash: it is neither an op nor a module"}
    ops.forget()


def test_two_of_one_name() -> None:
    """Among archc's own ops it is an error; one of another package is reported and left out."""
    assert index([ReLU, ReLU]) == {"ReLU": ReLU}
    own = type("ReLU", (Own,), {"__module__": "archc.ops.other"})
    with pytest.raises(OpClash, match=r"two ops are called ReLU: archc\.ops\.relu\.ReLU and archc\.ops\.other\.ReLU"):
        index([ReLU, own])
    ops.forget()
    other = type("ReLU", (Own,), {"__module__": "elsewhere"})
    alias = type("Other", (Own,), {"aliases": ("ReLU",), "__module__": "elsewhere"})
    assert index([ReLU, other, alias]) == {"ReLU": ReLU}
    said = "another op is called ReLU: archc.ops.relu.ReLU"
    assert ops.broken() == {"elsewhere.ReLU": said, "elsewhere.Other": said}
    ops.forget()


def test_names_are_in_order() -> None:
    assert list(ops.names()) == sorted({*registry(), *(a for kind in registry().values() for a in kind.aliases)})
    assert list(registry()) == sorted(registry())


def test_forgetting_scans_again() -> None:
    one = registry()
    assert registry() is one
    ops.forget()
    assert registry() is not one and dict(registry()) == dict(one)
