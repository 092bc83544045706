"""Idioms of the body of a variant: facts, expectations, edits."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.syntax.foreign.statement import BrokenStatement, Foreign

_EDIT_WORDS = frozenset("freeze unfreeze remove truncate replace insert".split())
_EDITS = frozenset(word.upper() for word in _EDIT_WORDS)
_AFTER_ALL = frozenset("between before until into in at from behind to above below inside ahead".split())
"""Words that are written where `after` belongs."""
_BEFORE = frozenset("before above ahead".split())
_IN_PATHS = frozenset("SLASH LSQB STRING GT MINUS DSLASH".split())
"""The signs that join the parts of a path elsewhere."""
_ABOUT = frozenset("~ \u2248 \u2243 \u2245 about around approx approximately circa near roughly".split())
"""Signs and words for an approximate number."""
_FILLERS = frozenset("the layer layers module modules of for and one ones".split())
"""Words between paths that carry no meaning."""
_INSTEAD_OF_COLON = frozenset("with by to = as into".split())
"""What is written instead of the colon of `replace PATH: CHAIN`."""
_UNITS = {
    "million": "M", "millions": "M", "mio": "M", "m": "M", "billion": "G", "billions": "G", "bn": "G", "g": "G",
    "thousand": "K", "k": "K",
}  # fmt: skip
_TEXTS = frozenset({"name", "paper", "top1_source", "top5_source", "source", "author", "like"})
"""Facts whose values are strings."""


def _expect(s: BrokenStatement) -> Foreign | None:
    """`expect params == 2,442`, `expect params <= 25 million`."""
    edits: tuple[Edit, ...]
    at = s.at
    if s.kind(0) == "EXPECT" and (dots := re.search(r"\b\d{1,3}(\.\d{3}){2,}\b", s.written(0, s.last))) is not None:
        first = next((i for i in range(2, len(s.tokens)) if s.kind(i) == "NUMBER"), s.last)
        number = dots[0].replace(".", "_")
        edits = (s.replaced(first, s.last, number),) if s.written(first, s.last) == dots[0] else ()
        return Foreign(f"`{dots[0]}` is not a number", f"write `{number}`", s.span(first, s.last), edits)
    if s.kind(0) == "EXPECT" and s.text(at) in _ABOUT and s.kind(s.last) == "NUMBER":
        last = s.last - 1
        text = f"{s.written(0, at - 1)} <= {s.text(s.last)}"
        why = f"`{s.written(at, last)}` compares nothing: a count is exact"
        return Foreign(why, f"write `== {s.text(s.last)}`, or a bound: `{text}`", s.span(at, last))
    if s.kind(0) == "EXPECT" and (found := _compared(s)) is not None:
        return found
    if s.kind(0) == "EXPECT" and s.kind(at) == "COLON" and at == 2 and at < s.last:
        text = f"{s.written(0, 1)} == {s.written(3, s.last)}"
        edits = (Edit(s.span(at)._replace(start=s.tokens[1].span.end), " =="),)
        return Foreign("`:` compares nothing", f"write `{text}`", s.span(at), edits)
    if s.kind(0) != "EXPECT" or s.kind(at - 1) != "NUMBER":
        return None
    if s.kind(at) == "COMMA" and s.kind(at + 1) == "NAME":
        edits = (Edit(s.span(at)._replace(start=s.tokens[at - 1].span.end), " and"),)
        return Foreign("an expectation is one condition", f"write `{s.after(edits)}`", s.span(at), edits)
    if s.kind(at) == "COMMA":
        last = at
        while s.kind(last) == "COMMA" and re.fullmatch(r"\d{3}", s.text(last + 1)):
            last += 2
        number = s.written(at - 1, last - 1).replace(",", "_").replace(" ", "")
        edits = (s.replaced(at - 1, last - 1, number),) if last > at else ()
        return Foreign("a number has no `,`", f"write `{number}`", s.span(at), edits)
    counted = re.fullmatch(r"([KMGT])?(flops|macs|params|parameters|mac|ops|madds)", s.text(at), re.IGNORECASE)
    if counted is not None:
        number = f"{s.text(at - 1)}{(counted[1] or '').upper()}"
        edits = (s.replaced(at - 1, at, number),)
        return Foreign(f"`{s.text(at)}` cannot follow a number", f"write `{number}`", s.span(at), edits)
    if (unit := _UNITS.get(s.text(at).lower())) is not None:
        number = f"{s.text(at - 1)}{unit}"
        edits = (s.replaced(at - 1, at, number),)
        return Foreign(f"`{s.text(at)}` cannot follow a number", f"write `{number}`", s.span(at), edits)
    return None


_COMPARED = {
    "less than": "<", "lower than": "<", "fewer than": "<", "smaller than": "<", "below": "<", "under": "<",
    "greater than": ">", "more than": ">", "larger than": ">", "above": ">", "over": ">", "at most": "<=",
    "at least": ">=", "equals": "==", "equal to": "==", "is": "==", "equal": "==", "exactly": "==",
}  # fmt: skip
"""What compares two values in words."""


def _compared(s: BrokenStatement) -> Foreign | None:
    """`expect params less than 12M`: a comparison in words."""
    rest = next((i for i in range(2, len(s.tokens)) if s.kind(i) == "NUMBER"), 0)
    words = s.written(2, rest - 1) if rest else ""
    sign = _COMPARED.get(re.sub(r"^(is|are|must be|should be) (?=.)", "", words.lower()), "")
    if not sign:
        return None
    edits = (s.replaced(2, rest - 1, sign),)
    return Foreign(f"`{words}` compares nothing", f"write `{s.after(edits)}`", s.span(2, rest - 1), edits)


def _fact(s: BrokenStatement) -> Foreign | None:
    """`paper: He et al. 2015`: a string without quotes."""
    if s.kind(0) != "NAME" or s.text(0) not in _TEXTS or s.kind(1) != "COLON" or s.kind(2) != "NAME" or s.at < 3:
        return None
    start = s.tokens[2].span.start
    end = s.source.text.find("\n", start) % (len(s.source.text) + 1)
    text = s.source.text[start:end].rstrip(" }")
    edit = Edit(s.span(2)._replace(end=start + len(text)), f'"{text}"')
    return Foreign(f"`{text}` is not a value: strings need quotes", f'write `"{text}"`', edit.span, (edit,))


def _colon(s: BrokenStatement) -> Foreign | None:
    """`freeze: fc`, `remove = fc`."""
    if s.kind(0) != "NAME" or s.text(0) not in _EDIT_WORDS or s.kind(1) not in ("COLON", "ASSIGN"):
        return None
    why = f"`{s.text(0)}` is followed by paths, without `{s.text(1)}`"
    advice = f"write `{s.text(0)} {s.written(2, s.last)}`"
    return Foreign(why, advice, s.span(1), (s.replaced(1, 1, ""),))


def _after(s: BrokenStatement) -> Foreign | None:
    """`truncate before layer4`, `truncate layer4`, `insert BN`: an edit without its `after`."""
    kind = s.kind(0)
    if kind in ("INSERT", "TRUNCATE") and s.text(1) in _AFTER_ALL and s.at == 1:
        return _before(s)
    if kind == "INSERT" and s.text(1) != "after":
        return Foreign("modules are put in after others", "write `insert after PATH: CHAIN`", s.span(1))
    if kind == "TRUNCATE" and s.text(1) != "after":
        path, edits = ("PATH", ()) if s.last == 0 else (s.written(1, s.last), (s.inserted(1, "after "),))
        return Foreign("a network is cut off after a module", f"write `truncate after {path}`", s.span(1), edits)
    return None


def _no_colon(s: BrokenStatement) -> Foreign | None:
    """`insert after layer4 Dropout(0.2)`, `replace fc FC(5)`: a path and a chain without the colon between them."""
    if s.kind(0) not in ("INSERT", "REPLACE") or "COLON" in s.kinds or (s.kind(0) == "INSERT" and s.text(1) != "after"):
        return None
    path = 2 if s.kind(0) == "INSERT" else 1
    at = next((i for i in range(path + 1, s.last + 1) if s.kind(i) == "NAME" and not s.touch(i - 1)), 0)
    if not at or s.kind(at - 1) in ("MINUS", "COMMA", "DOT", "ASSIGN", "GT") or not s.text(at)[0].isupper():
        return None
    edits = (Edit(s.span(at)._replace(start=s.tokens[at - 1].span.end, end=s.span(at).start), ": "),)
    return Foreign("a path and what is put there are joined by `:`", f"write `{s.after(edits)}`", s.span(at), edits)


def _listed(s: BrokenStatement) -> Foreign | None:
    """`expect { params == 1_000 }`: expectations in braces."""
    if s.kind(0) != "EXPECT" or s.kind(1) not in ("BODY", "LBRACE", "COLON"):
        return None
    body = next((i for i in (1, 2) if s.kind(i) in ("BODY", "LBRACE")), 0)
    inside = s.source.snippet(s.span(body, s.last))[1:-1] if body else ""
    lines = [f"expect {line.strip().rstrip(',;')}" for line in re.split(r"[\n;]", inside) if line.strip()]
    if not lines:
        return None
    edits = (s.replaced(0, s.last, "\n  ".join(lines)),)
    why = "each expectation is a statement of its own"
    place = s.span(1)._replace(end=s.span(1).start + 1)
    return Foreign(why, f"write {', '.join(f'`{line}`' for line in lines)}", place, edits)


def _for_nothing(s: BrokenStatement) -> Foreign | None:
    """`replace avgpool: none`; `truncate after layer3, layer4`."""
    if (
        s.kind(0) == "REPLACE"
        and s.kind(s.last - 1) == "COLON"
        and s.text(s.last) in ("none", "None", "null", "nothing")
    ):
        text = f"remove {s.written(1, s.last - 2)}"
        why = f"`{s.text(s.last)}` is no module"
        return Foreign(why, f"write `{text}`", s.span(s.last), (s.replaced(0, s.last, text),))
    if s.kind(0) == "TRUNCATE" and s.kind(s.at) == "COMMA":
        text = f"return {s.written(2, s.last)}"
        why = "a network is cut off after one module; the outputs of several are returned"
        return Foreign(why, f"write `{text}`", s.span(s.at), (s.replaced(0, s.last, text),))
    return None


def _replace(s: BrokenStatement) -> Foreign | None:
    """`replace fc with FC(5)`, `replace fc = FC(5)`, `replace fc -> FC(5)`."""
    if s.kind(0) != "REPLACE" or "COLON" in s.kinds:
        return None
    arrow = next((i for i in range(1, s.last) if (s.kind(i), s.kind(i + 1)) == ("MINUS", "GT")), 0)
    at = arrow or next((i for i in range(2, len(s.texts)) if s.texts[i] in _INSTEAD_OF_COLON), 0)
    if not at:
        return None
    last = at + 1 if arrow or (s.text(at) == "=" and s.kind(at + 1) == "GT") else at
    text = f"replace {s.written(1, at - 1)}: {s.written(last + 1, s.last)}"
    place = s.span(at, last)
    edit = Edit(place._replace(start=s.tokens[at - 1].span.end), ":")
    sign = s.written(at, last).replace(" ", "")
    return Foreign(f"`{sign}` cannot follow the path", f"write `{text}`", place, (edit,))


def _freeze(s: BrokenStatement) -> Foreign | None:
    """`freeze all but fc`, `freeze all - fc`, `freeze all fc`."""
    if s.kind(0) not in ("FREEZE", "UNFREEZE") or s.text(1) != "all":
        return None
    if s.kind(2) == "MINUS":
        text = f"{s.text(0)} all except {s.written(3, s.last)}"
        return Foreign("`-` cannot follow `all`", f"write `{text}`", s.span(2), (s.replaced(2, 2, "except"),))
    if but := _but(s):
        paths = [t for t in s.texts[but + 1 :] if t not in _FILLERS and t != ","]
        text = f"{s.text(0)} all except {', '.join(paths) or 'PATH'}"
        edits = (s.replaced(2, s.last, text.partition(" all ")[2]),) if paths and paths != ["last"] else ()
        why = f"`{s.text(2)}` cannot follow `all`"
        return Foreign(why, f"write `{text}`, with the paths of modules", s.span(2, but), edits)
    if s.kind(2) == "NAME":
        why = f"`{s.text(2)}` cannot follow `all`"
        return Foreign(why, "write `except`", s.span(2), (s.replaced(2, 2, "except"),))
    return None


def _paths(s: BrokenStatement) -> Foreign | None:
    """`remove layer3 and layer4`, `freeze layer{1,2}`, `freeze all, unfreeze layer4`: several paths."""
    edits: tuple[Edit, ...]
    if s.kind(0) not in ("FREEZE", "UNFREEZE", "REMOVE"):
        return None
    if s.text(1) in ("everything", "all") and s.text(2) in ("except", "but") and "AND" in s.kinds:
        text = f"{s.text(0)} all except {', '.join(t for t in s.texts[3:] if t not in ('and', ','))}"
        return Foreign("paths are separated by `,`", f"write `{text}`", s.span(s.at), (s.replaced(0, s.last, text),))
    if s.kind(s.at) in ("AND", "PLUS") or s.text(s.at) in ("and", "plus", "&"):
        joined = [i for i in range(2, s.last) if s.text(i) == s.text(s.at)]
        edits = tuple(Edit(s.span(i)._replace(start=s.tokens[i - 1].span.end), ",") for i in joined)
        return Foreign("paths are separated by `,`", f"write `{s.after(edits)}`", s.span(s.at), edits)
    if s.text(1) == "all" and s.kind(2) == "COMMA" and s.text(3) in ("unfreeze", "except", "not", "but"):
        text = f"{s.text(0)} all except {s.written(4, s.last)}"
        return Foreign("`,` cannot follow `all`", f"write `{text}`", s.span(2, 3), (s.replaced(0, s.last, text),))
    body = next((i for i in range(2, len(s.tokens)) if s.kind(i) in ("BODY", "LBRACE")), 0)
    parts = [part.strip() for part in s.source.snippet(s.span(body)).strip("{}").split(",")] if body else []
    if len(parts) < 2 or not s.touch(body - 1):
        return None
    outer = s.text(body - 1)
    span = [int(part) for part in parts if part.isdigit()]
    consecutive = len(span) == len(parts) and span == list(range(span[0], span[-1] + 1)) and span[-1] < 10
    text = f"{outer}[{span[0]}-{span[-1]}]" if consecutive else ", ".join(f"{outer}{part}" for part in parts)
    edits = (s.replaced(body - 1, body, text),)
    return Foreign("braces are no pattern", f"write `{s.text(0)} {text}`", s.span(body - 1, body), edits)


def _percent(s: BrokenStatement) -> Foreign | None:
    """`top1: 69.8%`: a share with its sign."""
    if s.kinds[:4] != ["NAME", "COLON", "NUMBER", "PERCENT"] or s.last != 3:
        return None
    edits = (s.replaced(3, 3, ""),)
    why = "`%` is the rest of a division"
    return Foreign(why, f"a fact is a number alone: `{s.text(0)}: {s.text(2)}`", s.span(3), edits)


def _slice(s: BrokenStatement) -> Foreign | None:
    """`freeze layer[1:3]`."""
    if (
        s.kind(0) not in ("FREEZE", "UNFREEZE", "REMOVE")
        or s.kind(s.at) != "COLON"
        or s.kind(s.at - 1) not in ("NUMBER", "LSQB")
    ):
        return None
    first, last = s.at - 1, s.at
    while first > 1 and s.touch(first - 1):
        first -= 1
    while last < s.last and s.touch(last):
        last += 1
    if (sliced := _sliced(s, first, last)) is not None:
        return sliced
    written = s.written(first, last)
    advice = f"write `{written.replace(':', '-')}`"
    return Foreign(f"`{written}` is not a pattern", advice, s.span(first, last), (s.replaced(s.at, s.at, "-"),))


def _sliced(s: BrokenStatement, first: int, last: int) -> Foreign | None:
    """`features[:10]`, `features[0:5]`: the first modules of a sequence."""
    found = re.fullmatch(r"([\w.]+)\[(\d?):(\d+)\]", s.written(first, last))
    if found is None or not (numbered := s.text(first - 1) in ("freeze", "unfreeze", "remove", ",")):
        return None
    start, end = int(found[2] or 0), int(found[3]) - 1
    if re.search(r"\d$|^layer", found[1]) or not numbered or not start <= end <= 9:
        return None
    text = f"{found[1]}.[{start}-{end}]"
    why = f"`{found[0]}` is not a pattern: the modules of a sequence are named by their numbers"
    return Foreign(why, f"write `{text}`", s.span(first, last), (s.replaced(first, last, text),))


def _turned(s: BrokenStatement) -> Foreign | None:
    """`insert A after layer4`, `add after fc: A`, `replace bn1, bn2: A`: the parts of an edit in another order."""
    edits: tuple[Edit, ...]
    after = s.texts.index("after") if "after" in s.texts else 0
    if s.text(0) in ("add", "append", "put") and after == 1:
        edits = (s.replaced(0, 0, "insert"),)
        return Foreign(f"`{s.text(0)}` puts nothing in", f"write `insert {s.written(1, s.last)}`", s.span(0), edits)
    behind = next((i for i in range(2, s.last) if s.text(i) in _BEFORE), 0)
    if s.kind(0) == "INSERT" and not after and behind and "COLON" not in s.kinds:
        chain, target = s.written(1, behind - 1), s.written(behind + 1, s.last)
        advice = f"write `insert after PATH: {chain}`, with the module before `{target}` for PATH"
        return Foreign("modules are put in after others", advice, s.span(1, s.last))
    if s.text(0) in ("insert", "add", "append", "put") and 1 < after < s.last:
        text = f"insert after {s.written(after + 1, s.last)}: {s.written(1, after - 1)}"
        edits = (s.replaced(0, s.last, text),)
        return Foreign("the place comes before what is put in", f"write `{text}`", s.span(1, s.last), edits)
    if s.kind(0) == "REPLACE" and s.kind(s.at) == "COMMA" and "COLON" in s.kinds:
        colon = s.kinds.index("COLON")
        if colon < s.at and "COLON" not in s.kinds[s.at :]:
            commas = [i for i in range(s.at, s.last) if s.kind(i) == "COMMA" and not s.depth(i)]
            edits = tuple(Edit(s.span(i)._replace(start=s.tokens[i - 1].span.end), " -") for i in commas)
            return Foreign("layers are joined with `-`, not with `,`", f"write `{s.after(edits)}`", s.span(s.at), edits)
        if colon < s.at:
            text = f"{s.written(0, s.at - 1)}\n  replace {s.written(s.at + 1, s.last)}"
            first, second = (line.strip() for line in text.split("\n", 1))
            edits = (s.replaced(0, s.last, text),) if "COLON" in s.kinds[s.at :] else ()
            return Foreign("each `replace` is a statement", f"write `{first}`, `{second}`", s.span(s.at), edits)
        paths = [part.strip() for part in s.written(1, colon - 1).split(",")]
        lines = [f"replace {path}: {s.written(colon + 1, s.last)}" for path in paths]
        edits = (s.replaced(0, s.last, "\n  ".join(lines)),)
        listed = ", ".join(f"`{line}`" for line in lines)
        return Foreign("a `replace` has one path, or a pattern such as `*.bn1`", f"write {listed}", s.span(s.at), edits)
    return None


def _but(s: BrokenStatement) -> int:
    """The index of the word before the exceptions; 0 if no word comes between `all` and it."""
    return next((i for i in range(3, len(s.texts)) if s.texts[i] in ("except", "but", "without")), 0)


def _before(s: BrokenStatement) -> Foreign:
    """`truncate before layer4`, `insert into layer2: A`: structure is edited after a module."""
    word, target = s.text(0), s.text(2)
    if s.text(1) == "between" and "AND" in s.kinds:
        second = s.kinds.index("AND")
        end = s.kinds.index("COLON") if "COLON" in s.kinds else s.last + 1
        text = f"{word} after {s.written(2, second - 1)}{s.written(end, s.last)}"
        edits = (s.replaced(1, end - 1, f"after {s.written(2, second - 1)}"),)
        return Foreign("modules are put in after one", f"write `{text}`", s.span(1), edits)
    colon = s.kinds.index("COLON") if "COLON" in s.kinds else s.last + 1
    rest = s.written(colon, s.last)
    numbered = re.fullmatch(r"(.*?)(\d+)", s.written(2, colon - 1))
    before = f"{numbered[1]}{int(numbered[2]) - 1}" if numbered and numbered[2] > "1" else ""
    why = "a network is cut off after a module" if word == "truncate" else "modules are put in after others"
    if s.text(1) not in _BEFORE:
        text = f"{word} after {s.written(2, s.last)}"
        return Foreign(why, f"write `{text}`", s.span(1), (s.replaced(1, 1, "after"),))
    if not before:
        return Foreign(why, f"write `{word} after PATH{rest}` with the module before `{target}`", s.span(1))
    text = f"{word} after {before}{rest}"
    edits = (s.replaced(1, colon - 1, f"after {before}"),)
    return Foreign(why, f"write `{text}`, if `{before}` is the module before `{target}`", s.span(1), edits)


def _path(s: BrokenStatement) -> Foreign | None:
    """`layer1/0/conv1`, `layer1[0]`, `layer1->conv1`, `"fc"`: a path as other libraries write it."""
    if s.kind(0) not in _EDITS or s.kind(s.at) not in _IN_PATHS:
        return None
    first = last = s.at
    while first > 1 and s.touch(first - 1):
        first -= 1
    while s.touch(last) and s.kind(last + 1) != "COLON":
        last += 1
    written = s.written(first, last)
    path = re.sub(r"\[(\w+)\]", r".\1", written.replace('"', ""))
    path = re.sub(r"->|::|/|:|=>", ".", path).strip(".")
    if path == written or not re.fullmatch(r"[\w.*?]+", path):
        return None
    edits = (s.replaced(first, last, path),)
    why = f"`{written}` is not a path: join its names with `.`"
    if '"' in written:
        why = f"`{written}` is a string: paths have no quotes"
    return Foreign(why, f"write `{path}`", s.span(first, last), edits)


def _section(s: BrokenStatement) -> Foreign | None:
    """`facts { name: "Mine" }`: a body of its own for what stands in the variant itself."""
    if s.possible != {"COLON"} or s.at != 1 or s.kind(0) != "NAME" or s.kind(1) not in ("BODY", "LBRACE"):
        return None
    inside = s.source.snippet(s.span(1, s.last)).strip("{} \n")
    first = inside.splitlines()[0].strip() if inside else "…"
    why = f"`{s.text(0)} {{` begins no statement: facts and edits stand in the variant itself"
    return Foreign(
        why, f"write `{first}` without `{s.text(0)}` and its braces", s.span(0), (s.replaced(0, s.last, inside),)
    )


def _layer(s: BrokenStatement) -> Foreign | None:
    """A chain in a variant: `Dropout(0.5) - FC(5)`."""
    if s.possible != {"COLON"} or s.at != 1 or s.kind(0) != "NAME" or s.kind(1) not in ("LPAR", "MINUS"):
        return None
    text = f"replace PATH: {s.written(0, s.last)}"
    why = "a variant holds facts, expectations and edits, no chain"
    return Foreign(why, f"put layers in by an edit: `{text}`", s.span(0, s.last))


IDIOMS = (
    _no_colon, _listed, _for_nothing, _section, _paths, _percent, _layer, _expect, _fact, _colon, _turned, _after,
    _replace, _freeze, _slice, _path,
)  # fmt: skip
