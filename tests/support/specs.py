"""Checking spec texts in tests."""

from __future__ import annotations

from pathlib import Path

from archc.diagnostics.core import Problem, Severity
from archc.diagnostics.problems.names import ImportNotFound
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import DEFAULTS, Checked, Options, check

SPECS = Path(__file__).parents[2] / "specs"


def load(path: str, importer: Source) -> Source | Problem:
    """Finds shipped specs only."""
    found = SPECS / path
    if not found.is_file():
        near = f"{path}.arch" if (SPECS / f"{path}.arch").is_file() else ""
        return ImportNotFound(path=path, reason="there is no such spec", nearest=near)
    return Source(found.name, found.read_text(encoding="utf-8"))


def checked(text: str, *, member: str | None = None, options: Options = DEFAULTS, name: str = "test.arch") -> Checked:
    """The result of checking `text`."""
    return check(Source(name, text), load, member, options)


def network(text: str, *, member: str | None = None, options: Options = DEFAULTS) -> Network:
    """The only network, or the one called `member`, of a spec without errors."""
    result = checked(text, member=member, options=options)
    errors = [(d.code, d.problem.message()) for d in result.diagnostics if d.severity is Severity.ERROR]
    assert not errors, errors
    return next(iter(result.networks.values()))


def in_model(chain: str, shape: str = "3x32x32") -> str:
    """A model of one chain."""
    return f"model m {{\n  input {shape}\n  {chain}\n}}\n"


def codes(text: str, options: Options = DEFAULTS) -> list[str]:
    """The codes of all errors, in order of place."""
    return [d.code for d in checked(text, options=options).diagnostics if d.severity is Severity.ERROR]


def parameter_paths(net: Network) -> list[str]:
    """The state dict's keys."""
    keys: list[str] = []
    for node in net.nodes:
        types = net.input_types(node)
        keys += [node.key(w) for w in node.op.weights(types)]
    return keys
