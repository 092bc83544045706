"""Classes that are broken on purpose: validation finds each before anything is written, and shows its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from archc.cli.main import FAULT, run
from archc.ir.expr import const
from archc.support.record import replace
from archc.targets.pytorch import classes
from archc.targets.pytorch.code import Class, Register
from archc.targets.pytorch.inplace import overwrite
from archc.targets.pytorch.nodes import nodes_of
from tests.emit.breakages import BREAKAGES, SPEC
from tests.support.specs import network


@pytest.mark.parametrize(("called", "breakage"), BREAKAGES.values(), ids=BREAKAGES.keys())
def test_a_broken_class_is_never_written(
    called: str,
    breakage: Callable[[Class], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(classes: Sequence[Class]) -> None:
        overwrite(classes)
        breakage(next(c for c in classes if c.name == called))

    spec, out = tmp_path / "spec.arch", tmp_path / "out.py"
    spec.write_text(SPEC)
    monkeypatch.setattr(classes, "overwrite", broken)
    monkeypatch.delenv("ARCHC_DEBUG", raising=False)
    assert run(["compile", str(spec), "-o", str(out), "--test"]) == FAULT
    said = capsys.readouterr().err
    fault = said[said.index("internal fault") :]
    assert fault.startswith("internal fault: Mismatch at ") and "please report it" in fault, fault
    assert "spec.arch:" in fault and any(f"| {line}" in fault for line in SPEC.splitlines() if line), fault
    assert [p.name for p in tmp_path.iterdir()] == ["spec.arch"]


def test_a_module_too_many_is_told_at_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(classes: Sequence[Class]) -> None:
        overwrite(classes)
        made = next(c for c in classes if c.kind == "model")
        last = next(s for s in reversed(made.init) if isinstance(s, Register))
        made.init = (*made.init, replace(last, name=const("more")))

    spec = tmp_path / "spec.arch"
    spec.write_text(SPEC)
    monkeypatch.setattr(classes, "overwrite", broken)
    monkeypatch.delenv("ARCHC_DEBUG", raising=False)
    assert run(["compile", str(spec), "-o", str(tmp_path / "out.py")]) == FAULT
    said = capsys.readouterr().err
    line = next(i for i, text in enumerate(SPEC.splitlines(), 1) if text.startswith("model "))
    assert "the network has no module `more`" in said and f"spec.arch:{line}:" in said, said


def test_what_is_not_broken_is_written(tmp_path: Path) -> None:
    spec, out = tmp_path / "spec.arch", tmp_path / "out.py"
    spec.write_text(SPEC)
    assert run(["compile", str(spec), "-o", str(out)]) == 0 and out.exists()


def test_training_needs_its_own_results() -> None:
    net = network(
        "model m {\n  input 3x8x8\n  x = a: Conv(4)\n  return training x - b: Conv(2), x - c: Conv(5)\n  return x\n}\n"
    )
    needed = [{net.nodes[i].path for i in some} for some in nodes_of(net).needed]
    assert needed == [{"a"}, {"a", "b", "c"}]
