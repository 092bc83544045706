"""What the interactive figure says of each box: its counts, its line in the spec, its lines in the emitted source."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from archc.count.table import shape

if TYPE_CHECKING:
    from archc.count.counts import Counts, LayerCounts, ScopeCounts
    from archc.draw.interactive import Note
    from archc.network.network import Network, Node
    from archc.source import Source, Span


def page(network: Network, sources: Mapping[str, Source], title: str = "") -> str:
    """The interactive figure of a network; `sources` are the texts of its spec and of those that it uses."""
    from archc import __version__
    from archc.count.counts import count
    from archc.draw.interactive import interactive
    from archc.targets.pytorch import emit

    counts = count(network)
    notes = _Notes(network, sources, emit((network,), f"archc compile {network.name}", __version__))
    rows = iter(counts.layers)
    layers = {i: notes.layer(node, next(rows)) for i, node in enumerate(network.nodes) if node.inputs}
    modules = {row.path: notes.module(i, row, counts) for i, row in enumerate(counts.scopes)}
    return interactive(network, layers, modules, title)


class _Notes:
    """Makes the notes of one network."""

    def __init__(self, network: Network, sources: Mapping[str, Source], emitted: str) -> None:
        self.network = network
        self.sources = sources
        self.lines = emitted.splitlines()
        self.classes = {node.name: node for node in ast.parse(emitted).body if isinstance(node, ast.ClassDef)}

    def layer(self, node: Node, row: LayerCounts) -> Note:
        """What is said of a layer."""
        from archc.draw.interactive import Note

        came = [self.network.type_of(ref).dims for ref in node.inputs]
        facts = [
            ("Layer", node.op.kind()),
            *((("Module", node.path),) if node.path else ()),
            ("Reads", ", ".join(map(shape, came))),
            ("Gives", ", ".join(shape(one.dims) for one in node.types)),
            *((("Parameters", f"{row.params:,}"),) if row.params else ()),
            *((("MACs", row.formula),) if row.macs else ()),
            *((("Element-wise", row.elementwise_formula),) if row.elementwise else ()),
        ]
        emitted = self._statements(node.scope, node.path) if node.path else ()
        return Note(tuple(facts), (*self._spec(node.span), *emitted))

    def module(self, scope: int, row: ScopeCounts, counts: Counts) -> Note:
        """What is said of a module; of the whole network, its totals."""
        from archc.draw.interactive import Note

        here = self.network.scopes[scope]
        facts = [
            ("Module", f"{row.kind} {row.name}".strip()),
            ("Reads", ", ".join(shape(self.network.type_of(ref).dims) for ref in here.inputs)),
            ("Gives", ", ".join(shape(self.network.type_of(ref).dims) for ref in here.outputs)),
            ("Layers", f"{row.layers:,}"),
            ("Parameters", f"{row.params:,}{_share(row.params, counts.params)}"),
            ("MACs", f"{row.macs:,}{_share(row.macs, counts.macs)}"),
            ("Activations", f"{row.activations:,} numbers"),
        ]
        emitted = self._class(here.definition) if here.definition and scope else self._statements(scope, here.path)
        return Note(tuple(facts), (*(self._spec(here.span) if scope else ()), *emitted))

    def _spec(self, span: Span) -> tuple[tuple[str, str], ...]:
        """The lines of the spec that a span covers, with where they stand."""
        source = self.sources.get(span.file)
        if source is None:
            return ()
        first, last = source.position(span.start)[0], source.position(max(span.end - 1, span.start))[0]
        text = "\n".join(source.line(number) for number in range(first, last + 1))
        return ((f"{span.file.rpartition('/')[2]}, line {first}", _dedented(text)),)

    # -- emitted source -----------------------------------------------------------------------------------------------

    def _class(self, definition: str) -> tuple[tuple[str, str], ...]:
        """The class that a block became, or the classes where its instances differ too much for one."""
        return tuple(
            (f"PyTorch: class {made.name}", "\n".join(self.lines[made.lineno - 1 : made.end_lineno]))
            for made in self._classes_of(definition)
        )

    def _classes_of(self, definition: str) -> list[ast.ClassDef]:
        return [made for name, made in self.classes.items() if _made_of(name, definition)]

    def _statements(self, scope: int, path: str) -> tuple[tuple[str, str], ...]:
        """The statements that speak of a module, in the class of the block or model that it stands in."""
        around = self.network.scopes[scope]
        while around.definition is None or around.path == path:
            if around.parent is None:
                break
            around = self.network.scopes[around.parent]
        name = path.removeprefix(f"{around.path}." if around.path else "").partition(".")[0]
        if not name or around.definition is None:
            return ()
        found = []
        for made in self._classes_of(around.definition):
            told = [self._text(one) for one in ast.walk(made) if _speaks_of(one, name)]
            found += [(f"PyTorch: in class {made.name}", "\n".join(told))] if told else []
        return tuple(found) or self._class(around.definition)  # one that only lists its layers speaks of none by name

    def _text(self, statement: ast.AST) -> str:
        assert isinstance(statement, ast.stmt) and statement.end_lineno is not None
        return _dedented("\n".join(self.lines[statement.lineno - 1 : statement.end_lineno]))


def _made_of(name: str, definition: str) -> bool:
    """Whether a class's name is that of a definition, or the same with a number."""
    return re.fullmatch(f"{re.escape(definition)}\\d*", name, re.IGNORECASE) is not None


def _speaks_of(statement: ast.AST, name: str) -> bool:
    """Whether a simple statement has `self.name` in it."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr | ast.Return):
        return False
    return any(isinstance(one, ast.Attribute) and one.attr == name for one in ast.walk(statement))


def _share(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.1f} %)" if whole and part != whole else ""


def _dedented(text: str) -> str:
    """Lines without the indentation that the first one has."""
    lines = text.split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[min(indent, len(line) - len(line.lstrip())) :] for line in lines)
