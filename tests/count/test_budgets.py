"""Expectations as budgets: the counts that they may use, numbers with units, and the layers to blame."""

from __future__ import annotations

import pytest

from archc.count.budgets import COUNTED, NAMES, costliest, measured
from archc.count.counts import count
from archc.count.memory import memory
from archc.ir.expr import const
from tests.support.specs import checked, codes, network

MODEL = "model m {\n  input 3x8x8\n  a: Conv(4) - BN - b: Conv(8, 3, 2) - ReLU - GAPool - fc: FC(10)\n}\n"


def variant(*conditions: str) -> str:
    lines = "".join(f"  expect {c}\n" for c in conditions)
    return f"{MODEL}variant v = m {{\n{lines}}}\n"


def test_every_name_has_its_measure() -> None:
    net = network(MODEL)
    counts, found = count(net), memory(net)
    told = {name: measured(name, net, counts) for name in NAMES}
    assert {name: told[name] for name in COUNTED} == {name: getattr(counts, name) for name in COUNTED}
    assert (told["peak_memory"], told["saved_memory"]) == (found.inference.bytes, found.training.saved)
    assert (told["depth"], told["frozen"], told["receptive_field"]) == (3, 0, 5)
    holding = [f"{name} == {value}" for name, value in told.items()]
    assert codes(variant(*holding)) == []
    failing = [f"{name} < {value}" for name, value in told.items()]
    (told_together,) = [d for d in checked(variant(*failing)).diagnostics if d.code == "E0501"]
    assert len(told_together.labels) == len(NAMES) - 1  # they are about one network: one error with several places


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("600M", 600_000_000), ("4.09G", 4_090_000_000), ("1K", 1_000), ("2T", 2 * 10**12), ("1_500K", 1_500_000),
        ("8MiB", 8 * 2**20), ("8Mi", 8 * 2**20), ("8MB", 8_000_000), ("1.5GiB", 3 * 2**29), ("0.0001K", 0.1),
    ],
)  # fmt: skip
def test_numbers_with_units(written: str, value: float) -> None:
    assert codes(variant(f"0 * macs + {written} == {value!r}")) == []
    assert codes(variant(f"0 * macs + {written} != {value!r}")) == ["E0501"]


@pytest.mark.parametrize("wrong", ["600m", "8kiB", "5Q", "3MM", "8iB", "1e3M", "3Mx"])
def test_no_other_letters_make_a_number(wrong: str) -> None:
    assert "E0501" not in codes(variant(f"macs <= {wrong}")) and codes(variant(f"macs <= {wrong}"))


def test_a_unit_stands_for_its_number_in_emitted_text() -> None:
    net = network("model m(n=1K) {\n  input 3x8x8\n  GAPool - fc: FC(n)\n}\n")
    assert net.type_of(net.outputs[0]).dims == (1000,)
    assert net.definitions[0].parameters[0].default == const(1000)


def test_a_failing_budget_names_the_layers_that_cost_most() -> None:
    (problem,) = [d.problem for d in checked(variant("macs <= 10K")).diagnostics if d.code == "E0501"]
    assert problem.label() == "macs is 11_600"
    assert problem.note() == "most of macs: a (6_912), b (4_608), fc (80)"
    (problem,) = [d.problem for d in checked(variant("peak_memory <= 1K")).diagnostics if d.code == "E0501"]
    assert problem.note() == "most of peak_memory: a's output (1_024), bn1's output (1_024), the input (768)"


def test_costs_are_parts_of_the_whole() -> None:
    net = network(MODEL)
    counts = count(net)
    for name in COUNTED:
        assert sum(part for _, part in costliest(name, net, counts, most=99)) == measured(name, net, counts)
    assert costliest("depth", net, counts) == ()


def test_frozen_and_trainable_are_apart() -> None:
    net = network(f"{MODEL}variant v = m {{ freeze a }}\n", member="v")
    counts = count(net)
    frozen = costliest("frozen", net, counts, most=9)
    assert frozen == (("a", counts.params - counts.trainable),)
    assert "a" not in dict(costliest("trainable", net, counts, most=9))
    assert sum(part for _, part in costliest("trainable", net, counts, most=9)) == counts.trainable
