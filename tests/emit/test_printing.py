"""A printer that is broken on purpose: validation finds each fault, so that nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from archc.cli.main import FAULT, run
from archc.ir.expr import binary, const, unary
from archc.support.record import replace
from archc.targets.pytorch import variants
from archc.targets.pytorch.code import Append, Assign, Compute, PyIf, PyReturn, Register, Statement
from archc.targets.pytorch.printing import forward, init, new
from archc.targets.pytorch.printing.forward import ForwardPrinter
from archc.targets.pytorch.printing.init import Printer

SPEC = """block Unit(c, s=1, flip=false, Act=ReLU) {
  add {
      Conv(c, 3, s, bias=false) - BN - Act - Conv(c, bias=false) - BN
    | down: (Conv(c, 1, s, bias=false) - BN) if (s != 1 or in.channels != c)
  } - Tanh if (flip) else ReLU
}
block Chain(n, c) { [Conv(c) - ReLU] x n - ReLU if (n > 2) else Tanh }
block Named(c, n) {
  loop: ("first0": Unit(c) - [BN - "second{i}": Unit(c)] x n as i - last: Conv(c, 1))
  - two: (one: Conv(c, 1) - BN) - add { in | ReLU }
}
block Turns(n, c) { x = Conv(c)
  x - [add { "u{k}": Conv(c + k) - Conv(c, 1) - Sigmoid | in }] x n as k - ReLU }
block Pair(c, deep=true) over (a, b) {
  p = a - Conv(c) - ReLU
  if deep { q = b - Conv(c) - HSwish } else { q = b - Conv(c, 1) }
  return p, q
}
block Lists(c) {
  "convs.0": Conv(c) - "convs.1": Conv(c, 1) - "d.a": BN - "d.b": Conv(c) - x: (Unit(c) - Unit(c)) - add { in | ReLU }
}

