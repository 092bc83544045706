"""Idioms of terms: modules of libraries, calls on tensors, arguments without parentheses, sizes in names."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.diagnostics.words.meaning import meaning, rewritten
from archc.diagnostics.words.table import table
from archc.diagnostics.words.unknown import unknown_arguments
from archc.support.record import replace
from archc.syntax.foreign import objects
from archc.syntax.foreign.ported import MODULES, CannotPort, dotted, expression
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.tensors import is_named, is_tensor
from archc.syntax.foreign.written import PortedTerm, ported, written_here

_QUOTES = frozenset("'`\u2018\u2019\u201c\u201d")
_CHANGES = frozenset({"PLUS", "STAR", "MINUS", "SLASH", "DSLASH"})
_APPENDS = frozenset({"add", "append", "add_module", "push_back", "insert"})
_APPENDED = re.compile(r"^[ \t]*(\w+\.(?:add|append|add_module|push_back|insert)\((.*)\))[ \t]*$", re.MULTILINE)
"""A line of a program that puts a layer to those that are there."""
_MERGES = {
    "concat": "concat", "add": "add", "mul": "mul",
    "cat": "concat", "concatenate": "concat", "stack": "concat", "join": "concat", "branches": "concat",
    "parallel": "concat", "depthconcat": "concat", "merge": "concat", "sum": "add", "residual": "add", "plus": "add",
    "shortcut": "add", "skip": "add", "res": "add", "multiply": "mul", "product": "mul", "times": "mul",
    "gate": "mul", "scale": "mul",
}  # fmt: skip


_INPUTS = re.compile(r"(?m)^[ \t]*input[ \t]+(\w+)[ \t]*:")


def _in_variant(s: BrokenStatement) -> bool:
    """Whether a statement is one of a variant."""
    heads = re.findall(r"(?m)^(variant|model|block)\b", s.source.text[: s.span(0).start])
    return heads[-1:] == ["variant"]


def _matrices(s: BrokenStatement) -> Foreign | None:
    """`attn @ v`, `q @ k.transpose(-2, -1)`: products of matrices."""
    at = next((i for i in range(1, s.last) if s.text(i) == "@" and _is_name(s, i - 1) and _is_name(s, i + 1)), 0)
    if not at:
        return None
    advice = "attention is one layer, `(q, k, v) - Attention(heads)`"
    advice += f"; a product of matrices is `({s.text(at - 1)}, {s.text(at + 1)}) - MatMul`"
    return Foreign("`@` is not part of the language", advice, s.span(at - 1, at + 1))


def _is_name(s: BrokenStatement, index: int) -> bool:
    return s.kind(index) == "RPAR" or (s.kind(index) == "NAME" and s.text(index).islower())


def _module(s: BrokenStatement) -> Foreign | None:
    """`nn.Conv2d(3, 64, 3)`, `torch.cat([a, b])`, `F.relu(x)`: all in the statement at once."""
    first = next((i for i in range(len(s.tokens)) if dotted(s, i) is not None), None)
    if first is None:
        return None
    name, end = s.text(first), dotted(s, first) or first
    label = s.text(first - 2) if s.kind(first - 1) == "ASSIGN" and s.depth(first) else ""
    if label in table().needless and s.kind(end + 1) in ("COMMA", "RPAR"):
        comma = s.kind(first - 3) == "COMMA"
        gone = Edit(s.span(first - 2 - comma, end), "")
        why = f"there is no argument `{label}` here"
        return Foreign(why, f"leave it out: {_no_argument(label)}", s.span(first - 2, end), (gone,))
    if s.text(end) == "Module" and s.kind(0) in ("BLOCK", "MODEL") and s.kind(first - 1) == "LPAR":
        head = f"{s.text(0)} {s.text(1)} {{"
        gone = s.replaced(first - 1, s.closing(first - 1), "")
        why = f"there is no `{name}`, and nothing is inherited"
        return Foreign(why, f"write `{head}`", s.span(first, end), (gone,))
    if s.kinds[:3] == ["LET", "NAME", "ASSIGN"] and first == 3:
        chain = ported(s, first)
        if chain.text and chain.last == s.last and "(" in chain.text:
            text = f"macro {s.text(1)} = {chain.text}"
            why = "a `let` names a value, and a layer with its arguments is none"
            return Foreign(why, f"write `{text}`", s.span(first, end), (s.replaced(0, s.last, text),))
    advice, edits = written_here(s, first)
    if s.kinds[:4] == ["NAME", "COMMA", "NAME", "ASSIGN"] and s.text(2) == "_" and edits:
        edits = (s.replaced(0, 2, s.text(0)), *edits)  # the weights of an attention, which are not used
        advice = f"write `{s.after(edits)}`"
    written = s.written(first, end)
    if (s.kind(0), s.kind(1), first) == ("NAME", "COLON", 2) and edits and _in_variant(s):
        text = f"replace {s.text(0)}: {edits[0].text}"
        edits = (s.replaced(0, s.last, text),)
        return Foreign("modules of a variant are replaced by an edit", f"write `{text}`", s.span(0, s.last), edits)
    return Foreign(f"there is no `{written}`: layers have no module before them", advice, s.span(first, end), edits)


def _statement(s: BrokenStatement) -> Foreign | None:
    """`super().__init__()`, `model.add(A)`, `conv1.requires_grad = False`: statements of a program."""
    if s.text(0) == "super" and s.kind(1) == "LPAR":
        gone = s.replaced(0, s.last, "")
        return Foreign("there is no `super`", "nothing is inherited here: leave the line out", s.span(0), (gone,))
    is_append = s.kind(0) == "NAME" and s.text(0) not in MODULES and s.kind(1) == "DOT" and s.text(2) in _APPENDS
    if is_append and s.kind(3) == "LPAR":
        start = s.source.text.rfind("{", 0, s.tokens[0].span.start) + 1
        lines = list(_APPENDED.finditer(s.source.text, start))
        edits = tuple(
            Edit(Span(s.source.name, found.start(1), found.end(1)), found[2] if number == 0 else f"- {found[2]}")
            for number, found in enumerate(lines)
        )
        what = ported(s, 4).text or s.written(4, s.closing(3) - 1)
        advice = f"layers are joined with `-`: `{what}`, and on the next line `- …`"
        return Foreign(f"`{s.written(0, 2)}` puts nothing here", advice, s.span(0, 2), edits, once="append")
    at = next((i for i, text in enumerate(s.texts) if text == "requires_grad" and s.kind(i - 1) == "DOT"), None)
    if at is not None and s.kind(at + 1) == "ASSIGN":
        what = "unfreeze" if s.text(at + 2).lower() == "true" else "freeze"
        if "parameters" in s.texts:
            new = re.findall(r"(?m)^[ \t]*replace ([\w.]+)[ \t]*:", s.source.text)
            text = f"{what} all" + (f" except {', '.join(new)}" if new and what == "freeze" else "")
            edits = (s.replaced(0, s.last, text),)
            advice = f"write `{text}`" if new else f"write `{text}`, or `{text} except fc` for all but the head"
            return Foreign("a module has no `requires_grad`", advice, s.span(at), edits)
        text = f"{what} {s.written(0, at - 2)}"
        why = "a module has no `requires_grad`"
        return Foreign(why, f"write `{text}`", s.span(at), (s.replaced(0, s.last, text),))
    return None


def _appended(s: BrokenStatement) -> Foreign | None:
    """`for k in ks { xs.append(x - A) }`: a list that is filled in a loop."""
    at = next((i for i in range(2, s.last) if s.text(i) == "append" and s.kinds[i - 2 : i] == ["NAME", "DOT"]), 0)
    opening = s.around(at) if at else 0
    if s.kind(0) != "FOR" or s.kind(at + 1) != "LPAR" or s.kind(opening) != "LBRACE":
        return None
    try:
        chain = expression(s, at + 2, s.closing(at + 1) - 1)
    except CannotPort:
        return None
    loop = f"{s.written(0, opening)} {chain.text()} }}"
    text = f"*{s.text(at - 2)} = ({loop},)" if chain.start else loop
    edits = (s.replaced(0, s.closing(opening), text),)
    why = f"`{s.written(at - 2, at)}` puts nothing here"
    return Foreign(why, f"write `{text}`", s.span(at - 2, at), edits, names=(s.text(at - 2),))


def _method(s: BrokenStatement) -> Foreign | None:
    """`x.view(-1, 64)`, `x.relu()`, `x[:, 0]`: tensors have no methods, and no parts by index."""
    for index in range(1, len(s.tokens)):
        if s.kind(index) == "LSQB" and ":" in s.texts[index : s.closing(index)] and s.kind(index - 1) == "NAME":
            found = ported(s, index - 1) if is_tensor(s, s.text(index - 1)) else PortedTerm(index, index, "")
            around = s.around(index)
            if s.kind(around) == "LPAR" and s.kind(around - 1) == "RPAR" and s.touch(around - 1):
                whole = ported(s, s.term(around - 1))  # what it is given to is a term behind it
                if whole.text and whole.last == s.closing(around):
                    edits = (s.replaced(whole.first, whole.last, whole.text),)
                    why = "a tensor has no parts by index"
                    return Foreign(why, f"write `{whole.text}`", s.span(index, s.closing(index)), edits)
            if found.last == s.closing(index) and " - " in found.text:
                edits = (s.replaced(found.first, found.last, found.text),)
                why = "a tensor has no parts by index"
                return Foreign(why, f"write `{found.text}`", s.span(index, found.last), edits)
        if s.kind(index) == "DOT" and s.kind(index + 1) == "NAME" and s.kind(index - 1) in ("NAME", "RPAR", "IN"):
            first = s.term(index - 1)
            name = s.text(index + 1)
            is_method = s.kind(index + 2) == "LPAR" and name.islower()
            if s.text(0) == "input" or s.kind(first - 1) == "DOT" or not (is_method or name in table().methods):
                continue
            found = ported(s, first) if is_method else PortedTerm(first, first, "")
            why = f"a tensor has no `{name}`"
            if found.text and found.last > index:
                edits = (s.replaced(found.first, found.last, found.text),)
                return Foreign(why, f"write `{found.text}`", s.span(index + 1), edits)
            if name in table().methods:
                of = s.text(index - 1) if s.kind(index - 1) != "RPAR" else "x"
                return Foreign(why, table().methods[name].replace("{x}", of), s.span(index + 1))
    return None


def _of_inputs(s: BrokenStatement) -> Foreign | None:
    """`in[0]`: an input by its number, where inputs have names."""
    names = _INPUTS.findall(s.source.text[: s.span(0).start])
    found = [i for i in range(s.last - 2) if s.kinds[i : i + 2] == ["IN", "LSQB"] and s.kind(i + 3) == "RSQB"]
    numbers = [s.text(i + 2) for i in found]
    if not numbers or not all(n.isdigit() and int(n) < len(names) for n in numbers):
        return None
    edits = tuple(s.replaced(i, i + 3, names[int(n)]) for i, n in zip(found, numbers, strict=True))
    listed = ", ".join(f"`{names[int(n)]}` for `in[{n}]`" for n in dict.fromkeys(numbers))
    return Foreign("inputs have names, and no numbers", f"write {listed}", s.span(found[0], found[0] + 3), edits)


def _called(s: BrokenStatement) -> Foreign | None:
    """`Conv(64)(x)`: a layer called on a tensor."""
    if s.kind(s.at) != "LPAR" or s.kind(s.at - 1) != "RPAR":
        return None
    first, closing = s.term(s.at - 1), s.closing(s.at)
    tensor = s.written(s.at + 1, closing - 1)
    found = ported(s, first)
    if not found.text or found.last < closing:
        return None
    edits = (s.replaced(found.first, found.last, found.text),)
    text = s.after(edits)
    return Foreign(f"a layer is not called on a tensor: `({tensor})`", f"write `{text}`", s.span(s.at, closing), edits)


def _merge(s: BrokenStatement) -> Foreign | None:
    """`add(A | B)`, `cat { A | B }`."""
    for index in range(len(s.tokens) - 1):
        if s.text(index) in ("add", "concat", "mul") and s.kind(index + 1) == "LPAR" and s.kind(s.at) == "BAR":
            closing = s.closing(index + 1)
            if index < s.at < closing:
                word = s.text(index)
                edits: tuple[Edit, ...] = (
                    s.replaced(index + 1, index + 1, " { "),
                    s.replaced(closing, closing, " }"),
                )
                return Foreign(
                    f"the branches of `{word}` go in braces", f"write `{word} {{ … | … }}`", s.span(index + 1), edits
                )
    words = [i for i, t in enumerate(s.texts[:-1]) if t.lower() in _MERGES and s.kind(i + 1) in ("BODY", "LBRACE")]
    if words and s.at == words[0] + 1:
        ways = ", ".join(dict.fromkeys(f"`{_MERGES[s.text(i).lower()]} {{` for `{s.text(i)} {{`" for i in words))
        edits = tuple(s.replaced(i, i, _MERGES[s.text(i).lower()]) for i in words)
        return Foreign(f"there is no `{s.text(words[0])} {{`", f"write {ways}", s.span(words[0]), edits)
    return None


def _new(s: BrokenStatement) -> Foreign | None:
    """`new Conv(16)`: a word that makes objects elsewhere."""
    found = [i for i in range(s.last) if s.text(i) == "new" and s.kind(i + 1) == "NAME" and not s.touch(i)]
    if not found:
        return None
    edits = tuple(Edit(s.span(i)._replace(end=s.span(i + 1).start), "") for i in found)
    text = re.sub(r"\bnew ", "", s.written(0, s.last))
    return Foreign("there is no `new`: a layer is made where it stands", f"write `{text}`", s.span(found[0]), edits)


def _sum(s: BrokenStatement) -> Foreign | None:
    """`x += y`, and layers as operands: `Conv(8) + x`, `x + Conv(8)`."""
    at = next((i for i in (s.at, s.at - 1) if s.kind(i) in _CHANGES and s.kind(i + 1) == "ASSIGN" and s.touch(i)), 0)
    if at and s.kind(at - 1) == "NAME" and (at > 1 or s.kind(at) not in ("PLUS", "STAR") or s.kind(3) == "NUMBER"):
        why = f"`{s.written(at, at + 1)}` changes nothing here"
        return Foreign(why, "values keep what they are given: compute each, as in `64 * 2**i`", s.span(at, at + 1))
    if at == 1:
        sign, other = s.text(1), s.written(3, s.last)
        if re.search(rf"(?m)\*{re.escape(s.text(0))}\s*=", s.source.text[: s.tokens[0].span.start]):
            advice = f"name all at once where the list begins: `*{s.text(0)} = (…, {other})`"
            return Foreign(f"`{sign}=` puts nothing to a list", advice, s.span(1, 2))
        alone = s.kind(3) in ("NAME", "IN") and s.kind(4) == ""
        other = other if alone else f"({s.text(0)} - {other})"
        text = f"{s.text(0)} = {s.text(0)} {sign} {other}"
        edits = (s.replaced(0, s.last, text),)
        return Foreign(f"`{sign}=` changes nothing here", f"write `{text}`", s.span(1, 2), edits)
    return _layer_as_operand(s)


def _layer_as_operand(s: BrokenStatement) -> Foreign | None:
    """A sign of arithmetic beside a layer with arguments: chains stand in parentheses."""
    before, behind = s.kind(s.at - 1), s.kind(s.at + 1)
    opening = s.around(s.at)
    if s.kind(s.at) == "PLUS" and s.kind(opening) == "LBRACE" and s.text(opening - 1) in ("add", "concat", "mul"):
        edits = (Edit(s.span(s.at), "|"),)
        return Foreign("branches are separated by `|`, not by `+`", f"write `{s.after(edits)}`", s.span(s.at), edits)
    is_tensor = behind == "IN" or (behind == "NAME" and s.text(s.at + 1).islower() and s.kind(s.at + 2) != "LPAR")
    first = s.term(s.at - 1) if before == "RPAR" else 0
    if s.kind(s.at) == "PLUS" and before == "RPAR" and is_tensor and s.kind(first - 1) != "MINUS":
        text = f"({s.written(first, s.at - 1)}) + {s.text(s.at + 1)}"
        edits = (s.replaced(first, s.at + 1, text),)
        why = "`+` joins tensors, and a layer is not a tensor"
        return Foreign(why, f"put the chain in parentheses: `{text}`", s.span(s.at), edits)
    tensor, sign = s.text(s.at - 3), s.kind(s.at - 2)
    if s.kind(s.at) != "LPAR" or before != "NAME" or sign not in ("PLUS", "STAR") or s.at < 3 or not tensor.islower():
        return None
    why = f"`{s.text(s.at - 2)}` joins tensors, and a layer is not a tensor"
    called = s.kind(s.closing(s.at) + 1) == "LPAR" and s.touch(s.closing(s.at))
    if s.text(s.at - 1).islower() or called:
        chain = ported(s, s.at - 1)
        if not chain.text:
            meant = meaning(s.text(s.at - 1), s.arguments(s.at))
            advice = (meant.advice if meant is not None else "") or f"archc has no `{s.text(s.at - 1)}` of tensors"
            return Foreign(why, advice, s.span(s.at - 1, chain.last))
        word = "mul" if sign == "STAR" else "add"
        text = f"{word} {{ {tensor if is_named(s, tensor) else 'in'} | {chain.text} }}"
        edits = (s.replaced(s.at - 3, chain.last, text),)
        more = ", with its arguments for each `…`" if "…" in text else ""
        return Foreign(why, f"write `{text}`{more}", s.span(s.at - 2, chain.last), () if more else edits)
    source = s.text(s.at - 1) == "Param"  # it reads nothing
    text = f"({'' if source else f'{tensor} - '}{s.written(s.at - 1, s.closing(s.at))})"
    edits = (s.replaced(s.at - 1, s.closing(s.at), text),)
    advice = f"write the chain that gives the tensor, in parentheses: `{s.after(edits)}`"
    return Foreign(why, advice, s.span(s.at - 2), edits)


def _text(s: BrokenStatement) -> Foreign | None:
    """`f"conv{i}"`."""
    if s.kind(s.at) == "STRING" and s.text(s.at - 1) in ("f", "r", "b", "F") and s.at and s.touch(s.at - 1):
        why = f'`{s.text(s.at - 1)}"` begins no text'
        return Foreign(
            why,
            f"a text with `{{i}}` is written without `{s.text(s.at - 1)}`",
            s.span(s.at - 1),
            (Edit(s.span(s.at - 1), "", safe=True),),
        )
    return None


def _label(s: BrokenStatement) -> Foreign | None:
    """`Conv(64): conv1`: the name after the layer."""
    if (
        s.kind(s.at) != "COLON"
        or s.kind(s.at - 1) not in ("RPAR", "NAME")
        or s.kind(s.at + 1) != "NAME"
        or s.kind(0) in ("IF", "FOR", "MODEL", "BLOCK")
    ):
        return None
    edits: list[Edit] = []
    first_text = ""
    for index, kind in enumerate(s.kinds):
        if kind == "COLON" and s.kind(index + 1) == "NAME" and s.kind(index + 2) in ("MINUS", "BAR", ""):
            first = s.term(index - 1)
            text = f"{s.text(index + 1)}: {s.written(first, index - 1)}"
            first_text = first_text or text
            edits.append(s.replaced(first, index + 1, text))
    if not edits:
        return None
    return Foreign("the name of a layer comes first", f"write `{first_text}`", s.span(s.at, s.at + 1), tuple(edits))


def _own(s: BrokenStatement, index: int, closing: int) -> Foreign | None:
    """A layer of archc's with the arguments of another library."""
    kind, arguments = s.text(index), s.arguments(index + 1)
    ours = table().ours.get(kind, ())
    unknown = [(label, text) for label, text in arguments if label is not None and label not in ours]
    if not ours or not unknown:
        return None
    problem = unknown_arguments(kind, unknown, ours, tuple(label for label, _ in arguments if label in ours))
    text = rewritten(kind, arguments, {label: way for label, way, _ in problem.ways})
    advice = replace(problem, instead=text).help()
    return Foreign(problem.message(), advice, s.span(index, closing), (s.replaced(index, closing, text),))


