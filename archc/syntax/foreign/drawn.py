"""Idioms of figures that concern several terms: sizes between layers, powers, strokes, branches by their kernels."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.table import folded, table
from archc.syntax.foreign.statement import BrokenStatement, Foreign

_ENDS = frozenset({"RPAR", "NAME", "TIMES", "RSQB"})
"""What a term ends with."""
_FILTERS = re.compile(r"(\d+) ?@ ?(\d+) ?x ?(\d+)( conv\w*| filters| kernels)?(?:,? (?:stride|s) ?=? ?(\d+))?", re.I)
_BRANCH = re.compile(r"([a-z_]*?)_?(\d)x(\d)")
_CAPTIONS = {"conv": "Conv", "pool": "MPool", "maxpool": "MPool", "fc": "FC", "dense": "FC", "dropout": "Dropout"}
"""Words before a colon that are layers."""
_POOLED = frozenset({"pool", "pool_proj", "maxpool", "proj"})
_SQUEEZED = frozenset({"s", "squeeze", "sq"})
"""What the branch before the others is called in a fire module."""


def _filters(s: BrokenStatement) -> Foreign | None:
    """`96 @ 11x11 conv, stride 4`: filters with their size, and what they are."""
    first = next((i for i in (s.at - 1, s.at, s.at - 2) if s.kind(i) == "NUMBER" and s.text(i + 1) == "@"), -1)
    found = (
        _FILTERS.match(s.written(first, s.last)) if first >= 0 and s.kind(first - 1) in ("", "MINUS", "BAR") else None
    )
    if found is None or not (found[4] or found[5]):
        return None
    last = first
    while last < s.last and len(s.written(first, last)) < len(found[0]):
        last += 1
    kernel = found[2] if found[2] == found[3] else f"{found[2]}x{found[3]}"
    text = f"Conv({', '.join(filter(None, (found[1], kernel, found[5])))})"
    why = f"`{found[0]}` is no term: channels, kernel and stride are arguments"
    return Foreign(why, f"write `{text}`", s.span(first, last), (s.replaced(first, last, text),))


def _activated(s: BrokenStatement) -> Foreign | None:
    """`Conv(32)@ReLU`: an activation behind a sign of figures."""
    words = table().activations
    found = [
        i for i in range(1, s.last)
        if s.text(i) == "@" and s.kind(i - 1) in _ENDS and s.kind(i + 1) == "NAME" and folded(s.text(i + 1)) in words
    ]  # fmt: skip
    if not found:
        return None
    edits = tuple(s.replaced(i, i + 1, f" - {words[folded(s.text(i + 1))]}") for i in found)
    first = found[0]
    why = "`@` is not part of the language: an activation is a term of its own"
    return Foreign(why, f"write `{s.after(edits)}`", s.span(first, first + 1), edits)


def _power(s: BrokenStatement) -> Foreign | None:
    """`(Conv(32) - ReLU)^4`: a chain that is repeated."""
    found = [
        i for i in range(1, s.last)
        if s.text(i) in ("^", "**") and s.kind(i - 1) == "RPAR" and s.kind(i + 1) == "NUMBER"
        and s.kind(s.opening(i - 1) - 1) in ("", "MINUS", "BAR", "LBRACE", "ASSIGN") and s.text(i + 1).isdigit()
    ]  # fmt: skip
    if s.at not in found:
        return None
    edits: list[Edit] = []
    for at in found:
        opening = s.opening(at - 1)
        edits += [s.replaced(opening, opening, "["), s.replaced(at - 1, at + 1, f"]x{s.text(at + 1)}")]
    why = f"`{s.text(s.at)}` repeats nothing"
    place = s.span(s.at, s.at + 1)
    return Foreign(why, f"a repeat has brackets: `{s.after(edits)}`", place, tuple(edits))


def _shapes(s: BrokenStatement) -> Foreign | None:
    """`[3x32x32] Conv(16) [16x32x32] MPool`: sizes in brackets between layers, and nothing else that joins them."""
    found = [i for i in range(s.last) if s.kinds[i : i + 3] == ["LSQB", "SHAPE", "RSQB"]]
    if len(found) < 2 or s.at not in (found[0], found[0] + 1) or s.kind(0) in ("INPUT", "LET"):
        return None
    if all(s.kind(at + 3) in ("MINUS", "") for at in found):
        return None  # notes behind layers that are joined
    edits: list[Edit] = []
    for at in found:
        is_joined = s.kind(at - 1) == "MINUS" or s.kind(at + 3) in ("MINUS", "")
        before, after = s.kind(at - 1) in _ENDS, s.kind(at + 3) in ("NAME", "LPAR", "LSQB")
        end = s.span(at + 3).start if after else s.span(at + 2).end
        edits.append(Edit(s.span(at)._replace(end=end), "- " if before and after and not is_joined else ""))
    text = s.after(edits)
    why = f"`{s.written(found[0], found[0] + 2)}` is no layer: archc works out the sizes"
    return Foreign(why, f"write `{text}`", s.span(found[0], found[0] + 2), tuple(edits))


def _strokes(s: BrokenStatement) -> Foreign | None:
    """`Conv(64, 7) /2 - MPool(3) /2`: strides behind several layers."""
    found = [
        i for i in range(1, s.last)
        if s.kind(i) == "SLASH" and s.kind(i - 1) == "RPAR" and s.kind(i + 1) == "NUMBER" and not s.depth(i)
        and s.touch(i) and s.kind(i + 2) in ("MINUS", "") and s.kind(s.term(i - 1)) == "NAME"
    ]  # fmt: skip
    if len(found) < 2 or s.at not in found:
        return None
    edits = tuple(Edit(s.span(i - 1, i + 1), f", stride={s.text(i + 1)})") for i in found)
    return Foreign("`/` divides numbers", f"a stride is an argument: `{s.after(edits)}`", s.span(s.at, s.at + 1), edits)


def _widths(s: BrokenStatement) -> Foreign | None:
    """`784 -> 300 -> 10`: fully connected layers by their widths alone."""
    arrows = [i for i in range(1, s.last, 3) if s.kinds[i : i + 3] == ["MINUS", "GT", "NUMBER"]]
    if s.kind(0) != "NUMBER" or len(arrows) < 2 or s.last != arrows[-1] + 2 or len(s.tokens) != 1 + 3 * len(arrows):
        return None
    widths = s.texts[::3]
    shape = re.search(r"(?m)^\s*input\s+([\dx]+)", s.source.text[: s.span(0).start])
    if shape is not None and _product(shape[1]) == int(widths[0]):
        widths = widths[1:]
    text = " - ".join(f"FC({width})" for width in widths)
    why = "a number is no layer"
    return Foreign(
        why, f"a fully connected layer of so many is `FC`: `{text}`", s.span(0), (s.replaced(0, s.last, text),)
    )


def _product(shape: str) -> int:
    numbers = [int(n) for n in shape.split("x") if n]
    result = 1
    for number in numbers:
        result *= number
    return result


def _kernels(s: BrokenStatement) -> Foreign | None:
    """`Inception(1x1: 16, 3x3: 24)`, `(s1x1=16, e1x1=64, e3x3=64)`: branches by their kernels."""
    opening = s.around(s.at)
    closing = s.closing(opening)
    if s.kind(opening) != "LPAR":
        return None
    pairs: list[tuple[str, str]] = []
    for part in s.written(opening + 1, closing - 1).split(","):
        found = re.fullmatch(r"\s*([\w]+)\s*[:=]\s*(\d+)\s*", part)
        if found is None or not (_BRANCH.fullmatch(found[1]) or found[1] in _POOLED):
            return None
        pairs.append((found[1], found[2]))
    if len(pairs) < 2:
        return None
    before: list[str] = []
    branches: list[str] = []
    for name, width in pairs:
        sized = _BRANCH.fullmatch(name)
        if sized is None:
            branches.append(f"MPool(3, 1, pad=1) - Conv({width}, 1)")
        else:
            kernel = sized[2] if sized[2] == sized[3] else f"{sized[2]}x{sized[3]}"
            (before if sized[1] in _SQUEEZED else branches).append(f"Conv({width}, {kernel})")
    text = " - ".join([*before, f"concat {{ {' | '.join(branches)} }}"])
    first = opening - (s.kind(opening - 1) == "NAME" and s.touch(opening - 1))
    is_labelled = s.kind(first - 1) == "COLON" and before
    edits = (s.replaced(first, closing, f"({text})" if is_labelled else text),)
    why = f"`{pairs[0][0]}` names no argument: each branch is a chain"
    return Foreign(why, f"write `{text}`", s.span(opening + 1, closing - 1), edits)


def _labelled_arrows(s: BrokenStatement) -> Foreign | None:
    """`Conv(8) -[ReLU]-> MPool`: layers written on the arrows."""
    opened = [i for i in range(1, s.last) if s.kinds[i : i + 2] == ["MINUS", "LSQB"]]
    ends = {i: s.closing(i + 1) for i in opened}
    found = [i for i in opened if s.kinds[ends[i] + 1 : ends[i] + 3] == ["MINUS", "GT"]]
    if not found:
        return None
    edits: list[Edit] = []
    for at in found:
        edits += [s.replaced(at, at + 1, "- "), s.replaced(ends[at], ends[at] + 2, " - ")]
    first = ends[found[0]]
    why = "layers are joined with `-`, and an arrow holds none"
    return Foreign(why, f"write `{s.after(edits)}`", s.span(found[0], first + 2), tuple(edits))


def _times(s: BrokenStatement) -> Foreign | None:
    """`3 x {Conv(8) - BN}`: a number of times before braces."""
    at = next((i for i in range(s.last - 1) if s.kind(i) == "NUMBER" and s.text(i + 1) in ("x", "X", "*")), -1)
    if at < 0 or s.kind(at + 2) not in ("BODY", "LBRACE") or s.kind(at - 1) not in ("", "MINUS", "BAR"):
        return None
    last = at + 2 if s.kind(at + 2) == "BODY" else s.closing(at + 2)
    inside = s.source.snippet(s.span(at + 2, last)).strip("{} \n")
    text = f"[{' '.join(inside.split())}]x{s.text(at)}"
    why = "what is repeated stands in brackets, before the number"
    return Foreign(why, f"write `{text}`", s.span(at, at + 1), (s.replaced(at, last, text),))


def _notes(s: BrokenStatement) -> Foreign | None:
    """`Conv(16) (same padding) - ReLU`, `FC(10).`: a note in parentheses, a full stop."""
    if s.kind(s.at) == "DOT" and s.at == s.last and s.kind(s.at - 1) in ("RPAR", "NAME"):
        edits = (s.replaced(s.at, s.at, ""),)
        return Foreign("a statement ends with its line", "leave the `.` out", s.span(s.at), edits)
    closing = s.closing(s.at)
    words = s.kinds[s.at + 1 : closing]
    is_note = s.kind(s.at) == "LPAR" and s.kind(s.at - 1) in _ENDS and not s.touch(s.at - 1) and len(words) > 1
    if not is_note or not set(words) <= {"NAME", "COMMA", "NUMBER", "SHAPE"} or words[0] != "NAME":
        return None
    if not all(text.islower() for text, kind in zip(s.texts[s.at + 1 : closing], words, strict=True) if kind == "NAME"):
        return None
    note = s.written(s.at + 1, closing - 1)
    gone = Edit(s.span(s.at, closing)._replace(start=s.tokens[s.at - 1].span.end), "")
    why = f"`({note})` is no term, and a layer has its arguments already"
    return Foreign(why, f"leave it out, or note it behind `#`: `# {note}`", s.span(s.at, closing), (gone,))


def _continued(s: BrokenStatement) -> Foreign | None:
    """`+ x` on the line behind `y = A - B`: a sum that goes on."""
    if s.at or s.kind(0) not in ("PLUS", "STAR") or s.kind(1) not in ("NAME", "IN") or s.last != 1:
        return None
    before = s.source.text[: s.span(0).start].rstrip()
    line = before.rpartition("\n")[2]
    found = re.fullmatch(r"([ \t]*(?:\w+ = |return )?)(\S.*)", line)
    if found is None or line.rstrip().endswith(("{", ",", "-")):
        return None
    sign, start = s.text(0), len(before) - len(found[2])
    text = f"{found[1].strip()} ({found[2]}) {sign} {s.text(1)}".strip()
    place = s.span(0)._replace(start=start, end=s.span(1).end)
    why = f"a line that begins with `{sign}` continues nothing: arithmetic stands on one line"
    return Foreign(why, f"write `{text}`", s.span(0, 1), (Edit(place, f"({found[2]}) {sign} {s.text(1)}"),))


def _halved(s: BrokenStatement) -> Foreign | None:
    """`Conv(8) - (/2) - Conv(16)`: a halving as a term."""
    found = [i for i in range(s.last) if s.kinds[i : i + 4] == ["LPAR", "SLASH", "NUMBER", "RPAR"]]
    found = [i for i in found if s.kind(i - 1) in ("MINUS", "BAR")]
    if not found or s.at != found[0] + 1:
        return None
    edits = tuple(s.replaced(i, i + 3, f"MPool({s.text(i + 2)})") for i in found)
    why = f"`{s.written(s.at - 1, s.at + 2)}` names no layer"
    advice = f"write the pooling, `MPool({s.text(s.at + 1)})`, or the stride as an argument: `Conv(64, 3, stride=2)`"
    return Foreign(why, advice, s.span(s.at - 1, s.at + 2), edits)


def _beside(s: BrokenStatement) -> Foreign | None:
    """`(Conv(8, 1) // Conv(8, 3))`: branches with strokes between them."""
    opening = s.around(s.at)
    if s.kind(s.at) != "DSLASH" or s.kind(opening) != "LPAR" or s.kind(opening - 1) not in ("", "MINUS", "ASSIGN"):
        return None
    if s.kind(s.at - 1) not in _ENDS or s.kind(s.at + 1) != "NAME" or s.begins_line(s.at):
        return None
    branches = s.written(opening + 1, s.closing(opening) - 1).replace("//", "|")
    text = f"concat {{ {branches} }}"
    why = "`//` lays no branches side by side"
    advice = f"write `{text}`, or `add {{ … }}` for their sum"
    return Foreign(why, advice, s.span(s.at), (s.replaced(opening, s.closing(opening), text),))


def _captions(s: BrokenStatement) -> Foreign | None:
    """`conv: 3x3, 32 - pool: 2x2 - fc: 10`: layers as captions with their numbers."""
    edits: list[Edit] = []
    first = None
    for at in range(s.last - 1):
        word = s.text(at).lower()
        if s.kinds[at : at + 2] != ["NAME", "COLON"] or s.kind(at - 1) not in ("", "MINUS") or word not in _CAPTIONS:
            continue
        values = [s.text(at + 2)]
        last = at + 2
        while s.kinds[last + 1 : last + 3] in (["COMMA", "NUMBER"], ["COMMA", "SHAPE"]):
            last += 2
            values.append(s.text(last))
        if s.kind(at + 2) not in ("NUMBER", "SHAPE") or s.kind(last + 1) not in ("MINUS", ""):
            return None
        plain = [v[0] if re.fullmatch(r"(\d)x\1", v) else v for v in values]
        if _CAPTIONS[word] == "Conv" and len(values) > 1 and "x" in values[0]:
            plain = [plain[1], plain[0], *plain[2:]]
        text = f"{s.text(at)}: {_CAPTIONS[word]}({', '.join(plain)})"
        first = first or (at, last, text)
        edits.append(s.replaced(at, last, text))
    if first is None:
        return None
    why = f"`{s.written(first[0], first[1])}` names no layer: what is before the colon is a label"
    return Foreign(why, f"write `{first[2]}`", s.span(first[0], first[1]), tuple(edits))


def _commas(s: BrokenStatement) -> Foreign | None:
    """Lines that begin with a comma: `, ReLU`."""
    if s.kind(0) != "COMMA" or s.at or s.kind(1) not in ("NAME", "LPAR", "LSQB"):
        return None
    lines = re.finditer(r"(?m)^[ \t]*(,)(?=[ \t]*[\w(\[])", s.source.text[s.span(0).start :])
    start = s.span(0).start
    edits = tuple(Edit(s.span(0)._replace(start=start + f.start(1), end=start + f.end(1)), "-") for f in lines)
    first = Edit(s.span(0), "-")
    why = "a line that continues a chain begins with `-`, not with `,`"
    return Foreign(why, f"write `- {s.written(1, s.last)}`", s.span(0), (first, *edits), once="comma lines")


IDIOMS = (
    _captions,
    _halved,
    _beside,
    _labelled_arrows,
    _times,
    _notes,
    _continued,
    _commas,
    _filters,
    _shapes,
    _strokes,
    _widths,
    _kernels,
    _power,
)
MARKS = (_filters, _activated, _power)
"""Those whose sign is not part of the language."""
