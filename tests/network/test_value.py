"""The JSON form of values, and the values that records reject."""

from __future__ import annotations

import pytest

from archc.ir.network import Network
from archc.ir.types import TensorType
from archc.ir.value import Value
from archc.ops import registry
from tests.support.shipped import family


class Sample(Value):
    a: int
    b: tuple[str, ...] = ()
    c: float | None = None


def test_the_json_form_reads_back() -> None:
    network = family("googlenet")["googlenet"]
    for indent in (None, 2):
        assert Network.model_validate_json(network.model_dump_json(indent), context={"ops": registry()}) == network


def test_values_are_immutable_and_complete() -> None:
    one = Sample(a=1)
    assert (one, hash(one), repr(one)) == (Sample(a=1), hash(Sample(a=1)), "Sample(a=1, b=(), c=None)")
    assert one != Sample(a=2) and one != TensorType(dims=(1,)) and one.model_copy({"a": 2}) == Sample(a=2)
    with pytest.raises(AttributeError):
        one.a = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del one.a
    for wrong in ({}, {"a": 1, "d": 2}, {"b": ()}):
        with pytest.raises(TypeError):
            Sample(**wrong)


def test_what_is_nested_deeper_than_python_reads_is_refused() -> None:
    with pytest.raises(ValueError, match="the JSON is nested too deep"):
        Sample.model_validate_json("[" * 100_000 + "]" * 100_000)
