"""The descriptions in an interactive figure: counts, lines of the spec and of the emitted source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archc.count.table import shape

if TYPE_CHECKING:
    from archc.count.counts import Counts, LayerCounts, ScopeCounts
    from archc.diagnostics.source import Source, Span
    from archc.ir.network import Network, Node
    from archc.targets.figure.interactive import Note
    from archc.targets.pytorch import WrittenClass


def page(network: Network, sources: Mapping[str, Source], title: str = "") -> str:
    """The interactive figure of a network; `sources` are the texts of its spec and of those that it uses."""
    from archc import __version__
    from archc.count.counts import count
    from archc.targets.figure.interactive import interactive
    from archc.targets.pytorch import file_of

    counts = count(network)
    notes = _Notes(network, sources, file_of((network,), f"archc compile {network.name}", __version__).classes)
    rows = iter(counts.layers)
    layers = {i: notes.layer(node, next(rows)) for i, node in enumerate(network.nodes) if node.inputs}
    modules = {row.path: notes.module(i, row, counts) for i, row in enumerate(counts.scopes)}
    return interactive(network, layers, modules, title)


class _Notes:
    """Makes the notes of one network."""

    def __init__(self, network: Network, sources: Mapping[str, Source], classes: Sequence[WrittenClass]) -> None:
        self.network = network
        self.sources = sources
        self.classes = classes

    def layer(self, node: Node, row: LayerCounts) -> Note:
        """The description of a layer."""
        from archc.targets.figure.interactive import Note

        facts = [
            ("Layer", node.op.kind()),
            *((("Module", node.path),) if node.path else ()),
            ("Reads", ", ".join(shape(one.dims) for one in self.network.input_types(node))),
            ("Gives", ", ".join(shape(one.dims) for one in node.types)),
            *((("Parameters", f"{row.params:,}"),) if row.params else ()),
            *((("MACs", row.formula),) if row.macs else ()),
            *((("Element-wise", row.elementwise_formula),) if row.elementwise else ()),
        ]
        emitted = self._statements(node.scope, node.path) if node.path else ()
        return Note(tuple(facts), (*self._spec(node.span), *emitted))

    def module(self, scope: int, row: ScopeCounts, counts: Counts) -> Note:
        """The description of a module; of the whole network, its totals."""
        from archc.targets.figure.interactive import Note

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
        """The lines of the spec that a span covers, with their place."""
        source = self.sources.get(span.file)
        if source is None:
            return ()
        first, last = source.position(span.start)[0], source.position(max(span.end - 1, span.start))[0]
        text = "\n".join(source.line(number) for number in range(first, last + 1))
        return ((f"{span.file.rpartition('/')[2]}, line {first}", _dedented(text)),)

    # -- emitted source -----------------------------------------------------------------------------------------------

    def _class(self, definition: str) -> tuple[tuple[str, str], ...]:
        """The class of a block, or the classes if its instances do not share one."""
        return tuple(
            (f"PyTorch: class {made.name}", "\n".join(made.lines).rstrip()) for made in self._classes_of(definition)
        )

    def _classes_of(self, definition: str) -> list[WrittenClass]:
        from archc.targets.pytorch.names import camel

        called = next((d.called for d in self.network.definitions if d.name == definition), definition)
        edited = (self.network.name, f"{camel(self.network.name)}{called}")  # the class of an edited block
        return [made for made in self.classes if made.called == called or made.called in edited]

    def _statements(self, scope: int, path: str) -> tuple[tuple[str, str], ...]:
        """The statements about a module, in the class of the enclosing block or model."""
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
            told = [_dedented("\n".join(lines)) for lines in made.statements if _speaks_of(lines, name)]
            found += [(f"PyTorch: in class {made.name}", "\n".join(told))] if told else []
        return tuple(found) or self._class(around.definition)  # a class that only lists layers has no names


def _speaks_of(statement: Sequence[str], name: str) -> bool:
    """Whether a statement of a method contains `self.name`."""
    return any(not (rest[:1].isalnum() or rest[:1] == "_") for rest in "\n".join(statement).split(f"self.{name}")[1:])


def _share(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.1f} %)" if whole and part != whole else ""


def _dedented(text: str) -> str:
    """Lines without the indentation of the first."""
    lines = text.split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[min(indent, len(line) - len(line.lstrip())) :] for line in lines)
