"""Idioms of arithmetic: a factor or a sum in the middle of a chain, a shortcut that is added, changes in place."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.table import table
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.tensors import is_tensor

_ENDS = frozenset({"NAME", "RPAR", "TIMES", "RSQB"})
_STOPS = frozenset({"BAR", "COMMA", "BODY", "RBRACE", "ASSIGN", "COLON", "RETURN"})
_FACTORS = frozenset({"STAR", "SLASH"})


def _bounds(s: BrokenStatement, index: int) -> tuple[int, int]:
    """The first and last token of the chain around a token."""
    level = s.depth(index)
    first = last = index
    while first > 0 and not (s.depth(first) == level and s.kind(first - 1) in (*_STOPS, "LPAR", "LSQB", "LBRACE")):
        first -= 1
    while last < s.last and not (s.depth(last + 1) <= level and s.kind(last + 1) in (*_STOPS, "RPAR", "RSQB", "TIMES")):
        last += 1
    return first, last


def _tensor(s: BrokenStatement, index: int) -> str:
    """The tensor that a word stands for; empty where it is none."""
    name = s.text(index)
    if s.kind(index) == "IN":
        return "in"
    if s.kind(index) != "NAME" or s.kind(index + 1) == "LPAR" or not name.islower() or not is_tensor(s, name):
        return ""
    return name if is_named(s, name) else table().tensors.get(name, name)


def is_named(s: BrokenStatement, name: str) -> bool:
    """Whether a tensor gets this name before the statement: `x = Conv(8)`."""
    return re.search(rf"(?m)^\s*{re.escape(name)}\s*=(?!=)", s.source.text[: s.span(0).start]) is not None


def _is_value(s: BrokenStatement, index: int) -> bool:
    """Whether a word is the name of a value before the statement: `let c = 0.5`."""
    return s.kind(index) == "NAME" and bool(
        re.search(rf"(?m)^\s*let\s+{s.text(index)}\s*=", s.source.text[: s.span(0).start])
    )


def _shortcut(s: BrokenStatement) -> Foreign | None:
    """`Conv(c) - BN + x - ReLU`: a sum or product with a named tensor in the middle of a chain."""
    at = s.at if s.kind(s.at) in ("PLUS", "STAR") else s.at - 1
    if s.kind(at) not in ("PLUS", "STAR") or s.kind(at - 1) not in _ENDS or not (tensor := _tensor(s, at + 1)):
        return None
    first, last = _bounds(s, at)
    if s.kind(at + 2) not in ("", "MINUS", *_STOPS, "RPAR", "RSQB") or s.kind(0) in ("LET", "EXPECT", "FN"):
        return None
    if "MINUS" not in s.kinds[first:at] or is_tensor(s, s.text(first)):
        return None
    word = "add" if s.kind(at) == "PLUS" else "mul"
    label = next((i for i in range(at) if s.texts[i : i + 2] == [s.text(at + 1), ":"]), -1)
    if label >= 0:
        return _labelled(s, label, at)
    text = f"{word} {{ {s.written(first, at - 1)} | {tensor} }}"
    whole = f"{text} {s.written(at + 2, last)}".strip()
    why = f"`{s.text(at)}` stands between tensors, where a chain begins"
    edits = (s.replaced(first, at + 1, text),)
    return Foreign(why, f"write `{whole}`", s.span(at, at + 1), edits)


def _labelled(s: BrokenStatement, label: int, at: int) -> Foreign:
    """`x: Conv(16) - Conv(16) + x`: a label that is read as a tensor."""
    name = s.text(label)
    end = label + 2
    while end < at and not (s.kind(end) == "MINUS" and s.depth(end) == s.depth(label)):
        end += 1
    why = f"`{name}` is a label, the name of a module, and no tensor"
    first, rest = s.written(label + 2, end - 1), f"{name} {s.written(end, at - 1)}"
    return Foreign(
        why, f"name the tensor on a line of its own: `{name} = {first}`, then `({rest}) + {name}`", s.span(at, at + 1)
    )


def _subtracted(s: BrokenStatement) -> Foreign | None:
    """`Conv(8) - 0.5 * in`, `Conv(8) - BN - x / 2`: a product or sum of tensors, subtracted from a chain of layers."""
    at = next((i for i in (s.at, s.at + 1) if s.kind(i) in (*_FACTORS, "PLUS")), 0)
    if at < 3 or s.kind(at - 2) != "MINUS" or s.kind(0) in ("LET", "FN", "EXPECT", "DEFAULT", "INIT"):
        return None
    left, right = _tensor(s, at - 1), _tensor(s, at + 1)
    if not (left or (right and (s.kind(at - 1) == "NUMBER" or _is_value(s, at - 1)) and s.kind(at) != "PLUS")):
        return None
    if not right and s.kind(at + 1) != "NUMBER" and not _is_value(s, at + 1):
        return None
    first, last = _bounds(s, at)
    if first >= at - 2:
        return None
    whole = f"({s.written(first, at - 3)}) {s.written(at - 2, last)}"
    why = f"`{s.text(at)}` works on a tensor where a chain begins, and not in its middle"
    edits = (s.replaced(first, at - 3, f"({s.written(first, at - 3)})"),)
    return Foreign(why, f"to subtract, put the layers in parentheses: `{whole}`", s.span(at - 1, at + 1), edits)


def _scaled(s: BrokenStatement) -> Foreign | None:
    """`Conv(8) - BN * 0.2`, `Conv(8) - 0.5 * ReLU`: a factor in the middle of a chain."""
    at = next((i for i in (s.at, s.at + 1, s.at - 1) if s.kind(i) in _FACTORS), 0)
    if not at or s.kind(0) in ("LET", "FN", "EXPECT", "DEFAULT", "INIT", "MODEL", "BLOCK", "MACRO"):
        return None
    first, last = _bounds(s, at)
    before, behind = s.kind(at - 1), s.kind(at + 1)
    if behind == "NUMBER" or (behind == "NAME" and s.kind(at + 2) != "LPAR" and s.text(at + 1).islower()):
        if (
            before not in ("NAME", "RPAR")
            or "MINUS" not in s.kinds[first:at]
            or s.kind(at + 2) not in ("", "MINUS", "PLUS", *_STOPS, "RPAR")
        ):
            return None
        chain, factor, rest = s.written(first, at - 1), s.text(at + 1), at + 2
    elif before == "NUMBER" and s.kind(at - 2) == "MINUS" and behind == "NAME" and s.kind(at) == "STAR":
        end = s.closing(at + 2) if s.kind(at + 2) == "LPAR" else at + 1
        chain, factor, rest = f"{s.written(first, at - 2)} {s.written(at + 1, end)}", s.text(at - 1), end + 1
    else:
        return None
    text = f"{factor} * ({chain})" if s.kind(at) == "STAR" else f"({chain}) / {factor}"
    whole = f"{text} {s.written(rest, last)}".strip()
    edits: tuple[Edit, ...] = (s.replaced(first, rest - 1, text),)
    why = f"`{s.text(at)}` works on a tensor where a chain begins, and not in its middle"
    return Foreign(why, f"put the chain in parentheses: `{whole}`", s.span(at, at + 1), edits)


def _factor_of_a_layer(s: BrokenStatement) -> Foreign | None:
    """`0.5 * Conv(8)`, `in / Conv(8)`, `Conv(8) * 0.5`: a layer with arguments beside a sign of arithmetic."""
    at = next((i for i in (s.at, s.at - 2) if s.kind(i) in _FACTORS), 0)
    first, last = at - 1, at + 1
    if at != s.at and s.kind(last) == "NAME" and s.kind(last + 1) == "LPAR":
        if s.kind(first) != "NUMBER" and not (_tensor(s, first) and s.kind(at) == "SLASH"):
            return None
        last = s.closing(last + 1)
        text = f"{s.written(first, at)} ({s.written(at + 1, last)})"
    elif at == s.at and s.kind(first) == "RPAR" and s.kind(last) == "NUMBER" and not s.text(last).isdigit():
        first = s.term(first)
        text = f"({s.written(first, at - 1)}) {s.written(at, last)}"
    else:
        return None
    if s.kind(first - 1) not in ("", "ASSIGN", "RETURN", "LBRACE", "BAR", "LPAR", "COMMA"):
        return None
    why = f"`{s.text(at)}` joins tensors, and a layer is not a tensor"
    if s.text(first).isdigit() and s.kind(at) == "STAR":
        repeat = f"[{s.written(at + 1, last)}]x{s.text(first)}"
        return Foreign(why, f"a repeat is `{repeat}`, and a factor `{text}`", s.span(at))
    return Foreign(why, f"put the chain in parentheses: `{text}`", s.span(at), (s.replaced(first, last, text),))


def _negated_layer(s: BrokenStatement) -> Foreign | None:
    """`y = -Conv(8)`, `return - Conv(8) - ReLU`: a sign before the first layer of a chain."""
    first = s.at - 1
    if s.kind(s.at) != "LPAR" or s.kind(first) != "NAME" or s.kind(first - 1) != "MINUS":
        return None
    if s.kind(first - 2) not in ("ASSIGN", "RETURN", "LBRACE", "BAR", "LPAR", "COMMA"):
        return None
    why = "the first term of a chain has no `-` before it"
    negative = f"-({s.written(first, s.closing(s.at))})"
    sign = s.span(first - 1)
    return Foreign(why, f"leave the `-` out, or write `{negative}` for the negative", sign, (Edit(sign, ""),))


_SHARES = ("Sigmoid", "HSigmoid", "SM")
"""Layers of which people write one minus what they give."""


def _less_a_number(s: BrokenStatement) -> Foreign | None:
    """`x - 1`, `in - 0.5`, `(Conv(8)) - 1`: a number alone behind a tensor, where a layer could stand."""
    if s.kind(s.at) != "NUMBER" or s.kind(s.at - 1) != "MINUS":
        return None
    last, number = s.at - 2, s.text(s.at)
    first = s.opening(last) if s.kind(last) == "RPAR" else last
    is_bracket = s.kind(last) == "RPAR" and s.kind(first - 1) not in ("NAME", "COLON")
    is_call = s.kind(last) == "RPAR" and s.kind(first - 1) == "NAME" and s.kind(0) not in ("LET", "FN", "EXPECT")
    if is_call and not s.touch(s.at - 1) and s.text(s.at + 2) not in _SHARES:
        first, _ = _bounds(s, s.at)
        text = f"-{number} + ({s.written(first, last)})"
    elif (is_bracket or _tensor(s, last)) and s.kind(first - 1) != "MINUS":
        text = f"-{number} + {s.written(first, last)}"
    elif is_named(s, s.text(last)) and s.kind(first - 1) == "MINUS":
        middle, (first, _) = first, _bounds(s, s.at)
        text = f"({s.written(first, middle - 2)}) - {s.text(last)} - {number}"
    else:
        return None
    text = f"({text})" if first == 0 and text.startswith("-") else text  # a line that begins with `-` goes on
    why = f"`{number}` is not a layer, and only arithmetic has a number subtracted from it"
    return Foreign(
        why, f"write `{text}`, or name the number with `let`", s.span(s.at), (s.replaced(first, s.at, text),)
    )


def _times_tensor(s: BrokenStatement) -> Foreign | None:
    """`2x`: a number that is written before a tensor."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z_]\w*)", s.text(s.at))
    goes_on = s.kind(s.at + 1) in ("MINUS", "PLUS", "STAR", "SLASH", "")
    if s.kind(s.at) != "BAD_NUMBER" or found is None or not goes_on or not is_tensor(s, found[2]):
        return None
    edits = (s.replaced(s.at, s.at, f"{found[1]} * {found[2]}"),)
    return Foreign(f"`{s.text(s.at)}` is not a number", f"write `{s.after(edits)}`", s.span(s.at), edits)


