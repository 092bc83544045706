"""Idioms between terms: what joins them elsewhere, comments, conditions."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.meaning import Written, meaning
from archc.diagnostics.words.table import folded, table
from archc.syntax.foreign import repeats
from archc.syntax.foreign.statement import BrokenStatement, Foreign

_ARROWS = frozenset("-> --> ---> => ==> >> >>> |> << -- --- <- ~>".split())
_STROKES = frozenset("MINUS GT LT ASSIGN BAR EQ".split())
_ALONE = {"channels", "filters", "units", "features", "maps", "neurons", "classes", "outputs", "kernels", "groups"}
"""Words behind a number that say what it counts."""
_OPERATORS = {"div": "//", "mod": "%", "is": "==", "eq": "==", "ne": "!=", "xor": "!="}
"""Words of other languages between two values."""
_ELSE = frozenset({"otherwise", "elsewise", "or", "orelse", "default"})
"""What stands elsewhere before what is chosen if a condition does not hold."""
_JOINS = frozenset({"COMMA", "PLUS", "SLASH", "BAR", "DOT", "GT", "STAR"})
_ENDS_VALUE = frozenset({"NAME", "NUMBER", "RPAR", "RSQB", "TRUE", "FALSE", "NONE"})
_STARTS = frozenset({"NAME", "LSQB", "LPAR", "ADD", "CONCAT", "MUL", "FOR", "STRING"})
_NOT_CHAINS = frozenset("FROM INPUT LET EXPECT FREEZE UNFREEZE REMOVE REPLACE ALLOW DEFAULT INIT IF".split())


_LONGEST = 100
"""Letters of a statement that is shown as a whole."""


def _comment(s: BrokenStatement) -> Foreign | None:
    """`// …`, `/* … */`, `-- …`, `% …`."""
    at = s.at
    sign = 2 if s.kinds[at : at + 2] == ["MINUS", "MINUS"] and s.touch(at) else 1 if s.kind(at) == "PERCENT" else 0
    starts = at == 0 or s.begins_line(at)
    if sign and starts and s.kind(at + sign) not in ("", "MINUS", "GT") and not s.touch(at + sign - 1):
        why = f"`{s.written(at, at + sign - 1)}` begins no comment"
        edit = s.replaced(at, at + sign - 1, "#", safe=True)
        return Foreign(why, "comments begin with `#`", s.span(at, at + sign - 1), (edit,))
    for index in range(len(s.tokens)):
        kinds = s.kind(index), s.kind(index + 1)
        if kinds[0] == "DSLASH" and index == s.at:
            start = s.tokens[index].span.start
            text = s.source.text[start : s.source.text.find("\n", start) % (len(s.source.text) + 1)]
            return Foreign(
                f"`{text[:2]}` begins no comment",
                "comments begin with `#`",
                s.span(index),
                (s.replaced(index, index, "#", safe=True),),
                "//",
            )
        if kinds == ("SLASH", "STAR") and index <= s.at + 1:
            edits: tuple[Edit, ...] = ()
            if (s.kind(s.last - 1), s.kind(s.last)) == ("STAR", "SLASH"):
                edits = s.replaced(index, index + 1, "#"), s.replaced(s.last - 1, s.last, "")
            return Foreign(
                "`/*` begins no comment",
                "comments begin with `#`, and end with the line",
                s.span(index, index + 1),
                edits,
                "//",
            )
    return None


def _either(s: BrokenStatement) -> Foreign | None:
    """`a || b`, `a === b`, `c ? a : b`, and slices of lists."""
    at = s.at
    for first in (at, at - 1):
        if s.kind(first) == s.kind(first + 1) == "BAR" and s.touch(first) and s.depth(first):
            return Foreign(
                "`||` is not part of the language",
                "write `or`",
                s.span(first, first + 1),
                (s.replaced(first, first + 1, "or", safe=True),),
            )
    if s.kind(at) == "PERCENT" and s.kind(at - 1) == "STRING":
        text = re.sub(r"%[ds]", f"{{{s.text(at + 1)}}}", s.text(at - 1), count=1)
        edit = s.replaced(at - 1, at + 1, text)
        return Foreign(
            "`%` does not insert values into a string", f"put values in braces: `{text}`", s.span(at), (edit,)
        )
    plus = next((i for i in range(1, s.last) if s.kinds[i - 1 : i + 2] == ["NAME", "PLUS", "PLUS"] and s.touch(i)), 0)
    if plus:
        advice = f"values keep what they are given: write `{s.text(plus - 1)} + 1` where it is used"
        return Foreign("`++` changes nothing here", advice, s.span(plus, plus + 1))
    if s.kind(at) == "GT" and s.kind(at - 1) == "LT" and s.touch(at - 1):
        edit = s.replaced(at - 1, at, "!=", safe=True)
        return Foreign("`<>` is not part of the language", "write `!=`", s.span(at - 1, at), (edit,))
    if (operator := _OPERATORS.get(s.text(at))) is not None and s.kind(at - 1) in _ENDS_VALUE:
        last = at + (s.kind(at + 1) == "NOT")
        operator = "!=" if last > at and operator == "==" else operator
        why, edit = f"`{s.written(at, last)}` is not an operator", s.replaced(at, last, operator)
        return Foreign(why, f"write `{operator}`", s.span(at, last), (edit,))
    if s.kind(at) == "ASSIGN" and s.kind(at - 1) == "EQ":
        return Foreign(
            "`===` is not part of the language", "write `==`", s.span(at - 1, at), (s.replaced(at, at, "", safe=True),)
        )
    if "?" in s.texts:
        return _ternary(s)
    if s.kind(at) == "COLON" and "LSQB" in s.kinds[:at] and s.depth(at):
        opening = max(i for i in range(at) if s.kind(i) == "LSQB")
        name, start = s.text(opening - 1), s.written(opening + 1, at - 1) or "0"
        if s.kind(opening - 1) == "NAME":
            closing = s.closing(opening)
            end = s.written(at + 1, closing - 1)
            end = f"len({name})" if not end else f"len({name}) - {end[1:].strip()}" if end.startswith("-") else end
            advice = f"write out the list, or go through the indices: `for i in range({start}, {end})` and `{name}[i]`"
            return Foreign("lists have no slices: `:` is not allowed in an index", advice, s.span(at))
    return None


def _pair(s: BrokenStatement) -> Foreign | None:
    """`3 => 16`, `3 -> 16` in arguments: the channels that come in, and those that go out."""
    at = next((i for i in (s.at, s.at - 1) if s.kind(i) in ("ASSIGN", "MINUS") and s.kind(i + 1) == "GT"), 0)
    if not at or not s.depth(at) or s.kind(at - 1) != "NUMBER" or s.kind(at + 2) != "NUMBER":
        return None
    why = f"`{s.written(at - 1, at + 2)}` is not a value: the channels that come in are inferred"
    edits = (s.replaced(at - 1, at + 2, s.text(at + 2)),)
    name = s.text(s.around(at) - 1) or "Conv"
    call = f"FC({s.text(at + 2)})" if name in ("FC", "Linear", "Dense") else f"{name}({s.text(at + 2)}, 3)"
    return Foreign(why, f"write `{s.text(at + 2)}` alone, first: `{call}`", s.span(at, at + 1), edits)


def _ternary(s: BrokenStatement) -> Foreign | None:
    """`c ? a : b`."""
    at = s.texts.index("?")
    level = s.depth(at)
    first = at
    while first > 0 and not (s.kind(first - 1) in ("COMMA", "LPAR", "LSQB", "ASSIGN") and s.depth(first) == level):
        first -= 1
    colon = next((i for i in range(at, len(s.kinds)) if s.kinds[i] == "COLON"), None)
    if colon is None:
        return None
    last = colon
    while last < s.last and not (
        s.kind(last + 1) in ("COMMA", "RPAR", "RSQB", "MINUS", "BAR") and s.depth(last + 1) <= level
    ):
        last += 1
    text = f"{s.written(at + 1, colon - 1)} if {s.written(first, at - 1)} else {s.written(colon + 1, last)}"
    return Foreign("`?` is not part of the language", f"write `{text}`", s.span(at), (s.replaced(first, last, text),))


def _stroke(s: BrokenStatement, index: int) -> tuple[int, int]:
    """The first and last of the signs that stand together around `index`, as in `-->`."""
    first = last = index
    while s.kind(first - 1) in _STROKES and s.touch(first - 1):
        first -= 1
    while s.kind(last + 1) in _STROKES and s.touch(last):
        last += 1
    return first, last


def _arrow(s: BrokenStatement) -> Foreign | None:
    """`->`, `-->`, `=>`, `>>`, `|>`, `--` between terms."""
    at = next((i for i in (s.at, s.at - 1) if s.kind(i) in _STROKES), None)
    if at is None:
        return None
    first, last = _stroke(s, at)
    sign = s.written(first, last)
    if sign not in _ARROWS or s.kind(last + 1) not in _STARTS or first == 0:
        return None
    if s.kind(0) in ("FN", "MACRO", "LET", "VARIANT") and not s.depth(first) and "ASSIGN" not in s.kinds[:first]:
        text = f"{s.written(0, first - 1)} = {s.written(last + 1, s.last)}"
        edit = s.replaced(first, last, "=")
        return Foreign(f"`{sign}` defines nothing", f"write `{text}`", s.span(first, last), (edit,))
    strokes = dict.fromkeys(_stroke(s, i) for i in range(1, s.last) if s.kind(i) in _STROKES)
    edits = tuple(s.replaced(a, b, "-", safe=True) for a, b in strokes if s.written(a, b) == sign)
    return Foreign(f"layers are joined with `-`, not with `{sign}`", _instead(s, edits), s.span(first, last), edits)


def _list_first(s: BrokenStatement) -> Foreign | None:
    """`*xs, last = …`: a list of tensors takes what is left, and so comes last."""
    if s.kind(s.at) != "COMMA" or s.kinds[s.at - 2 : s.at] != ["STAR", "NAME"]:
        return None
    name = s.text(s.at - 1)
    advice = f"write `…, *{name} = …`, or name all of them, `*{name} = …`, and take `{name}[-1]`"
    return Foreign(f"`*{name}` takes all that remain, and comes last", advice, s.span(s.at - 2, s.at - 1))


def _joined(s: BrokenStatement) -> Foreign | None:
    """Terms joined with `,`, `+`, `/`, `|`, `.` or `>`."""
    sign, level = s.kind(s.at), s.depth(s.at)
    is_chain = s.kind(0) not in _NOT_CHAINS or (s.kind(0) == "REPLACE" and "COLON" in s.kinds[: s.at])
    if sign not in _JOINS or s.kind(s.at + 1) not in _STARTS or not is_chain or s.at == 0:
        return None
    if (
        level
        or s.kind(s.at - 1) not in ("RPAR", "NAME", "RBRACE", "NUMBER")
        or (sign == "COMMA" and s.kind(0) == "RETURN")
    ):
        return None
    signs = [i for i, kind in enumerate(s.kinds) if kind == sign and s.depth(i) == level]
    if sign == "PLUS" and s.text(s.term(s.at - 1)) == s.text(s.at + 1) and len(signs) == 1:  # two layers of a kind
        first, last = s.term(s.at - 1), s.closing(s.at + 2) if s.kind(s.at + 2) == "LPAR" else s.at + 1
        total = f"add {{ {s.written(first, s.at - 1)} | {s.written(s.at + 1, last)} }}"
        summed = (s.replaced(first, last, total),)
        why = "`+` joins tensors, and a layer is not a tensor"
        return Foreign(why, f"write `{s.after(summed)}`", s.span(s.at), summed)
    text = " - " if sign in ("DOT", "COMMA") else "-"
    edits = tuple(s.replaced(i, i, text if i < s.last else "") for i in signs)
    why = f"layers are joined with `-`, not with `{s.text(s.at)}`"
    return Foreign(why, _instead(s, edits), s.span(s.at), edits)


def _instead(s: BrokenStatement, edits: tuple[Edit, ...]) -> str:
    """That `-` is to be written, and the statement with it, unless that is long."""
    whole = s.after(edits)
    return f"write `-`: `{whole}`" if len(whole) <= _LONGEST else "write `-`"


def _numbered(s: BrokenStatement) -> Foreign | None:
    """`1. Conv(64)`, `* Conv(64)`: a list of layers with numbers or signs, a layer a line."""
    begins = s.source.text[s.span(0).start :].partition("\n")[0]
    found = re.match(r"(\d+[.)]|\*)[ \t]*(?=[A-Za-z])", begins)
    if found is None or s.kind(0) == "STAR" and (s.touch(0) or s.text(1) not in table().ours):
        return None
    start = s.source.text.rfind("{", 0, s.span(0).start) + 1
    lines = re.finditer(r"(?m)^[ \t]*(\d+[.)]|\*)(?=[ \t]*[A-Za-z])", s.source.text[start:])
    edits = tuple(
        Edit(s.span(0)._replace(start=start + each.start(1), end=start + each.end(1)), "-" if number else "")
        for number, each in enumerate(lines)
    )
    place = s.span(0)._replace(end=s.span(0).start + len(found[1]))
    advice = f"layers are joined with `-`, not {'listed' if found[1] == '*' else 'numbered'}"
    return Foreign(f"`{found[1]}` begins no statement", advice, place, edits, once="numbered")


def _list_of_layers(s: BrokenStatement) -> Foreign | None:
    """`layers:` and a line for each layer, as in YAML."""
    if s.kind(0) != "NAME" or s.kind(1) != "COLON" or s.kind(2) != "MINUS" or not s.begins_line(2):
        return None
    why = f"`{s.text(0)}:` begins no list"
    edit = Edit(s.span(0, 2), "")
    return Foreign(why, f"leave `{s.text(0)}:` out, and the `-` before the first layer", s.span(0, 1), (edit,))


def _noted(s: BrokenStatement) -> Foreign | None:
    """`Conv(64) [64x32x32]`: the size that comes out, noted behind a layer."""
    at = s.at
    if s.kinds[at : at + 3] != ["LSQB", "SHAPE", "RSQB"] or s.kind(at - 1) not in ("RPAR", "NAME") or s.touch(at - 1):
        return None
    notes = [i for i in range(1, s.last) if s.kinds[i : i + 3] == ["LSQB", "SHAPE", "RSQB"]]
    edits = tuple(Edit(s.span(i, i + 2)._replace(start=s.tokens[i - 1].span.end), "") for i in notes)
    why = f"`{s.written(at, at + 2)}` is not a layer: archc works out the sizes"
    return Foreign(why, f"leave it out, or note it behind `#`: `# {s.text(at + 1)}`", s.span(at, at + 2), edits)


def _words(s: BrokenStatement) -> Foreign | None:
    """`A then B`, `A when (c)`, `A as name`, and `...` for what is left out."""
    at, word = s.at, s.text(s.at)
    if s.kind(at) == "DOT" and s.kind(at + 1) == "DOT":
        why = "`...` leaves something out, and nothing may be left out here"
        return Foreign(why, "write it out, or repeat it: `[ … ]x3`", s.span(at, min(at + 2, s.last)))
    if s.kind(at - 1) != "RPAR" and s.kind(at - 1) != "NAME":
        return None
    if word in ("then", "followed", "to", "into", "and") and s.kind(at + 1) in _STARTS:
        edits = tuple(s.replaced(i, i, "-") for i, text in enumerate(s.texts) if text == word)
        return Foreign(f"layers are joined with `-`, not with `{word}`", _instead(s, edits), s.span(at), edits)
    if word in ("when", "unless", "where") and s.kind(at + 1) == "LPAR":
        closing = s.closing(at + 1)
        condition = s.written(at + 1, closing)
        if word == "unless":
            inside = s.written(at + 2, closing - 1)
            condition = f"(not {inside})" if re.fullmatch(r"\w+", inside) else f"(not ({inside}))"
        edits = (s.replaced(at, closing, f"if {condition}"),)
        return Foreign(f"no condition begins with `{word}`", f"write `if {condition}`", s.span(at), edits)
    if word in _ELSE and "IF" in s.kinds[:at] and "ELSE" in s.possible:
        edits = (s.replaced(at, at, "else"),)
        return Foreign(f"`{word}` is no alternative", f"write `else`: `{s.after(edits)}`", s.span(at), edits)
    if word in ("with", "using", "plus", "and") and (layer := table().activations.get(folded(s.text(at + 1)))):
        text = f"{s.written(s.term(at - 1), at - 1)} - {layer}"
        edits = (s.replaced(at, at + 1, f"- {layer}"),)
        return Foreign(f"layers are joined with `-`, not with `{word}`", f"write `{text}`", s.span(at, at + 1), edits)
    if s.kind(at) == "AS" and s.kind(at + 1) == "NAME":
        first = s.term(at - 1)
        text = f"{s.text(at + 1)}: {s.written(first, at - 1)}"
        edits = (s.replaced(first, at + 1, text),)
        return Foreign("the name of a layer comes first", f"write `{text}`", s.span(at), edits)
    return None


def _named_by_colons(s: BrokenStatement) -> Foreign:
    """`B(c: 16, s: 2)`: arguments that are named with a colon."""
    opening, level = s.around(s.at), s.depth(s.at)
    closing = s.closing(opening)
    found = [
        i for i in range(opening + 2, closing)
        if s.kind(i) == "COLON" and s.depth(i) == level
        and s.kind(i - 1) == "NAME" and s.kind(i - 2) in ("LPAR", "COMMA")
    ]  # fmt: skip
    found = found or [s.at]
    edits = tuple(Edit(s.span(i)._replace(end=s.span(i + 1).start), "=") for i in found)
    text = s.written(s.term(closing), closing)
    for i in found:
        text = re.sub(rf"\b{re.escape(s.text(i - 1))}\s*:\s*", f"{s.text(i - 1)}=", text, count=1)
    call = s.term(closing)
    if s.kind(call) == "NAME" and s.text(call) not in table().ours:  # a layer of Caffe
        given: Written = tuple((s.text(i - 1), _value_behind(s, i, closing)) for i in found)
        meant = meaning(s.text(call), given)
        if meant is not None and meant.text:
            text, edits = meant.text, (s.replaced(call, closing, meant.text),)
    return Foreign("an argument is named with `=`, not with `:`", f"write `{text}`", s.span(s.at), edits)


def _value_behind(s: BrokenStatement, colon: int, closing: int) -> str:
    """The value behind the colon of an argument."""
    last = next(
        (i for i in range(colon + 1, closing) if s.kind(i) == "COMMA" and s.depth(i) == s.depth(colon)), closing
    )
    return s.written(colon + 1, last - 1)


def _separated(s: BrokenStatement) -> Foreign | None:
    """Branches separated by `,` or `+`, arguments by nothing, a `:` for `=`."""
    edits: tuple[Edit, ...]
    at, kind = s.at, s.kind(s.at)
    if "BAR" in s.possible and kind in ("COMMA", "PLUS") and s.depth(at):
        edits = (s.replaced(at, at, " |" if kind == "COMMA" else "|"),)
        return Foreign(f"branches are separated by `|`, not by `{s.text(at)}`", "write `|`", s.span(at), edits)
    if "BAR" in s.possible and kind == "IN" and s.kind(at - 1) in ("NAME", "RPAR", "TIMES", "RBRACE"):
        edits = (s.inserted(at, "| "),)
        return Foreign("branches are separated by `|`", f"write `|` before it: `{s.after(edits)}`", s.span(at), edits)
    if not s.depth(at) or "COMMA" not in s.possible:
        return None
    if kind == "NAME" and s.text(at) in _ALONE and s.kind(at - 1) in ("NUMBER", "SHAPE", "NAME"):
        why = f"`{s.text(at)}` cannot follow a number: its position says what it is"
        edit = Edit(s.span(at)._replace(start=s.tokens[at - 1].span.end), "")
        return Foreign(why, f"write `{s.text(at - 1)}` alone, as in `Conv(64, 3)`", s.span(at), (edit,))
    if kind == "COLON" and s.kind(at - 1) == "NAME" and s.kind(s.around(at)) == "LPAR":
        return _named_by_colons(s)
    if s.text(at) in ("x", "X", "by") and s.kind(at - 1) == s.kind(at + 1) == "NUMBER":
        size = f"{s.text(at - 1)}x{s.text(at + 1)}"
        why, edits = f"`{s.written(at - 1, at + 1)}` is no value", (s.replaced(at - 1, at + 1, size),)
        return Foreign(why, f"a size is written without spaces: `{size}`", s.span(at - 1, at + 1), edits)
    group = s.around(at)
    is_group = s.kind(group) == "LPAR" and not (s.kind(group - 1) == "NAME" and s.touch(group - 1))
    if s.begins_line(at) and is_group and kind == "NAME" and s.kind(at - 1) in ("NAME", "RPAR", "TIMES"):
        lines = [i for i in range(group + 2, s.closing(group)) if s.begins_line(i) and s.kind(i - 1) != "MINUS"]
        edits = tuple(s.inserted(i, "- ") for i in lines)
        advice = f"write `-` before it: `{s.after(edits)}`"
        return Foreign("a line that goes on begins with `-`", advice, s.span(at), edits)
    if kind in ("NUMBER", "STRING", "SHAPE", "NAME") and s.kind(at - 1) in (
        "NUMBER",
        "STRING",
        "SHAPE",
        "NAME",
        "RPAR",
    ):
        values = ("NUMBER", "STRING", "SHAPE")
        others = [i for i in range(at + 1, s.closing(s.around(at))) if s.kind(i - 1) in values and s.kind(i) in values]
        edits = tuple(
            Edit(s.span(i)._replace(start=s.span(i - 1).end, end=s.span(i).start), ", ") for i in (at, *others)
        )
        whole = BrokenStatement(
            s.source, s.tokens[s.term(s.closing(s.around(at))) : s.closing(s.around(at)) + 1], 0, s.possible
        )
        text = whole.after(edits)
        return Foreign("a comma is missing between two values", f"put `,` between them: `{text}`", s.span(at), edits)
    if kind == "COLON" and s.kind(at - 1) == "NAME" and s.kind(at - 2) in ("LPAR", "COMMA"):
        last = at + (s.kind(at + 1) == "ASSIGN")
        why = f"an argument is named with `=`, not with `{s.written(at, last)}`"
        return Foreign(
            why, f"write `{s.text(at - 1)}={s.text(last + 1)}`", s.span(at, last), (s.replaced(at, last, "="),)
        )
    return None


def _percent(s: BrokenStatement) -> Foreign | None:
    """`50%`."""
    if s.kind(s.at) in ("RPAR", "COMMA") and s.kind(s.at - 1) == "PERCENT" and s.kind(s.at - 2) == "NUMBER":
        text = f"{float(s.text(s.at - 2)) / 100:g}" if s.text(s.at - 2).replace(".", "").isdigit() else "0.5"
        edits = (s.replaced(s.at - 2, s.at - 1, text),)
        return Foreign("`%` is the rest of a division", f"write `{text}`", s.span(s.at - 2, s.at - 1), edits)
    return None


def _branch(s: BrokenStatement) -> Foreign | None:
    """Two branches without a `|` between them, two terms without a `-`."""
    if s.kind(s.at) not in _STARTS or "MINUS" not in s.possible or "PERCENT" in s.possible:
        return None
    if "BAR" in s.possible and s.begins_line(s.at):
        return Foreign(
            f"`{s.text(s.at)}` follows without a sign between",
            "write `|` before it if it begins a branch, `-` if it continues one",
            s.span(s.at),
            (s.inserted(s.at, "| "),),
        )
    if s.text(s.at).lower() in ("elif", "elsif", "elseif"):
        return None
    return None


IDIOMS = (
    _comment, _numbered, _list_of_layers, _noted, *repeats.IDIOMS, _either, _pair, _arrow, _words,
    _separated, _percent, _list_first, _joined, _branch,
)  # fmt: skip
