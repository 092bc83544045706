"""Idioms of labels (computed, with dots, in other brackets) and of what follows a layer in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archc.diagnostics.core import Edit
from archc.diagnostics.words.table import folded, table
from archc.syntax.foreign.ported import CannotPort, term
from archc.syntax.foreign.statement import BrokenStatement, Foreign

_BEFORE = frozenset({"MINUS", "BAR", "LPAR", "LSQB", "LBRACE", ""})
"""What can precede the label of a term."""
_HEADS = frozenset("IF FOR MODEL BLOCK VARIANT FN MACRO REPLACE INSERT FROM LET INPUT DEFAULT INIT EXPECT".split())


_EQUATIONS = {"F": "f", "H": "h", "G": "g"}
"""The names of tensors for the functions of a paper's equations."""


def _function(s: BrokenStatement) -> Foreign | None:
    """`F(x) = Conv(c) - BN`, `H(x) = F(x) + x`: the equations of a paper."""
    if s.kinds[:5] != ["NAME", "LPAR", "NAME", "RPAR", "ASSIGN"]:
        return None
    name, argument = _EQUATIONS.get(s.text(0), s.text(0)), s.text(2)
    inside = s.written(5, s.last)
    inside = re.sub(rf"\b(\w)\({argument}\)", lambda found: _EQUATIONS.get(found[1], found[1]), inside)
    if not re.search(rf"(?m)^\s*{argument}\s*=", s.source.text):
        inside = re.sub(rf"\b{argument}\b", "in", inside)
    text = f"{name} = {inside}"
    last = re.match(r"[^\n]*\n\s*\}", s.source.text[s.span(0).start :]) is not None
    edits = (s.replaced(0, s.last, inside if last else text),)
    why = f"`=` names a tensor, which has no arguments: what comes in is `in`, not `{argument}`"
    return Foreign(why, f"write `{text}`", s.span(0, 4), edits, names=(name, s.text(0)))


def _function_used(s: BrokenStatement) -> Foreign | None:
    """`y = F(x) + x` behind `F(x) = …`: an equation with a tensor that has a name by now."""
    defined = re.findall(r"(?m)^[ \t]*(\w)\((\w)\)[ \t]*=", s.source.text[: s.span(0).start])
    used = [(name, argument) for name, argument in defined if f"{name}({argument})" in s.written(0, s.last)]
    if not used or s.kinds[:2] != ["NAME", "ASSIGN"] and s.kind(0) != "RETURN":
        return None
    name, argument = used[0]
    text = s.written(0, s.last).replace(f"{name}({argument})", _EQUATIONS.get(name, name))
    if not re.search(rf"(?m)^\s*{argument}\s*=", s.source.text):
        text = re.sub(rf"\b{argument}\b", "in", text)
    why = f"`{name}` is the name of a tensor, which has no arguments"
    return Foreign(why, f"write `{text}`", s.span(s.at), (s.replaced(0, s.last, text),), names=(s.text(0),))


def _subscripts(s: BrokenStatement) -> Foreign | None:
    """`x_{0} = A`: names with a subscript of TeX."""
    found = [
        i for i in range(len(s.tokens) - 1)
        if s.kind(i) == "NAME" and s.text(i).endswith("_") and s.kind(i + 1) in ("BODY", "LBRACE") and s.touch(i)
    ]  # fmt: skip
    if not found or s.at != found[0] + 1:
        return None
    edits, names = [], []
    for at in found:
        last = at + 1 if s.kind(at + 1) == "BODY" else s.closing(at + 1)
        inside = re.sub(r"\W+", "_", s.source.snippet(s.span(at + 1, last))[1:-1]).strip("_")
        names.append(f"{s.text(at)}{inside}")
        edits.append(s.replaced(at, last, names[-1]))
    why = "braces belong to no name"
    return Foreign(why, f"write `{s.after(edits)}`", s.span(found[0], s.at), tuple(edits), names=tuple(names))


def _computed(s: BrokenStatement) -> Foreign | None:
    """`"conv" + i: A`, `conv{i}: A`, `conv_$i: A`, `layer1.conv: A`: a label that is put together."""
    colon = next((i for i in range(s.at, min(s.at + 7, len(s.kinds))) if s.kind(i) == "COLON"), 0)
    if not colon or s.kind(colon + 1) not in ("NAME", "LPAR", "LSQB", "FOR", "ADD", "CONCAT", "MUL"):
        return None
    first = colon
    while first and (s.kind(first - 1) not in _BEFORE or (s.kind(first - 1) == "LBRACE" and s.touch(first - 2))):
        first -= 1
    if s.kind(first) in _HEADS and first == 0 and s.kind(0) != "FOR":
        return None
    written = s.written(first, colon - 1)
    if re.fullmatch(r"(?!rename )[A-Za-z_]\w*( [A-Za-z_]\w*)+", written) and s.kind(first) == "NAME":
        name = written.replace(" ", "_")
        edits = (s.replaced(first, colon - 1, name),)
        advice = f"write `{name}: {s.written(colon + 1, s.last)}`"
        return Foreign(f"`{written}` is no label: a name is one word", advice, s.span(first, colon - 1), edits)
    place = s.span(first, colon - 1)
    if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", written):
        outer, _, inner = written.rpartition(".")
        names = outer.split(".")
        text = "".join(f"{name}: (" for name in names) + f"{inner}: …" + ")" * len(names)
        why = "a label is a single name: what is inside a module goes in its parentheses"
        return Foreign(why, f"write `{text}`", place)
    text = _template(written)
    if not text:
        return None
    edits = (s.replaced(first, colon - 1, text),)
    return Foreign(f"`{written}` is not a label: a computed label is a string", f"write `{text}: …`", place, edits)