def _number_less(s: BrokenStatement) -> Foreign | None:
    """`x - Conv(16) - 1 - Sigmoid`: a number among layers, where one minus them may be meant."""
    if s.kind(s.at) != "NUMBER" or s.kind(s.at - 1) != "MINUS" or s.kind(s.at + 1) not in ("MINUS", ""):
        return None
    if s.kind(s.at - 2) != "RPAR" or s.kind(0) in ("LET", "FN", "EXPECT", "INPUT") or s.depth(s.at):
        return None
    first, last = _bounds(s, s.at)
    rest = f"{s.written(first, s.at - 2)} {s.written(s.at + 1, last)}".strip()
    why = f"`{s.text(s.at)}` is not a layer"
    return Foreign(why, f"{s.text(s.at)} minus what the chain makes is `{s.text(s.at)} - ({rest})`", s.span(s.at))


def _shifted(s: BrokenStatement) -> Foreign | None:
    """`c >> 2`, `c << 1`: a shift of bits, where numbers are computed."""
    for sign, word, operator in (("GT", ">>", "//"), ("LT", "<<", "*")):
        at = next((i for i in (s.at, s.at - 1) if s.kind(i) == s.kind(i + 1) == sign and s.touch(i)), 0)
        number = s.text(at + 2)
        is_value = s.kind(at - 1) in ("NAME", "NUMBER", "RPAR") and (s.depth(at) or s.kind(0) in ("LET", "FN"))
        if at and is_value and s.kind(at + 2) == "NUMBER" and re.fullmatch(r"\d{1,2}", number):
            text = f"{operator} {2 ** int(number)}"
            edits = (s.replaced(at, at + 2, text),)
            return Foreign(f"`{word}` shifts no bits", f"write `{s.text(at - 1)} {text}`", s.span(at, at + 2), edits)
    return None


