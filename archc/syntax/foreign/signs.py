"""Characters that are not part of the language: what they are, and what to write instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.diagnostics.words.table import table
from archc.syntax.foreign.keyboard import typed
from archc.syntax.foreign.statement import BrokenStatement, Foreign

INSTEAD: Mapping[str, str] = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\u30fc", "-"),
    **dict.fromkeys("\u2192\u2794\u279c\u27f6\u21d2\u27f9\u2b95\u25b6\u2193", "-"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
    **dict.fromkeys("\u2018\u2019\u201a'`\u00b4", '"'),
    **dict.fromkeys("\u2022\u25cf\u25aa\u2023\u2043\u25e6", "-"),
    "\u00d7": "x", "\u2715": "x", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=",
    "\u00b7": "*", "\u2217": "*", "\u22c5": "*",
    "\u2502": "|", "\u2016": "|", "\u00f7": "/", "\u2227": "and", "\u2228": "or", "\u00ac": "not", "\u2205": "none",
    "&": "and", "&&": "and", "!": "not", "^": "**", ";": "-",
    "\u3001": ",", "\u3002": ".", "\u00b2": "**2", "\u00b3": "**3",
}  # fmt: skip
"""What is written here for a sign."""

LOOKS_LIKE: Mapping[str, str] = {
    **dict(
        zip("\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406", "ABEKMHOPCTXI", strict=True)
    ),
    **dict(zip("\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456", "aeopcyxi", strict=True)),
    **dict(
        zip(
            "\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u0396\u03a5",
            "ABEHIKMNOPTXZY",
            strict=True,
        )
    ),
    **dict(zip("\u03bf\u03bd\u03c1", "ovp", strict=True)),
}
"""Letters of other scripts that look like one of a to z."""

_LONGEST = 100
"""Letters of a statement that is shown as a whole."""
_DOTS = frozenset("\u00b7\u2219\u22c5\u30fb")
"""Dots at half height, which join layers and multiply numbers."""
_MERGES = {"\u2295": "add", "\u2297": "mul", "\u2299": "mul", "\u2225": "concat", "\u2211": "add", "\u222a": "concat"}
"""Signs of figures for merges."""
_LINE_ENDS = re.compile(r"^[^#\"\n;]*(;)[ \t]*$", re.MULTILINE)
"""A line that ends with `;`."""
_LAYER = re.compile("(계층|층|层|層)$")
"""What words for layers end with in Korean, Chinese and Japanese."""
_SAFE = frozenset({"-", '"', "<=", ">=", "!=", "x", "and", "**"})


class Said(NamedTuple):
    """The message about a sign: why it is wrong, what to write, and the edits for all signs of the statement."""

    why: str
    advice: str
    edits: Sequence[Edit]


def strange(s: BrokenStatement) -> Foreign | None:
    """The first sign of a statement that is not part of the language, with what is written for it and the others."""
    token = s.tokens[s.at]
    if token.type != "STRAY":
        return None
    if token.text in ("'", "\u2018"):
        return _quoted(s)
    if token.text == "\\":
        return _backslash(s)
    if (remark := _remark(s)) is not None:
        return remark
    is_doubled = token.text in ("&", "!") and s.text(s.at + 1) == token.text
    last = s.at + is_doubled
    sign, new = s.written(s.at, last), _for(s, s.at)
    advice = f"write `{new}`" if new else _otherwise(sign)
    said = Said(f"{_named(sign)} is not part of the language", advice, _replaced(s, last))
    if sign == ";" and s.at == s.last:
        return _end_of_line(s, said)
    if new == "|" and not s.depth(s.at) and s.kind(s.at - 1) in ("RPAR", "NAME"):
        dashes = [Edit(e.span, "-") for e in said.edits]
        said = Said(f"layers are joined with `-`, not with `{sign}`", "write `-`", dashes)
    elif _is_unseen(sign):
        unseen = [Edit(t.span, "", safe=True) for t in s.tokens if t.type == "STRAY" and _is_unseen(t.text)]
        said = Said(said.why, "leave it out", [*said.edits, *unseen])
    else:
        said = _BY_SIGN.get(sign, _by_context)(s, said)
    strays = sum(t.type == "STRAY" for t in s.tokens) - is_doubled
    edits = tuple(said.edits) if len(said.edits) >= strays else ()
    once = sign if len(sign) > 1 and sign.isalpha() else ""
    return Foreign(said.why, said.advice, s.span(s.at, last), edits, once=once)


def _remark(s: BrokenStatement) -> Foreign | None:
    """`Conv(64)   첫 번째 층`: words of another script up to the end of a line."""
    last = s.at
    while s.kind(last + 1) == "STRAY" and not s.begins_line(last + 1):
        last += 1
    words = s.texts[s.at : last + 1]
    ends = last == s.last or s.begins_line(last + 1)
    if not ends or not s.at or len(words) < 2 or any(w.isascii() or not w.isalpha() or _for(s, s.at) for w in words):
        return None
    why = f"`{s.written(s.at, last)}` is not part of the language"
    return Foreign(
        why, f"a comment begins with `#`: `# {s.written(s.at, last)}`", s.span(s.at, last), (s.inserted(s.at, "# "),)
    )


def _replaced(s: BrokenStatement, last: int) -> list[Edit]:
    """The edits for all signs of a statement, those up to `last` as one."""
    edits: list[Edit] = []
    for index, other in enumerate(s.tokens):
        if other.type == "STRAY" and not s.at < index <= last and (new := _for(s, index)):
            span = s.span(s.at, last) if index == s.at else other.span
            edits.append(Edit(span, new, safe=_is_sure(other.text, new)))
    return edits


def _end_of_line(s: BrokenStatement, said: Said) -> Foreign:
    """`Conv(64);`: the end of each line that ends so."""
    ends = (Edit(Span(s.source.name, f.start(1), f.end()), "") for f in _LINE_ENDS.finditer(s.source.text))
    return Foreign(said.why, "a statement ends with its line: leave it out", s.span(s.at), tuple(ends), once=";")


def _ampersand(s: BrokenStatement, said: Said) -> Said:
    """`add { A & B }`, and `&` where a term begins."""
    if s.text(s.around(s.at) - 1) in ("add", "concat", "mul"):
        edits = [Edit(e.span, "|" if e.text == "and" else e.text) for e in said.edits]
        said = Said("branches are separated by `|`, not by `&`", "write `|`", edits)
    if s.at == 0 or s.kind(s.at - 1) in ("MINUS", "BAR"):
        said = Said(said.why, "leave it out", [Edit(s.span(s.at), "")])
    return said


def _matrices(s: BrokenStatement, said: Said) -> Said:
    """`q @ k`: the product of matrices."""
    if s.kind(s.at - 1) not in ("NAME", "IN") or s.kind(s.at + 1) not in ("NAME", "IN"):
        return said
    text = f"({s.text(s.at - 1)}, {s.text(s.at + 1)}) - MatMul"
    edits = [Edit(s.span(s.at - 1, s.at + 1), text)]
    return Said("the product of matrices is a layer, and no sign", f"write `{text}`", edits)


def _semicolon(s: BrokenStatement, said: Said) -> Said:
    """`Conv(64; 3)`, `Conv(64); ReLU`."""
    opening = s.around(s.at)
    if s.kind(opening) == "LBRACE" and s.text(opening - 1) in ("add", "concat", "mul"):
        edits = [Edit(e.span, " |") for e in said.edits]
        return Said("branches are separated by `|`, not by `;`", "write `|`", edits)
    if s.depth(s.at):
        return Said(said.why, "arguments and items are separated by `,`", [Edit(e.span, ",") for e in said.edits])
    start = s.span(s.at).start
    edits = [Edit(e.span, " -" if _goes_on(s, e.span) else "") for e in said.edits if e.span.start >= start]
    return Said(said.why, "layers are joined with `-`; a statement ends with its line", edits)


def _omission(s: BrokenStatement, said: Said) -> Said:
    """`Conv(64) - … - FC(10)`."""
    why = f"`{s.text(s.at)}` leaves something out, and nothing may be left out here"
    return Said(why, "write it out, or repeat it: `[ … ]x3`", ())


def _by_context(s: BrokenStatement, said: Said) -> Said:
    """The message about a sign in its shape, word or line, or together with other unknown words."""
    sign, new = s.text(s.at), _for(s, s.at)
    whole = _whole_shape(s) or _whole_word(s)
    if whole:
        return said._replace(advice=f"write `{whole}`")
    if new and "full-width" in said.why and len(said.edits) > 1 and (line := _line_with(s, said.edits)):
        return said._replace(advice=f"write `{line}`")
    told = dict.fromkeys((t.text, _for(s, i)) for i, t in enumerate(s.tokens) if t.type == "STRAY" and t.text.isalpha())
    if new and len(told) > 1 and (sign, new) in told:
        listed = ", ".join(f"`{ours}` for `{theirs}`" for theirs, ours in told if ours)
        return said._replace(advice=f"write {listed}")
    return said


_BY_SIGN = {"&": _ampersand, "@": _matrices, ";": _semicolon, "\u2026": _omission}


_TEX = {"times": "x", "to": "-", "rightarrow": "-", "longrightarrow": "-", "cdot": "*", "oplus": "", "leq": "<=",
        "geq": ">=", "neq": "!="}  # fmt: skip
"""What is written for a command of TeX."""


def _backslash(s: BrokenStatement) -> Foreign:
    r"""`3\times3`, and a line that is continued by a backslash."""
    at, word = s.at, s.text(s.at + 1)
    command = re.match(r"[a-z]+", word) if s.touch(at) else None
    if (
        command is None
        or (new := next((_TEX[c] for c in sorted(_TEX, key=len)[::-1] if word.startswith(c)), None)) is None
    ):
        why = "`\\` is not part of the language"
        return Foreign(why, "leave it out: a line that begins with `-` goes on", s.span(at), (Edit(s.span(at), ""),))
    name = next(c for c in sorted(_TEX, key=len)[::-1] if word.startswith(c))
    rest = word[len(name) :]
    first = at - 1 if s.kind(at - 1) == "NUMBER" and new == "x" else at
    last = at + 1 if rest or s.kind(at + 2) != "NUMBER" else at + 2
    text = s.written(first, at - 1) + new + rest + (s.text(at + 2) if last == at + 2 else "")
    return Foreign(
        f"`\\{name}` is not part of the language",
        f"write `{text}`",
        s.span(at, at + 1),
        (s.replaced(first, last, text),),
    )


def _quoted(s: BrokenStatement) -> Foreign | None:
    """Text in single quotation marks."""
    quotes = [t.span for t in s.tokens if t.text in ("'", "\u2018", "\u2019")]
    if s.kind(s.at + 1) in ("NUMBER", "SHAPE") and s.text(s.at + 2) == s.text(s.at):
        number = s.text(s.at + 1)
        bare = (s.replaced(s.at, s.at + 2, number),)
        return Foreign("a number stands in no quotation marks", f"write `{number}`", s.span(s.at, s.at + 2), bare)
    edits = tuple(Edit(span, '"', safe=True) for span in quotes)
    return Foreign(
        f"`{s.text(s.at)}` is not part of the language",
        'texts stand in `"`',
        s.span(s.at),
        edits if len(quotes) % 2 == 0 else (),
    )


def _goes_on(s: BrokenStatement, span: Span) -> bool:
    return any(t.span.start > span.start and t.type != "STRAY" for t in s.tokens)


def _whole_shape(s: BrokenStatement) -> str:
    """The shape that `3×32×32` stands for."""
    at = s.at
    if s.text(at) in ("\u00d7", "\u2715", "*") and s.kind(at - 1) == "NUMBER" and s.kind(at + 1) == "NUMBER":
        first, last = at - 1, at + 1
        while s.kind(last + 1) == "STRAY" and s.kind(last + 2) == "NUMBER":
            last += 2
        return "x".join(re.findall(r"\d+", s.written(first, last)))
    return ""


def _whole_word(s: BrokenStatement) -> str:
    """The word that a letter of another script is a part of, in letters of this one; empty where it stands alone."""
    first = last = s.at
    while first and s.touch(first - 1) and s.kind(first - 1) in ("NAME", "STRAY"):
        first -= 1
    while s.touch(last) and s.kind(last + 1) in ("NAME", "STRAY"):
        last += 1
    if first == last or not all(c in LOOKS_LIKE for c in s.text(s.at)):
        return ""
    word = "".join(_for(s, i) if s.kind(i) == "STRAY" else s.text(i) for i in range(first, last + 1))
    return word if word.isidentifier() and word.isascii() else ""


def _line_with(s: BrokenStatement, edits: Sequence[Edit]) -> str:
    """The statement with edits made; empty where it is long."""
    whole = s.span(0, s.last)
    text = s.source.snippet(whole)
    for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start - whole.start] + edit.text + text[edit.span.end - whole.start :]
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST and line.isascii() else ""


def _for(s: BrokenStatement, index: int) -> str:
    """What is written for a stray token; empty where nothing is known."""
    text = s.text(index)
    if text in _DOTS and s.kind(index - 1) in ("RPAR", "NAME", "TIMES") and s.text(index + 1)[:1].isupper():
        return "-"
    if text in INSTEAD:
        return INSTEAD[text]
    if text == "\u03c3":
        return "Sigmoid"
    if text in table().connectors and s.kind(index - 1) in ("RPAR", "NAME"):
        return "-"
    is_word = not text.isascii() and text.isalpha()
    if is_word and (ours := table().tongues.get(_LAYER.sub("", text), "") or typed(text)):
        return ours
    if text == "\u2026":
        return ""
    if text == "~" and s.kind(index - 1) in ("RPAR", "NAME") and s.kind(index + 1) == "NAME":
        return "-"
    wide = unicodedata.normalize("NFKC", text)
    if wide != text and wide.isascii():
        return wide
    if all(c in LOOKS_LIKE for c in text):
        alone = not (s.touch(index - 1) if index else False) and not s.touch(index)
        if not alone:
            return "".join(LOOKS_LIKE[c] for c in text)
    if text.isdecimal():
        return "".join(str(unicodedata.digit(c)) for c in text)
    if len(text) == 1 and unicodedata.name(text, "").startswith("GREEK"):
        return unicodedata.name(text).rsplit(" ", 1)[-1].lower()
    return ""


def _is_unseen(sign: str) -> bool:
    """Whether a sign takes no room: a space of no width, a mark for the direction of letters."""
    return all(unicodedata.category(c) == "Cf" for c in sign)


def _named(sign: str) -> str:
    """A sign with the script that it is of, where it looks like another."""
    script = unicodedata.name(sign[0], "").split(" ")[0].capitalize() if sign else ""
    if script in ("Cyrillic", "Greek") or (sign and sign[0] in LOOKS_LIKE):
        return f"the {script} `{sign}`"
    if sign and _is_unseen(sign):
        return f"U+{ord(sign[0]):04X}, which is not seen,"
    if script == "Fullwidth":
        return f"the full-width `{sign}`"
    return f"`{sign}`"


def _otherwise(sign: str) -> str:
    if sign in _MERGES:
        return f"branches are brought together by `{_MERGES[sign]} {{ A | B }}`"
    if sign.isalpha():
        return "names consist of the letters a to z and A to Z, digits and `_`"
    return 'leave it out: only texts in `"` and comments behind `#` may hold it'


def _is_sure(old: str, new: str) -> bool:
    wide = all(unicodedata.name(c, "").startswith(("FULLWIDTH", "IDEOGRAPHIC")) for c in old)
    return new in _SAFE or wide or old in LOOKS_LIKE
