"""The contents of a file: its symbols, its foldable regions, and the colours of its words."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.source import Source, Span
from archc.editor.data import Fold, SemanticToken, Symbol, SymbolKind
from archc.editor.view import View
from archc.editor.workspace import Workspace
from archc.resolve import Definition
from archc.syntax import tree
from archc.syntax.scan import scan
from archc.syntax.tables import tables
from archc.syntax.unparse import tensor_names
from archc.zoo import SpecError

_SHOWN = ("let", "tensor", "module")
MOST_FOUND = 500
"""The maximum number of symbols in the answer to a search."""


def symbols(view: View) -> tuple[Symbol, ...]:
    """The definitions of a file, with the names defined in them."""
    inside: dict[Definition | None, list[Definition]] = {}
    for each in view.symbols.definitions:
        if each.span is not None and each.span.file == view.name and each.node is not None:
            inside.setdefault(each.owner, []).append(each)
    top = [d for d in inside.get(None, ()) if d.kind not in ("parameter", "fact", "tensor", "module", "loop variable")]
    made = [_symbol(view, d, inside) for d in top]
    return tuple(sorted((s for s in made if s is not None), key=lambda s: s.whole))


def _symbol(view: View, each: Definition, inside: dict[Definition | None, list[Definition]]) -> Symbol | None:
    assert each.node is not None and each.span is not None
    whole, span = view.outside(each.node.span), view.outside(each.span)
    if whole is None or span is None:
        return None
    whole = Span(whole.file, min(whole.start, span.start), max(whole.end, span.end))
    seen: set[Span] = set()
    children = []
    for child in inside.get(each, ()):
        if child.kind in _SHOWN and child.span is not None and child.span not in seen:
            seen.add(child.span)
            if (made := _symbol(view, child, {})) is not None:
                children.append(made)
    return Symbol(each.name, each.kind, detail(each.node), whole, span, tuple(sorted(children, key=lambda s: s.whole)))


def detail(node: tree.Tree) -> str:
    """The details of a declaration next to its name."""
    from archc.syntax.unparse import expression

    match node:
        case tree.Function() | tree.Macro() | tree.Block() | tree.ModelDef():
            parameters = [p.name if p.default is None else f"{p.name}={expression(p.default)}" for p in node.parameters]
            over = tensor_names(node.over, node.rest) if isinstance(node, tree.Block) and node.over else ""
            return f"({', '.join(parameters)})" + (f" over ({over})" if over else "")
        case tree.Variant():
            given = ", ".join(
                f"{a.name}={expression(a.value)}" if a.name else expression(a.value) for a in node.arguments or ()
            )
            return f"= {node.base.name}({given})" if given else f"= {node.base.name}"
        case tree.Let():
            return f"= {expression(node.value)}"
        case _:
            return ""


def found(workspace: Workspace, query: str) -> tuple[Symbol, ...]:
    """The declarations of all specs whose names contain the letters of `query` in this order."""
    symbols_: list[Symbol] = []
    for name in workspace.specs():
        try:
            text = workspace.text(name)
        except SpecError:
            continue
        for each in text.file.declarations:
            kind = KINDS.get(type(each))
            if kind is None or isinstance(each, tree.Import):
                continue
            named = each.name if isinstance(each, tree.Let) else each.name.name  # type: ignore[union-attr]
            span = each.name_span if isinstance(each, tree.Let) else each.name.span  # type: ignore[union-attr]
            whole, place = text.span_outside(each.span), text.span_outside(span)
            if whole is not None and place is not None and _fits(query.lower(), named.lower()):
                symbols_.append(Symbol(named, kind, name, whole, place))
    return tuple(symbols_[:MOST_FOUND])


KINDS: dict[type[tree.Tree], SymbolKind] = {
    tree.Function: "function", tree.Macro: "macro", tree.Block: "block", tree.ModelDef: "model",
    tree.Variant: "variant", tree.Let: "let",
}  # fmt: skip
"""The kinds of named declarations."""


def _fits(query: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in query)


# -- folding ----------------------------------------------------------------------------------------------------------


def folds(source: Source) -> tuple[Fold, ...]:
    """The brackets, docstrings, comments and imports that span several lines, in any text."""
    made: dict[tuple[int, int], Fold] = {}
    opened: list[int] = []
    for token in scan(source, tables()):
        line = source.position(token.span.start)[0] - 1
        if token.type in ("LPAR", "LSQB", "LBRACE"):
            opened.append(line)
        elif token.type in ("RPAR", "RSQB", "RBRACE", "TIMES") and opened:
            first = opened.pop()
            if line - 1 > first:
                made.setdefault((first, line - 1), Fold(first, line - 1))
        elif token.type == "STRING":
            last = source.position(token.span.end)[0] - 1
            if last > line:
                made.setdefault((line, last), Fold(line, last, "comment"))
    lines = source.text.split("\n")
    for first, last in _runs([line.lstrip().startswith("#") for line in lines]):
        made.setdefault((first, last), Fold(first, last, "comment"))
    for first, last in _runs([line.startswith("from ") for line in lines]):
        made.setdefault((first, last), Fold(first, last, "imports"))
    return tuple(sorted(made.values()))


def _runs(fits: list[bool]) -> Iterator[tuple[int, int]]:
    """The first and last index of each run of true values."""
    start = None
    for index, one in enumerate([*fits, False]):
        if one and start is None:
            start = index
        elif not one and start is not None:
            if index - 1 > start:
                yield start, index - 1
            start = None


# -- colours ----------------------------------------------------------------------------------------------------------

TOKENS = (
    "keyword", "class", "type", "function", "macro", "parameter", "variable", "property", "number", "string", "comment",
    "operator",
)  # fmt: skip
MODIFIERS = ("declaration", "readonly", "defaultLibrary", "modification")
_COLOURS: dict[str, tuple[str, tuple[str, ...]]] = {
    "layer": ("class", ("defaultLibrary",)), "builtin": ("function", ("defaultLibrary",)), "function": ("function", ()),
    "macro": ("macro", ()), "block": ("class", ()), "model": ("type", ()), "variant": ("type", ()),
    "parameter": ("parameter", ()), "let": ("variable", ("readonly",)), "loop variable": ("variable", ("readonly",)),
    "tensor": ("variable", ()), "incoming": ("keyword", ()), "module": ("property", ()), "fact": ("property", ()),
}  # fmt: skip
_OPERATORS = frozenset("MINUS PLUS STAR SLASH DSTAR DSLASH PERCENT BAR ASSIGN EQ NE LT LE GT GE".split())


def coloured(view: View) -> tuple[SemanticToken, ...]:
    """The words of a file in order, none over several lines: what names mean, keywords, numbers, strings."""
    meant = dict(_meant(view))
    ready, made = tables(), list[SemanticToken]()
    source = view.source
    for token in scan(source, ready):
        if (known := meant.get(token.span.start)) is not None and known.span == token.span:
            made.append(known)
        elif token.type in ("NUMBER", "SHAPE"):
            made.append(SemanticToken(token.span, "number"))
        elif token.type in ("STRING", "OPEN_STRING"):
            made += [SemanticToken(part, "string") for part in _by_line(source, token.span)]
        elif token.text in ready.words:
            made.append(SemanticToken(token.span, "keyword"))
        elif token.type in _OPERATORS:
            made.append(SemanticToken(token.span, "operator"))
    return tuple(made)


def _meant(view: View) -> Iterator[tuple[int, SemanticToken]]:
    for each in view.symbols.definitions:
        if each.span is not None and each.span.file == view.name and each.kind in _COLOURS:
            kind, modifiers = _COLOURS[each.kind]
            if (span := view.outside(each.span)) is not None:
                yield span.start, SemanticToken(span, kind, ("declaration", *modifiers))
    for use in view.symbols.references:
        if use.definition is not None and use.span.file == view.name and use.definition.kind in _COLOURS:
            kind, modifiers = _COLOURS[use.definition.kind]
            if (span := view.outside(use.span)) is not None:
                yield (
                    span.start,
                    SemanticToken(span, kind, (*modifiers, "modification") if use.role == "write" else modifiers),
                )


def _by_line(source: Source, span: Span) -> Iterator[Span]:
    start = span.start
    for line in source.snippet(span).split("\n"):
        if line:
            yield Span(span.file, start, start + len(line))
        start += len(line) + 1