def _no_argument(name: str) -> str:
    """Why an argument is none here; empty for one that is not known."""
    return table().needless.get(name, "") or table().missing.get(name, "")


def quoted(s: BrokenStatement) -> Foreign | None:
    """`Conv2D(32, 3, activation='relu')`: a term of another library around a text in its quotation marks."""
    if s.text(s.at) not in _QUOTES:
        return None
    for index in range(s.at - 1, -1, -1):
        if s.kind(index) != "NAME":
            continue
        if s.kind(index + 1) == "ASSIGN" and (why := _no_argument(s.text(index))):
            return Foreign(f"there is no argument `{s.text(index)}` here", f"leave it out: {why}", s.span(index))
        closing = s.closing(index + 1) if s.kind(index + 1) == "LPAR" else 0
        if closing > s.at and (own := _own(s, index, closing)) is not None:
            return own
        meant = meaning(s.text(index), s.arguments(index + 1)) if closing > s.at else None
        if closing > s.at and s.text(index) == "dict" and (found := written_here(s, index))[0]:
            return Foreign("a layer is no `dict`", found[0], s.span(index), found[1])
        if meant is not None and (meant.text or meant.advice):
            advice, edits = written_here(s, index)
            return Foreign(f"there is no layer `{s.text(index)}`", advice or meant.advice, s.span(index), edits)
    return None


IDIOMS = (
    _new,
    _statement,
    *objects.IDIOMS,
    _of_inputs,
    _appended,
    _matrices,
    _module,
    _method,
    _called,
    _merge,
    _sum,
    _text,
    _label,
)
