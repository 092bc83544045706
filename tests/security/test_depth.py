"""No nesting causes a traceback: each command reports one that is too deep, and accepts any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archc.ir.network import Network
from archc.ops import registry
from tests.cli.conftest import Archc
from tests.security.test_limits import DEEP, LARGE, M
from tests.support.specs import network

DEEPEST = {
    "brackets": f"{M}{'(' * 60}ReLU{')' * 60}\n}}\n",
    "labelled groups": f"{M}{'a: (' * 60}ReLU{')' * 60}\n}}\n",
    "repeats": f"{M}{'[' * 60}ReLU{']x1' * 60}\n}}\n",
    "merges": f"{M}{'add { in | ' * 60}ReLU{' }' * 60}\n}}\n",
    "ifs": f"{M}{'if true { ' * 60}ReLU{' }' * 60}\n}}\n",
    "guards": f"{M}{'ReLU if (false) else ' * 45}ReLU\n}}\n",
    "a sum": f"{M}Conv(1{' + 1' * 150})\n}}\n",
    "minus signs": f"{M}Conv({'-' * 150}3)\n}}\n",
    "a long chain": f"{M}{' - '.join(['ReLU'] * 600)}\n}}\n",
    "many branches": f"{M}add {{ {' | '.join(['ReLU'] * 300)} }}\n}}\n",
    "blocks in blocks": "block A0 { ReLU }\n"
    + "".join(f"block A{i + 1} {{ A{i} - Conv(3) }}\n" for i in range(60))
    + f"{M}A60\n}}\n",
    "macros in macros": "macro A0 = ReLU\n"
    + "".join(f"macro A{i + 1} = [add {{ in | A{i} }}]x1\n" for i in range(30))
    + f"{M}A30\n}}\n",
    "a block that calls itself": f"block B(n) {{ add {{ Conv(3) | B(n - 1) if (n > 0) }} }}\n{M}B(30)\n}}\n",
    "blocks that call each other": (
        "block A(n) { Conv(3) - B(n) }\nblock B(n) { add { ReLU | A(n - 1) if (n > 0) } }\n"
        f"{M}A(12) - B(3) - A(3)\n}}\n"
    ),
    "a fn that calls itself": f"fn f(n) = f(n - 1) + 1 if n > 0 else 1\n{M}Conv(f(55))\n}}\n",
}
READING = (
    ("check", "x.arch"), ("count", "x.arch"), ("outline", "x.arch"), ("graph", "x.arch", "--json"),
    ("compile", "x.arch"), ("fmt", "x.arch"),
    *(("draw", "x.arch", "-o", "x.dot", "--level", level) for level in ("stage", "block", "layer")),
)  # fmt: skip


@pytest.mark.parametrize("name", DEEPEST)
def test_what_may_be_deep_goes_through_all_commands(archc: Archc, name: str) -> None:
    Path("x.arch").write_text(DEEPEST[name], encoding="utf-8")
    for words in READING:
        result = archc(*words)
        assert result.exit_code == 0, (words, result.output)


@pytest.mark.parametrize("name", [*DEEP, *LARGE])
def test_what_is_too_deep_is_told_by_all_commands(archc: Archc, name: str) -> None:
    """For example 100,000 brackets, 100,000 terms, 10,000 nested blocks. `archc check` is in test_limits.py."""
    Path("x.arch").write_text(DEEP.get(name) or LARGE[name], encoding="utf-8")
    for words in (("fmt", "x.arch"), ("count", "x.arch"), ("compile", "x.arch"), ("draw", "x.arch", "-o", "x.dot")):
        result = archc(*words)
        assert "error[E" in result.output or words[0] == "fmt" and result.exit_code in (0, 2), (words, result.output)


@pytest.mark.parametrize("name", DEEPEST)
def test_the_json_of_any_network_reads_back(name: str) -> None:
    written = network(DEEPEST[name]).model_dump_json()
    assert Network.model_validate_json(written, {"ops": registry()}).model_dump_json() == written


@pytest.mark.parametrize("text", ["[", '{"nodes":', '{"scopes":[{"body":[', '[{"kind":', '{"items":['])
@pytest.mark.parametrize("times", [300, 3_000, 100_000])
@pytest.mark.parametrize("closed", [True, False])
def test_json_of_any_depth_is_refused_in_words(text: str, times: int, closed: bool) -> None:
    end = "".join({"[": "]", "{": "}"}[c] for c in reversed(text) if c in "[{")
    with pytest.raises(ValueError, match="validation error|nested too deep|Expecting") as raised:
        Network.model_validate_json(text * times + "1" + end * times * closed, {"ops": registry()})
    assert len(str(raised.value)) < 10_000


@pytest.mark.parametrize("kind", [None, 3, [], {}, ["Conv"], {"Conv": 1}, "Convv"])
def test_an_op_of_no_kind(kind: object) -> None:
    """Found by fuzzing: a kind that cannot be looked up."""
    data = json.loads(network(f"{M}ReLU\n}}\n").model_dump_json())
    data["nodes"][1]["op"] = {"kind": kind}
    with pytest.raises(ValueError, match="no op of kind"):
        Network.model_validate(data, {"ops": registry()})
