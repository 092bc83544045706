"""Completions at the cursor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from archc.count.budgets import NAMES as COUNTABLE
from archc.diagnostics.core import Problem, Severity
from archc.diagnostics.source import Span
from archc.editor.context import CursorContext, context
from archc.editor.data import CompletionItem, SymbolKind
from archc.editor.hover import default_text, op_doc, plain_doc, signature_of
from archc.editor.listing import detail
from archc.editor.snippets import SNIPPETS
from archc.editor.view import View
from archc.editor.workspace import Workspace
from archc.elaborate.declared import INITIALISERS
from archc.ir.expr import BUILTINS
from archc.ir.network import Network
from archc.ir.op import Op, words
from archc.ops import lookup, registry
from archc.resolve import Definition
from archc.resolve.words import FACTS
from archc.syntax import tree

_PLACE = re.compile(r"\$\{?\d+:?([^}$]*)\}?")
_PATHED = frozenset({"REPLACE", "REMOVE", "FREEZE", "UNFREEZE", "INSERT", "TRUNCATE", "RETURN", "AFTER", "EXCEPT"})
_TERMS = ("block", "macro", "tensor", "module", "incoming", "parameter", "loop variable")


def completions(workspace: Workspace, view: View, offset: int) -> tuple[CompletionItem, ...]:
    """The completions at an offset, likely ones first; none in a comment."""
    here = context(view.source, offset)
    if here.comment:
        return ()
    found = {item.label: item for item in _items(workspace, view, here, offset)}
    return tuple(sorted(found.values(), key=lambda item: (item.order, item.label)))


def _items(workspace: Workspace, view: View, here: CursorContext, offset: int) -> Iterator[CompletionItem]:
    if here.string:
        if here.first == "FROM":
            yield from _paths_of_specs(workspace, view, here, offset)
        yield from _words(view, here, offset, "")
        return
    if (path := _path(view, here, offset)) is not None:
        yield from path
    elif here.first == "FROM":
        yield from _imports(workspace, view, here)
    elif here.call is not None and here.first not in ("BLOCK", "MODEL", "MACRO", "FN") or _is_in_call(here):
        yield from _arguments(view, here, offset)
    elif here.first == "ALLOW":
        yield from _codes(here)
    elif here.first == "INIT":
        names = registry() if here.before in ("INIT", "COMMA") else INITIALISERS
        yield from (CompletionItem(name, "layer", here.word, name) for name in names)
    elif here.first == "DEFAULT" and here.before in ("DEFAULT", "COMMA"):
        yield from _layers(here)
    elif here.first == "VARIANT" and here.before == "ASSIGN":
        yield from _visible(view, here, offset, ("model", "variant"))
    elif (
        here.first in ("LET", "FN", "EXPECT", "INPUT")
        or here.before in ("IF", "IN", "AND", "OR", "NOT", "TIMES")
        or _is_value(here)
    ):
        yield from _values(view, here, offset)
    elif not here.statement:
        yield from _starts(view, here, offset)
    elif here.before in ("PLUS", "STAR", "SLASH", "ELSE"):  # a number is possible in arithmetic or after a guard
        yield from _values(view, here, offset)
        yield from _terms(view, here, offset)
    elif here.before in ("MINUS", "BAR", "LBRACE", "LSQB", "LPAR", "ASSIGN", "COLON", "RETURN", "TRAINING", "COMMA"):
        if here.inside[-1:] == ("members",) and here.before == "COLON" and here.first not in _PATHED:
            yield from _values(view, here, offset)
        else:
            yield from _terms(view, here, offset)


def _is_value(here: CursorContext) -> bool:
    """Whether the bracket that has just been opened contains a value: `if (`, `xs[`."""
    last = [t.type for t in here.statement[-2:]]
    return last == ["IF", "LPAR"] or (last[1:] == ["LSQB"] and last[0] == "NAME")


def _is_in_call(here: CursorContext) -> bool:
    """Whether the innermost call comes after the header of a definition: `macro A(c) = Conv(`."""
    return here.call is not None and any(t.type == "ASSIGN" and t.span.end <= here.call.start for t in here.statement)


# -- what starts a statement ------------------------------------------------------------------------------------------


def _starts(view: View, here: CursorContext, offset: int) -> Iterator[CompletionItem]:
    kind = here.inside[-1] if here.inside else "file"
    yield from _snippets(kind, here)
    if kind == "members":
        yield from (CompletionItem(name, "fact", here.word, f"{name}: ", "a fact that archc reads") for name in FACTS)
    else:
        yield from _terms(view, here, offset)


def _snippets(kind: str, here: CursorContext) -> Iterator[CompletionItem]:
    for label, text in SNIPPETS[kind]:
        plain = _PLACE.sub(r"\1", text)
        yield CompletionItem(label, "snippet", here.word, text, plain.split("\n")[0], plain, snippet=True, order=7)


# -- terms ------------------------------------------------------------------------------------------------------------


def _terms(view: View, here: CursorContext, offset: int) -> Iterator[CompletionItem]:
    yield from _visible(view, here, offset, _TERMS)
    yield from _layers(here)
    yield from _snippets("term", here)


def _layers(here: CursorContext) -> Iterator[CompletionItem]:
    for name, kind in registry().items():
        needed = [f"${{{n}:{a}}}" for n, a in enumerate(_needed(kind), 1)]
        text = f"{name}({', '.join(needed)})" if needed else name
        yield CompletionItem(name, "layer", here.word, text, signature_of(kind), op_doc(kind), bool(needed), 4)


def _needed(kind: type[Op]) -> list[str]:
    return [name for name, argument in kind.model_fields.items() if argument.is_required()]


def _visible(view: View, here: CursorContext, offset: int, kinds: Iterable[str]) -> Iterator[CompletionItem]:
    seen = view.symbols.visible(view.name, view.inside(here.word.start))
    for name, meant in seen.items():
        if meant.kind in kinds:
            order = 1 if meant.kind in ("tensor", "module", "parameter", "loop variable", "incoming") else 2
            yield _of_definition(name, meant, here, order)
    for name in _written_parameters(here):
        if name not in seen:
            yield CompletionItem(name, "parameter", here.word, name, order=1)


def _of_definition(name: str, meant: Definition, here: CursorContext, order: int) -> CompletionItem:
    text = detail(meant.node) if meant.node is not None and meant.kind not in ("parameter", "tensor", "module") else ""
    return CompletionItem(
        name, meant.kind, here.word, name, text, plain_doc(meant.doc) if meant.doc else "", order=order
    )


def _written_parameters(here: CursorContext) -> Iterator[str]:
    """The parameters of enclosing definitions that cannot be parsed yet."""
    for header in (*here.headers, here.statement if here.first in ("MACRO", "FN") else ()):
        if header and header[0].type in ("BLOCK", "MODEL", "MACRO", "FN"):
            for before, token in zip(header, header[1:], strict=False):
                if before.type in ("LPAR", "COMMA") and token.text.isidentifier():
                    yield token.text


# -- values -----------------------------------------------------------------------------------------------------------


def _values(view: View, here: CursorContext, offset: int) -> Iterator[CompletionItem]:
    yield from _visible(
        view, here, offset, ("let", "parameter", "loop variable", "function", "block", "macro", "tensor")
    )
    yield from (CompletionItem(name, "builtin", here.word, f"{name}($1)$0", snippet=True, order=3) for name in BUILTINS)
    yield from (CompletionItem(word, "keyword", here.word, word, order=6) for word in ("true", "false", "none"))
    if here.first == "EXPECT":
        yield from (CompletionItem(name, "builtin", here.word, name, "what is counted", order=1) for name in COUNTABLE)
    yield CompletionItem("in.channels", "incoming", here.word, "in.channels", order=3)


def _arguments(view: View, here: CursorContext, offset: int) -> Iterator[CompletionItem]:
    assert here.call is not None
    call = here.call
    if not call.argument:
        for name, doc in _parameters_of(view, call.callee, offset):
            if name not in call.given:
                yield CompletionItem(f"{name}=", "argument", here.word, f"{name}=", doc, order=0)
    yield from _words(view, here, offset, '"')
    yield from _values(view, here, offset)
    if call.callee in registry() or here.first == "VARIANT":
        yield from (CompletionItem(name, "layer", here.word, name, order=6) for name in registry())


def _words(view: View, here: CursorContext, offset: int, quote: str) -> Iterator[CompletionItem]:
    """The words that the argument of a layer may be."""
    call, kind = here.call, lookup(here.call.callee) if here.call is not None else None
    if call is None or kind is None or call.callee in view.symbols.visible(view.name, view.inside(offset)):
        return
    names = list(kind.model_fields)
    name = call.argument or (names[call.position] if call.position < len(names) else "")
    if name in names:
        for word in words(kind, name):
            yield CompletionItem(f"{quote}{word}{quote}", "keyword", here.word, f"{quote}{word}{quote}", name, order=0)


def _parameters_of(view: View, callee: str, offset: int) -> Iterator[tuple[str, str]]:
    """The parameters of a callee, with their defaults."""
    kind = lookup(callee)
    meant = view.symbols.visible(view.name, view.inside(offset)).get(callee)
    while meant is not None and meant.kind == "let" and meant.alias is not None:
        meant = meant.alias
    if meant is not None and meant.kind == "variant":
        meant = _model_of(view, meant)
    if meant is not None:
        for parameter in view.symbols.parameters.get(meant, ()):
            node = parameter.node
            yield parameter.name, default_of(node)
    elif kind is not None:
        for name, argument in kind.model_fields.items():
            yield name, "" if argument.is_required() else f"= {default_text(argument.default)}"


def default_of(node: tree.Tree | None) -> str:
    """The default of a parameter."""
    from archc.syntax.unparse import expression

    return f"= {expression(node.default)}" if isinstance(node, tree.Parameter) and node.default is not None else ""


def _model_of(view: View, meant: Definition) -> Definition | None:
    seen = {meant}
    while meant.kind == "variant" and isinstance(meant.node, tree.Variant):
        for use in view.symbols.references:
            if use.span == meant.node.base.span and use.definition is not None and use.definition not in seen:
                meant = use.definition
                seen.add(meant)
                break
        else:
            return None
    return meant


# -- names of other things --------------------------------------------------------------------------------------------


def _path(view: View, here: CursorContext, offset: int) -> list[CompletionItem] | None:
    """The modules that a variant's edit may name, part by part; None if the cursor is not in a path."""
    tokens = here.statement
    if here.inside[-1:] != ("members",) or not tokens or tokens[0].type not in _PATHED:
        return None
    if any(t.type == "COLON" for t in tokens):
        return None
    if tokens[0].type in ("INSERT", "TRUNCATE") and len(tokens) < 2:
        return [CompletionItem("after", "keyword", here.word, "after ")]
    start = here.word.start
    while start > 0 and (view.source.text[start - 1].isalnum() or view.source.text[start - 1] in "._"):
        start -= 1
    written = view.source.text[start:offset]
    base = next((t.text for before, t in zip(here.headers[-1], here.headers[-1][1:], strict=False)
                 if before.type == "ASSIGN"), "")  # fmt: skip
    if tokens[-1].text == "all" and tokens[0].type in ("FREEZE", "UNFREEZE"):
        network = _network(view, base, offset)
        kinds = {n.op.kind(): None for n in network.nodes if network.weights(n)} if network is not None else {}
        layers = [CompletionItem(kind, "layer", here.word, kind, order=1) for kind in kinds]
        return [CompletionItem("except", "keyword", here.word, "except ", order=0), *layers]
    outer, dot, _ = written.rpartition(".")
    items: dict[str, CompletionItem] = {}
    if tokens[-1].type in ("FREEZE", "UNFREEZE") and not written:
        items["all"] = CompletionItem("all", "keyword", here.word, "all", order=2)
    for path in _modules(view, base, offset):
        if path.startswith(f"{outer}{dot}"):
            part = path[len(outer) + len(dot) :].split(".")[0]
            if part:
                items.setdefault(part, CompletionItem(part, "module", here.word, part, f"{outer}{dot}{part}", order=1))
    return list(items.values())