def _template(written: str) -> str:
    """A string with values in braces for a concatenation; empty if it is not that simple."""
    if re.fullmatch(r'(?:"[^"]*"|\w+)(?:\s*\+\s*(?:"[^"]*"|[\w()]+))+', written):
        parts = [part.strip() for part in written.split("+")]
        values = [re.sub(r"^str\((.*)\)$", r"\1", part) for part in parts]
        return '"' + "".join(v.strip('"') if v.startswith('"') else f"{{{v}}}" for v in values) + '"'
    if re.fullmatch(r"[A-Za-z_]\w*(?:\s*(?:\{\w+\}|\[\w+\]|\$\w+|\$\{\w+\}|<\w+>|\(\w+\)))+\w*", written):
        return '"' + re.sub(r"\s*(?:\$\{|\{|\[|\$|<|\()(\w+?)(?:\}|\]|>|\)|$)", r"{\1}", written) + '"'
    if re.fullmatch(r"[A-Za-z_]\w*[.#]\d+", written):
        return re.sub(r"[.#]", "", written)
    return ""


def _applied(s: BrokenStatement) -> Foreign | None:
    """`Conv(64)(ReLU)`, `FC(10)(softmax)`: an activation in parentheses after its layer."""
    found: list[Edit] = []
    first_text, place = "", None
    for index in range(1, s.last):
        closing = index + 2
        inside = s.text(index + 1)
        if (s.kind(index - 1), s.kind(index), s.kind(closing)) != ("RPAR", "LPAR", "RPAR") or not s.touch(index - 1):
            continue
        layer = _layer(inside)
        if not layer:
            return None
        found.append(s.replaced(index, closing, f" - {layer}"))
        first_text = first_text or f"{s.written(s.term(index - 1), index - 1)} - {layer}"
        place = place or s.span(index, closing)
    if place is None or s.kind(0) in _HEADS:
        return None
    why = "what follows a layer is a term of its own, joined with `-`"
    return Foreign(why, f"write `{first_text}`", place, tuple(found))


def _layer(word: str) -> str:
    """The layer that a word stands for; empty if it stands for none."""
    words = table()
    ours = words.tongues.get(word, "") or words.activations.get(folded(word), "")
    return ours or (word if word in words.ours else "")


def _in_parentheses(s: BrokenStatement) -> Foreign | None:
    """`(conv1): Conv2d(3, 64, …)`: a module as PyTorch prints it, or a label in parentheses."""
    if s.kinds[:1] != ["LPAR"] or s.kind(1) not in ("NAME", "NUMBER") or s.kinds[2:4] != ["RPAR", "COLON"]:
        return None
    try:
        text = " - ".join(_printed(s, 0, s.last))
    except CannotPort:
        text = f"{s.text(1)}: {s.written(4, s.last)}"
    why = f"`{s.written(0, 2)}` is no label: a label has no parentheses"
    advice = f"write `{text}`, and join all modules with `-`"
    return Foreign(why, advice, s.span(0, 3), once="printed module")


def _printed(s: BrokenStatement, first: int, last: int) -> Iterator[str]:
    """The modules that PyTorch prints, those of a sequence inside it, as terms with labels. Raises `CannotPort`."""
    while first <= last:
        if s.kind(first) != "LPAR" or s.kinds[first + 2 : first + 4] != ["RPAR", "COLON"]:
            raise CannotPort("")
        label = s.text(first + 1) if s.kind(first + 1) == "NAME" else f'"{s.text(first + 1)}"'
        at = first + 4
        if s.text(at) in ("Sequential", "ModuleList") and s.kind(at + 1) == "LPAR":
            end = s.closing(at + 1)
            yield f"{label}: ({' - '.join(_printed(s, at + 2, end - 1))})"
        else:
            end, chain = term(s, at)
            if chain.start:
                raise CannotPort("")
            yield chain.text(label)
        first = end + 1


IDIOMS = (_in_parentheses, _function, _function_used, _subscripts, _computed, _applied)
