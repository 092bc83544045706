"""Statements of programs where a spec has none: several at once, changes of a network, lists of layers, choices."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.table import folded, table
from archc.syntax.foreign.ported import CannotPort, term
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.variants import shipped_as
from archc.syntax.foreign.written import ported

_CLOSES = ("RPAR", "RSQB", "RBRACE", "COMMA")
_CHANGES = {
    "freeze": "freeze", "unfreeze": "unfreeze", "remove": "remove", "delete": "remove", "pop": "remove",
    "requires_grad_": "freeze",
}  # fmt: skip
"""Methods that change a network, and the edits that do."""
_PUTS = {"replace": "replace", "replace_with": "replace", "insert_after": "insert after"}
"""Those that put a layer in."""


def _lets(s: BrokenStatement) -> Foreign | None:
    """`let a, b = 64, 128`, `let (a, b) = (64, 128)`: several values at once."""
    if s.kind(0) != "LET" or "ASSIGN" not in s.kinds:
        return None
    at = s.kinds.index("ASSIGN")
    names = [t for k, t in zip(s.kinds[1:at], s.texts[1:at], strict=True) if k == "NAME"]
    if len(names) < 2 or not set(s.kinds[1:at]) <= {"NAME", "COMMA", "LPAR", "RPAR", "LSQB", "RSQB"}:
        return None
    values = s.written(at + 1, s.last)
    if values[:1] in ("(", "[") and s.closing(at + 1) == s.last:
        values = values[1:-1]
    parts = [part.strip() for part in values.split(",")]
    if len(parts) != len(names) or any(set(part) & set("()[]{}") for part in parts):
        why, advice = "a `let` names one value", f"write one for each: `let {names[0]} = …`"
        return Foreign(why, advice, s.span(1, at - 1), names=tuple(names))
    lines = [f"let {name} = {value}" for name, value in zip(names, parts, strict=True)]
    indent = "\n" + " " * (s.tokens[0].span.start - s.source.text.rfind("\n", 0, s.tokens[0].span.start) - 1)
    edits = (s.replaced(0, s.last, indent.join(lines)),)
    listed = ", ".join(f"`{line}`" for line in lines)
    return Foreign(
        "a `let` names one value", f"write {listed}, each on its line", s.span(1, at - 1), edits, names=tuple(names)
    )


def _changed(s: BrokenStatement) -> Foreign | None:
    """`fc = FC(5)`, `classes = 5`, `conv1.freeze()` in a variant: a change of its model."""
    is_method = (
        s.kind(s.last) == "RPAR" and s.text(s.last - 2 if s.kind(s.last - 1) == "LPAR" else s.last - 3) in _CHANGES
    )
    if s.kind(0) == "NAME" and s.kind(1) == "DOT" and (put := _put(s)) is not None:
        return put
    if s.kind(0) == "NAME" and s.kind(1) == "DOT" and is_method:
        opening = s.opening(s.last)
        method, path = s.text(opening - 1), re.sub(r"^(model|self|net|network)\.", "", s.written(0, opening - 3))
        word = "unfreeze" if method == "requires_grad_" and s.text(opening + 1).lower() == "true" else _CHANGES[method]
        text = f"{word} {path}"
        why = f"a module has no `{method}`: what a variant changes are its statements"
        return Foreign(why, f"write `{text}`", s.span(0, s.last), (s.replaced(0, s.last, text),))
    if s.possible != {"COLON"} or s.kind(0) != "NAME":
        return None
    at = next((i for i in (s.at, s.at + 1, s.at + 2) if s.kind(i) == "ASSIGN"), 0)
    path = s.written(0, at - 1)
    value = s.written(at + 1, s.last)
    if not at or not value or not re.fullmatch(r"[\w.\[\]]+", path):
        return None
    path = re.sub(r"\[(\w+)\]", r".\1", re.sub(r"^(model|self|net|network)\.", "", path))
    if s.kind(at + 1) in ("NAME", "LSQB", "LPAR") and re.search(r"[A-Z]\w*\(", value):
        text = f"replace {path}: {_ported(s, at + 1) or value}"
        edits = (s.replaced(0, s.last, text),)
        return Foreign("`=` replaces nothing in a variant", f"write `{text}`", s.span(at), edits)
    if s.kind(at + 1) == "NUMBER":
        why = f"`{path}` is not a statement of a variant: it is an argument of its model"
        return Foreign(why, f"write `variant NAME = MODEL({path}={value})`", s.span(0, s.last))
    text = f"{path}: {value}"
    edits = (Edit(s.span(at)._replace(start=s.tokens[at - 1].span.end), ":"),)
    return Foreign("a fact of a variant is written with `:`", f"write `{text}`", s.span(at), edits)


def _put(s: BrokenStatement) -> Foreign | None:
    """`fc.replace(FC(5))`, `layer4.insert_after(Dropout)`: an edit as a method of a module."""
    at = next((i for i in range(2, s.last) if s.text(i) in _PUTS and s.kind(i + 1) == "LPAR"), 0)
    if not at or s.kind(at - 1) != "DOT" or s.closing(at + 1) != s.last or "ASSIGN" in s.kinds[:at]:
        return None
    path = re.sub(r"^(model|self|net|network)\.", "", s.written(0, at - 2))
    text = f"{_PUTS[s.text(at)]} {path}: {ported(s, at + 2).text or s.written(at + 2, s.last - 1)}"
    why = f"a module has no `{s.text(at)}`: what a variant changes are its statements"
    return Foreign(why, f"write `{text}`", s.span(0, s.last), (s.replaced(0, s.last, text),))


def _ported(s: BrokenStatement, first: int) -> str:
    """The chain that what stands from `first` on is here; empty where that is not known."""
    try:
        last, chain = term(s, first)
    except CannotPort:
        return ""
    text = chain.text()
    return "" if last != s.last or chain.start else f"({text})" if len(chain.terms) > 1 else text


def _choice(s: BrokenStatement) -> Foreign | None:
    """`A - if c { B } else { C }`: a choice in a chain comes after the term."""
    at = s.at
    if s.kind(at) != "IF" or s.kind(at - 1) not in ("MINUS", "BAR", "LPAR", "LSQB", "COLON", "ASSIGN"):
        return None
    body = next((i for i in range(at, len(s.kinds)) if s.kind(i) in ("BODY", "LBRACE")), 0)
    if not body:
        return _in_words(s)
    last = body if s.kind(body) == "BODY" else s.closing(body)
    inside, condition = s.written(body, last)[1:-1].strip(), s.written(at + 1, body - 1)
    condition = condition if s.kind(at + 1) == "LPAR" and s.closing(at + 1) == body - 1 else f"({condition})"
    text = f"{_grouped(inside)} if {condition}"
    if s.kind(last + 1) == "ELSE" and s.kind(last + 2) in ("BODY", "LBRACE"):
        other = last + 2
        last = other if s.kind(other) == "BODY" else s.closing(other)
        text += f" else {_grouped(s.written(other, last)[1:-1].strip())}"
    edits = (s.replaced(at, last, text),)
    return Foreign("in a chain, `if` follows the term", f"write `{text}`", s.span(at, body - 1), edits)


def _in_words(s: BrokenStatement) -> Foreign | None:
    """`A - if c then B else C`: a choice in words."""
    then = next((i for i in range(s.at, s.last) if s.text(i) == "then"), 0)
    other = next((i for i in range(then, s.last) if s.kind(i) == "ELSE"), 0)
    if not then:
        return None
    end = other or then
    last = end + 1
    last = s.closing(last + 1) if s.kind(last + 1) == "LPAR" and s.touch(last) else last
    first = s.written(then + 1, (other or last + 1) - 1)
    condition = s.written(s.at + 1, then - 1)
    text = f"{first} if ({condition.removeprefix('(').removesuffix(')')})"
    text += f" else {s.written(other + 1, last)}" if other else ""
    edits = (s.replaced(s.at, last, text),)
    return Foreign("in a chain, `if` follows the term", f"write `{text}`", s.span(s.at, then), edits)


def _guard(s: BrokenStatement) -> Foreign | None:
    """`A if n > 2`, `A if n > 2 else B`: the condition of a term stands in parentheses."""
    if s.kind(s.at - 1) != "IF" or s.possible != {"LPAR"}:
        return None
    level, last = s.depth(s.at), s.at
    while last < s.last and not (s.depth(last + 1) == level and s.kind(last + 1) in ("ELSE", "MINUS", "BAR", *_CLOSES)):
        last += 1
    first = s.term(s.at - 2)
    is_listed = s.kind(s.at) == "LSQB" and s.closing(s.at) == last
    condition = s.written(s.at + 1, last - 1) if is_listed else s.written(s.at, last)
    text = f"{s.written(first, s.at - 1)} ({condition})"
    edits = (s.replaced(s.at, last, f"({condition})"),)
    why = "the condition of a term goes in parentheses, after `if`"
    return Foreign(why, f"write `{text}`", s.span(s.at, last), edits)


_COMPARISONS = ("EQ", "NE", "LT", "LE", "GT", "GE")


def _arithmetic(s: BrokenStatement) -> Foreign | None:
    """`y = x ** 2`, `y = x > 0`: tensors are no numbers; `return logits = …`: a result has no name."""
    if s.kind(0) == "RETURN" and s.kind(s.at) == "ASSIGN" and s.at == 2:
        return _named_results(s)
    if s.kind(s.at - 1) != "NAME" or s.kind(s.at - 2) not in ("", "ASSIGN", "RETURN") or s.kind(s.at + 1) != "NUMBER":
        return None
    sign, name = s.text(s.at), s.text(s.at - 1)
    if s.kind(s.at) not in ("DSTAR", "PERCENT", "DSLASH", *_COMPARISONS):
        return None
    why = f"`{sign}` works on numbers, and `{name}` is a tensor"
    squared = f"; a square is `{name} * {name}`" if sign == "**" and s.text(s.at + 1) == "2" else ""
    advice = f"tensors and numbers are joined with `+`, `-`, `*` and `/`{squared}"
    return Foreign(why, advice, s.span(s.at))


def _named_results(s: BrokenStatement) -> Foreign:
    """`return low = x, high = x - Conv(8)`: a result has the name of the tensor that is returned."""
    starts = [1, *(i + 1 for i in range(2, s.last) if s.kind(i) == "COMMA" and not s.depth(i))]
    ends = [*(start - 2 for start in starts[1:]), s.last]
    named = {s.text(i): s.written(i + 2, end) for i, end in zip(starts, ends, strict=True) if s.kind(i + 1) == "ASSIGN"}
    before = ", ".join(f"`{name} = {chain}`" for name, chain in named.items())
    advice = f"a result has the name of its tensor: {before}, then `return {', '.join(named)}`"
    return Foreign("a `return` gives tensors, and no names", advice, s.span(1, 2))


_OF_NUMBERS = frozenset("min max abs round floor ceil int len sum range".split())


def _function_of_numbers(s: BrokenStatement) -> Foreign | None:
    """`math.ceil(x)`, `np.sqrt(x)`, where numbers are computed."""
    found = [
        i for i in range(s.last - 2)
        if s.text(i) in ("math", "np", "numpy") and s.kind(i + 1) == "DOT" and s.kind(i + 3) == "LPAR"
        and s.text(i + 2) in (*_OF_NUMBERS, "sqrt", "pow")
    ]  # fmt: skip
    if not found:
        return None
    edits: list[Edit] = []
    texts: list[str] = []
    for at in found:
        closing = s.closing(at + 3)
        inside = s.written(at + 4, closing - 1)
        arguments = [text for _, text in s.arguments(at + 3)]
        text = f"{s.text(at + 2)}({inside})"
        if s.text(at + 2) == "sqrt":
            text = f"{inside if inside.isalnum() else f'({inside})'}**0.5"
        elif s.text(at + 2) == "pow" and len(arguments) == 2:
            text = f"{arguments[0]}**{arguments[1]}"
        texts.append(text)
        edits.append(s.replaced(at, closing, text))
    first = found[0]
    why = f"there is no `{s.text(first)}`: functions have no module before them"
    return Foreign(why, f"write `{texts[0]}`", s.span(first, first + 2), tuple(edits))


_LOADS = frozenset("load from_pretrained create_model get_model hub pretrained".split())


def _loaded(s: BrokenStatement) -> Foreign | None:
    """`torch.hub.load("pytorch/vision", "resnet18")`, `AutoModel.from_pretrained("microsoft/resnet-50")`."""
    if s.kinds[:2] != ["NAME", "ASSIGN"] or not _LOADS & set(s.texts):
        return None
    words = [t.strip("\"'") for k, t in zip(s.kinds, s.texts, strict=True) if k in ("STRING", "NAME")]
    base = next(
        (found for word in words for part in {word, word.rpartition("/")[2]} if (found := shipped_as(part))), ""
    )
    if not base:
        return None
    head = re.search(rf"(?m)^[ \t]*{s.text(0)}\.([\w.]+)[ \t]*=[ \t]*(.+)$", s.source.text)
    classes = re.search(r"num_(?:labels|classes) = (\d+)|num_(?:labels|classes)=(\d+)", s.written(0, s.last))
    path = head[1] if head is not None else "fc"
    width = re.findall(r"\d+", head[2])[-1:] if head is not None else [classes[1] or classes[2]] if classes else []
    change = f"replace {path}: FC({width[0]})" if width else "replace \u2026"
    text = f'from "{table().shipped[base][1]}" use {base}` and `variant NAME = {base} {{ {change} }}'
    why = "a spec loads nothing: a variant is built on a network that is shipped"
    return Foreign(why, f"write `{text}`", s.span(0, s.last), opens="loaded", names=(s.text(0),))


def _headed(s: BrokenStatement) -> Foreign | None:
    """`model.fc = nn.Linear(512, 5)` behind a network that a program loads."""
    if s.kinds[:2] != ["NAME", "DOT"] or "ASSIGN" not in s.kinds:
        return None
    if not re.search(rf"(?m)^[ \t]*{s.text(0)} = .*\b({'|'.join(_LOADS)})\b", s.source.text[: s.span(0).start]):
        return None
    text = f"replace {s.written(2, s.kinds.index('ASSIGN') - 1)}: {_ported(s, s.kinds.index('ASSIGN') + 1)}"
    return Foreign("`=` replaces nothing", f"write `{text}` in a variant", s.span(0, s.last), within="loaded")


def _tied(s: BrokenStatement) -> Foreign | None:
    """`conv2.weight = conv1.weight`: weights that two layers share."""
    at = s.kinds.index("ASSIGN") if "ASSIGN" in s.kinds else 0
    if (
        not at
        or s.text(at - 1) not in ("weight", "bias")
        or s.text(s.last) not in ("weight", "bias")
        or s.kind(0) != "NAME"
    ):
        return None
    if s.kind(at - 2) != "DOT" or s.kind(s.last - 1) != "DOT":
        return None
    name = s.text(at + 1)
    why = "weights belong to one module, which several chains may use"
    advice = f"declare it before them, `shared {name}: Conv(\u2026)`, and write `{name}` in place of both"
    return Foreign(why, advice, s.span(0, s.last))


def _grouped(chain: str) -> str:
    """A chain as one term."""
    return f"({chain})" if " - " in chain else chain


def _listed(s: BrokenStatement) -> Foreign | None:
    """`[Conv(64), ReLU]`, `layers = [Conv(64), ReLU]`, `["Conv(64)", "ReLU"]`: a list of layers."""
    start = 2 if s.kinds[:2] == ["NAME", "ASSIGN"] else 0
    opening = next((i for i in range(start, s.last) if s.kind(i) == "LSQB" and s.closing(i) >= s.at - 1 >= i - 1), -1)
    if opening < start or s.kind(0) == "LET" or s.kind(opening - 1) not in ("", "ASSIGN", "MINUS", "LPAR", "COLON"):
        return None
    closing = s.closing(opening)
    items = [text.strip("\"'") for _, text in s.arguments(opening)]
    layers = [re.fullmatch(r"(?:\w+\.)*([A-Za-z]\w*)(\(.*\))?", item) for item in items]
    known = [found for found in layers if found and (found[2] or found[1] in table().ours or _is_word(found[1]))]
    if len(items) < 2 or len(known) < len(items) or not any(found[1][0].isupper() for found in known):
        return None
    count = re.fullmatch(r"x?(\d+)", s.text(closing + 1)) if s.kind(closing) == "TIMES" else None
    if count or s.kind(closing) == "TIMES":
        return None
    terms = [ported(s, first).text for _, first, _ in s.parts(opening, closing)]
    text = " - ".join(term or item for term, item in zip(terms, items, strict=True))
    if start and re.search(rf"\b{re.escape(s.text(0))}\[\d+\]\(", s.source.text):
        gone = (s.replaced(0, s.last, ""),)
        advice = f"leave it out, and write each layer where it stands in the chain: `{text}`"
        return Foreign("layers are joined with `-`, not listed", advice, s.span(opening, closing), gone)
    edits = (s.replaced(opening, closing, text),)
    return Foreign("layers are joined with `-`, not listed", f"write `{text}`", s.span(opening, closing), edits)


def _empty(s: BrokenStatement) -> Foreign | None:
    """`layers = []`: a list that a program fills."""
    if s.kinds[:4] != ["NAME", "ASSIGN", "LSQB", "RSQB"] or s.last != 3:
        return None
    advice = "leave it out: layers stand where they are used, one after the other in a `for`"
    edits = (s.replaced(0, s.last, ""),)
    return Foreign("a chain has no empty list", advice, s.span(0, s.last), edits, names=(s.text(0),))


def _is_word(name: str) -> bool:
    return folded(name) in table().alike or folded(name) in table().activations


def _several_files(s: BrokenStatement) -> Foreign | None:
    """`from "a.arch", "b.arch" use A, B`: one statement for each file."""
    if s.kind(0) != "FROM" or s.kinds.count("STRING") < 2 or "USE" not in s.kinds:
        return None
    use = s.kinds.index("USE")
    files = [t for k, t in zip(s.kinds[:use], s.texts[:use], strict=True) if k == "STRING"]
    names = [t for k, t in zip(s.kinds[use:], s.texts[use:], strict=True) if k == "NAME"]
    if len(files) < 2:
        return None
    shipped = {f: [n for n in names if table().shipped.get(n, ("", ""))[1] == f.strip('"')] for f in files}
    lines = [f"from {file} use {', '.join(shipped[file]) or '…'}" for file in files]
    edits = (s.replaced(0, s.last, "\n".join(lines)),) if all(shipped.values()) else ()
    listed = ", ".join(f"`{line}`" for line in lines)
    return Foreign("each file has a statement of its own", f"write {listed}", s.span(s.at), edits, names=tuple(names))


def _noted_sizes(s: BrokenStatement) -> Foreign | None:
    """`Conv(6, 5) -> 6x28x28 -> Pool`, `6@28x28 - Pool`: sizes of figures where layers stand."""
    joints = ("MINUS", "GT", "ASSIGN", "BAR", "")
    sizes = [
        i for i, kind in enumerate(s.kinds)
        if kind == "SHAPE" and s.kind(i - 1) in ("MINUS", "GT") and s.kind(i + 1) in joints and i > 1
    ]  # fmt: skip
    maps = next((i for i in range(len(s.kinds)) if s.text(i + 1) == "@" and s.kind(i) == "NUMBER"), None)
    if maps is not None and s.kind(maps + 2) in ("SHAPE", "NUMBER") and s.kind(maps - 1) in joints:
        channels = s.text(maps)
        why = f"`{s.written(maps, maps + 2)}` is not a layer: archc works out the sizes"
        advice = f"write the layer that makes it, such as `Conv({channels}, 5, pad=0)`"
        return Foreign(why, advice, s.span(maps, maps + 2))
    if not sizes or s.at > sizes[0]:
        return None
    at = sizes[0]
    edits: list[Edit] = []
    for index in sizes:
        first = index - 1
        while s.kind(first - 1) in ("MINUS", "GT", "ASSIGN") and s.touch(first - 1):
            first -= 1
        edits.append(Edit(s.span(first, index)._replace(start=s.tokens[first - 1].span.end), ""))
    sign = s.written(s.at - 1 if s.kind(s.at) == "GT" else s.at, at - 1) if s.at < at else "-"
    more = "; layers are joined with `-`" if sign != "-" else ""
    why = f"`{sign} {s.text(at)}` is not a layer: archc works out the sizes"
    return Foreign(
        why, f"leave the sizes out, or note them behind `#`{more}", s.span(at), tuple(edits) if not more else ()
    )


def _sizes_behind(s: BrokenStatement) -> Foreign | None:
    """`Conv(64, 3, 2) 16x16x64 - …`: the size of what comes out, behind a layer."""
    sizes = [i for i in range(1, len(s.kinds)) if (s.kind(i - 1), s.kind(i)) == ("RPAR", "SHAPE") and not s.depth(i)]
    if s.at not in sizes:
        return None
    edits = tuple(Edit(s.span(i)._replace(start=s.tokens[i - 1].span.end), "") for i in sizes)
    why = f"`{s.text(s.at)}` is not a layer: archc works out the sizes"
    return Foreign(why, "leave the sizes out, or note them behind `#`", s.span(s.at), edits)


IDIOMS = (
    _loaded, _headed, _tied, _function_of_numbers, _sizes_behind, _lets, _changed, _choice, _guard, _arithmetic,
    _empty, _listed, _several_files, _noted_sizes,
)  # fmt: skip
