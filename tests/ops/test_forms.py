"""The torch calls as emitted files: they script, export, compile, differentiate, and are well formatted."""

from __future__ import annotations

import subprocess
import sys
from inspect import signature
from pathlib import Path
from typing import cast

import pytest
import torch

from archc.ir.op import Op
from archc.ir.types import Types
from archc.ops import registry
from archc.targets.pytorch.registry import torch_call
from tests.support.everything import one_in
from tests.support.terms import expanded, op_of, types_of
from tests.support.torch_calls import classes, live, loaded, source, tensors

TERMS = [
    pytest.param(op_of(e.term), types_of(e.inputs), id=e.term)
    for k in registry().values()
    for e in k.examples
    if k.inputs != (0, 0) and e.term not in ("FC(4096)",)
]


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("op", "xs"), TERMS)
def test_forms_script_export_and_compile(op: Op, xs: Types, tmp_path: Path) -> None:
    """Each form gives the same numbers eagerly, scripted, exported, and compiled in one graph."""
    forms_agree(op, xs, "", tmp_path)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("op", "xs"), one_in(4, TERMS))
def test_forms_do_so_in_a_file_with_postponed_annotations(op: Op, xs: Types, tmp_path: Path) -> None:
    forms_agree(op, xs, "from __future__ import annotations\n", tmp_path)


def forms_agree(op: Op, xs: Types, header: str, tmp_path: Path) -> None:
    op = alone(op, xs)
    call = torch_call(op, xs)
    emitted = loaded(header + source(call, len(xs)), tmp_path)
    given = tensors(xs)
    for name in classes(call):
        torch.manual_seed(0)
        form = getattr(emitted, name)().eval()
        want = form(*given)
        scripted = torch.jit.script(form)
        torch.testing.assert_close(scripted(*given), want)
        exported = torch.export.export(form, tuple(given), strict=False).module()
        torch.testing.assert_close(exported(*given), want)
        torch._dynamo.reset()
        compiled = torch.compile(form, fullgraph=True, backend="eager")
        torch.testing.assert_close(compiled(*given), want)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("training", [True, False], ids=["training", "eval"])
@pytest.mark.parametrize(("op", "xs"), TERMS)
def test_needs_output_is_right(op: Op, xs: Types, training: bool) -> None:
    """The next layer may overwrite the output in place, unless the op forbids it."""
    op = alone(op, xs)
    for form in live(op, xs):
        form.train(training)
        given = [x.requires_grad_() for x in tensors(xs)]
        before = [(x * 1) for x in given]
        copies = [x.detach().clone() for x in before]
        try:
            result = form(*before)
            for y in (result,) if isinstance(result, torch.Tensor) else result:
                y.mul_(2.0)
            outputs = (result,) if isinstance(result, torch.Tensor) else tuple(result)
            torch.autograd.backward([y.sum() for y in outputs])
            safe = all(torch.equal(a, b) for a, b in zip(before, copies, strict=True))
        except RuntimeError as error:
            assert "inplace" in str(error) or "in-place" in str(error)
            safe = False
        assert safe or op.needs_output, f"{op.kind()} says that its output may be overwritten"


@pytest.mark.parametrize(("op", "xs"), TERMS)
def test_inplace_gives_the_same(op: Op, xs: Types) -> None:
    """Modules and expressions with `inplace=True` give the same result, and overwrite their input."""
    op = alone(op, xs)
    call = torch_call(op, xs)
    if call.module is None or not call.inplace:
        target = getattr(torch.nn, call.module.target.removeprefix("nn."), None) if call.module is not None else None
        takes = target is not None and "inplace" in signature(target).parameters
        assert not takes or op.kind() == "HSigmoid", "torch can do this in place"
        return
    space = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn}
    (x,) = tensors(xs)
    for form in live(op, xs):
        torch.manual_seed(0)
        want = form(x.clone())
        overwritten = x.clone()
        torch.manual_seed(0)
        given = {"args": call.module.args, "kwargs": call.module.kwargs}
        inplace = eval(f"{call.module.target}(*args, **kwargs, inplace=True)", space | given)
        got = inplace(overwritten)
        torch.testing.assert_close(got, want)
        assert got.data_ptr() == overwritten.data_ptr()


def alone(op: Op, xs: Types) -> Op:
    """The layer itself on these inputs; skips a layer that begins with another one."""
    *before, itself = expanded(op, xs)
    if before and len(xs[0].dims) > 1:
        pytest.skip("sugar")
    return itself


def test_definitions_are_clean(tmp_path: Path) -> None:
    """All definitions together are formatted for 88 and 110 columns, lint-free, and strictly typed."""
    parts: dict[str, dict[str, None]] = {"definition": {}, "module_definition": {}}
    for term in TERMS:
        op, xs = cast("tuple[Op, Types]", term.values)
        call = torch_call(expanded(op, xs)[-1], xs)
        parts["definition"][call.definition] = None
        parts["module_definition"][call.module_definition] = None
    texts = [t.strip() for group in parts.values() for t in group if t]
    assert len(texts) >= 8
    path = tmp_path / "definitions.py"
    header = '"""All definitions."""\n\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n'
    path.write_text(header + "\n\n\n".join(texts) + "\n")
    for line in path.read_text().splitlines():
        assert len(line) <= 88, line
    for width in ("88", "110"):
        run("ruff", "format", "--isolated", "--diff", "--line-length", width, str(path))
    rules = ("--select", "E,F,W,I,N,UP,B,SIM,RET,PIE,C4,ANN,D", "--ignore", "D102,D107,D203,D213,N812")
    style = ("--config", 'lint.pydocstyle.convention="google"', "--target-version", "py311")
    run("ruff", "check", "--isolated", *rules, *style, str(path))
    run("mypy", "--strict", "--no-error-summary", "--cache-dir", str(tmp_path / "cache"), str(path))


def run(*command: str) -> None:
    """Run a tool of this environment; fail with its output."""
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
