"""Idioms recognised by the first word of a statement: definitions, imports, loops, edits."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.near import nearest
from archc.diagnostics.words.table import table
from archc.syntax.foreign import members
from archc.syntax.foreign.definitions import HEADED, as_shape, definition, name, value, variant
from archc.syntax.foreign.statement import BrokenStatement, Foreign

_MODELS = frozenset("network net arch architecture graph module nn cnn system mod models".split())
_VALUES = frozenset("const var val auto int float constexpr final static define set double string".split())
_DEFINES = frozenset("def func function fun proc sub procedure".split())
_IMPORTS = frozenset("import include require using use load".split())
_LOOPS = frozenset("while loop until foreach do repeat".split())
_EDITS = {
    "delete": "remove", "del": "remove", "drop": "remove", "cut": "truncate after", "swap": "replace",
    "change": "replace", "set": "replace", "override": "replace", "update": "replace", "lock": "freeze",
    "fix": "freeze", "thaw": "unfreeze", "append": "insert after", "assert": "expect", "require": "expect",
    "check": "expect",
}  # fmt: skip
_ELSE_IF = frozenset({"elif", "elsif", "elseif"})


def _first_word(s: BrokenStatement) -> Foreign | None:
    """A first word that begins no statement here."""
    word = s.text(0)
    if s.kind(0) != "NAME" or s.kind(1) in ("COLON", "MINUS", "DOT", ""):
        return None
    name = s.text(1) if s.kind(1) == "NAME" else "NAME"
    if word in _IMPORTS and (s.kind(1) in ("NAME", "STRING", "LT", "BODY")):
        return _import(s)
    if s.kind(1) == "ASSIGN":
        return None
    place = s.span(0)
    if word in _DEFINES:
        if name in ("forward", "__init__", "call", "build"):
            why, advice = (
                f"`{word}` defines nothing here",
                "what is computed is the chain: `conv1: Conv(64) - fc: FC(10)`",
            )
            return Foreign(why, advice, place)
        header = f"{name}{s.written(2, s.closing(2))}" if s.kind(2) == "LPAR" else name
        why = f"`{word}` defines nothing here"
        advice = f"write `block {header} {{` … `}}`; a chain alone is `macro {header} = …`, a value `fn {header} = …`"
        return Foreign(why, advice, place)
    if word == "class" and s.kind(1) == "NAME":
        edits = (s.replaced(0, 0, "model"),) if s.kind(s.last) == "BODY" else ()
        return Foreign(
            "there is no `class`", f"write `model {name} {{ … }}`, or `block {name} {{ … }}` for a part", place, edits
        )
    if word in _MODELS and s.kind(1) == "NAME":
        if s.kind(s.last) == "BODY" and not re.search(r"\binput\b", s.source.snippet(s.span(s.last))):
            why, advice = (
                f"no statement begins with `{word}`",
                "write `block`: a part of a network; a `model` has an `input`",
            )
            return Foreign(why, advice, place, (s.replaced(0, 0, "block"),))
        return Foreign(f"no statement begins with `{word}`", "write `model`", place, (s.replaced(0, 0, "model"),))
    if word in _VALUES and s.kind(1) == "NAME" and s.kind(2) == "ASSIGN":
        text = f"let {s.written(1, s.last)}"
        return Foreign(
            f"no statement begins with `{word}`",
            f"a value is named with `let`: `{text}`",
            place,
            (s.replaced(0, 0, "let"),),
        )
    if word in _LOOPS and s.kind(1) != "ASSIGN":
        why = f"there is no `{word}`"
        return Foreign(why, "`for i in range(3) { … }` and `[ … ]x3` repeat, `if` chooses", place)
    if word in _ELSE_IF:
        return Foreign(
            f"there is no `{word}`",
            "write `else if`, behind the `}` of the `if`",
            place,
            (s.replaced(0, 0, "else if"),),
        )
    if word in ("assert", "raise", "yield", "global", "nonlocal", "with", "try", "async"):
        gone = s.replaced(0, s.last, "")
        why, advice = f"no statement begins with `{word}`", "leave it out; what a network has to be is said by `expect`"
        return Foreign(why, f"{advice} in a variant", place, (gone,))
    if word in _EDITS and s.kind(1) == "NAME":
        new = _EDITS[word]
        return Foreign(
            f"no statement begins with `{word}`",
            f"write `{new} {s.written(1, s.last)}`",
            place,
            (s.replaced(0, 0, new),),
        )
    if s.kind(1) == "NAME" and s.kind(s.last) == "BODY" and s.kind(2) in ("BODY", "LPAR") and word not in ("if", "for"):
        new = "model" if re.search(r"\binput\b", s.source.snippet(s.span(s.last))) else "block"
        edits = (s.replaced(0, 0, new),)
        return Foreign(f"no statement begins with `{word}`", f"write `{new}`", place, edits)
    if word in ("output", "outputs", "end", "result"):
        what = s.written(1, s.last)
        return Foreign(
            f"no statement begins with `{word}`",
            "what the last chain gives is the output; `return a, b` gives several",
            place,
            (s.replaced(0, 0, "return"),) if "(" in what else (),
        )
    if word == "layer" and s.kind(1) == "NAME" and s.kind(2) == "ASSIGN":
        return Foreign(
            "there is no `layer`", f"a layer is named where it stands: `{name}: {s.written(3, s.last)}`", place
        )
    return None


def _import(s: BrokenStatement) -> Foreign | None:
    """`import torch`, `use "resnet.arch"`."""
    word, what = s.text(0), s.text(1)
    file = what.strip('"').rpartition("/")[2]
    if s.kind(1) == "STRING" and file.endswith(".arch"):
        text = f"from {what} use {_names_of(s, file)}"
        why = f"`{word}` takes in nothing here"
        edits = (s.replaced(0, s.last, text),) if "NAME" not in text else ()
        names = tuple(text.partition(" use ")[2].split(", "))
        return Foreign(why, f"write `{text}`", s.span(0), edits, names=names)
    if word in ("use", "import") and s.text(s.last - 1) == "from" and s.kind(s.last) == "STRING":
        text = f"from {s.text(s.last)} use {s.written(1, s.last - 2)}"
        edits = (s.replaced(0, s.last, text),)
        names = tuple(t for k, t in zip(s.kinds[1:], s.texts[1:], strict=True) if k == "NAME")
        return Foreign("the file comes first", f"write `{text}`", s.span(0, s.last), edits, names=names)
    if word == "use" and s.kind(1) == "NAME":
        return Foreign("`use` stands behind the file", f'write `from "FILE.arch" use {what}`', s.span(0))
    gone = s.replaced(0, s.last, "")
    return Foreign(
        f"`{word}` takes in nothing here", "a spec needs no library: leave the line out", s.span(0), (gone,), "import"
    )


def _names_of(s: BrokenStatement, file: str) -> str:
    """The names in the text that a shipped spec defines; `NAME` where there is none."""
    words = dict.fromkeys(re.findall(r"[A-Za-z_]\w*", s.source.text))
    return ", ".join(word for word in words if table().shipped.get(word, ("", ""))[1] == file) or "NAME"


def _from(s: BrokenStatement) -> Foreign | None:
    """`from "resnet.arch" import …`, `from torchvision.models import …`, `use resnet-50`."""
    edits: tuple[Edit, ...]
    if s.kind(0) != "FROM":
        return None
    if s.kind(1) == "STRING" and s.text(2) in ("import", "take", "get", "load"):
        return Foreign(
            f"`{s.text(2)}` takes in nothing here", "write `use`", s.span(2), (s.replaced(2, 2, "use", safe=True),)
        )
    if s.kind(1) == "NAME" and s.kind(2) == "DOT" and s.text(3) == "arch":
        file = f"{s.text(1)}.arch"
        used = tuple(t for k, t in zip(s.kinds[4:], s.texts[4:], strict=True) if k == "NAME" and t != "use")
        edits = (s.replaced(1, 3, f'"{file}"', safe=True),)
        return Foreign("a file stands in quotes", f'write `"{file}"`', s.span(1, 3), edits, names=used)
    if s.kind(1) == "STRING" and s.kind(s.at) in ("STAR", "LBRACE", "BODY"):
        text = _names_of(s, s.text(1).strip('"'))
        edits = (s.replaced(s.at, s.at, text),) if text != "NAME" else ()
        return Foreign(
            "what is used is named", f"write `use {text}`", s.span(s.at), edits, names=tuple(text.split(", "))
        )
    if s.kind(1) == "STRING" and s.kind(2) == "USE" and s.kind(s.at) == "STRING":
        quoted = [i for i in range(3, len(s.tokens)) if s.kind(i) == "STRING"]
        used = tuple(s.text(i).strip('"') for i in range(3, len(s.tokens)) if s.kind(i) in ("STRING", "NAME"))
        edits = tuple(s.replaced(i, i, s.text(i).strip('"'), safe=True) for i in quoted)
        why = f"`{s.text(s.at)}` is a text: what is used is named without quotes"
        return Foreign(why, f"write `use {', '.join(used)}`", s.span(s.at), edits, names=used)
    if s.kind(1) == "NAME" and s.kind(2) == "USE":
        file = f"{s.text(1)}.arch"
        used = tuple(t for k, t in zip(s.kinds[3:], s.texts[3:], strict=True) if k == "NAME")
        why = f"`{s.text(1)}` is no spec: a file stands in quotes"
        edits = (s.replaced(1, 1, f'"{file}"'),)
        return Foreign(why, f'write `from "{file}" use {", ".join(used)}`', s.span(1), edits, names=used)
    if s.kind(1) == "NAME" and "import" in s.texts:
        names = s.texts[s.texts.index("import") + 1 :]
        files = {table().shipped[n][1]: n for n in names if n in table().shipped}
        why = f"`{s.written(1, s.texts.index('import') - 1)}` is no spec: a file stands in quotes"
        if len(files) == 1:
            text = f'from "{next(iter(files))}" use {", ".join(n for n in names if n in table().shipped)}'
            return Foreign(why, f"write `{text}`", s.span(1), (s.replaced(0, s.last, text),))
        return Foreign(
            why, 'a spec needs no library: leave the line out, or write `from "FILE.arch" use NAME`', s.span(1)
        )
    if s.kind(1) == "STRING" and s.kind(s.at) in ("AS", "COLON") and s.kind(s.at - 1) == s.kind(s.at + 1) == "NAME":
        name, other = s.text(s.at - 1), s.text(s.at + 1)
        edits = (s.replaced(s.at, s.at + 1, ""), *_renamed(s, other, name))
        advice = f"write `use {name}`, and `{name}` for `{other}` in what follows"
        return Foreign("what is used keeps its name", advice, s.span(s.at, s.at + 1), edits, names=(name, other))
    if s.kind(1) == "STRING" and s.kind(s.at) == "MINUS":
        first, last = s.at - 1, s.at
        while last < s.last and s.kind(last + 1) in ("NUMBER", "NAME", "MINUS") and s.touch(last):
            last += 1
        written, file = s.written(first, last), s.text(1).strip('"')
        shipped = [n for n, (_, where) in table().shipped.items() if where == file]
        plain = written.replace("-", "")
        name = plain if plain in shipped else nearest(plain, shipped) or written.replace("-", "_")
        edits = (s.replaced(first, last, name),) if name in shipped else ()
        why = f"`{written}` is no name: names have no `-`"
        return Foreign(why, f"write `{name}`", s.span(first, last), edits, names=(name,))
    return None


def _renamed(s: BrokenStatement, old: str, new: str) -> tuple[Edit, ...]:
    """Each use of a name behind the statement with another one in its place."""
    found = re.compile(rf"\b{re.escape(old)}\b").finditer(s.source.text, s.span(0, s.last).end)
    return tuple(Edit(s.span(0)._replace(start=each.start(), end=each.end()), new) for each in found)


def _default(s: BrokenStatement) -> Foreign | None:
    """`default bias=false`, `default Conv.bias = false`, `init kaiming_normal`: what it is about comes first."""
    edits: tuple[Edit, ...]
    if s.kind(0) == "DEFAULT" and s.kind(1) == "NAME":
        named = s.kind(2) == "DOT" and s.kinds[3:5] == ["NAME", "ASSIGN"]
        at = 3 if named else 1
        if s.kind(at + 1) == "ASSIGN":
            text = f"{s.text(1) if named else 'Conv'}({s.text(at)}={s.written(at + 2, s.last)})"
            edits = (s.replaced(1, s.last, text),)
            return Foreign(
                "a `default` is a layer with its arguments", f"write `default {text}`", s.span(1, s.last), edits
            )
        if s.kind(2) in ("COLON", "ASSIGN"):
            text = f"{s.text(1)}({s.written(3, s.last)})"
            edits = (s.replaced(1, s.last, text),)
            return Foreign("a `default` is a layer with its arguments", f"write `default {text}`", s.span(2), edits)
    if s.kind(0) == "INIT" and "ASSIGN" not in s.kinds[1:3] and s.kind(1) == "NAME":
        skip = 2 if s.kind(2) in ("COLON", "MINUS") or s.text(2) in ("with", "by", "as", "to") else 1
        skip += skip == 2
        kind = s.text(1) if skip > 1 else "Conv"
        text = f"init {kind} = {s.written(skip, s.last)}"
        edits = (s.replaced(0, s.last, text),) if skip > 1 else ()
        return Foreign("an `init` is a layer and how its weights start", f"write `{text}`", s.span(1, s.last), edits)
    return None


def _body(s: BrokenStatement) -> Foreign | None:
    """Bodies that are not in braces: `model m:`, `if s > 1:`, `for i in x:`, `model m do`."""
    kind, found = s.kind(0), s.kind(s.at)
    if (
        kind in HEADED
        and s.kind(1) == "NAME"
        and (found in ("COLON", "") or s.text(s.at) in ("do", "begin", "is", "then"))
    ):
        if kind == "VARIANT":
            return variant(s)
        header = s.written(0, min(s.at, len(s.tokens)) - 1)
        place = s.span(min(s.at, s.last))
        why = f"a {HEADED[kind]}'s body stands in braces" + (f", not behind `{s.text(s.at)}`" if found else "")
        return Foreign(why, f"write `{header} {{` and close it with `}}`", place)
    if kind in ("IF", "FOR") and found == "COLON" and not s.depth(s.at):
        return Foreign(
            "`:` begins no body",
            f"a body stands in braces: `{s.written(0, s.at - 1)} {{ … }}`",
            s.span(s.at),
            opens="body",
        )
    if kind == "FOR" and (s.kind(s.at) == "DOT" or s.kind(2) == "ASSIGN" or s.text(s.at) in ("to", "downto")):
        numbers = [t for k, t in zip(s.kinds, s.texts, strict=True) if k == "NUMBER"][:2] or ["3"]
        inside = ", ".join(n for n in numbers if len(numbers) == 1 or n != "0" or numbers.index(n))
        return Foreign(
            "a `for` goes through a list", f"write `for {s.text(1)} in range({inside}) {{ … }}`", s.span(s.at)
        )
    if kind == "FOR" and found == "NAME" and "LBRACE" in s.possible:
        end = next((i - 1 for i in range(s.at, len(s.tokens)) if s.begins_line(i)), s.last)
        text = f"{s.written(0, s.at - 1)} {{ {s.written(s.at, end)} }}"
        return Foreign(
            "what is repeated stands in braces", f"write `{text}`", s.span(s.at), (s.replaced(0, end, text),)
        )
    if kind == "IF" and s.text(s.at) == "then":
        return Foreign("`then` begins no body", "leave `then` out", s.span(s.at), (s.replaced(s.at, s.at, ""),))
    if kind == "FOR" and s.kind(1) == "LPAR" and {"ASSIGN", "STRAY"} & set(s.kinds):
        number = next((t for k, t in zip(s.kinds, s.texts, strict=True) if k == "NUMBER" and t != "0"), "3")
        return Foreign("a `for` goes through a list", f"write `for i in range({number}) {{ … }}`", s.span(2))
    if kind == "IF" and found == "NAME" and "LBRACE" in s.possible | ({"LBRACE"} if "BODY" in s.possible else set()):
        condition, rest = s.written(1, s.at - 1), s.written(s.at, s.last)
        if s.kind(1) == "LPAR" and s.closing(1) == s.at - 1:
            condition = s.written(2, s.at - 2)
        if "ELSE" in s.kinds:
            at = s.kinds.index("ELSE")
            text = f"{s.written(s.at, at - 1)} if ({condition}) else {s.written(at + 1, s.last)}"
            return Foreign(
                "a condition of terms stands behind the first",
                f"write `{text}`",
                s.span(0),
                (s.replaced(0, s.last, text),),
            )
        advice = f"write `if {condition} {{ {rest} }}`, or for a term `{rest} if ({condition})`"
        return Foreign("expected `{` after the condition", advice, s.span(s.at))
    return None


def _input(s: BrokenStatement) -> Foreign | None:
    """`input` with a shape that is not written as one."""
    if s.text(0) != "input" or s.kind(0) not in ("INPUT", "NAME"):
        return None
    if s.kind(s.at) == "MINUS" and s.kind(1) == "SHAPE":
        if s.begins_line(s.at):
            return None
        edit = Edit(s.span(s.at)._replace(start=s.tokens[s.at - 1].span.end), "\n ")
        advice = f"write `{s.written(0, 1)}` on a line of its own, and the chain on the next"
        return Foreign("`-` cannot stand behind the shape of an `input`", advice, s.span(s.at), (edit,))
    numbers = [
        n
        for kind, text in zip(s.kinds[1:], s.texts[1:], strict=True)
        if kind in ("NUMBER", "SHAPE", "BAD_NUMBER")
        for n in re.findall(r"\d+", text)
    ]
    if kinds := set(s.kinds[1:]) & {"DSLASH", "FROM", "BODY"}:
        del kinds
        return None
    if s.kind(1) == "SHAPE" and s.kind(2) == "COMMA":
        return Foreign("the shape is all that follows `input`", "leave the `,` out", s.span(2), (s.replaced(2, 2, ""),))
    if not 2 <= len(numbers) <= 4 or any(map(s.begins_line, range(1, len(s.tokens)))):
        return None
    shape = as_shape(numbers)
    first = 1
    if s.kind(1) in ("COLON", "ASSIGN"):
        why = f"`input` is followed by its shape, without `{s.text(1)}`"
        place = s.span(1)
    else:
        why, place = f"`{s.written(first, s.last)}` is no shape", s.span(first, s.last)
    advice = f"a shape is numbers with `x` between them: `input {shape}`"
    names = (s.text(1),) if s.kind(1) == "NAME" and s.kind(2) in ("COLON", "ASSIGN") else ()
    return Foreign(why, advice, place, (s.replaced(first, s.last, shape),), names=names)


def _else_if(s: BrokenStatement) -> Foreign | None:
    """`} elif s == 2 {`."""
    if s.kind(0) == "IF" and (word := s.text(s.at)).lower() in _ELSE_IF:
        edits = (s.replaced(s.at, s.at, "else if"),)
        return Foreign(f"there is no `{word}`", "write `else if`", s.span(s.at), edits)
    return None


def _end(s: BrokenStatement) -> Foreign | None:
    """`end`, and what else closes a body elsewhere."""
    if len(s.tokens) == 1 and s.text(0).lower() in ("end", "endif", "endfor", "done", "fi"):
        return Foreign(f"`{s.text(0)}` ends nothing", "a body ends with `}`", s.span(0))
    return None


def _dash(s: BrokenStatement) -> Foreign | None:
    """A `-` before the first term of a chain."""
    after_input = s.kind(0) in ("INPUT", "LET") and s.begins_line(s.at)
    two = s.kinds[s.at : s.at + 3] == ["MINUS", "MINUS", "NAME"]
    is_comment = two and s.touch(s.at) and not s.touch(s.at + 1)
    if s.kind(s.at) == "MINUS" and (s.at == 0 or after_input) and not is_comment:
        return Foreign(
            "the first term of a chain has no `-` before it",
            "leave the `-` out",
            s.span(s.at),
            (s.replaced(s.at, s.at, ""),),
            within="body",
        )
    return None


IDIOMS = (
    _first_word,
    _from,
    _default,
    name,
    _body,
    variant,
    definition,
    _else_if,
    _input,
    *members.IDIOMS,
    value,
    _end,
    _dash,
)
