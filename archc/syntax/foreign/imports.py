"""Idioms of what a file takes from others."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.near import nearest
from archc.diagnostics.words.table import table
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.variants import shipped_as

_WORDS = frozenset("import include require using use load".split())


def _import(s: BrokenStatement) -> Foreign | None:
    """`import torch`, `use "resnet.arch"`, `use A from "resnet.arch"`."""
    if s.kind(0) != "NAME" or s.text(0) not in _WORDS or s.kind(1) not in ("NAME", "STRING", "LT", "BODY"):
        return None
    word, what = s.text(0), s.text(1)
    file = what.strip('"').rpartition("/")[2]
    why = f"`{word}` takes in nothing here"
    if s.kind(1) == "STRING" and file.endswith(".arch"):
        used = _names_of(s, file)
        text = f"from {what} use {used}"
        edits = (s.replaced(0, s.last, text),) if used != "NAME" else ()
        return Foreign(why, f"write `{text}`", s.span(0), edits, names=tuple(used.split(", ")))
    if word in ("use", "import") and s.text(s.last - 1) == "from" and s.kind(s.last) == "STRING":
        used = s.written(1, s.last - 2).strip("{} ")
        text = f"from {s.text(s.last)} use {used}"
        names = tuple(re.findall(r"\w+", used))
        edits = (s.replaced(0, s.last, text),)
        return Foreign("the file comes first", f"write `{text}`", s.span(0, s.last), edits, names=names)
    shipped = [name for name in _names(s, 1) if name in table().shipped]
    if shipped and len({table().shipped[name][1] for name in shipped}) == 1:
        text = f'from "{table().shipped[shipped[0]][1]}" use {", ".join(shipped)}'
        return Foreign(why, f"write `{text}`", s.span(0), (s.replaced(0, s.last, text),), names=tuple(shipped))
    if word == "use" and s.kind(1) == "NAME":
        return Foreign("`use` follows the file", f'write `from "FILE.arch" use {what}`', s.span(0))
    gone = s.replaced(0, s.last, "")
    return Foreign(why, "a spec needs no library: leave the line out", s.span(0), (gone,), "import")


def _other_word(s: BrokenStatement) -> Foreign | None:
    """`from "resnet.arch" import ResNet`."""
    if (s.kind(0), s.kind(1)) != ("FROM", "STRING") or s.text(2) not in ("import", "take", "get", "load"):
        return None
    edits = (s.replaced(2, 2, "use", safe=True),)
    return Foreign(f"`{s.text(2)}` takes in nothing here", "write `use`", s.span(2), edits)


def _unquoted(s: BrokenStatement) -> Foreign | None:
    """`from resnet.arch use ResNet`."""
    if s.kinds[:3] != ["FROM", "NAME", "DOT"] or s.text(3) != "arch":
        return None
    file = f'"{s.text(1)}.arch"'
    used = tuple(t for t in _names(s, 4) if t != "use")
    edits = (s.replaced(1, 3, file, safe=True),)
    return Foreign("file names need quotes", f"write `{file}`", s.span(1, 3), edits, names=used)


def _everything(s: BrokenStatement) -> Foreign | None:
    """`from "resnet.arch" use *`, `from "resnet.arch" use { A, B }`."""
    if (s.kind(0), s.kind(1)) != ("FROM", "STRING") or s.kind(s.at) not in ("STAR", "LBRACE", "BODY"):
        return None
    text = _names_of(s, s.text(1).strip('"'))
    edits = (s.replaced(s.at, s.at, text),) if text != "NAME" else ()
    names = tuple(text.split(", "))
    return Foreign("what is used is named", f"write `use {text}`", s.span(s.at), edits, names=names)


def _nothing_named(s: BrokenStatement) -> Foreign | None:
    """`from "resnet.arch"`: a file alone."""
    if s.kinds != ["FROM", "STRING"]:
        return None
    text = f"{s.written(0, 1)} use {(used := _names_of(s, s.text(1).strip(chr(34))))}"
    edits = (s.replaced(0, 1, text),) if used != "NAME" else ()
    return Foreign("what is used is named", f"write `{text}`", s.span(0, 1), edits, names=tuple(used.split(", ")))


def _quoted_names(s: BrokenStatement) -> Foreign | None:
    """`from "resnet.arch" use "ResNet"`."""
    if s.kinds[:3] != ["FROM", "STRING", "USE"] or s.kind(s.at) != "STRING":
        return None
    used = {i: s.text(i).strip('"') for i in range(3, len(s.tokens)) if s.kind(i) in ("STRING", "NAME")}
    edits = tuple(s.replaced(i, i, name, safe=True) for i, name in used.items() if s.kind(i) == "STRING")
    why = f"`{s.text(s.at)}` is a text: what is used is named without quotes"
    names = tuple(used.values())
    return Foreign(why, f"write `use {', '.join(names)}`", s.span(s.at), edits, names=names)


def _no_ending(s: BrokenStatement) -> Foreign | None:
    """`from resnet use ResNet`."""
    if s.kinds[:3] != ["FROM", "NAME", "USE"]:
        return None
    file, used = f'"{s.text(1)}.arch"', tuple(_names(s, 3))
    why = f"`{s.text(1)}` is not a spec: file names need quotes"
    return Foreign(why, f"write `from {file} use {', '.join(used)}`", s.span(1), (s.replaced(1, 1, file),), names=used)


def _library(s: BrokenStatement) -> Foreign | None:
    """`from torchvision.models import resnet18`."""
    if (s.kind(0), s.kind(1)) != ("FROM", "NAME") or "import" not in s.texts:
        return None
    at, shipped = s.texts.index("import"), table().shipped
    names = [n for n in s.texts[at + 1 :] if n in shipped]
    files = {shipped[n][1] for n in names}
    why = f"`{s.written(1, at - 1)}` is not a spec: file names need quotes"
    if len(files) == 1:
        text = f'from "{files.pop()}" use {", ".join(names)}'
        return Foreign(why, f"write `{text}`", s.span(1), (s.replaced(0, s.last, text),))
    advice = 'a spec needs no library: leave the line out, or write `from "FILE.arch" use NAME`'
    return Foreign(why, advice, s.span(1))


def _renaming(s: BrokenStatement) -> Foreign | None:
    """`from "resnet.arch" use ResNet as R`."""
    if (s.kind(0), s.kind(1)) != ("FROM", "STRING") or s.kind(s.at) not in ("AS", "COLON"):
        return None
    if not s.kind(s.at - 1) == s.kind(s.at + 1) == "NAME":
        return None
    name, other = s.text(s.at - 1), s.text(s.at + 1)
    edits = (s.replaced(s.at, s.at + 1, ""), *_renamed(s, other, name))
    advice = f"write `use {name}`, and `{name}` for `{other}` in what follows"
    return Foreign("what is used keeps its name", advice, s.span(s.at, s.at + 1), edits, names=(name, other))


def _dashed(s: BrokenStatement) -> Foreign | None:
    """`from "resnet.arch" use resnet-50`."""
    if (s.kind(0), s.kind(1)) != ("FROM", "STRING") or s.kind(s.at) != "MINUS":
        return None
    first, last = s.at - 1, s.at
    while last < s.last and s.kind(last + 1) in ("NUMBER", "NAME", "MINUS", "SLASH") and s.touch(last):
        last += 1
    written, file = s.written(first, last), s.text(1).strip('"')
    shipped = [n for n, (_, where) in table().shipped.items() if where == file]
    plain = written.replace("-", "")
    name = plain if plain in shipped else shipped_as(written) or nearest(plain, shipped) or re.sub(r"\W", "_", written)
    edits = (s.replaced(first, last, name),) if name in shipped else ()
    why = f"`{written}` is not a name: names cannot contain `-`"
    return Foreign(why, f"write `{name}`", s.span(first, last), edits, names=(name,))


def _names(s: BrokenStatement, first: int) -> list[str]:
    """The names among the tokens from `first` on."""
    return [text for kind, text in zip(s.kinds[first:], s.texts[first:], strict=True) if kind == "NAME"]


def _names_of(s: BrokenStatement, file: str) -> str:
    """The names in the text that a shipped spec defines; `NAME` where there is none."""
    words = dict.fromkeys(re.findall(r"[A-Za-z_]\w*", s.source.text))
    return ", ".join(word for word in words if table().shipped.get(word, ("", ""))[1] == file) or "NAME"


def _renamed(s: BrokenStatement, old: str, new: str) -> tuple[Edit, ...]:
    """Replace each use of a name after the statement by another one."""
    found = re.compile(rf"\b{re.escape(old)}\b").finditer(s.source.text, s.span(0, s.last).end)
    return tuple(Edit(s.span(0)._replace(start=each.start(), end=each.end()), new) for each in found)


IDIOMS = (
    _import,
    _other_word,
    _unquoted,
    _everything,
    _nothing_named,
    _quoted_names,
    _no_ending,
    _library,
    _renaming,
    _dashed,
)
