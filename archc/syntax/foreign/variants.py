"""Idioms of the heads of variants: what they are built on, and changes that are not in a body."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.table import folded, table
from archc.syntax.foreign.statement import BrokenStatement, Foreign


def variant(s: BrokenStatement) -> Foreign | None:
    """A variant that is not built on anything."""
    if s.kind(0) != "VARIANT" or s.kind(1) != "NAME":
        return None
    if s.kind(2) == "ASSIGN":
        return _changed(s)
    name = s.text(1)
    if s.kind(2) == "LPAR" and s.kind(s.closing(2) + 1) == "ASSIGN":
        closing, body = s.closing(2), " { … }" if s.kind(s.last) == "BODY" else ""
        text = f"variant {name} = {s.written(closing + 2, s.last - bool(body))}{body}"
        why = "a variant has no parameters: it is one network, with arguments for its model"
        return Foreign(why, f"write `{text}`, and values where they are used", s.span(2, closing))
    rest = [
        t
        for k, t in zip(s.kinds[2:], s.texts[2:], strict=True)
        if k == "NAME" and t not in ("of", "extends", "is", "from", "do")
    ]
    base = rest[0] if rest else "MODEL"
    edits = (s.replaced(2, 2, "=" if s.kind(2) == "NAME" else " ="),) if s.kind(3) == "NAME" else ()
    why, advice = "a variant is built on a model", f"write `variant {name} = {base} {{ … }}`"
    return Foreign(why, advice, s.span(min(2, s.last)), edits)


def _changed(s: BrokenStatement) -> Foreign | None:
    """`variant v = base - FC(5)`, `variant v = base with fc = FC(5)`: a base with what is changed, but no body."""
    if s.kind(3) != "NAME" or s.at < 4 or s.depth(s.at) or s.kind(s.at) in ("BODY", "COLON", ""):
        return None
    if (found := _named_on_paper(s)) is not None:
        return found
    if s.kind(s.at) == "NAME" and s.kind(s.at + 1) == "BODY":
        text = f"{s.written(0, s.at - 1)} {{"
        gone = Edit(s.span(s.at)._replace(end=s.span(s.at + 1).start), "")
        return Foreign(f"`{s.text(s.at)}` does not begin a body", f"write `{text}`", s.span(s.at), (gone,))
    head = s.written(0, s.at - 1)
    rest = s.written(s.at + 1, s.last)
    if s.kind(s.at) in ("MINUS", "PLUS"):
        change = f"replace fc: {rest}" if s.kind(s.at) == "MINUS" else f"insert after PATH: {rest}"
        why = "a variant is not a chain: put its changes in its body"
    elif s.kind(s.at) == "DOT" and "ASSIGN" in s.kinds[s.at :]:
        at = s.kinds.index("ASSIGN", s.at)
        change = f"replace {s.written(s.at + 1, at - 1)}: {s.written(at + 1, s.last)}"
        why = "the changes of a variant go in its body"
    elif s.kind(s.at) == "NAME" and s.kind(s.at + 2) in ("ASSIGN", "COLON"):
        change = f"replace {s.text(s.at + 1)}: {s.written(s.at + 3, s.last)}"
        why = f"`{s.text(s.at)}` does not begin a body: the changes of a variant go in braces"
    else:
        return None
    edits = (s.replaced(s.at, s.last, f"{{\n  {change}\n}}"),) if "PATH" not in change else ()
    return Foreign(why, f"write `{head} {{ {change} }}`", s.span(s.at, s.last), edits)


def _named_on_paper(s: BrokenStatement) -> Foreign | None:
    """`variant v = ResNet-50 {`, `ViT-B/16`: a network as papers write its name."""
    last = s.at
    while s.kind(last + 1) in ("MINUS", "SLASH", "NUMBER", "NAME") and s.touch(last):
        last += 1
    written = s.written(3, last)
    base = shipped_as(written)
    if not base or s.kind(last + 1) not in ("BODY", ""):
        return None
    why = f"`{written}` is not a name: names cannot contain `{s.text(s.at)}`"
    more = "" if re.search(rf"\buse\b.*\b{base}\b", s.source.text) else _use_of(base)
    return Foreign(why, f"write `variant {s.text(1)} = {base}`{more}", s.span(3, last), (s.replaced(3, last, base),))


def _use_of(name: str) -> str:
    return f', and `from "{table().shipped[name][1]}" use {name}` at the beginning'


def shipped_as(written: str) -> str:
    """The shipped network that a paper's name, such as `ViT-B/16`, stands for; empty if none does."""
    plain = re.sub(r"[^a-z0-9]", "", written.lower())
    found = [n for n, (what, _) in table().shipped.items() if what == "variant" and folded(n) == plain]
    return found[0] if len(found) == 1 else ""
