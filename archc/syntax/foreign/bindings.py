"""Idioms of names: for tensors, for the inputs of a model, for the layers of a chain."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.syntax.foreign.definitions import as_shape
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.tensors import is_tensor

_INPUTS = re.compile(r"= (?:\w+\.)*Input\(")
_JOINTS = ("", "MINUS", "LPAR", "LSQB", "BAR", "LBRACE")


def _unpacked(s: BrokenStatement) -> Foreign | None:
    """`(a, b) = A - Chunk(2)`, `[a, b] = …`: several names, which stand without brackets."""
    closing = s.closing(0) if s.kind(0) in ("LPAR", "LSQB") else 0
    if not closing or s.kind(closing + 1) != "ASSIGN" or not set(s.kinds[1:closing]) <= {"NAME", "COMMA", "STAR"}:
        return None
    text = f"{s.written(1, closing - 1)} = {s.written(closing + 2, s.last)}"
    names = tuple(s.text(i) for i in range(1, closing) if s.kind(i) == "NAME")
    edits = (s.replaced(0, closing, s.written(1, closing - 1)),)
    why = "names for several tensors stand without brackets"
    return Foreign(why, f"write `{text}`", s.span(0, closing), edits, names=names)


def _collected(s: BrokenStatement) -> Foreign | None:
    """`xs = [a, b]`: a list of tensors."""
    if s.kinds[:3] != ["NAME", "ASSIGN", "LSQB"] or s.closing(2) != s.last:
        return None
    items = [text for _, text in s.arguments(2)]
    if len(items) < 2 or not all(re.fullmatch(r"[A-Za-z_]\w*", i) and is_tensor(s, i) for i in items):
        return None
    text = f"*{s.text(0)} = ({', '.join(items)})"
    why = "a list of tensors is named with a star, and its tensors stand in parentheses"
    edits = (s.replaced(0, s.last, text),)
    return Foreign(why, f"write `{text}`", s.span(0, s.last), edits, names=(s.text(0),))


def _labelled(s: BrokenStatement) -> Foreign | None:
    """`conv1=Conv(64) - relu1=ReLU`: layers of a chain with `=` behind their names."""
    found = [
        i for i in range(1, s.last)
        if s.kind(i) == "ASSIGN" and s.kind(i - 1) == "NAME" and s.kind(i - 2) in _JOINTS and s.kind(i + 1) == "NAME"
        and (i == 1 or s.kind(i - 2) != "LPAR" or s.kind(i - 3) != "NAME")
    ]  # fmt: skip
    if not found or s.at not in found[1:] or s.kind(0) not in ("NAME", "LPAR", "LSQB", "MINUS"):
        return None
    edits = tuple(s.replaced(i - 1, i, f"{s.text(i - 1)}: ") for i in found)
    first = found[0]
    last = s.closing(first + 2) if s.kind(first + 2) == "LPAR" else first + 1
    advice = (
        f"write `{s.text(first - 1)}: {s.written(first + 1, last)}`: with `=` a statement names what comes out of it"
    )
    return Foreign("a layer of a chain is named with `:`", advice, s.span(s.at), edits)


def _inputs(s: BrokenStatement) -> Foreign | None:
    """`input a: 1x28x28, b: 1x28x28`, `input a = 1x28x28`, `input a, b: 1x28x28`: inputs with names."""
    grouped = s.kind(1) in ("LPAR", "LSQB") and s.kind(2) == "NAME" and s.closing(1) == s.last
    if s.kind(0) not in ("INPUT", "NAME") or s.text(0) not in ("input", "inputs"):
        return None
    is_body = s.kind(1) in ("BODY", "LBRACE") and s.last == 1
    if s.kind(1) != "NAME" and not grouped and not is_body:
        return None
    written = s.written(1 + grouped, s.last - grouped)
    if is_body:
        written = ", ".join(filter(None, map(str.strip, s.source.snippet(s.span(1))[1:-1].split("\n"))))
    one = r"([A-Za-z_]\w*)\s*[:=]\s*(\d+(?:x\d+)+)"
    if re.fullmatch(rf"{one}(?:\s*[,;]\s*{one})*", written):
        pairs = re.findall(one, written)
    elif found := re.fullmatch(r"((?:[A-Za-z_]\w*\s*,\s*)+[A-Za-z_]\w*)\s*[:=]\s*(\d+(?:x\d+)+)", written):
        pairs = [(name.strip(), found[2]) for name in found[1].split(",")]
    else:
        return None
    lines = [f"input {name}: {shape}" for name, shape in pairs]
    edits = (s.replaced(0, s.last, "\n  ".join(lines)),)
    why = "each input has a statement of its own" if len(lines) > 1 else "a name and its shape are joined by `:`"
    advice = f"write {', '.join(f'`{line}`' for line in lines)}" + (", each on its line" if len(lines) > 1 else "")
    names = tuple(name for name, _ in pairs)
    return Foreign(why, advice, s.span(min(s.at, s.last)), edits, names=names)


def _input_layers(s: BrokenStatement) -> Foreign | None:
    """`left = keras.Input(shape=(28, 28, 1))`: an input with a name."""
    found = re.fullmatch(r"(\w+) = (?:\w+\. ?)*Input\((?:shape=)?\(([\d, ]+)\).*\)", s.written(0, s.last))
    numbers = re.findall(r"\d+", found[2]) if found else []
    if found is None or not 2 <= len(numbers) <= 4 or len(_INPUTS.findall(s.source.text)) < 2:
        return None
    text = f"input {found[1]}: {as_shape(numbers)}"
    edits = (s.replaced(0, s.last, text),)
    why = "an input is a statement of the model, and no layer"
    return Foreign(why, f"write `{text}`", s.span(0, s.last), edits, names=(found[1],))


def _shared(s: BrokenStatement) -> Foreign | None:
    """`shared enc = Conv(8)`, `shared Conv(8) as enc`: a shared module has a label."""
    if s.kind(0) != "SHARED" and not (s.kind(0) == "NAME" and s.text(0) == "shared"):
        return None
    if "COLON" in s.kinds and s.kind(2) == "COMMA" and s.at == 2:
        return _shared_alike(s)
    if s.kind(1) == "NAME" and s.kind(2) == "ASSIGN":
        text = f"shared {s.text(1)}: {s.written(3, s.last)}"
    elif s.kind(s.last - 1) == "AS" and s.kind(s.last) == "NAME":
        text = f"shared {s.text(s.last)}: {s.written(1, s.last - 2)}"
    elif s.kind(1) == "LPAR" or (s.kind(1) == "NAME" and s.text(1)[0].isupper()):
        advice = f"write `shared head: {s.written(1, s.last)}`, and `head` where it is used"
        return Foreign("a shared module has a name", advice, s.span(1, s.last))
    else:
        return None
    names = (text.split()[1].rstrip(":"),)
    edits = (s.replaced(0, s.last, text),)
    return Foreign(
        "a shared module is named with `:`", f"write `{text}`", s.span(min(s.at, s.last)), edits, names=names
    )


def _shared_alike(s: BrokenStatement) -> Foreign | None:
    """`shared f, g: Conv(8)`: two modules of one kind."""
    colon = s.kinds.index("COLON")
    names = s.texts[1:colon:2]
    if set(s.kinds[1:colon:2]) != {"NAME"} or set(s.kinds[2:colon:2]) != {"COMMA"}:
        return None
    lines = [f"shared {name}: {s.written(colon + 1, s.last)}" for name in names]
    edits = (s.replaced(0, s.last, "\n  ".join(lines)),)
    advice = f"write {', '.join(f'`{line}`' for line in lines)}, each on its line"
    why = "each shared module has a statement of its own"
    return Foreign(why, advice, s.span(1, colon - 1), edits, names=tuple(names))


def _side_by_side(s: BrokenStatement) -> Foreign | None:
    """`a, b - Fuse(16)`: several tensors at the start of a chain."""
    last = 0
    while s.kinds[last + 1 : last + 3] == ["COMMA", "NAME"]:
        last += 2
    if not last or s.kind(0) != "NAME" or s.kind(last + 1) != "MINUS" or s.at != last + 1:
        return None
    text = f"({s.written(0, last)})"
    edits = (s.replaced(0, last, text),)
    why = "several tensors that a chain begins with stand in parentheses"
    return Foreign(why, f"write `{s.after(edits)}`", s.span(0, last), edits)


def _every(s: BrokenStatement) -> Foreign | None:
    """`every Conv(8) x 3`, `all [A]x3`, `each [A]x3`: the word for the results of all turns."""
    for index in range(len(s.tokens) - 1):
        word, after = s.text(index), s.kind(index + 1)
        if word not in ("every", "all", "each", "collect") or s.kind(0) in ("FREEZE", "UNFREEZE"):
            continue
        if word == "every" and after == "NAME":
            last = s.closing(index + 2) if s.kind(index + 2) == "LPAR" else index + 1
            counted = s.text(last + 1) in ("x", "X") and s.kind(last + 2) == "NUMBER"
            if not counted:
                continue
            text = f"every [{s.written(index + 1, last)}]x{s.text(last + 2)}"
            edits: tuple[Edit, ...] = (s.replaced(index, last + 2, text),)
            return Foreign("what is repeated stands in brackets", f"write `{text}`", s.span(index + 1, last + 2), edits)
        if word != "every" and after in ("LSQB", "FOR") and s.kind(index - 1) in (*_JOINTS, "COMMA"):
            closing = s.closing(index + 1) if after == "LSQB" else index + 1
            count = s.text(closing + 1) if s.kind(closing) == "TIMES" else ""
            text = f"every {s.written(index + 1, closing)}{count}"
            edits = (s.replaced(index, index, "every" + (" " if s.touch(index) else "")),)
            return Foreign(f"`{word}` begins no repeat", f"write `{text}`", s.span(index), edits)
    return None


IDIOMS = (_unpacked, _collected, _labelled, _inputs, _input_layers, _shared, _side_by_side, _every)
