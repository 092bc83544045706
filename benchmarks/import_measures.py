"""The measurements of imports in docs/import.md: tokens, guards, and the import of an import's own code."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from archc.diagnostics.core import Problem, Reporter
from archc.diagnostics.source import Source, Span
from archc.elaborate.options import Inputs
from archc.elaborate.state import ExpansionState
from archc.pipeline import DEFAULTS, check
from archc.syntax import tree
from archc.syntax.parser import parse
from archc.syntax.scan import scan
from archc.syntax.tables import tables
from archc.syntax.walk import walk
from archc.targets.pytorch import file_of
from archc.version import __version__
from archc.zoo import Files

if TYPE_CHECKING:
    from archc.ir.op import Op


def again(text: str, member: str, inputs: Inputs) -> str:
    """Compare an import with the import of its compiled code: `equal`, or the first edit."""
    from archc.diffing import diff
    from archc.importing.importer import text_of
    from archc.importing.sources import find_source

    network = check(Source("x.arch", text), Files().load, member, DEFAULTS).networks[member]
    made = file_of((network,), "archc", __version__)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "net.py")
        file.write_text(made.text, encoding="utf-8")
        source = find_source(f"{file}:{made.exported[0]}", inputs)
        found = source if isinstance(source, Problem) else text_of(source)
    if isinstance(found, Problem) or isinstance(source, Problem):
        return f"{found}"
    other = check(Source("y.arch", found), Files().load, source.member, DEFAULTS)
    if other.failed:
        return other.diagnostics[0].problem.message()
    made_again = other.networks[source.member]
    if diff(network, made_again).equal:
        return "equal"
    one, two = ([(n.path, _rounded(n.op), n.inputs) for n in net.nodes] for net in (network, made_again))
    return "equal layers, other blocks" if one == two else "different"


def _rounded(op: Op) -> str:
    """A layer with rounded numbers: `0.2 * 7 / 16` is 0.08750000000000001."""
    return re.sub(r"\d\.\d+", lambda number: f"{float(number[0]):.9g}", repr(op))


def size(source: Source, member: str) -> tuple[int, int, int]:
    """The tokens, blocks and `if`s that a member of a spec uses, without comments, docstrings, facts and `init`."""
    used = _used(source, member)
    tokens = [t for text, node in used for t in _words(text, node)]
    blocks = sum(isinstance(node, tree.Block) for _, node in used)
    return len(tokens), blocks, tokens.count("IF")


def used_text(source: Source, member: str) -> str:
    """The text of the declarations that a member of a spec uses."""
    return "\n\n".join(text.text[node.span.start : node.span.end] for text, node in _used(source, member))


def _used(source: Source, member: str) -> list[tuple[Source, tree.Tree]]:
    """The declarations that a member of a spec uses, in the order of the text."""
    parts = dict(_declared(source))
    wanted = [member, *(name for name in parts if name.startswith("default "))]
    seen: dict[str, tuple[Source, tree.Tree]] = {}
    while wanted:
        name = wanted.pop()
        if name in seen or name not in parts:
            continue
        seen[name] = parts[name]
        wanted += [n.name for n, _ in walk(parts[name][1]) if isinstance(n, tree.Name | tree.Use)]
        wanted += [n.function for n, _ in walk(parts[name][1]) if isinstance(n, tree.CallExpression)]
    numbers = {id(node): i for i, (_, node) in enumerate(parts.values())}
    found = {id(node): (text, node) for text, node in seen.values()}
    return [found[key] for key in sorted(found, key=numbers.__getitem__)]


def _declared(source: Source) -> Iterator[tuple[str, tuple[Source, tree.Tree]]]:
    file = parse(source, Reporter())
    for node in file.declarations:
        match node:
            case tree.Import():
                imported = Files().load(str(node.path.value), source)
                assert isinstance(imported, Source)
                yield from _declared(imported)
            case tree.Let(name=str() as name):
                yield name, (source, node)
            case tree.Function() | tree.Macro() | tree.Block() | tree.ModelDef() | tree.Variant():
                yield node.name.name, (source, node)
            case tree.Default():
                yield f"default {node.span.start} {source.name}", (source, node)


def _words(source: Source, node: tree.Tree) -> list[str]:
    """The kinds of a declaration's tokens, without docstrings and statements that do not affect the graph."""
    left_out = [n.span for n, _ in walk(node) if isinstance(n, tree.Fact | tree.Expect | tree.Init)]
    left_out += [n.doc.span for n, _ in walk(node) if isinstance(n, tree.Body | tree.Variant) and n.doc is not None]
    text = Source(source.name, source.text)
    return [
        t.type
        for t in scan(text, tables())
        if node.span.start <= t.span.start < node.span.end
        and t.type != "NEWLINE"
        and not any(s.start <= t.span.start < s.end for s in left_out)
    ]


# -- guards -----------------------------------------------------------------------------------------------------------

TruthTable = Mapping[tuple[str, str, int], bool]
"""The values of a condition: by member, by the module in which it is evaluated, and by the number of the evaluation."""


def guards(source: Source, members: Sequence[str]) -> dict[str, TruthTable]:
    """The truth table of each condition of an optional part, by its text and place."""
    found: dict[Span, dict[tuple[str, str, int], bool]] = {}
    texts: dict[str, Source] = {}
    for member in members:
        decided, sources = _decisions(source, member)
        texts |= sources
        for span, scope, value in decided:
            rows = found.setdefault(span, {})
            rows[member, scope, sum(key[:2] == (member, scope) for key in rows)] = value
    words = {span: texts[span.file].text[span.start : span.end] for span in found}
    return {f"{words[span]} ({span.file}:{span.start})": rows for span, rows in found.items()}


def same_guards(ours: Mapping[str, TruthTable], gold: Mapping[str, TruthTable]) -> dict[str, str | None]:
    """For each guard of `gold` that varies within the family, the guard of `ours` with the same truth table.

    A negated condition with exchanged branches counts as the same.
    """
    found: dict[str, str | None] = {}
    for name, table in gold.items():
        if len(set(table.values())) > 1:
            found[name] = next((n for n, other in ours.items() if _alike(table, other)), None)
    return found


def _alike(one: TruthTable, other: TruthTable) -> bool:
    return one.keys() == other.keys() and len({one[key] == other[key] for key in one}) == 1


def _decisions(source: Source, member: str) -> tuple[list[tuple[Span, str, bool]], Mapping[str, Source]]:
    """Each evaluation of a condition: its place, the path of its module, and its value; and the texts by name."""
    noted: list[tuple[Span, Any, bool]] = []
    value_of = ExpansionState.value

    def value(self: ExpansionState, expression: tree.Expression, site: Any) -> Any:
        result = value_of(self, expression, site)
        if isinstance(result, bool):
            noted.append((expression.span, site.scope, result))
        return result

    with (
        mock.patch.object(ExpansionState, "value", value),
        mock.patch("archc.elaborate.bodies.key_of", lambda *_: object()),  # expand each call of a block separately
    ):
        sources = check(source, Files().load, member, DEFAULTS).sources
    files = [parse(text, Reporter()) for text in sources.values()]
    conditions = {n.condition.span for file in files for n, _ in walk(file) if isinstance(n, tree.Guard | tree.If)}
    return [(span, scope.path, result) for span, scope, result in noted if span in conditions], sources
