"""Annotations of a text: counts above its models, shapes after its terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from archc.count.budgets import NAMES, measured
from archc.count.table import amount
from archc.diagnostics.source import Span, value_text
from archc.editor.data import Hint, Lens
from archc.editor.view import Shown, View, shapes
from archc.elaborate.declared import Expectation, holds, names_in
from archc.elaborate.values import Binding, data_of
from archc.ir.types import TensorType
from archc.support.record import replace
from archc.syntax import tree
from archc.syntax.walk import walk

Wanted: TypeAlias = Literal["changes", "all", "none"]
Made: TypeAlias = list[tuple[tuple[TensorType, ...], tuple[TensorType, ...]]]
"""The inputs and outputs of each instance of a term."""
_SHAPED = tree.Use | tree.Merge | tree.Repeat | tree.Group | tree.Calculation
_LONGEST = 40
"""The maximum length of a hint."""


def lenses(view: View, *, commands: bool = True) -> tuple[Lens, ...]:
    """The counts above each member, the result above each `expect`, and with `commands` the actions on each member."""
    found: list[Lens] = []
    for member in view.analysis.members:
        shown = view.shown(member) if member is not None else None
        if member is None or shown is None or shown.result.counted is None:
            continue
        declaration = view.analysis.module.members[member]
        span = view.outside(declaration.name.span)
        if span is None:
            continue
        found.append(Lens(span, counted(shown)))
        if commands:
            found += [Lens(span, "draw", "draw", member), Lens(span, "compile", "compile", member)]
        if isinstance(declaration, tree.Variant):
            found += _expected(view, declaration, shown)
    return tuple(found)


def counted(shown: Shown) -> str:
    """The counts of a member without errors, in one line."""
    counts = shown.result.counted
    assert counts is not None
    peak = amount(shown.result.peak, "auto", "bytes")
    return f"{amount(counts.params, 'auto')} · {amount(counts.macs, 'auto')} MACs · peak {peak}"


def _expected(view: View, variant: tree.Variant, shown: Shown) -> Iterator[Lens]:
    counts = shown.result.counted
    for member in variant.members:
        if not isinstance(member, tree.Expect) or counts is None:
            continue
        used = names_in(member.condition)
        facts = {name: measured(name, shown.network, counts) if name in used else 0 for name in NAMES}
        library = replace(view.analysis.library, reporter=type(view.analysis.library.reporter)())
        held = holds(Expectation(member.condition, view.analysis.env), facts, library)
        span = view.outside(member.span)
        if span is not None and isinstance(held, bool):
            yield Lens(span, f"{'✓' if held else '✗'} {_how_near(member.condition, facts)}")


def _how_near(condition: tree.Expression, facts: dict[str, int]) -> str:
    """The share of the allowed number, `93 %`, or the actual value."""
    match condition:
        case tree.Binary(operator="<=" | "<", left=tree.Name(name=name), right=tree.Literal_(value=int() as most)) if (
            name in facts and most
        ):
            return f"{100 * facts[name] / most:.0f} %"
        case _:
            used = [name for name in facts if name in names_in(condition)]
            return ", ".join(f"{name} {amount(facts[name])}" for name in used)


# -- hints ------------------------------------------------------------------------------------------------------------


def hints(view: View, first: int = 0, last: int | None = None, wanted: Wanted = "changes") -> tuple[Hint, ...]:
    """The output shapes of the terms between two offsets, and the values of `let`s.

    `changes`: only if they differ from the input. In a block, they are those of its first instance in the current
    member, with `…` if others differ.
    """
    if wanted == "none":
        return ()
    last = len(view.source.text) if last is None else last
    found = dict.fromkeys(_hints(view, first, last, wanted))
    return tuple(sorted(found))


def _hints(view: View, first: int, last: int, wanted: Wanted) -> Iterator[Hint]:
    for declaration in view.analysis.module.file.declarations:
        span = view.outside(declaration.span)
        if span is None or span.end < first or span.start > last:
            continue
        if isinstance(declaration, tree.Let):
            yield from _value(view, declaration, first, last)
            continue
        shown = view.shown(view.member_at(span.start))
        if shown is None:
            continue
        for node, _ in walk(declaration):
            if isinstance(node, _SHAPED):
                end = view.outside(Span(view.name, node.span.end - 1, node.span.end))
                if end is not None and first <= end.end <= last:
                    yield from _of_term(node, _types(view, node, shown), shown, end.end, wanted)


def _types(view: View, node: tree.Tree, shown: Shown) -> Made:
    """The inputs and outputs of each instance of a term; for a use of a shared module, if they are all the same."""
    meant = view.used(node.name_span) if isinstance(node, tree.Use) else None
    if meant is None or meant.kind != "module" or meant.node is None:
        return shown.types(node.span)
    visits = shown.types(meant.node.span)
    return visits if all(y == visits[0][1] for _, y in visits) else []


def _of_term(node: tree.Tree, types: Made, shown: Shown, end: int, wanted: Wanted) -> Iterator[Hint]:
    if not types:
        return
    out = types[0][1]
    chosen = _chosen(node, shown)
    if wanted == "all" or chosen or any(_changes(node, x, y) for x, y in types):
        more = " …" if any(y != out for _, y in types) else ""
        text = f"{chosen}→ {shapes(out)}{more}"
        others = list(dict.fromkeys(shapes(y) for _, y in types))
        tip = f"in {shown.network.name}: {', '.join(others[:8])}{' …' if len(others) > 8 else ''}"
        yield Hint(end, _short(text), tip)


def _changes(node: tree.Tree, into: tuple[TensorType, ...], out: tuple[TensorType, ...]) -> bool:
    """Whether the output has another shape than the input; for arithmetic, than all operands."""
    return out[0] not in into if isinstance(node, tree.Calculation) else into != out


def _chosen(node: tree.Tree, shown: Shown) -> str:
    """The arguments that a sketch rule chose for a bare term."""
    if not isinstance(node, tree.Use):
        return ""
    for index in shown.nodes.get(node.span, ()):
        made = shown.network.nodes[index]
        chosen = [a for a in made.arguments if not a.given and a.span == made.span]
        if chosen:
            return f"({', '.join(f'{a.name}={value_text(a.value)}' for a in chosen)}) "
    return ""


def _value(view: View, let: tree.Let, first: int, last: int) -> Iterator[Hint]:
    """The value of a file-level `let`, unless it is a literal."""
    entry = view.analysis.env.names.get(let.name)
    end = view.outside(Span(view.name, let.span.end - 1, let.span.end))
    if isinstance(entry, Binding) and end is not None and first <= end.end <= last and not _is_plain(let.value):
        text = f"= {value_text(data_of(entry.value))}"
        yield Hint(end.end, _short(text))


def _short(text: str) -> str:
    """A hint, cut after a comma if it is too long, so that no number is cut in two."""
    if len(text) <= _LONGEST:
        return text
    kept, comma, _ = text[: _LONGEST - 1].rpartition(", ")
    return f"{kept}{comma}…" if comma else f"{text[: _LONGEST - 1]}…"


def _is_plain(value: tree.Expression) -> bool:
    """Whether an expression is a literal."""
    if isinstance(value, tree.Sequence):
        return all(map(_is_plain, value.items))
    return isinstance(value, tree.Literal_ | tree.Shape | tree.Name)