def _in_place(s: BrokenStatement) -> Foreign | None:
    """`in *= s`: the incoming tensor cannot be assigned."""
    if s.kind(0) != "IN" or s.kind(1) not in ("STAR", "PLUS", "MINUS", "SLASH") or s.kind(2) != "ASSIGN":
        return None
    text = f"in {s.text(1)} {s.written(3, s.last)}"
    why = f"`{s.written(1, 2)}` changes nothing here"
    return Foreign(why, f"write `{text}`", s.span(1, 2), (s.replaced(0, s.last, text),))


def _nothing(s: BrokenStatement) -> Foreign | None:
    """`A if (c) else 0`, `else pass`: a branch that is not there, or a term that is left out."""
    if s.kind(s.at - 1) != "ELSE" or s.text(s.at) not in ("0", "null", "nothing", "nil", "void", "skip", "zero"):
        return None
    inside = s.text(s.around(s.at) - 1) in ("add", "concat", "mul")
    edits = (s.replaced(s.at, s.at, "none"),) if inside else (Edit(s.span(s.at - 2).to(s.span(s.at)), ")"),)
    advice = "a branch that is not there is `else none`" if inside else "leave `else` out, and what comes in passes"
    return Foreign(f"`{s.text(s.at)}` is no term", advice, s.span(s.at), edits if inside else ())


IDIOMS = (
    _in_place, _subtracted, _shortcut, _scaled, _factor_of_a_layer, _negated_layer, _less_a_number, _times_tensor,
    _number_less, _shifted, _nothing,
)  # fmt: skip
