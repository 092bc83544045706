"""Idioms of arguments: without parentheses, in brackets, in the names of layers; and names that are none."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.meaning import Written, known_arguments, meaning, rewritten
from archc.diagnostics.words.table import folded, table
from archc.syntax.foreign import figures
from archc.syntax.foreign.statement import BrokenStatement, Foreign

_SETTING = re.compile(r"(\w+)\s*:\s*(\"?[\w.]+\"?)")
"""A setting of Caffe: `num_output: 64`."""
_SHORT = {"s": "stride", "k": "kernel", "p": "pad", "d": "dilation", "g": "groups"}


def _colon(s: BrokenStatement) -> Foreign | None:
    """`Conv(64) : stride 2`, `Conv(64): stride=2`: an argument after the parentheses."""
    at = next((i for i in range(1, s.last) if s.kind(i) == "COLON" and s.kind(i - 1) == "RPAR" and not s.depth(i)), 0)
    value = at + 2 + (s.kind(at + 2) == "ASSIGN")
    if not at or s.text(at + 1) not in _argument_names() or s.kind(value) not in ("NUMBER", "SHAPE"):
        return None
    given = s.written(s.opening(at - 1) + 1, at - 2)
    first, named = s.term(at - 1), f"{s.text(at + 1)}={s.text(value)}"
    text = f"{s.text(first)}({given}, {named})" if given else f"{s.text(first)}({named})"
    edits = (s.replaced(first, value, text),)
    return Foreign("arguments go in the parentheses", f"write `{text}`", s.span(at, value), edits)


def _bare(s: BrokenStatement) -> Foreign | None:
    """`Conv 64 3`, `Conv 3x3@64, s2`: arguments without parentheses."""
    start = next(
        (
            i
            for i in range(len(s.tokens) - 1)
            if s.kind(i) == "NAME" and s.kind(i + 1) in ("NUMBER", "SHAPE") and i + 1 >= s.at - 3 and s.depth(i) == 0
        ),
        None,
    )
    if (
        start is None
        or s.text(start) in ("x", "X", "times", "of")
        or s.kind(0) in ("INPUT", "FROM", "FREEZE", "UNFREEZE", "REPLACE", "REMOVE", "LET", "EXPECT")
        or s.kind(start - 1) in ("DOT", "ASSIGN")
        or (s.kind(start - 1) == "COMMA" and s.text(start) in _argument_names())
    ):
        return None
    before = s.text(start - 1) if s.kind(start - 1) == "NUMBER" else ""
    last = start
    while (
        last < s.last
        and s.kind(last + 1) in ("NUMBER", "SHAPE", "COMMA", "NAME", "STRAY")
        and not s.begins_line(last + 1)
    ):
        if s.kind(last + 1) == "NAME" and not re.fullmatch(r"[skpdg]\d+", s.text(last + 1)):
            break
        last += 1
    return _with_arguments(s, start, last, before)


_KERNELS = 11
"""The largest kernel that a figure means by the size beside a number of maps."""


def _with_arguments(s: BrokenStatement, start: int, last: int, before: str) -> Foreign | None:
    sizes = s.text(start + 1).split("x") if s.kind(start + 1) == "SHAPE" else []
    if s.text(start).lower() in figures.DENSE and len(sizes) == 2 and not before and start + 1 == last:
        text = f"FC({sizes[1]})"
        why = f"`{s.written(start, last)}` is not a layer: the numbers that come in are known"
        return Foreign(why, f"write `{text}`", s.span(start, last), (s.replaced(start, last, text),))
    if s.text(start).lower() in figures.DENSE and s.kind(start + 1) == "NUMBER" and not before:
        first = start - (s.text(start - 1).lower() == "fully")
        text = f"FC({s.text(start + 1)})"
        edits = (s.replaced(first, start + 1, text),)
        why = f"`{s.written(first, start + 1)}` is not a layer"
        return Foreign(why, f"write `{text}`", s.span(first, start + 1), edits)
    canonical = next((kind for kind in table().ours if folded(kind) == folded(s.text(start))), s.text(start))
    name, kernel, numbers, named = canonical, "", [before] if before else [], list[str]()
    for index in range(start + 1, last + 1):
        kind, text = s.kind(index), s.text(index)
        if kind == "SHAPE":
            a, _, b = text.partition("x")
            kernel = a if a == b else text
        elif kind == "NUMBER":
            numbers.append(text)
        elif kind == "NAME":
            named.append(f"{_SHORT[text[0]]}={text[1:]}")
    parts = [*numbers[:1], *([kernel] if kernel else []), *numbers[1:], *named]
    text = f"{name}({', '.join(parts)})"
    why = f"arguments go in parentheses, not behind `{name}` as `{s.text(start + 1)}`"
    why += "; `@` is not part of the language" if "@" in s.texts[start:last] else ""
    size = next((s.text(i + 1) for i in range(start, last) if s.text(i) == "@" and s.kind(i + 1) == "SHAPE"), "0x0")
    if int(size.partition("x")[0]) > _KERNELS and numbers:
        advice = f"write `{name}({numbers[0]}, …)` with its kernel: {size} is what comes out"
        return Foreign(why, advice, s.span(start, last))
    edits = (s.replaced(start - bool(before), last, text),)
    return Foreign(why, f"write `{text}`", s.span(start, last), edits)


def _sized(s: BrokenStatement) -> Foreign | None:
    """`3x3 Conv(64)`, `3x3Conv(64)`: the kernel before the layer."""
    for index in range(len(s.tokens)):
        apart = (
            s.kind(index) == "SHAPE"
            and s.kind(index + 1) == "NAME"
            and s.kind(index - 1) in ("", "MINUS", "BAR", "LSQB", "LPAR", "LBRACE", "COLON")
        )
        behind = r"[A-Za-z]+_?\dx\d" if s.kind(index + 1) == "COMMA" else "-"
        joined = re.fullmatch(r"\dx\d_?[A-Za-z]+" if s.kind(index) == "BAD_NUMBER" else behind, s.text(index))
        if not apart and not joined:
            continue
        name = s.text(index) + ("_" + s.text(index + 1) if apart else "")
        call = index + (2 if apart else 1)
        arguments = s.arguments(call) if s.kind(call) == "LPAR" else ()
        last = s.closing(call) if s.kind(call) == "LPAR" else call - 1
        if last == call - 1:
            arguments, last = _listed_behind(s, last)
        meant = meaning(name, arguments)
        if meant is not None:
            edits = (s.replaced(index, last, meant.text),) if meant.text else ()
            advice = f"write `{meant.text}`" if meant.text else meant.advice
            return Foreign(
                f"`{s.text(index)}` cannot precede a layer: the kernel is an argument", advice, s.span(index), edits
            )
    return None


def _listed_behind(s: BrokenStatement, last: int) -> tuple[Written, int]:
    """The arguments of `3x3 Conv, 64, /2`: the channels and the stride as figures have them, and the last token."""
    found: list[tuple[str | None, str]] = []
    while s.kind(last + 1) == "COMMA":
        if s.kind(last + 2) == "NUMBER" and not found:
            found.append((None, s.text(last + 2)))
            last += 2
        elif s.kind(last + 2) in ("SLASH", "NAME") and s.text(last + 2) in ("/", "stride", "s") and found:
            at = last + 3 + (s.kind(last + 3) == "ASSIGN")
            if s.kind(at) != "NUMBER":
                break
            found.append(("stride", s.text(at)))
            last = at
        elif (short := re.fullmatch(r"s(\d)", s.text(last + 2))) and found:
            found.append(("stride", short[1]))
            last += 2
        else:
            break
    return tuple(found), last


def _bracketed(s: BrokenStatement) -> Foreign | None:
    """`Conv[64]`, `Conv<64>`, `add [A | B]`, `{ A }` as a group."""
    edits: tuple[Edit, ...]
    at = s.at
    if s.text(at - 1) in ("add", "concat", "mul") and s.kind(at) == "LSQB":
        last = s.closing(at)
        edits = (s.replaced(at, at, " { " if s.touch(at - 1) else "{ "), s.replaced(last, last, " }"))
        why = f"the branches of `{s.text(at - 1)}` go in braces"
        return Foreign(why, f"write `{s.text(at - 1)} {{ … | … }}`", s.span(at), edits)
    if s.kind(at - 1) == "NAME" and s.kind(at) == "LSQB" and s.touch(at - 1) and s.kind(0) not in ("INPUT", "LET"):
        last = s.closing(at)
        listed = [each if label is None else f"{label}={each}" for label, each in s.arguments(at)]
        text = figures.call(s.text(at - 1), listed)
        edits = (s.replaced(at - 1, last, text),)
        return Foreign("arguments go in parentheses", f"write `{text}`", s.span(at), edits)
    if s.kind(at - 1) == "NAME" and s.kind(at) == "LT" and "GT" in s.kinds[at:]:
        last = at + s.kinds[at:].index("GT")
        text = f"{s.text(at - 1)}({s.written(at + 1, last - 1)})"
        return Foreign("arguments go in parentheses", f"write `{text}`", s.span(at), (s.replaced(at - 1, last, text),))
    if s.kind(at) in ("BODY", "LBRACE") and s.kind(at - 1) in ("MINUS", "ASSIGN", "COLON"):
        inside, place = s.source.snippet(s.span(at)), s.span(at)
        advice = "a sum of branches is `add { … | in }`" if "+" in inside else "a group has parentheses, `( … )`"
        plain = "\n" not in inside and "|" not in inside and "+" not in inside and inside.endswith("}")
        edits = (s.replaced(at, at, f"({inside[1:-1].strip()})"),) if plain else ()
        return Foreign("braces alone group nothing", advice, place._replace(end=place.start + 1), edits)
    return None


def _braced(s: BrokenStatement) -> Foreign | None:
    """`Conv{64, 3}`, `Conv[64, 3]`, `Conv { num_output: 64 }`: arguments of layers that are not in parentheses."""
    if s.kind(0) in ("INPUT", "LET", "FN", "EXPECT"):
        return None
    edits: list[Edit] = []
    first, place = "", s.span(s.at)
    for index in range(1, len(s.tokens)):
        kind = s.kind(index)
        is_layer = s.kind(index - 1) == "NAME" and (s.text(index - 1) in table().ours or meaning(s.text(index - 1), ()))
        if kind not in ("LBRACE", "BODY", "LSQB") or not is_layer or (kind == "LSQB" and not s.touch(index - 1)):
            continue
        last = index if kind == "BODY" else s.closing(index)
        inside = s.source.snippet(s.span(index, last))[1:-1].strip()
        pairs = _SETTING.findall(inside) or (re.findall(r"(\w+)\s*=\s*([\w.]+)", inside) if "=" in inside else [])
        arguments: Written = tuple(pairs) or tuple((None, part.strip()) for part in inside.split(",") if part.strip())
        if "=" in inside and len(pairs) < len(inside.split(",")):
            return None
        if not arguments or not (pairs or re.fullmatch(r"[\w\s,.]+", inside)):
            return None
        meant = meaning(s.text(index - 1), arguments) if pairs else None
        plain = [text if label is None else f"{label}={text}" for label, text in arguments]
        text = meant.text if meant is not None and meant.text else figures.call(s.text(index - 1), plain)
        if pairs and (meant is None or not meant.text):
            text = rewritten(s.text(index - 1), *known_arguments(s.text(index - 1), arguments))
        if not first:
            first, place = text, s.span(index)._replace(end=s.span(index).start + 1)
        edits.append(s.replaced(index - 1, last, text))
    if not first or not place.start <= s.span(s.at).start:
        return None
    return Foreign("arguments go in parentheses", f"write `{first}`", place, tuple(edits))


def _branches(s: BrokenStatement) -> Foreign | None:
    """`(A | B)`, `[A | B]`, `{A | B}`: branches without the word for what brings them together."""
    opening = s.around(s.at)
    word, closing = s.text(opening - 1), s.closing(opening)
    if s.kind(s.at) == "BAR" and word in ("add", "concat", "mul") and s.kind(opening) == "LSQB":
        space = " " if s.touch(opening - 1) else ""
        edits = (s.replaced(opening, opening, f"{space}{{ "), s.replaced(closing, closing, " }"))
        why = f"the branches of `{word}` go in braces"
        return Foreign(why, f"write `{s.after(edits)}`", s.span(opening), edits)
    inside = s.kind(s.at) == "BAR" and s.kind(opening) in ("LPAR", "LSQB") and s.kind(opening - 1) != "NAME"
    body = s.source.snippet(s.span(s.at)) if s.kind(s.at) in ("BODY", "LBRACE") else ""
    if not inside and not (body.startswith("{") and "|" in body and s.kind(s.at - 1) in ("", "MINUS", "ASSIGN")):
        return None
    place = s.span(opening if inside else s.at)
    advice = "write `add { A | B }` for their sum, `concat { A | B }` to lay them behind each other"
    return Foreign("branches follow the word that merges them", advice, place._replace(end=place.start + 1))


def _kernel_behind(s: BrokenStatement) -> Foreign | None:
    """`Conv(64)[3x3]`: the kernel after the arguments; `concat(axis=1) { … }`: arguments that a merge does not take."""
    at = s.at
    if s.kinds[at : at + 3] == ["LSQB", "SHAPE", "RSQB"] and s.kind(at - 1) == "RPAR" and s.touch(at - 1):
        first, kernel = s.term(at - 1), s.text(at + 1)
        kernel = kernel[0] if kernel == f"{kernel[0]}x{kernel[0]}" else kernel
        text = f"{s.written(first, at - 2)}, {kernel})"
        edits = (s.replaced(first, at + 2, text),)
        return Foreign("`[` belongs to no call: a kernel is an argument", f"write `{text}`", s.span(at, at + 2), edits)
    for index in range(len(s.tokens)):
        closing = (
            s.closing(index + 1) if s.text(index) in ("add", "concat", "mul") and s.kind(index + 1) == "LPAR" else 0
        )
        if closing and s.kind(closing + 1) in ("BODY", "LBRACE"):
            word = s.text(index)
            edits = (s.replaced(index + 1, closing, ""),)
            return Foreign(
                f"`{word}` takes no arguments", f"write `{word} {{ … | … }}`", s.span(index + 1, closing), edits
            )
    return None


def _unit(s: BrokenStatement) -> Foreign | None:
    """`1k`, `25m`: units are large letters."""
    found = re.fullmatch(r"(\d[\d_.]*)([kmgt])", s.text(s.at))
    if s.kind(s.at) != "BAD_NUMBER" or found is None:
        return None
    text = f"{found[1]}{found[2].upper()}"
    return Foreign(
        f"`{s.text(s.at)}` is not a number", f"write `{text}`", s.span(s.at), (s.replaced(s.at, s.at, text, safe=True),)
    )


def _named_by_words(s: BrokenStatement) -> Foreign | None:
    """`Conv(kernel 7x7, stride 2)`: arguments that are named without `=`."""
    known = _argument_names()
    values = ("NUMBER", "SHAPE", "STRING", "TRUE", "FALSE", "NONE")
    found = [
        i for i in range(1, s.last)
        if s.text(i) in known and s.kind(i + 1) in values and s.kind(i - 1) in ("LPAR", "COMMA")
    ]  # fmt: skip
    if not found or s.at - 1 not in found:
        return None
    edits = tuple(Edit(s.span(i)._replace(start=s.span(i).end, end=s.span(i + 1).start), "=") for i in found)
    text = ", ".join(f"{s.text(i)}={s.text(i + 1)}" for i in found)
    return Foreign("an argument is named with `=`", f"write `{text}`", s.span(s.at - 1, s.at), edits)


def _argument_names() -> set[str]:
    """The names of arguments, here and in other libraries."""
    return {*table().arguments, *(name for names in table().ours.values() for name in names)}


def _point(s: BrokenStatement) -> Foreign | None:
    """`1./255`, `.5`: digits stand on both sides of a point."""
    at = next((i for i in (s.at, s.at - 1, s.at - 2) if s.kind(i) == "DOT"), -1)
    if at < 0 or s.kind(at - 1) == "NAME" or s.kind(at + 1) == "BAD_NUMBER":
        return None
    if s.kind(at - 1) == "NUMBER" and s.touch(at - 1) and s.kind(at + 1) != "NAME":
        first, last, text = at - 1, at, f"{s.text(at - 1)}.0"
    elif s.kind(at + 1) == "NUMBER" and s.touch(at):
        first, last, text = at, at + 1, f"0.{s.text(at + 1)}"
    else:
        return None
    edits = (s.replaced(first, last, text, safe=True),)
    why = f"`{s.written(first, last)}` is not a number: write digits on both sides of the point"
    call = next((i for i in range(first, -1, -1) if s.kind(i) == "LPAR" and s.kind(i - 1) == "NAME"), 0)
    meant = meaning(s.text(call - 1), s.arguments(call)) if call and s.text(call - 1) not in table().ours else None
    advice = f"; {meant.advice}" if meant is not None and meant.advice else ""
    return Foreign(why, f"write `{text}`{advice}", s.span(first, last), edits)


def _two_commas(s: BrokenStatement) -> Foreign | None:
    """`Conv(64,, 3)`: a comma too many."""
    if s.kind(s.at) != "COMMA" or s.kind(s.at - 1) != "COMMA":
        return None
    edits = (s.replaced(s.at, s.at, ""),)
    opening = s.around(s.at)
    first = opening - (s.kind(opening - 1) == "NAME")
    closing = s.closing(opening)
    text = " ".join(f"{s.written(first, s.at - 1)}{s.written(s.at + 1, closing)}".replace(",", ", ").split())
    return Foreign("there is no value between two commas", f"write `{text}`", s.span(s.at), edits)


def _counted(s: BrokenStatement) -> Foreign | None:
    """`]x3\ud68c`, `]x3times`: a word at the number of repeats."""
    times = next((i for i in range(max(0, s.at - 3), s.at + 2) if s.kind(i) == "TIMES"), -1)
    number = times + 1
    digits = re.match(r"\d+", s.text(number)) if times >= 0 else None
    if digits is None or not s.touch(number - 1) or s.kind(number) not in ("NUMBER", "BAD_NUMBER"):
        return None
    last = number
    while s.touch(last) and s.kind(last + 1) in ("STRAY", "NAME", "BAD_NUMBER"):
        last += 1
    if s.written(number, last) == digits[0]:
        return None
    edits = (s.replaced(number, last, digits[0]),)
    why = f"`{s.written(number, last)}` is not a number of repeats"
    return Foreign(why, f"write the number alone: `]x{digits[0]}`", s.span(number, last), edits)


def _badly_named(s: BrokenStatement) -> Foreign | None:
    """`conv-1: Conv(64)`, `conv 1: …`, `1conv: …`."""
    for index in range(len(s.tokens) - 1):
        if (
            s.kind(index + 2) == "LSQB"
            or s.kind(index + 1) != "COLON"
            or s.kind(index) not in ("NUMBER", "BAD_NUMBER")
            or s.depth(index)
        ):
            continue
        first = index
        while s.kind(first - 1) in ("NAME", "MINUS") and s.kind(first - 2) != "MINUS" and first > 0:
            first -= 1
            if s.kind(first) == "NAME":
                break
        written = s.written(first, index)
        digits, letters = re.fullmatch(r"(\d*)(.*)", re.sub(r"\W+", "_", written)).groups()  # type: ignore[union-attr]
        name = f"{letters}{digits}" if letters else f"layer{digits}"
        return Foreign(
            f"`{written}` is not a name", f"write `{name}`", s.span(first, index), (s.replaced(first, index, name),)
        )
    return None


def _spread(s: BrokenStatement) -> Foreign | None:
    """`Conv(*dims)`: a list for several arguments."""
    if s.kind(s.at) not in ("STAR", "DSTAR") or s.kind(s.at - 1) not in ("LPAR", "COMMA") or s.kind(s.at + 1) != "NAME":
        return None
    name = s.text(s.at + 1)
    if s.kind(0) in ("BLOCK", "MODEL", "MACRO", "FN"):
        first = s.at - (s.kind(s.at - 1) == "COMMA")
        edits = (Edit(s.span(first, s.at + 1), ""),)
        why = "parameters are named one by one: there are none for the rest"
        return Foreign(why, f"leave `{s.text(s.at)}{name}` out", s.span(s.at, s.at + 1), edits)
    advice = f"write its items one by one: `{name}[0], {name}[1]`"
    return Foreign(f"`{s.text(s.at)}` spreads no list here", advice, s.span(s.at, s.at + 1))


IDIOMS = (
    *figures.IDIOMS,
    _counted,
    _two_commas,
    _named_by_words,
    _point,
    _unit,
    _badly_named,
    _kernel_behind,
    _branches,
    _spread,
    figures.row,
    _sized,
    _colon,
    _braced,
    _bracketed,
    _bare,
)
