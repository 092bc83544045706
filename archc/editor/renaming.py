"""Renaming across files, and its effect on the keys of existing weights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.diffing import KeyMap
from archc.editor.data import NotPossible
from archc.editor.names import everywhere, found_again, same
from archc.editor.repathing import changed, repathed
from archc.editor.view import View
from archc.editor.workspace import Workspace
from archc.ir.expr import BUILTINS
from archc.ir.network import Network
from archc.ir.state import layout
from archc.ops import lookup
from archc.resolve import Definition, Symbols
from archc.resolve.naming import can_be_label, is_reserved
from archc.support.record import Record
from archc.zoo import SHIPPED, SpecError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUE = re.compile(r"\{[^{}]*\}")
_FIXED = {"layer": "a layer of the language", "builtin": "a function of the language", "incoming": "a keyword",
          "fact": "what archc reads", "lost": "not defined"}  # fmt: skip

_NAMING = ("module", "block")
"""The kinds of definitions that name modules."""


class Renaming(Record):
    """The edits of a renaming, and its effect on the modules of a network.

    `modules` are the renamed modules by their paths before and after, without nested ones; `keys` maps the keys of
    their weights, None if nothing changes. A block names its calls that have no label.
    """

    edits: tuple[Edit, ...]
    modules: tuple[tuple[str, str], ...] = ()
    keys: KeyMap | None = None


def renamable(view: View, offset: int) -> Span:
    """The place of the name at an offset, if it can be renamed. Raises `NotPossible`."""
    span, _ = _to_rename(view, offset)
    return span


def _to_rename(view: View, offset: int) -> tuple[Span, Definition]:
    found = view.named(offset)
    if found is None:
        raise NotPossible("there is no name here")
    span, meant, _ = found
    real = view.outside(span)
    if meant.kind in _FIXED or meant.span is None or real is None:
        raise NotPossible(f"`{meant.name}` is {_FIXED.get(meant.kind, 'not defined in a spec')}")
    if meant.span.file.startswith(f"{SHIPPED}/") and not view.name.startswith(f"{SHIPPED}/"):
        raise NotPossible(f"`{meant.name}` is defined in a shipped spec, {meant.span.file}")
    if _is_made_of_values(meant) and span != meant.span:
        raise NotPossible("this label is made of values: rename it where it is written")
    return real, meant


def rename(workspace: Workspace, views: Sequence[View], view: View, offset: int, new: str) -> Renaming:
    """Rename the name at an offset to `new`, in all files of the views.

    Raises `NotPossible`, also if meanings would change.

    Requires: `views` includes all specs that may use the file.
    """
    real, meant = _to_rename(view, offset)
    new = new.strip('"') if meant.kind == "module" else new
    _may_be_called(meant, new)
    every = tuple({id(v): v for v in (view, *views)}.values())
    edits = tuple(Edit(span, _written(workspace, span, new)) for span in _places(every, view, meant, real))
    try:
        return _made(workspace, every, offset, meant, edits)
    except NotPossible:
        more = repathed(workspace, every, edits, _in_paths(meant, new)) if meant.kind in _NAMING else edits
        if more == edits:
            raise
        return _made(workspace, every, offset, meant, more)


def _places(views: Sequence[View], view: View, meant: Definition, real: Span) -> list[Span]:
    """The places where a name is written; for a label computed from values, where it is computed."""
    if _is_made_of_values(meant):
        return [real]
    labels = [each for one in views for again in found_again(one.symbols, meant) for each in same(one.symbols, again)]
    places = {span for each in dict.fromkeys(labels) for span in everywhere(views, view, each)}
    return sorted(places.union(*(_in_docstring(one, meant) for one in views)))


def _in_docstring(view: View, meant: Definition) -> Iterator[Span]:
    """The places where the docstring of a block or model describes a parameter: below `Args:`."""
    body = getattr(meant.owner.node, "body", None) if meant.kind == "parameter" and meant.owner is not None else None
    if body is None or body.doc is None or body.doc.span.file not in view.analysis.texts:
        return
    text = view.words(body.doc.span)
    described = re.compile(rf"^[ \t]+({re.escape(meant.name)})(?=[ \t]*:)", re.MULTILINE)
    if (found := described.search(text, max(0, text.find("Args:")))) is not None and "Args:" in text:
        span = body.doc.span
        real = view.outside(Span(span.file, span.start + found.start(1), span.start + found.end(1)))
        if real is not None:
            yield real


def _in_paths(meant: Definition, new: str) -> tuple[str, str]:
    """The part of a name that occurs in paths, before and after."""
    if meant.kind == "block":
        return meant.name.lower(), new.lower()
    return meant.name.partition("{")[0], new.partition("{")[0]


def _is_made_of_values(meant: Definition) -> bool:
    return meant.kind == "module" and "{" in meant.name


def _made(
    workspace: Workspace, views: Sequence[View], offset: int, meant: Definition, edits: tuple[Edit, ...]
) -> Renaming:
    """The renaming of some edits. Raises `NotPossible` if they change meanings or networks."""
    copy = _keep_meanings(workspace, views, edits)
    both = _networks(copy, views, offset, meant) if meant.kind in _NAMING else None
    return Renaming(edits, tuple(_called_otherwise(*both)), _key_map(*both)) if both is not None else Renaming(edits)


def _may_be_called(meant: Definition, new: str) -> None:
    if meant.kind == "module":
        if not can_be_label(_VALUE.sub("0", new) if _is_made_of_values(meant) else new):
            raise NotPossible(f"`{new}` cannot be a label")
    elif not _NAME.fullmatch(new):
        raise NotPossible(f"`{new}` is not a name: use letters, digits and _, with no digit first")
    elif is_reserved(new) or new == "in":
        raise NotPossible(f"`{new}` is a name that Python or the language keeps for itself")
    elif lookup(new) is not None or new in BUILTINS:
        raise NotPossible(f"`{new}` is what the language calls a layer or function")


def _written(workspace: Workspace, span: Span, new: str) -> str:
    """The text of the new name at a place: quoted if the old one was, or if a label is not an ASCII identifier."""
    text = workspace.words(span.file)
    labels = text[span.end : span.end + 1] == ":"
    return f'"{new}"' if text[span.start] == '"' or (labels and not (new.isidentifier() and new.isascii())) else new


def _keep_meanings(workspace: Workspace, views: Sequence[View], edits: Sequence[Edit]) -> Workspace:
    """Make the edits in a copy, and check that there are no new errors and every name has as many uses as before."""
    files = {edit.span.file for edit in edits}
    copy = changed(workspace, edits)
    for view in views:
        if files.isdisjoint(view.analysis.texts):
            continue
        try:
            after = copy.analysis(view.name)
        except SpecError as error:
            raise NotPossible(str(error)) from None
        before = view.analysis
        if after.library.reporter.errors > before.library.reporter.errors or _uses(after.symbols) != _uses(
            before.symbols
        ):
            raise NotPossible("other names would change their meaning: this name is already in use")
    return copy


def _uses(symbols: Symbols) -> list[tuple[str, int]]:
    """The number of uses of each definition, in order. Paths in edits do not count: the networks show their meaning."""
    uses = {d: [use for use in symbols.references_to(d) if use.role != "path"] for d in symbols.definitions}
    return [(d.kind, len(found)) for d, found in uses.items() if d.span is not None]


def _networks(copy: Workspace, views: Sequence[View], offset: int, meant: Definition) -> tuple[Network, Network] | None:
    """A network that depends on a definition, preferably the current one, before and after; None if there is none.

    Raises `NotPossible` if such a network is not the same afterwards: modules without a label are named after their
    block and numbered by kind, and paths and patterns in edits refer to these names.
    """
    found: dict[str | None, tuple[Network, Network]] = {}
    for view in views:
        here = view.analysis.places.declaration(meant.span) if meant.span is not None else None
        for member in view.analysis.members if here is not None else ():
            before = view.analysis.results.get(member) or view.analysis.check(member)
            if here is None or not view.leads(member, here) or before.network is None or before.network.partial:
                continue
            after = copy.analysis(view.name).check(member).network
            if after is None or after.partial or not _same(before.network, after):
                why = "a module has this name already, or edits name modules by it"
                raise NotPossible(f"{before.network.name} would not be the same network: {why}")
            found.setdefault(member, (before.network, after))
    looked_at = found.get(views[0].member_at(offset)) if found else None
    return looked_at or next(iter(found.values()), None)


def _same(one: Network, other: Network) -> bool:
    layers, others = ([(n.op, n.inputs, n.frozen) for n in each.nodes] for each in (one, other))
    return layers == others and one.outputs == other.outputs


def _called_otherwise(before: Network, after: Network) -> Iterator[tuple[str, str]]:
    """The modules whose names differ, by path. Requires: the networks differ only in names."""
    told: dict[str, str] = {}
    old = [scope.path for scope in before.scopes] + [node.path for node in before.nodes]
    new = [scope.path for scope in after.scopes] + [node.path for node in after.nodes]
    for one, other in zip(old, new, strict=True):
        outer, dot, last = one.rpartition(".")
        if one not in told and other != f"{told.get(outer, outer)}{dot}{last}":
            yield one, other
        told[one] = other


def _key_map(before: Network, after: Network) -> KeyMap | None:
    """The keys of the weights before and after; None if nothing changes."""
    pairs = tuple(zip(layout(before), layout(after), strict=True))
    return KeyMap(before.name, after.name, pairs, (), (), ()) if any(old != new for old, new in pairs) else None