model m(classes=3) {
  input 4x16x16
  x = Unit(8) - Unit(8, 2, true, SiLU) - Turns(2, 6) - Turns(3, 8) - Chain(1, 8) - Chain(3, 8)
  p, q = x - Named(8, 2) - Named(8, 3) - Lists(8) - Chunk(2) - Pair(4) - Pair(6, false)
  z = concat { p | q } - ReLU
  return z - GAPool - fc: FC(classes) - SM
  return training z - GAPool - fc2: FC(classes), x - aux: FC(classes)
}
"""
Old = Callable[..., Any]
BREAKAGES: dict[str, tuple[Any, str, Callable[[Old], Old]]] = {}


def breaks(owner: Any, name: str) -> Callable[[Callable[[Old], Old]], None]:
    """Register a way to break a function of the printer: a wrapper around it."""

    def noted(breakage: Callable[[Old], Old]) -> None:
        BREAKAGES[breakage.__name__] = owner, name, breakage

    return noted


def given(change: Callable[[Any], Any], place: int) -> Callable[[Old], Old]:
    """The function with the argument at one position changed in every call."""

    def changed(old: Old) -> Old:
        return lambda *values: old(*values[:place], change(values[place]), *values[place + 1 :])

    return changed


def each(kind: type[Statement], change: Callable[[Any], Sequence[Statement]]) -> Callable[[Any], Any]:
    """Statements with those of a kind replaced."""
    return lambda statements: [x for s in statements for x in (change(s) if isinstance(s, kind) else [s])]


@breaks(Printer, "children")
def the_last_child_is_dropped(old: Old) -> Old:
    return given(lambda statements: statements[:-1] if len(statements) > 1 else statements, 1)(old)


@breaks(Printer, "children")
def children_are_exchanged(old: Old) -> Old:
    return given(lambda statements: statements[::-1], 1)(old)


@breaks(Printer, "long_sequence")
def what_stands_before_a_loop_is_dropped(old: Old) -> Old:
    return given(lambda build: replace(build, body=build.body[1:]), 2)(old)


@breaks(init, "repeated")
def a_turn_more_is_printed(old: Old) -> Old:
    return given(lambda count: count + 1, 1)(old)


@breaks(Printer, "named_child")
def a_child_has_another_name(old: Old) -> Old:
    return given(lambda s: replace(s, name=const("other")) if isinstance(s, Append) else s, 1)(old)


@breaks(init, "gathered")
def a_module_is_dropped(old: Old) -> Old:
    return lambda made, short: [s for s in old(made, short) if not (isinstance(s, Register) and s.name == const("bn1"))]


@breaks(init, "gathered")
def the_modules_of_a_list_are_exchanged(old: Old) -> Old:
    def reversed_(s: Any) -> Any:
        held = isinstance(s, Register) and s.name == const("convs")
        return replace(s, build=replace(s.build, body=s.build.body[::-1])) if held else s

    return lambda made, short: [reversed_(s) for s in old(made, short)]


@breaks(Printer, "arguments")
def an_argument_is_left_out(old: Old) -> Old:
    return lambda printer, build: old(printer, build)[:-1]


@breaks(Printer, "arguments")
def arguments_are_exchanged(old: Old) -> Old:
    return lambda printer, build: old(printer, build)[::-1]


@breaks(init, "layer_arguments")
def an_argument_of_torch_is_left_out(old: Old) -> Old:
    return lambda build, say: old(build, say)[:-1]


@breaks(init, "layer_arguments")
def arguments_of_torch_are_exchanged(old: Old) -> Old:
    return lambda build, say: [*old(build, say)[1::-1], *old(build, say)[2:]]


@breaks(Printer, "block")
def the_sides_of_an_if_are_exchanged(old: Old) -> Old:
    return given(each(PyIf, lambda s: [PyIf(s.condition, s.otherwise, s.then)]), 1)(old)


@breaks(Printer, "block")
def a_number_is_not_assigned(old: Old) -> Old:
    return given(each(Assign, lambda s: []), 1)(old)


@breaks(Printer, "register")
def the_condition_of_a_module_is_negated(old: Old) -> Old:
    return given(lambda s: replace(s, condition=unary("not", s.condition)), 1)(old)


@breaks(Printer, "register")
def a_module_has_another_name(old: Old) -> Old:
    return given(lambda s: replace(s, name=const("shortcut")) if s.name == const("down") else s, 1)(old)


@breaks(Printer, "head")
def a_loop_has_a_turn_more(old: Old) -> Old:
    def longer(s: Any) -> Any:
        arguments = getattr(s.over, "arguments", ())
        return replace(s, over=replace(s.over, arguments=(binary("+", arguments[0], const(1)),))) if arguments else s

    return given(longer, 1)(old)


@breaks(Printer, "fields")
def a_field_is_not_set(old: Old) -> Old:
    return lambda printer: old(printer)[1:]


@breaks(ForwardPrinter, "block")
def a_statement_of_forward_is_dropped(old: Old) -> Old:
    def kept(s: Compute) -> Sequence[Statement]:
        return [] if s.value.inputs == s.targets else [s]

    return given(each(Compute, kept), 1)(old)


@breaks(ForwardPrinter, "block")
def a_side_of_forward_is_dropped(old: Old) -> Old:
    return given(each(PyIf, lambda s: [PyIf(s.condition, s.then)]), 1)(old)


@breaks(ForwardPrinter, "give")
def results_are_exchanged(old: Old) -> Old:
    return given(lambda s: PyReturn(s.values[::-1], s.training, s.fields), 1)(old)


@breaks(ForwardPrinter, "give")
def training_is_forgotten(old: Old) -> Old:
    return given(lambda s: replace(s, training=()), 1)(old)


@breaks(forward, "fill")
def operands_are_exchanged(old: Old) -> Old:
    return given(lambda operands: operands[::-1], 1)(old)


@breaks(ForwardPrinter, "operand")
def another_tensor_is_read(old: Old) -> Old:
    return given(lambda name: "x" if name == "y" else name, 1)(old)


@pytest.mark.parametrize(("owner", "name", "breakage"), BREAKAGES.values(), ids=BREAKAGES.keys())
def test_what_is_printed_wrongly_is_never_written(
    owner: Any,
    name: str,
    breakage: Callable[[Old], Old],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec, out = tmp_path / "spec.arch", tmp_path / "out.py"
    spec.write_text(SPEC)
    monkeypatch.delenv("ARCHC_DEBUG", raising=False)
    assert run(["compile", str(spec), "-o", str(out)]) == 0
    out.unlink()
    monkeypatch.setattr(owner, name, breakage(getattr(owner, name)))
    assert run(["compile", str(spec), "-o", str(out)]) == FAULT
    said = capsys.readouterr().err
    assert "internal fault: Mismatch at " in said and "spec.arch:" in said, said
    assert not out.exists()


FAMILY = """model m(c, s=1, classes=3) {
  input 3x8x8
  Conv(c, 3, s) - GAPool - FC(classes)
}
variant one = m(4)
variant two = m(8, 2)
"""


def test_what_a_function_of_a_variant_gives_is_validated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, out = tmp_path / "spec.arch", tmp_path / "out.py"
    spec.write_text(FAMILY)
    monkeypatch.delenv("ARCHC_DEBUG", raising=False)
    assert run(["compile", str(spec), "-o", str(out)]) == 0
    out.unlink()
    monkeypatch.setattr(variants, "new", lambda name, made, given, order: new(name, made, given[1:], order))
    assert run(["compile", str(spec), "-o", str(out)]) == FAULT
    assert "internal fault: Mismatch at " in capsys.readouterr().err and not out.exists()