def _modules(view: View, base: str, offset: int) -> list[str]:
    """The paths of the modules of a model or variant."""
    network = _network(view, base, offset)
    if network is None:
        return []
    paths = [s.path for s in network.scopes] + [n.path for n in network.nodes]
    return list(dict.fromkeys(filter(None, paths)))


def _network(view: View, base: str, offset: int) -> Network | None:
    """A model or variant without further edits; if it needs arguments, a member based on it."""
    analysis = view.analysis
    if base in analysis.module.members and base not in analysis.results:
        analysis.results[base] = analysis.check(base)
    for member in (base, view.member_at(offset), *analysis.members):
        shown = view.shown(member)
        if shown is not None and shown.result.built is not None:
            return shown.result.built.base or shown.network
    return None


def _paths_of_specs(workspace: Workspace, view: View, here: CursorContext, offset: int) -> Iterator[CompletionItem]:
    start = view.source.text.rfind('"', 0, offset) + 1
    word = Span(view.name, start, offset)
    yield from (CompletionItem(path, "file", word, path) for path in workspace.importable(view.name))


def _imports(workspace: Workspace, view: View, here: CursorContext) -> Iterator[CompletionItem]:
    path = next((t.text.strip('"') for t in here.statement if t.type == "STRING"), None)
    if path is None:
        return
    if here.before == "STRING":
        yield CompletionItem("use", "keyword", here.word, "use ")
        return
    found = workspace.load(path, view.source)
    if isinstance(found, Problem):
        return
    for each in workspace.text(found.name).file.declarations:
        if isinstance(each, tree.Function | tree.Macro | tree.Block | tree.ModelDef | tree.Variant):
            kind: SymbolKind = type(each).__name__.lower()  # type: ignore[assignment]  # the kinds are called so
            yield CompletionItem(each.name.name, kind, here.word, each.name.name, detail(each))
        elif isinstance(each, tree.Let):
            yield CompletionItem(each.name, "let", here.word, each.name, detail(each))


def _codes(here: CursorContext) -> Iterator[CompletionItem]:
    from archc.diagnostics.problems.catalogue import catalogue

    for code, kind in catalogue().items():
        if kind.severity is not Severity.ERROR:
            yield CompletionItem(code, "keyword", here.word, code, kind.title)
